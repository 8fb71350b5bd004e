"""The runs of chapter 3: from two digits to four, a course of stages, each a mix of problems."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from lab.data.difficulty import Measure
from lab.data.problems import Format, Style
from lab.data.sources import Member, Mix, PairList, Picked, Shapes
from lab.fields import require_number
from lab.model.config import CoupledRotaryPositionsConfig, LearnedPositionsConfig, PositionConfig
from lab.recipes.chain_of_thought import FULL_SIZE
from lab.recipes.reach import SLOW_BASE
from lab.recipes.rope import small
from lab.training.recipe import Recipe, Stage, in_stages

STYLE: Style = "cot_reversed"
ROOM = 64
"""Rows of the learned table: as many as a problem of 4 x 4 digits has tokens."""

LEARNED = LearnedPositionsConfig(ROOM)
COUPLED = CoupledRotaryPositionsConfig(SLOW_BASE, factor=1.0)


# ---------------------------------------------------------------- what a stage reads


@dataclass(frozen=True)
class Blend:
    """What the rows of a stage are, as parts of one another; what is 0 is left out.

    `random`: problems of the stage's new shapes. `carries`, `zeros`: of these, out of every few
    random ones the problem with the longest carry, or the most zeros. `padded`: problems of all
    shapes so far, with leading zeros. `rehearsed`: problems of the stages before.
    """

    random: float = 40
    carries: float = 15
    zeros: float = 10
    padded: float = 15
    rehearsed: float = 20

    def __post_init__(self) -> None:
        for name, part in vars(self).items():
            require_number(f"Blend.{name}", part, least=0, most=1e6)
        if sum(vars(self).values()) == 0:
            raise ValueError("a mix with all its parts 0 has nothing to read; give one a weight")


BLEND = Blend()


def all_shapes(p: int, q: int) -> PairList:
    """All numbers of digits up to p and q, as often as there are products of two digits in them."""
    return tuple((i, j) for i in range(1, p + 1) for j in range(1, q + 1) for _ in range(i * j))


TWO_DIGITS = all_shapes(2, 2)

COURSE: dict[str, PairList] = {
    "2x2": TWO_DIGITS,
    "2x3": tuple(shape for shape in all_shapes(3, 3) if max(shape) == 3 and shape != (3, 3)),
    "3x3": ((3, 3),),
    "4x4": tuple(shape for shape in all_shapes(4, 4) if max(shape) == 4),
}
"""What is new in each stage: every shape comes once."""


def before(stage: str) -> PairList:
    """The shapes that are new in the stages before one."""
    earlier = takewhile(lambda name: name != stage, COURSE)
    return tuple(shape for name in earlier for shape in COURSE[name])


PAST_TWO = ("2x3", "3x3", "4x4")
"""The stages of a network that knows two digits."""


def lesson(new: PairList, before: PairList, blend: Blend, *, in_full: bool = False) -> Mix:
    """The mix of a stage: `new` shapes by their parts of `blend`, and those from `before`.

    `in_full`: every number is written with leading zeros to the length of the longest, as a table
    of positions needs it.
    """
    most = max(max(shape) for shape in (*new, *before))
    form = Format(STYLE, most, most, padded=in_full)
    fresh = Shapes(form, new)
    parts: list[tuple[Member, float]] = [(fresh, blend.random)]
    parts += [(Picked(fresh, by), part) for by, part in picked_parts(blend)]
    parts += rehearsal(before, blend.rehearsed, in_full=in_full)
    by_width = {
        width: tuple(sorted(shape for shape in {*new, *before} if max(shape) <= width))
        for width in range(2, most + 1)
    }
    padded = [Shapes(Format(STYLE, w, w), shapes) for w, shapes in by_width.items() if shapes]
    parts += [(source, blend.padded / len(padded)) for source in padded]
    return Mix(tuple((source, part) for source, part in parts if part))


def picked_parts(blend: Blend) -> tuple[tuple[Measure, float], ...]:
    return ("carries", blend.carries), ("zeros", blend.zeros)


def rehearsal(before: PairList, part: float, *, in_full: bool) -> list[tuple[Member, float]]:
    """Problems of earlier shapes, each written as it was learned."""
    if not before:
        return []
    most = max(map(max, before))
    if not in_full:
        return [(Shapes(Format(STYLE, most, most, padded=False), before), part)]
    widths = sorted({max(2, max(shape)) for shape in before})
    return [
        (
            Shapes(
                Format(STYLE, width, width),
                tuple(shape for shape in before if max(2, max(shape)) == width),
            ),
            part / len(widths),
        )
        for width in widths
    ]


def course(
    steps: Sequence[int],
    blend: Blend = BLEND,
    lessons: Sequence[str] = tuple(COURSE),
    *,
    known: PairList = (),
    in_full: bool = False,
) -> tuple[Stage, ...]:
    """The stages of a course, one a lesson; what is `known`, or one teaches, the next rehearses."""
    out: list[Stage] = []
    for name, n in zip(lessons, steps, strict=True):
        out.append(Stage(lesson(COURSE[name], known, blend, in_full=in_full), n))
        known += COURSE[name]
    return tuple(out)


# ---------------------------------------------------------------- the runs


def twin(name: str, position: PositionConfig) -> Recipe:
    """The small network of two layers, before it is said what it reads."""
    return Recipe(
        name=name,
        model=small(position),
        batch_size=32,
        precision="fp32",
        rate=2e-3,
        muon_rate=0.01,
        check_every=100,
    )


def curriculum_before() -> Recipe:
    """The book's network from random weights to four digits, stopped before it is done."""
    usual = replace(
        twin("curriculum_before", COUPLED),
        model=replace(FULL_SIZE, position=COUPLED),
        batch_size=64,
        decay=0.25,
        check_every=25,
    )
    return in_stages(usual, *course((100, 150, 150, 300)))


