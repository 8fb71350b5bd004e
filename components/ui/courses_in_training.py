"""Five trainings of one small network, as the looks of `lab.experiments.course_looks` found them:
what page 30 draws of them. A reader's own problem is written by the weights that were kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from components.ui.computed_ahead import ahead
from components.ui.computed_apart import apart
from components.ui.drawings.courses import Band, Course, Number, Text
from components.ui.lazily import lazily
from components.ui.tokens import label_of
from components.ui.written_rows import lines_of
from lab.data.problems import Format
from lab.readings import Row

looks = lazily("lab.experiments.course_looks")
curriculum = lazily("lab.recipes.curriculum")
twins = lazily("lab.experiments.curriculum_ablations")
checkpoint = lazily("lab.training.checkpoint")
state = lazily("lab.training.state")

NAMES: Mapping[str, str] = {
    "the_course": "in stages",
    "all_at_once": "all at once",
    "reversed": "longest first",
    "rehearsal_0": "no rehearsal",
    "from_two_digits": "worst 2-digit model",
}
"""The trainings, and what each is called."""

PAIR = (4837, 2916)
"""Written at every look, and on record."""

SIDE = range(1, 5)
SHAPES = tuple(f"{p}x{q}" for p in SIDE for q in SIDE)

Pair = tuple[int, int]


class Asked(NamedTuple):
    arm: str
    pair: Pair


def courses(rows: Sequence[Row], asked: Asked) -> tuple[list[Course], list[int]]:
    """All trainings with the texts of the one asked for, and how many problems each shape has."""
    by_arm = {row["cell"]["arm"]: row for row in rows}
    found = [course_of(by_arm[arm], asked) for arm in NAMES if arm in by_arm]
    first = rows[0]["looks"][0]["shapes"]
    return found, [first[shape][0] for shape in SHAPES]


def course_of(row: Row, asked: Asked) -> Course:
    arm, found = row["cell"]["arm"], row["looks"]
    return Course(
        NAMES[arm],
        [look["step"] for look in found],
        [look["tokens"] for look in found],
        [Band(*stage) for stage in stages_of(arm)],
        np.array([[look["shapes"][shape][1] for shape in SHAPES] for look in found]),
        [line_of(look["read"][0], look["stage"]) for look in found],
        texts_of(row, asked.pair) if on_record(row, asked.pair) or arm == asked.arm else [],
    )


def numbers_of(found: Sequence[Course], n: Sequence[int]) -> list[dict[str, Any]]:
    """A line a training and look, to take along: the share right of each shape."""
    return [
        {"training": course.name, "step": step}
        | {shape: 1 - wrong / of for shape, wrong, of in zip(SHAPES, look, n, strict=True)}
        for course in found
        for step, look in zip(course.steps, course.wrong.tolist(), strict=True)
    ]


@ahead
def stages_of(arm: str) -> list[tuple[str, float, float, list[int]]]:
    """The stages of a training by shares of its tokens, and the shapes that are new in each."""
    recipe = twins.control(arm, 0)
    plan = recipe.course
    read = np.cumsum([stage.data.tokens_per_row * stage.steps for stage in plan])
    ends = (read / read[-1]).tolist()
    return [
        (in_words(name), begin, end, places_of(curriculum.COURSE.get(name, ())))
        for name, begin, end in zip(looks.LESSONS[arm], [0.0, *ends], ends, strict=False)
    ]


def places_of(new: Sequence[Pair]) -> list[int]:
    return sorted({SHAPES.index(f"{p}x{q}") for p, q in new})


def in_words(stage: str) -> str:
    return "all lengths" if stage == "all" else stage.replace("x", " × ")


def line_of(text: str, stage: str) -> tuple[str, str]:
    """A problem that was read, without its working, and why the mix holds it."""
    prompt = text.partition("=")[0]
    a, _, b = prompt.partition("*")
    shown = f"{a}×{b}="
    if any(len(number) > 1 and number[0] == "0" for number in (a, b)):
        return shown, "zeros in front"
    if stage == "all":
        return shown, f"{len(a)} × {len(b)}"
    new = (len(a), len(b)) in set(curriculum_shapes(stage))
    return shown, "new length" if new else "earlier length"


@lru_cache
@ahead
def curriculum_shapes(stage: str) -> list[Pair]:
    return sorted(set(curriculum.COURSE[stage]))


# ---------------------------------------------------------------- one problem


def on_record(row: Row, pair: Pair) -> bool:
    return any((a, b) == pair for a, b, _ in row["problems"])


def texts_of(row: Row, pair: Pair) -> list[Text]:
    """How a training wrote a pair at each look; one that is not on record is written by the nearest
    look whose weights were kept, or by those that the training began with."""
    found = row["looks"]
    if on_record(row, pair):
        place = [(a, b) for a, b, _ in row["problems"]].index(pair)
        return [text_of(look["step"], look["written"][place], pair) for look in found]
    kept = [number for number, look in enumerate(found) if number == 0 or "weights" in look]
    said = written(row["cell"]["arm"], tuple(kept), *pair)
    texts = {
        number: text_of(found[number]["step"], text, pair)
        for number, text in zip(kept, said, strict=True)
    }
    return [texts[min(kept, key=lambda one: abs(one - number))] for number in range(len(found))]


@apart
def written(arm: str, kept: tuple[int, ...], a: int, b: int) -> list[str]:
    """A problem as each of these looks of a training writes it."""
    return [looks.written(network(arm, look), a, b) for look in kept]


@lru_cache(maxsize=12)
def network(arm: str, look: int) -> Any:
    return looks.load_look(arm, look).model if look else begins(arm)


def begins(arm: str) -> Any:
    """A training before its first step, in the numbers that a look is kept in: the seed of its
    recipe draws the weights again, or they are a committed run's."""
    recipe = twins.control(arm, 0)
    weights = checkpoint.to_bytes(state.TrainState.start(recipe).model)
    return checkpoint.from_bytes(recipe.name, weights, recipe.model, recipe.format).model


@lru_cache(maxsize=512)
def text_of(step: int, text: str, pair: Pair) -> Text:
    """The numbers that were written, each in the row of the one that it stands for; a dot is a
    token that was not written."""
    form = Format("cot_reversed", len(str(pair[0])), len(str(pair[1])))
    numbers = [
        Number(
            label_of(line.field, *pair)
            if line.field.kind == "partial product"
            else line.field.kind,
            line.tokens,
            line.marks,
        )
        for line in lines_of(text, form, *pair)
    ]
    return Text(step, numbers)


# ---------------------------------------------------------------- what a link keeps


def is_asked(text: str) -> bool:
    arm, _, pair = text.partition(" ")
    a, times, b = pair.partition("x")
    return (
        arm in NAMES
        and bool(times)
        and all(n.isascii() and n.isdigit() and int(n) <= 9999 for n in (a, b))
    )


def read_asked(text: str | None) -> Asked:
    if text is None:
        return Asked(next(iter(NAMES)), PAIR)
    arm, _, pair = text.partition(" ")
    a, _, b = pair.partition("x")
    return Asked(arm, (int(a), int(b)))


def said_of(arm: int, pair: Pair) -> str:
    return f"{[*NAMES][arm]} {pair[0]}x{pair[1]}"
