"""Five trainings of `course` once more, looked at on the way: when each length came right.

A row of `course` says how a training stands where a stage ends; this says how it got there. The
looks go by tokens, so that the same look of two trainings has read as much. They read the test part
and decide nothing: recipes and seeds are those of `course`, and its rows stood before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from copy import deepcopy
from itertools import accumulate, zip_longest
from typing import Any

import numpy as np

from lab.data.problems import (
    BOUNDS,
    Format,
    sample_exact,
    split_value,
)
from lab.data.samples import Sample
from lab.data.vocabulary import decode
from lab.experiments.curriculum_ablations import (
    ASKED,
    ASKED_MOST,
    SHAPES,
    control,
    evaluate_shapes,
    name_shape,
)
from lab.experiments.sweep import Cell
from lab.inference.scoring import decode_all, exactness, last, up_to_the_end
from lab.model.cost import parameters_of
from lab.model.gpt import GPT
from lab.recipes.curriculum import COURSE, PAST_TWO, STYLE
from lab.records import RECORDS, read_lines, replacing, select
from lab.training.checkpoint import Checkpoint, from_bytes, to_bytes
from lab.training.recipe import Recipe
from lab.training.state import TrainState
from lab.training.train import precision_on, train
from lab.weights import digest

ARMS = ("the_course", "all_at_once", "reversed", "rehearsal_0", "from_two_digits")
N_LOOK = 10
"""Looks after the one before the first step, as many tokens apart as whole steps allow."""

N_KEPT = 5
"""Looks of which the weights are kept, the last one among them."""

LONGEST = 1000
"""Of 4x4, problems at every look: the first of those that `course` asks at the end."""

TEXTS = 8
"""Of the batch that is read at a look, drawn by the number of the look."""

PROBLEMS = ((7, 8), (37, 48), (483, 726), (4837, 2916), (4837, 9265), (9299, 8989))
"""What the network writes at every look. Three of them are of the part that is trained on."""

LESSONS: dict[str, tuple[str, ...]] = {
    "the_course": tuple(COURSE),
    "rehearsal_0": tuple(COURSE),
    "reversed": tuple(reversed(COURSE)),
    "from_two_digits": PAST_TWO,
    "all_at_once": ("all",),
}
"""The stages of an arm by what is new in each."""


def look_cells() -> list[Cell]:
    return [{"arm": arm, "seed": 0} for arm in ARMS]


def measure_looks(cell: Cell) -> dict[str, Any]:
    """Train as `course` did; at every look count, and keep what is read and what is written."""
    recipe = control(**cell)
    state = TrainState.start(recipe)
    rows, weights = look_at(recipe, state, LESSONS[cell["arm"]])
    for number in kept_looks(rows):
        rows[number]["weights"] = keep_weights(cell["arm"], number, weights[number])
    end = evaluate_shapes(state.model.eval(), recipe, "test", ASKED_MOST)["shapes"]
    return {
        "parameters": parameters_of(recipe.model),
        "steps": recipe.steps,
        "tokens": state.tokens,
        "training_seconds": round(state.seconds, 1),
        "precision": precision_on(recipe, state.device),
        "started_from": state.started_from,
        "problems": [(a, b, part_of_split(a, b)) for a, b in PROBLEMS],
        "looks": rows,
        "looked_at_in": "bf16 weights",
        "end": end,
        "end_in": "fp32 weights",
        "course": of_course(cell, end),
        "test_readings": {"times": len(rows) + 1, "decided": "nothing"},
        **Sample("generator", "test pairs of every shape up to 4x4", ASKED, 0).document(),
        "seeds": [recipe.seed],
    }


Look = dict[str, Any]


def look_at(
    recipe: Recipe, state: TrainState, lessons: Sequence[str]
) -> tuple[list[Look], list[bytes]]:
    """Train to the end: what is seen at each look, and the weights at it.

    Loss and texts are those of the batch that the last step has read; at look 0, before the first
    step, those of the batch that this is about to read.
    """
    steps, at = train(recipe, state), look_steps(recipe)
    weights = [to_bytes(state.model)]
    rows = [seen(recipe, weights[0], 0, 0)]
    for step in range(1, recipe.steps + 1):
        before = deepcopy(state.rng)
        done = next(steps)
        if step == 1:
            # The loss of a step is that of the weights before it.
            rows[0] |= about_batch(recipe, before, step, 0, lessons) | {"loss": done.loss}
        if step in at:
            number = at.index(step)
            weights.append(to_bytes(state.model))
            batch = about_batch(recipe, before, step, number, lessons) | {"loss": done.loss}
            rows.append(seen(recipe, weights[-1], step, done.tokens) | batch)
    return rows, weights


def look_steps(recipe: Recipe, n: int = N_LOOK) -> list[int]:
    """After which steps it is looked at: 0, and the first with so many `n`ths of all tokens."""
    each = [
        stage.data.tokens_per_row * recipe.batch_size
        for stage in recipe.course
        for _ in range(stage.steps)
    ]
    read = np.array(list(accumulate(each)))
    shares = [np.searchsorted(read * n, read[-1] * look) for look in range(1, n + 1)]
    return [0, *(int(share) + 1 for share in shares)]


def seen(recipe: Recipe, weights: bytes, step: int, tokens: int) -> Look:
    """Errors of each shape, and the `PROBLEMS` as written, by the weights as they are kept."""
    model = from_bytes(recipe.name, weights, recipe.model, recipe.format).model
    return {
        "step": step,
        "tokens": tokens,
        "shapes": errors_by_shape(model),
        "written": [written(model, a, b) for a, b in PROBLEMS],
    }


def errors_by_shape(model: GPT) -> dict[str, tuple[int, int]]:
    """By shape (n, strict errors), of the test problems of `course`, fewer of 4x4."""
    shapes: dict[str, tuple[int, int]] = {}
    for p, q in SHAPES:
        drawn, asked = (ASKED_MOST, LONGEST) if (p, q) == SHAPES[-1] else (ASKED, ASKED)
        a, b = sample_exact(np.random.default_rng(0), drawn, p, q, *BOUNDS["test"])
        form = Format("cot_reversed", p, q)
        score = last(exactness(model, form, a[:asked], b[:asked], decode=False))
        shapes[name_shape(p, q)] = (score.n, score.errors_strict)
    return shapes


def written(model: GPT, a: int, b: int) -> str:
    """The text that greedy decoding gives, prompt and all, up to its end."""
    form = Format("cot_reversed", len(str(a)), len(str(b)))
    ((_, texts),) = decode_all(model, form, np.array([a]), np.array([b]))
    return decode(up_to_the_end(texts)[0]).rstrip("_")


def about_batch(
    recipe: Recipe, rng: np.random.Generator, step: int, look: int, lessons: Sequence[str]
) -> Look:
    """Of the batch of a step (from 1), drawn again with its generator: its stage and some texts."""
    stage = recipe.stage_at(step - 1)
    tokens, _ = stage.data.draw(rng, recipe.batch_size)
    some = np.random.default_rng(look).permutation(len(tokens))[:TEXTS]
    return {
        "stage": lessons[recipe.course.index(stage)],
        "read": [decode(row).rstrip("_") for row in tokens[some]],
    }


def kept_looks(looks: Sequence[dict[str, Any]]) -> list[int]:
    """The last, and those at which the map has changed most since the look before.

    A change is the sum over shapes of how far the share of wrong problems moved.
    """
    shares = np.array([[wrong / n for n, wrong in look["shapes"].values()] for look in looks])
    changes = np.abs(np.diff(shares, axis=0)).sum(axis=1)
    order = 1 + np.argsort(-changes[:-1], kind="stable")
    return sorted([*order[: N_KEPT - 1].tolist(), len(looks) - 1])


def of_course(cell: Cell, end: dict[str, tuple[int, int]]) -> dict[str, Any]:
    """What the row of `course` says of the same problems at the end, on its machine."""
    (row,) = select(read_lines(RECORDS / "course.jsonl"), **cell)
    shapes = row["stages"][-1]["shapes"]
    apart = {shape: end[shape][1] - wrong for shape, (_, wrong) in shapes.items()}
    return {
        "cpu": row["cpu"],
        "amx": row["amx"],
        "tokens": row["tokens"],
        "shapes": shapes,
        "more_wrong_here": {shape: more for shape, more in apart.items() if more},
    }


# ---------------------------------------------------------------- the weights of a look


def weights_name(arm: str, look: int) -> str:
    return f"course_looks_{arm}_{look}.safetensors"


def keep_weights(arm: str, look: int, data: bytes) -> dict[str, str]:
    path = RECORDS / weights_name(arm, look)
    with replacing(path) as part:
        part.write_bytes(data)
    return {"file": path.name, "digest": digest(data)}


def load_look(arm: str, look: int) -> Checkpoint:
    """The network of an arm as it was at one of the looks whose weights are kept."""
    recipe = control(arm, 0)
    name = weights_name(arm, look)
    return from_bytes(name, (RECORDS / name).read_bytes(), recipe.model, recipe.format)


# ---------------------------------------------------------------- a digit more than was taught

FURTHER = ((5, 4), (4, 5), (5, 5))
"""Shapes that no training has, with a fifth digit in the first number, the second, or both."""


def further_cells() -> list[Cell]:
    return [{"arm": arm, "p": p, "q": q} for p, q in FURTHER for arm in ARMS]


def measure_further(cell: Cell) -> dict[str, Any]:
    """Strict errors of a training's last look on a shape that it was not taught."""
    arm, p, q = cell["arm"], cell["p"], cell["q"]
    a, b = sample_exact(np.random.default_rng(0), ASKED, p, q, *BOUNDS["test"])
    score = last(exactness(load_look(arm, N_LOOK).model, Format(STYLE, p, q), a, b, decode=False))
    return {
        "network": digest((RECORDS / weights_name(arm, N_LOOK)).read_bytes()),
        "n": score.n,
        "errors": score.errors_strict,
        **Sample("generator", f"test pairs of {p}x{q} digits", ASKED, 0).document(),
        "seeds": [0],
    }


