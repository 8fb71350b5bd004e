"""The ladder of page 93: every rung trained from five seeds, timed by turns with the one before.

Seconds are those of steps alone: what is evaluated on the way stops the clock. Rates were chosen on
the validation pairs; all pairs are read once, at the end.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import torch
from torch import Tensor

from lab.data.samples import CENSUS, Sample
from lab.experiments.controls import census, usual_groups
from lab.experiments.sweep import Cell
from lab.model import norm
from lab.model.cost import parameters_of
from lab.recipes.speedrun import ATTEMPTS, RUNGS, Rung, named, recipe_of
from lab.training.optim import Both, Muon, by_shape
from lab.training.recipe import Recipe
from lab.training.run import ALL, score_some
from lab.training.state import TrainState
from lab.training.train import StepMetrics, precision_on, train

Matrix = tuple[Tensor, Tensor]
"""A matrix and its mean of gradients."""

SEEDS = range(5)
TRIED_SEEDS = range(3)
CHECKS = 20
"""Looks at the validation pairs in a training."""
TURNS, TURN = 4, 10
"""So often the other training takes a turn, of so many steps."""


def ladder_cells() -> list[Cell]:
    return [{"rung": rung.name, "seed": seed} for seed in SEEDS for rung in RUNGS]


def attempt_cells() -> list[Cell]:
    return [{"attempt": one.name, "seed": seed} for seed in TRIED_SEEDS for one in ATTEMPTS]


def measure_rung(cell: Cell) -> dict[str, Any]:
    """Trained to its end, with turns of the rung before it, and scored on all pairs."""
    at = [rung.name for rung in RUNGS].index(cell["rung"])
    run, before = both_trained(RUNGS[at], RUNGS[at - 1] if at else None, cell["seed"])
    counts = census(run.recipe, run.state.model.eval(), usual_groups(run.recipe))
    return {
        **told(run, before, cell["seed"]),
        "heldout": {"errors": counts["errors_heldout"], "n": counts["n_heldout"]},
        "all": {"errors": counts["errors"], "n": counts["n"]},
        **CENSUS.document(),
    }


def measure_attempt(cell: Cell) -> dict[str, Any]:
    """The same on the validation pairs alone, with turns of the rung that it was tried on."""
    tried = next(one for one in ATTEMPTS if one.name == cell["attempt"])
    on = named(tried.on)
    run, before = both_trained(tried, on, cell["seed"])
    _, _, errors, n = run.curve[-1]
    return {
        "on": on.name,
        **told(run, before, cell["seed"]),
        "validation": {"errors": errors, "n": n},
        **Sample("census", "validation pairs of 2x2 digits", n).document(),
    }


def told(run: Run, before: Run | None, seed: int) -> dict[str, Any]:
    """Of a training and the one it took turns with.

    `seconds` are those of all its steps, added up. Of the other few steps are known:
    `seconds_before` is its median step times its number of steps, and `ratio` is that of the first
    training, reckoned in the same way, over it. So `ratio` is not `seconds` over `seconds_before`.
    """
    seconds = run.seconds
    expected = before and median(before.steps_took) * before.recipe.steps
    return {
        "seconds": round(seconds, 2),
        "seconds_before": expected and round(expected, 2),
        "ratio": expected and round(median(run.steps_took) * run.recipe.steps / expected, 4),
        "steps": run.recipe.steps,
        "batch": run.recipe.batch_size,
        "tokens": run.state.tokens,
        "parameters": parameters_of(run.recipe.model),
        "threads": run.rung.threads,
        "precision": precision_on(run.recipe, run.state.device),
        "curve": run.curve,
        "seeds": [seed],
    }


# ---------------------------------------------------------------- two trainings by turns


@dataclass
class Run:
    """A training of a rung that goes on step by step, on the clock."""

    rung: Rung
    recipe: Recipe
    state: TrainState
    steps: Iterator[StepMetrics]
    """Those that are still to come."""
    steps_took: list[float] = field(default_factory=list[float])
    curve: list[tuple[float, int, int, int]] = field(default_factory=list[Any])
    """Seconds, step, and errors of n validation pairs."""

    @classmethod
    def begin(cls, rung: Rung, seed: int) -> Run:
        recipe = recipe_of(rung.name, seed)
        state = TrainState.start(recipe)
        return cls(rung, recipe, state, train(recipe, state))

    @property
    def seconds(self) -> float:
        return sum(self.steps_took)

    def take(self, n: int) -> None:
        """So many steps."""
        torch.set_num_threads(self.rung.threads)
        last = min(self.state.step + n, self.recipe.steps)
        with code_of(self):
            while self.state.step < last:
                began = time.perf_counter()
                next(self.steps)
                self.steps_took.append(time.perf_counter() - began)

    def look(self) -> None:
        """At all validation pairs."""
        found = score_some(self.state.model, self.recipe.data.problems("validation", ALL))
        at = round(self.seconds, 2), self.state.step
        self.curve.append((*at, found.errors_strict, found.n))


def both_trained(rung: Rung, before: Rung | None, seed: int) -> tuple[Run, Run | None]:
    """The first to its end; of the other a few turns, spread over that time."""
    run, other = Run.begin(rung, seed), before and Run.begin(before, seed)
    threads = torch.get_num_threads()
    try:
        for turn in range(CHECKS):
            run.take(-(-run.recipe.steps // CHECKS))
            run.look()
            if other and turn % (CHECKS // TURNS) == 0:
                other.take(TURN)
    finally:
        torch.set_num_threads(threads)
    return run, other


# ---------------------------------------------------------------- the code as it was


@contextmanager
def code_of(run: Run) -> Generator[None]:
    """What a rung has of older code, while it takes its steps."""
    older = run.rung.older
    assert isinstance(run.state.optimiser, Both)
    muon = run.state.optimiser.parts["muon"]
    assert isinstance(muon, Muon)
    muon.together = one_by_one if "one by one" in older else by_shape
    by_hand = norm.Rescale.apply
    if "norm by autograd" in older:
        norm.Rescale.apply = norm_by_autograd
    try:
        yield
    finally:
        norm.Rescale.apply = by_hand


def one_by_one(moved: Sequence[Matrix]) -> Iterable[list[Matrix]]:
    return ([one] for one in moved)


def norm_by_autograd(x: Tensor, eps: float) -> Tensor:
    return norm.rescaled(x, eps)[0]
