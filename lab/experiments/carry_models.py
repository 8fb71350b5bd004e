"""The networks in which the carry is sought: the book's, and five small ones, alike but for a seed.

The weights of the small ones are not committed. They are found where states are kept, or trained in
a minute or two each; a row names recipe, seed and the digest of the weights, so that another's run
can be told from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np

from lab.data.problems import HELDOUT_FROM, all_pairs, split_values
from lab.data.samples import CENSUS
from lab.experiments.sweep import Cell
from lab.inference.scoring import teacher_forced_all
from lab.recipes.bench import usual
from lab.training.checkpoint import CHECKPOINTS, Checkpoint, load, load_run
from lab.training.recipe import Recipe
from lab.training.run import STATES, run
from lab.weights import fingerprint

BOOK = "chain_of_thought"
SEEDS = (0, 1, 2, 3, 4)
SMALL = tuple(f"small_{seed}" for seed in SEEDS)
MODELS = (BOOK, *SMALL)


def recipe_of(model: str) -> Recipe:
    """Of a small one: that with which the bench begins, at a seed."""
    return replace(usual(), seed=int(model.removeprefix("small_")))


@lru_cache(maxsize=2)
def loaded(model: str) -> Checkpoint:
    """A network by its name in `MODELS`; a small one is trained if it is not there yet."""
    if model == BOOK:
        return load_run(BOOK)
    recipe = recipe_of(model)
    folder = STATES / "carry" / f"seed{recipe.seed}-{recipe.hash}"
    for _ in run(recipe, folder, resume=True):
        pass
    return replace(load(folder), name=model)


def named(model: str) -> dict[str, Any]:
    """What a row says about a network whose weights are not committed."""
    if model == BOOK:
        return {}
    recipe = recipe_of(model)
    folder = STATES / "carry" / f"seed{recipe.seed}-{recipe.hash}"
    return {"recipe": recipe.hash, "digest": fingerprint(folder), "network_seed": recipe.seed}


def committed(cell: Cell) -> Sequence[str]:
    """The `reads` of every sweep here."""
    return [BOOK] if cell["model"] == BOOK and (CHECKPOINTS / BOOK).exists() else []


# ---------------------------------------------------------------- a record of their own


def model_cells() -> list[Cell]:
    return [{"model": model} for model in MODELS]


def measure_model(cell: Cell) -> dict[str, Any]:
    """Texts with a wrong token among all pairs, and among those that no network trained on."""
    model = loaded(cell["model"])
    a, b = all_pairs()
    wrong = np.zeros(len(a), dtype=bool)
    for rows, said in teacher_forced_all(model.model, model.format, a, b):
        wrong[rows] = (said != model.format.render(a[rows], b[rows])[0]).any(axis=1)
    held = split_values(a, b) >= HELDOUT_FROM
    return {
        "n": len(a),
        "errors": int(wrong.sum()),
        "n_heldout": int(held.sum()),
        "errors_heldout": int(wrong[held].sum()),
        **CENSUS.document(),
        **named(cell["model"]),
        "seeds": [0],
    }
