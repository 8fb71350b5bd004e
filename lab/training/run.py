"""From a recipe to a committed run: train, check on validation, keep history, write the result.

`checkpoints/RUN/` gets `model.safetensors`, `config.json`, `history.jsonl` and `result.json`, all
at the end and in one step. Until then the state to resume from, and the history, lie outside the
work tree, so that a training that is stopped or diverges leaves the run that stood there as it was.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lab.data.problems import Format
from lab.data.sources import Problems
from lab.fields import require_whole
from lab.inference.scoring import (
    NOTHING,
    Score,
    exactness,
    last,
)
from lab.model.cost import parameters
from lab.model.gpt import GPT
from lab.records import locked, naming, provenance, read_lines, write_json, write_lines
from lab.training import checkpoint
from lab.training.checkpoint import FILES, from_bytes, read_result, to_bytes
from lab.training.exchange import replacing_folder, settle
from lab.training.recipe import Recipe, differences
from lab.training.state import Saved, TrainState
from lab.training.team import ALONE, Team
from lab.training.train import StepMetrics, precision_on, train
from lab.weights import digest

STATES = Path.home() / ".cache" / "white-box"

KEPT = ("recipe", "date", "commit", "command", "weights", "validation", "readings")
"""Of the record of a run that is replaced."""

ALL = 10_000
"""As many problems as a split of two-digit pairs can hold."""


Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Check:
    """The model evaluated in mid-training, on pairs it never trains on and on those it does.

    `by_shape`: of those it never trains on, by their format as in '3x2', [n, errors].
    """

    step: int
    tokens: int
    seconds: float
    loss: float
    n_validation: int
    errors_validation: int
    n_train: int
    errors_train: int
    by_shape: dict[str, list[int]]


def run(
    recipe: Recipe,
    out: Path,
    *,
    resume: bool,
    overwrite: bool = False,
    device: str = "cpu",
    command: str = "",
    team: Team = ALONE,
) -> Iterator[StepMetrics | Check]:
    """Train to the end, yielding every step and every check; then write the run to `out`. Of a
    team the first process alone checks and writes.

    `resume` goes on from the saved state of this recipe, if there is one, and has nothing to do
    where `out` holds its finished run. `overwrite` replaces the run in `out`, whatever its recipe.
    `ValueError` if `out` holds a run and neither allows for it. `command` is what is recorded.
    """
    if resume and not overwrite and is_finished(recipe, out):
        return
    require_room(recipe, out, resume=resume, overwrite=overwrite)
    require_writable("states", STATES)
    # Told now: the work tree may change while this trains, and the code that runs does not.
    source = provenance(command or f"python -m lab train {recipe.name} --seed {recipe.seed}")
    state, history = begin(recipe, device, resume=resume)
    for metrics in train(recipe, state, team):
        yield metrics
        at_check = metrics.step % recipe.check_every == 0 or metrics.step == recipe.steps
        if at_check and team.leads:
            checked = check(recipe, state, metrics)
            history.append(asdict(checked))
            with locked(STATES):  # another run of this recipe saves its own pair
                # First: a state whose last check is missing could not be resumed.
                write_lines(history_path(recipe), history)
                state.save(state_path(recipe))
            yield checked
    if not team.leads:
        return
    result = result_of(recipe, state, source)
    with locked(out.resolve().parent):
        # Once more: another process may have finished a run there in the meantime.
        require_room(recipe, out, resume=resume, overwrite=overwrite)
        write_run(out, recipe, state.model, history, result)
    for path in (state_path(recipe), history_path(recipe)):
        path.unlink(missing_ok=True)


# ---------------------------------------------------------------- the folder a run is written to


def is_finished(recipe: Recipe, out: Path) -> bool:
    """Whether a folder holds the whole run of this very recipe."""
    settle(out, FILES)
    return all((out / name).is_file() for name in FILES) and recipe_in(out) == recipe


def recipe_in(out: Path) -> Recipe:
    """By which recipe the run in a folder was trained."""
    recorded = read_result(out).get("recipe")
    try:
        return Recipe.from_dict(recorded)
    except ValueError as error:
        raise ValueError(f"{out / 'result.json'}: {error}") from error


def require_room(recipe: Recipe, out: Path, *, resume: bool, overwrite: bool) -> None:
    """`ValueError` if `out` cannot be written, or holds a run that nobody said to replace."""
    settle(out, FILES)
    require_writable("out", out)
    whole = out.resolve()
    if out.exists():
        require_writable("out", whole.parent)
        if whole.is_mount() or Path.cwd().is_relative_to(whole):
            raise ValueError(
                f"out={out} is a mount point or the folder you are in, and a run takes the place "
                f"of its whole folder; name one inside it"
            )
    standing = [name for name in FILES if (out / name).exists()]
    if not standing:
        return
    if overwrite:
        replaced_in(out)  # what is to be kept of it must be readable
    elif not resume:
        raise ValueError(
            f"{out} holds a run already; --resume goes on with a run of this recipe, --overwrite "
            f"trains anew and replaces it, and --out names another folder"
        )
    elif len(standing) < len(FILES):
        raise ValueError(
            f"{out} holds {', '.join(standing)} and no more, so nobody knows what run it is; "
            f"--overwrite replaces it, and --out names another folder"
        )
    else:
        raise ValueError(
            f"{out} holds a run of another recipe: {differences(recipe_in(out), recipe)}; "
            f"--overwrite replaces it, and --out names another folder"
        )


def require_writable(name: str, folder: Path) -> None:
    """`ValueError` if nothing can be written to a folder, or it cannot be made."""
    ground = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not (ground.is_dir() and os.access(ground, os.W_OK)):
        raise ValueError(f"{name}={folder} cannot be written: {ground} is not a folder to write to")


def write_run(out: Path, recipe: Recipe, model: GPT, history: Rows, result: dict[str, Any]) -> None:
    """Put a run in the place of the one that stands there: killed at any moment, this leaves the
    one or the other, whole."""
    with replacing_folder(out, FILES) as part, naming(out):
        checkpoint.save(part, model, recipe.format)
        write_lines(part / "history.jsonl", history)
        write_json(part / "result.json", result | replaced_in(out))


def result_of(recipe: Recipe, state: TrainState, source: dict[str, Any]) -> dict[str, Any]:
    """The run's record: recipe, cost of training, and validation on the weights as committed."""
    file = to_bytes(state.model)
    # Scored as it will be loaded, in rounded weights, and not as it was trained.
    committed = from_bytes(recipe.name, file, recipe.model, recipe.format)
    asked = recipe.data.problems("validation", ALL)
    validation = score_some(committed.model, asked, decode=True)
    return {
        "run": recipe.name,
        "seeds": [recipe.seed],
        **source,
        "recipe": recipe.to_dict(),
        "recipe_hash": recipe.hash,
        **start_of(recipe, state),
        "weights": digest(file),
        "parameters": sum(parameters(committed.model).values()),
        "training_tokens": state.tokens,
        "training_seconds": round(state.seconds, 1),
        "precision": precision_on(recipe, state.device),
        "validation": asdict(validation),
        "readings": [],
    }


