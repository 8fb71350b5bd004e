"""How long a live run will take: the work that it is, and how fast this machine has worked.

torch is imported only to measure that.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from lab.data.problems import Format
from lab.live.protocol import CHECKS_IN_A_ROUND, MOST_SECONDS
from lab.model.cost import kept_numbers, parameters_by_part, prefill_flops, training_flops
from lab.recipes.bench import experts_of, usual
from lab.recipes.live import multiply
from lab.training.recipe import Recipe


class Work(NamedTuple):
    """Operations; numbers that a forward makes for a backward to come; rounds, which take their
    time however few texts there are: a layer is one, and so is an expert.

    A wide network takes most of its time for the first, a narrow one for the second.
    """

    flops: float
    numbers: float
    rounds: float


@dataclass(frozen=True)
class Speed:
    """What each takes, in seconds of the processor's time.

    Expected of a step of the 21 presets on two cores: between 0.7 and 1.3 times what it took.
    """

    per_flop: float
    per_number: float
    per_round: float

    def seconds(self, work: Work) -> float:
        flops, numbers, rounds = work
        return flops * self.per_flop + numbers * self.per_number + rounds * self.per_round


MUON_FLOPS = 25
"""For a weight of a matrix and a number of its short side: five rounds, each of 4 to 6."""


def step_work(recipe: Recipe) -> Work:
    """Of one step: forward, backward, and Muon's orthogonal matrices."""
    n_token, n_text = recipe.data.tokens_per_row - 1, recipe.batch_size
    parts = parameters_by_part(recipe.model)
    matrices = parts["attention"] + parts["ffn"] if recipe.optimiser == "muon" else 0
    moved = MUON_FLOPS * recipe.model.d_model * matrices
    flops = training_flops(recipe.model, n_text, n_token) + moved
    numbers = n_text * kept_numbers(recipe.model, n_token)
    return Work(flops, numbers, recipe.model.n_layer + experts_of(recipe))


def check_work(recipe: Recipe) -> Work:
    """Of all checks of a run: a part of all pairs each time, and all of them at last.

    A forward alone makes as many numbers, and is a third of what is done with them.
    """
    on_the_way = (recipe.steps - 1) // recipe.check_every
    texts = n_cells(recipe.format) * (1 + on_the_way / CHECKS_IN_A_ROUND)
    length = recipe.format.length
    flops = texts * prefill_flops(recipe.model, length)
    return Work(flops, texts * kept_numbers(recipe.model, length) / 3, 0)


def n_cells(form: Format) -> int:
    """Pairs up to 99 x 99 that a format has room for."""
    return min(100, 10**form.p) * min(100, 10**form.q)


def expected_seconds(recipe: Recipe, speed: Speed) -> float:
    """Of the processor's time, for all steps and checks."""
    return recipe.steps * speed.seconds(step_work(recipe)) + speed.seconds(check_work(recipe))


def steps_that_fit(recipe: Recipe, speed: Speed, seconds: float = MOST_SECONDS) -> int:
    """After so many steps a run is stopped, or done; it may then be continued."""
    return min(recipe.steps, int(recipe.steps * seconds / expected_seconds(recipe, speed)))


# ---------------------------------------------------------------- how fast it is here


def measured_speed() -> Speed:
    """From some steps of three networks: about a second on one core."""
    plans = probes()
    return speed_from([step_work(x) for x in plans], [seconds_of_a_step(x) for x in plans])


def probes() -> tuple[Recipe, Recipe, Recipe]:
    """A network that is wide and reads little, the usual one, and that on a single text."""
    wide = multiply(d_model=256, batch=16)
    return wide, usual(), replace(usual(), batch_size=1)


def seconds_of_a_step(recipe: Recipe, n: int = 3) -> float:
    """The least of some steps, of this thread's time; the first one is not counted."""
    from lab.training.state import TrainState
    from lab.training.train import train

    steps, taken = train(recipe, TrainState.start(recipe)), list[float]()
    for _ in range(1 + n):
        began = time.thread_time()
        next(steps)
        taken.append(time.thread_time() - began)
    return min(taken[1:])


def speed_from(works: Sequence[Work], seconds: Sequence[float]) -> Speed:
    """The speed with which three works take so long: three equations."""
    found = np.linalg.solve(np.array(works, dtype=float), np.array(seconds))
    # Measured times jitter, and no work takes less than none.
    return Speed(*np.maximum(found, 1e-15).tolist())
