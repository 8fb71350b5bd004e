"""What fine-tuning saves: the live run of chapter 3 from a network that knows one digit, and from
random weights."""

from __future__ import annotations

from typing import Any

from lab.data.samples import Sample
from lab.experiments.sweep import Cell
from lab.recipes.live import fine_tune
from lab.training.recipe import Recipe
from lab.training.run import check
from lab.training.state import TrainState
from lab.training.train import precision_on, train

RATES, SEEDS = (5e-4, 1e-3), range(3)
ASKED = 1000
"""Of each check, all shapes together."""


def fine_tuning_cells() -> list[Cell]:
    return [
        {"scratch": scratch, "rate": rate, "seed": seed}
        for rate in RATES
        for seed in SEEDS
        for scratch in (False, True)
    ]


def measure_fine_tuning(cell: Cell) -> dict[str, Any]:
    return as_live(fine_tune(**cell))


def as_live(plan: Recipe) -> dict[str, Any]:
    """A live run as a line of a record. `curve`: (step, errors on validation, n, loss) at every
    check."""
    state = TrainState.start(plan)
    curve: list[tuple[int, int, int, float]] = []
    for done in train(plan, state):
        if done.step % plan.check_every == 0 or done.step == plan.steps:
            found = check(plan, state, done, ASKED)
            curve.append((done.step, found.errors_validation, found.n_validation, done.loss))
    return {
        "curve": curve,
        "tokens": state.tokens,
        "training_seconds": round(state.seconds, 1),
        "precision": precision_on(plan, state.device),
        **Sample("generator", "validation pairs of up to two digits", ASKED, 0).document(),
        "seeds": [plan.seed],
    }