def start_of(recipe: Recipe, state: TrainState) -> dict[str, Any]:
    """The run whose weights it began with, if any, and their fingerprint."""
    if not recipe.start_from:
        return {}
    return {"start_from": {"run": recipe.start_from, "weights": state.started_from}}


def replaced_in(out: Path) -> dict[str, Rows]:
    """What stays on record of the run in a folder, and of those that it replaced itself."""
    if not (out / "result.json").exists():
        return {}
    old = read_result(out)
    kept = {name: old[name] for name in KEPT if name in old}
    return {"replaced": [*old.get("replaced", []), kept]}


# ---------------------------------------------------------------- the state to resume from


def state_path(recipe: Recipe) -> Path:
    return STATES / f"{recipe.name}-seed{recipe.seed}-{recipe.hash}.safetensors"


def history_path(recipe: Recipe) -> Path:
    return state_path(recipe).with_suffix(".history.jsonl")


def begin(recipe: Recipe, device: str, *, resume: bool) -> tuple[TrainState, Rows]:
    """A fresh state, or the saved one of this recipe, and the checks that led to it."""
    path = state_path(recipe)
    if not (resume and path.exists()):
        return TrainState.start(recipe, device), []
    state = TrainState.load(recipe, path, device)
    return state, checks_until(history_path(recipe), state.step)


def checks_until(path: Path, step: int) -> Rows:
    """The history up to the saved state, which was saved at the last check of it."""
    rows = read_lines(path)
    for number, row in enumerate(rows, 1):
        require_whole(f"{path}: line {number}: step", row.get("step"))
    kept = [row for row in rows if row["step"] <= step]
    if not kept or kept[-1]["step"] != step:
        raise ValueError(f"{path} holds no check of step {step}, at which the state was saved")
    return kept


def about_states(recipe: Recipe, *, resume: bool) -> str:
    """What is to be said before a run begins of the states saved under its name and seed.

    `ValueError` if it cannot go on from its own.
    """
    own = state_path(recipe)
    if own.exists() and not resume:
        return f"{own.name} is not used, and replaced at the first check; --resume goes on from it"
    if not resume:
        return ""
    if own.exists():
        state, _ = begin(recipe, "cpu", resume=True)
        return f"going on from step {state.step}"
    stem = f"{recipe.name}-seed{recipe.seed}"
    others = sorted({STATES / f"{stem}.safetensors", *STATES.glob(f"{stem}-*.safetensors")})
    said = [f"{path.name} ({what_differs(path, recipe)})" for path in others if path.exists()]
    unused = f"; not used, being of other recipes: {', '.join(said)}" if said else ""
    return f"no state of this recipe is saved, so this begins at step 0{unused}"


def what_differs(path: Path, recipe: Recipe) -> str:
    try:
        return differences(Saved.read(path).recipe, recipe) or "saved by another version"
    except ValueError:
        return "it names no recipe"


# ---------------------------------------------------------------- a check on the way


def check(recipe: Recipe, state: TrainState, metrics: StepMetrics, most: int = 1000) -> Check:
    state.model.eval()
    seen = score_some(state.model, recipe.data.problems("train", most))
    asked = recipe.data.problems("validation", most)
    each = [score_some(state.model, [problems]) for problems in asked]
    held = sum(each, NOTHING)
    state.model.train()
    return Check(
        step=metrics.step,
        tokens=metrics.tokens,
        seconds=metrics.seconds,
        loss=metrics.loss,
        n_validation=held.n,
        errors_validation=held.errors_strict,
        n_train=seen.n,
        errors_train=seen.errors_strict,
        by_shape={
            name_format(form): [found.n, found.errors_strict]
            for (form, _, _), found in zip(asked, each, strict=True)
        },
    )


def name_format(form: Format) -> str:
    """'3x2', also where operands get leading zeros to fit: a shape is evaluated one way."""
    return f"{form.p}x{form.q}"


def score_some(model: GPT, problems: Problems, *, decode: bool = False) -> Score:
    """Strict exactness under teacher forcing, or by real decoding."""
    scores = (last(exactness(model, form, a, b, decode=decode)) for form, a, b in problems)
    return sum(scores, NOTHING)
