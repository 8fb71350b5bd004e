"""When to move on: the stages of `course` half as long and twice as long, and how soon they pay.

All are trained on as many tokens as the course, which is trained again beside them, so that one
processor has made both sides; with the first seed that is done by `course_looks`, and not again.
The looks on the way go by tokens and decide nothing: they say when four by four digits came right.

What we expected, before the first of these runs: later stages teach what the first has left, so
that neither shorter nor longer first stages make a difference at the end that three seeds show. All
three seeds of an arm on one side of the course, seed by seed, would speak against it, though that
comes by luck once in four. There was time for two seeds.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lab.data.problems import BOUNDS, Format, sample_exact
from lab.experiments.course_looks import look_steps
from lab.experiments.curriculum_ablations import (
    ASKED_MOST,
    COURSE_RATE,
    SHAPES,
    tokens_of,
    train_course,
)
from lab.experiments.sweep import Cell
from lab.inference.scoring import exactness, last
from lab.model.gpt import GPT
from lab.recipes.curriculum import STYLE, TWIN_STEPS, course_of_twin
from lab.training.recipe import Recipe
from lab.training.train import StepMetrics

TIMES = {"half": 0.5, "the_course": 1.0, "twice": 2.0}
"""How long the stages before the last are, by arm, as a multiple of those of the course."""

PACE_SEEDS = range(2)
AGAIN = "the_course"
"""The arm that `course_looks` has trained with the first seed."""

N_LOOK = 20
LOOKED_AT = 500
"""Of 4x4, problems at every look: the first of those that are evaluated at the end."""


def pace_cells() -> list[Cell]:
    first, *_ = PACE_SEEDS
    return [
        {"arm": arm, "seed": seed}
        for seed in PACE_SEEDS
        for arm in TIMES
        if (arm, seed) != (AGAIN, first)
    ]


def measure_pace(cell: Cell) -> dict[str, Any]:
    recipe = paced(**cell)
    at = look_steps(recipe, N_LOOK)
    looks: list[dict[str, int]] = []

    def look(done: StepMetrics, model: GPT) -> None:
        if done.step in at:
            wrong = longest_wrong(model.eval())
            looks.append({"step": done.step, "tokens": done.tokens, "n": LOOKED_AT, "wrong": wrong})
            model.train()

    return {
        **train_course(recipe, "test", after_step=look),
        "stage_steps": [stage.steps for stage in recipe.course],
        "looks": looks,
        "test_readings": {"times": N_LOOK + len(recipe.course), "decided": "nothing"},
    }


def paced(arm: str, seed: int) -> Recipe:
    """The course with first stages of an arm's length; as many tokens."""
    *first, _ = TWIN_STEPS[""]
    steps = [round(n * TIMES[arm]) for n in first]
    *before, end = course_of_twin(steps=(*steps, 1)).course
    usual = course_of_twin()
    read = sum(stage.steps * stage.data.tokens_per_row for stage in before)
    left = tokens_of(usual) / usual.batch_size - read
    last_steps = round(left / end.data.tokens_per_row)
    return course_of_twin(steps=(*steps, last_steps), rate=COURSE_RATE, seed=seed)


def longest_wrong(model: GPT) -> int:
    """Errors among `LOOKED_AT` test problems of the longest shape."""
    p, q = SHAPES[-1]
    a, b = sample_exact(np.random.default_rng(0), ASKED_MOST, p, q, *BOUNDS["test"])
    form = Format(STYLE, p, q)
    score = last(exactness(model, form, a[:LOOKED_AT], b[:LOOKED_AT], decode=False))
    return score.errors_strict