# ---------------------------------------------------------------- where a text first goes wrong

FORGOTTEN = ((1, 1), (2, 1), (3, 1))
"""Shapes of which the training without rehearsal gets more wrong than the others do."""


def first_wrong_cells() -> list[Cell]:
    """What was forgotten, and five by five digits of each training from random weights."""
    return [
        *({"arm": "rehearsal_0", "p": p, "q": q} for p, q in FORGOTTEN),
        *({"arm": arm, "p": 5, "q": 5} for arm in ARMS if arm != "from_two_digits"),
    ]


def measure_first_wrong(cell: Cell) -> dict[str, Any]:
    """Of the wrong texts of a training's last look, by what should stand at the first wrong token
    and what does: '$ as +', 'digit as digit'."""
    arm, p, q = cell["arm"], cell["p"], cell["q"]
    model, form = load_look(arm, N_LOOK).model, Format(STYLE, p, q)
    drawn = sample_exact(np.random.default_rng(0), ASKED, p, q, *BOUNDS["test"])
    pairs = [(int(a), int(b)) for a, b in zip(*drawn, strict=True)]
    found = [first_wrong(form.text(a, b), written(model, a, b)) for a, b in pairs]
    counts = Counter(kind for kind in found if kind)
    return {
        "network": digest((RECORDS / weights_name(arm, N_LOOK)).read_bytes()),
        "n": len(pairs),
        "errors": counts.total(),
        "first_wrong": dict(sorted(counts.items())),
        **Sample("generator", f"test pairs of {p}x{q} digits", ASKED, 0).document(),
        "seeds": [0],
    }


def first_wrong(right: str, said: str) -> str:
    """What should stand at the first wrong token as what does; '' if there is none."""
    for token, other in zip_longest(right, said, fillvalue="nothing"):
        if token != other:
            return f"{kind_of(token)} as {kind_of(other)}"
    return ""


def kind_of(token: str) -> str:
    return "digit" if token.isdigit() else token


def part_of_split(a: int, b: int) -> str:
    """Of which part a pair is: trainings draw from the first."""
    u = split_value(a, b)
    return next(
        name for name in ("train", "validation", "test") if BOUNDS[name][0] <= u < BOUNDS[name][1]
    )