def curriculum_4x4() -> Recipe:
    """The last stage, once more and longer."""
    usual = replace(
        curriculum_before(),
        name="curriculum_4x4",
        start_from="curriculum_before",
        rate=1e-3,
        muon_rate=5e-3,
        decay=0.8,
        check_every=100,
    )
    return in_stages(usual, replace(usual.stages[-1], steps=1600))


def two_digits(name: str, position: PositionConfig) -> Recipe:
    """The twin that knows two digits, where the course begins."""
    in_full = isinstance(position, LearnedPositionsConfig)
    lesson_of_two = lesson(TWO_DIGITS, (), BLEND, in_full=in_full)
    return replace(twin(name, position), data=lesson_of_two, steps=3200)


def two_digits_learned() -> Recipe:
    """With chapter 1's table and texts: every number is written with two digits."""
    return two_digits("two_digits_learned", LEARNED)


def two_digits_coupled() -> Recipe:
    """With the two axes of chapter 2."""
    return two_digits("two_digits_coupled", COUPLED)


def stage_of_twin(name: str, start_from: str, new: str, steps: int) -> Recipe:
    """One lesson of the course as a run of its own, from the run of the lesson before."""
    data = lesson(COURSE[new], before(new), BLEND)
    return replace(twin(name, COUPLED), data=data, start_from=start_from, steps=steps)


def course_2x2_small() -> Recipe:
    """The twin with two digits."""
    return stage_of_twin("course_2x2_small", "", "2x2", 300)


def course_2x3_small() -> Recipe:
    """The twin with one number of three digits."""
    return stage_of_twin("course_2x3_small", "course_2x2_small", "2x3", 300)


def course_3x3_small() -> Recipe:
    """The twin with two numbers of three digits."""
    return stage_of_twin("course_3x3_small", "course_2x3_small", "3x3", 300)


def curriculum_before_small() -> Recipe:
    """The twin with four digits, stopped before it is done."""
    return stage_of_twin("curriculum_before_small", "course_3x3_small", "4x4", 1700)


TWIN_STEPS = {"": (200, 150, 150, 740), "two digits": (150, 150, 800)}
"""Of the stages, from random weights or from two digits: 2 million tokens."""


def course_of_twin(
    start_from: str = "",
    *,
    position: PositionConfig = COUPLED,
    steps: Sequence[int] = (),
    blend: Blend = BLEND,
    lessons: Sequence[str] = (),
    rate: float = 2e-3,
    seed: int = 0,
) -> Recipe:
    """The course of the twin, every setting an argument: from random weights, or from a run that
    knows two digits, whose table is left behind where `position` has none."""
    known = TWO_DIGITS if start_from else ()
    lessons = lessons or (PAST_TWO if start_from else tuple(COURSE))
    steps = steps or TWIN_STEPS["two digits" if start_from else ""]
    usual = replace(
        twin("course", position), start_from=start_from, rate=rate, muon_rate=5 * rate, seed=seed
    )
    in_full = isinstance(position, LearnedPositionsConfig)
    return in_stages(usual, *course(steps, blend, lessons, known=known, in_full=in_full))


# ---------------------------------------------------------------- where a reader's own mix begins

WITH_ONE_DIGIT = tuple(shape for shape in TWO_DIGITS if shape != (2, 2))
"""At least one number has a single digit."""


def one_digit_small() -> Recipe:
    """The network that live runs train, taught to multiply by a single digit and no more.

    Every number is written with two digits: the texts look like those of two-digit problems.
    """
    usual = twin("one_digit_small", LearnedPositionsConfig(32))
    data = Shapes(Format(STYLE), WITH_ONE_DIGIT)
    return replace(usual, data=data, steps=1500, decay=0.8, weight_decay=1.0)
