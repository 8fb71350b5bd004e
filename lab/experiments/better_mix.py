"""The mix that the mistakes asked for: hard products in place of sums with far carries.

What an unfinished network gets wrong are digits of a partial product whose carry hangs on two
columns or more. The course picks problems by the carries of their sums. Here the same course picks
by such digits instead; both draw the same candidates in the same order, and only what is taken of
every eight differs.

Shapes: `N` problems, `L` tokens of a text.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from lab.data.difficulty import FAR, carries_into
from lab.data.problems import BOUNDS, Format, Integers, sample_exact
from lab.data.sources import Mix, Picked
from lab.experiments.curriculum_ablations import ASKED_MOST, SEEDS, control, train_course
from lab.experiments.sweep import Cell
from lab.inference.scoring import teacher_forced_all
from lab.model.gpt import GPT
from lab.training.recipe import Recipe, Stage, in_stages
from lab.training.state import TrainState

FORM = Format("cot_reversed", 4, 4)


def mix_cells() -> list[Cell]:
    """The course again, since its weights were not kept, and the course with the other mix."""
    return [{"arm": arm, "seed": seed} for seed in SEEDS for arm in ARMS]


def measure_mix(cell: Cell) -> dict[str, Any]:
    """As `course` does, and which digits of products are wrong at the end."""
    recipe = ARMS[cell["arm"]](cell["seed"])
    state = TrainState.start(recipe)
    found = train_course(recipe, "test", state)
    return {**found, "digits": digits_wrong(state.model.eval())}


def the_course(seed: int) -> Recipe:
    return control("the_course", seed)


def far_products(seed: int) -> Recipe:
    """The course, and what it picks by carries of sums picked by far carries of products."""
    usual = the_course(seed)
    return in_stages(usual, *map(picked_by_products, usual.stages))


def picked_by_products(stage: Stage) -> Stage:
    sources = tuple(
        (replace(source, by="far_products"), weight)
        if isinstance(source, Picked) and source.by == "carries"
        else (source, weight)
        for source, weight in cast(Mix, stage.data).sources
    )
    return replace(stage, data=Mix(sources))


ARMS: dict[str, Callable[[int], Recipe]] = {
    "the_course": the_course,
    "far_products": far_products,
}


# ---------------------------------------------------------------- which digits go wrong


def digits_wrong(model: GPT, n: int = ASKED_MOST) -> dict[str, Any]:
    """Of the test problems of 4x4 that `course` asks: digits and wrong ones, by what they are.

    Each after the right tokens before it. `far`: digits of partial products whose carry hangs on
    `FAR` columns or more; `near`: their other digits; `shift`: the zeros that shift them. `sums`:
    digits of sums and of the answer. `first`: of wrong problems, what the first wrong token is.
    """
    a, b = sample_exact(np.random.default_rng(0), n, FORM.p, FORM.q, *BOUNDS["test"])
    right, _ = FORM.render(a, b)
    missed = np.zeros(right.shape, dtype=bool)
    for rows, guesses in teacher_forced_all(model, FORM, a, b):
        missed[rows] = guesses != right[rows]
    kinds = kinds_of_digits(a, b)
    first = np.arange(right.shape[1]) == missed.argmax(axis=1)[:, None]
    first &= missed
    counted = {name: (int(kind.sum()), int((kind & missed).sum())) for name, kind in kinds.items()}
    begins = {name: int((kind & first).sum()) for name, kind in kinds.items()}
    begins["signs"] = int(first.sum()) - sum(begins.values())
    return {"problems": n, **counted, "first": begins}


def kinds_of_digits(a: Integers, b: Integers) -> dict[str, NDArray[np.bool_]]:
    """Which written digits of 4x4 texts are of which kind, (N, L) each."""
    far = np.zeros((len(a), FORM.length), dtype=bool)
    near, shift, sums = far.copy(), far.copy(), far.copy()
    for field in FORM.written:
        if field.kind != "partial product":
            sums[:, field.start : field.stop] = True
            continue
        hangs_on = carries_into(a, b // 10**field.number % 10)
        for t in field.positions:
            place = field.place(t) - field.number
            if place < 0:
                shift[:, t] = True
            else:
                is_far = place < hangs_on.shape[1] and hangs_on[:, place] >= FAR
                far[:, t], near[:, t] = is_far, ~np.asarray(is_far)
    return {"far": far, "near": near, "shift": shift, "sums": sums}
