"""Two checkouts of the book, side by side on one machine: do they still compute the same numbers?

    python tools/side_by_side.py OLD NEW

In each checkout, with this interpreter, five recipes take 20 steps and ten scenes are packed; the
losses must agree to the last bit, and so must both blobs of every scene. Prints a table, then one
JSON document, and exits with 1 where something differs.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

STEPS = 20
RECIPES = ("chain_of_thought", "rope", "reach_coupled", "reach_coupled_gaps", "unordered_small")
"""Fixed texts on learned positions, a packed stream on rotary, shapes on two axes, gaps in them,
and a stream on none: each source of data, each kind of position, both optimisers."""

SCENES = {
    "times_table": ("7*8=56$", "7*8=", "0"),
    "times_table_small": ("7*8=56$", "1*0=00$"),
    "chain_of_thought": ("37*48=692+0841=6771$", "37*48="),
    "rope": ("37*48=692+0841=6771$",),
    "far_coupled": ("37*48=692+0841=6771$",),
    "unordered_small": ("37*48=6",),
}

PLACES = {
    "recipe": ("lab.recipes.recipe_index", "lab.recipes.index", "lab.recipes"),
    "train": ("lab.training.train", "lab.train"),
    "TrainState": ("lab.training.state", "lab.training.train", "lab.train"),
    "load_run": ("lab.training.checkpoint", "lab.checkpoint"),
    "scene": ("lab.scene.build", "lab.scene.manifest", "lab.scene"),
    "weights_of": ("lab.scene.build", "lab.scene.manifest", "lab.scene"),
}
"""Where a name lies, the newest place first: an older checkout has it at a later one."""


def named(name: str) -> Any:
    for place in PLACES[name]:
        try:
            return getattr(import_module(place), name)
        except (ImportError, AttributeError):
            continue
    raise SystemExit(f"{name} lies at none of {', '.join(PLACES[name])}")


def losses(run: str) -> list[str]:
    """Of the first steps, in fp32 and written exactly, as hexadecimal numbers."""
    recipe = named("recipe")(run, precision="fp32")
    state = named("TrainState").start(recipe)
    steps = named("train")(recipe, state)
    return [next(steps).loss.hex() for _ in range(STEPS)]


def blobs(run: str, text: str) -> list[str]:
    """The digests of both blobs of a scene."""
    model = named("load_run")(run).model
    scene = named("scene")(model, text, run=run, weights=named("weights_of")(model))
    return [hashlib.sha256(blob).hexdigest() for blob in (scene.weights, scene.activations)]


def measure() -> dict[str, list[str]]:
    forget_the_installed_book()
    import torch

    torch.set_num_threads(1)
    found = {f"{run}: {STEPS} losses": losses(run) for run in RECIPES}
    for run, texts in SCENES.items():
        found |= {f"{run}: {text}": blobs(run, text) for text in texts}
    return found


def forget_the_installed_book() -> None:
    """An editable install lends its own modules to a checkout that has none of that name."""
    finders = [f for f in sys.meta_path if "__editable__" not in getattr(f, "__module__", "")]
    sys.meta_path[:] = finders


def measured_in(checkout: Path) -> dict[str, list[str]]:
    command = [sys.executable, str(Path(__file__).resolve()), "--measure"]
    surroundings = {"PYTHONPATH": str(checkout), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        command, cwd=checkout, env=surroundings, check=True, stdout=subprocess.PIPE, text=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def main() -> int:
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("checkouts", nargs="*", type=Path, metavar="CHECKOUT", help="old, then new")
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure()))
        return 0
    if len(options.checkouts) != 2:
        parser.error("name two checkouts, the old one and the new one")
    old, new = (measured_in(checkout.resolve()) for checkout in options.checkouts)
    rows = {name: old.get(name) == new.get(name) for name in old | new}
    for name, same in rows.items():
        print(f"{'same' if same else 'DIFFERENT':<10}{name}")
    print(json.dumps({"same": sum(rows.values()), "of": len(rows)}))
    return int(not all(rows.values()))


if __name__ == "__main__":
    sys.exit(main())
