"""How long a live run will take: what it computes, and how fast this machine has computed."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from lab.live.loop import CHECKS_IN_A_ROUND, MOST_SECONDS, cells_of
from lab.model.cost import parameters_by_part, prefill_flops, training_flops
from lab.recipes.bench import usual
from lab.training.recipe import Recipe
from lab.training.state import TrainState
from lab.training.train import train


@dataclass(frozen=True)
class Speed:
    """Operations a second where many are done at once, and what a layer takes in every step,
    however little it computes."""

    operations_per_second: float
    seconds_per_layer: float

    def seconds(self, flops: float, n_layer: int) -> float:
        """Of so many operations, and so many layers over all steps."""
        return flops / self.operations_per_second + n_layer * self.seconds_per_layer


MUON_FLOPS = 25
"""For a weight of a matrix and a number of its short side: five rounds, each of 4 to 6."""


def flops_of_a_step(recipe: Recipe) -> int:
    """Operations of one step: forward, backward, and Muon's orthogonal matrices."""
    n_token = recipe.data.tokens_per_row - 1
    parts = parameters_by_part(recipe.model)
    matrices = parts["attention"] + parts["ffn"] if recipe.optimiser == "muon" else 0
    moved = MUON_FLOPS * recipe.model.d_model * matrices
    return training_flops(recipe.model, recipe.batch_size, n_token) + moved


def check_flops(recipe: Recipe) -> int:
    """Operations of all checks of a run: a part of all pairs each time, and all of them at last."""
    on_the_way = (recipe.steps - 1) // recipe.check_every
    texts = len(cells_of(recipe.format)) * (1 + on_the_way / CHECKS_IN_A_ROUND)
    return round(texts * prefill_flops(recipe.model, recipe.format.length))


def expected_seconds(recipe: Recipe, speed: Speed) -> float:
    """Of the processor's time, for all steps and checks."""
    flops = recipe.steps * flops_of_a_step(recipe) + check_flops(recipe)
    return speed.seconds(flops, recipe.steps * recipe.model.n_layer)


def steps_that_fit(recipe: Recipe, speed: Speed, seconds: float = MOST_SECONDS) -> int:
    """After so many steps a run is stopped, or done; it may then be continued."""
    return min(recipe.steps, int(recipe.steps * seconds / expected_seconds(recipe, speed)))


# ---------------------------------------------------------------- how fast it is here


def measured_speed() -> Speed:
    """From steps of the usual network, on one text and on all: about a second on one core."""
    many = usual()
    one = replace(many, batch_size=1)
    return speed_from(one, seconds_of_a_step(one), many, seconds_of_a_step(many))


def seconds_of_a_step(recipe: Recipe, n: int = 3) -> float:
    """The least of some steps, of this thread's time; the first one is not counted."""
    steps, taken = train(recipe, TrainState.start(recipe)), list[float]()
    for _ in range(1 + n):
        began = time.thread_time()
        next(steps)
        taken.append(time.thread_time() - began)
    return min(taken[1:])


def speed_from(few: Recipe, few_seconds: float, many: Recipe, many_seconds: float) -> Speed:
    """The speed with which two recipes that differ in their batches take so long for a step."""
    work = flops_of_a_step(many) - flops_of_a_step(few)
    # Measured times jitter; a network is never infinitely fast.
    rate = work / max(many_seconds - few_seconds, 1e-6)
    rest = few_seconds - flops_of_a_step(few) / rate
    return Speed(rate, max(0.0, rest) / few.model.n_layer)
