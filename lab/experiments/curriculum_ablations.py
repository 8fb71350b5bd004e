"""What a course is worth: twins of chapter 3 that differ in one thing, the thing in question.

All go to four digits, read as many tokens, and are evaluated on every shape at the end of every
stage.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import accumulate, product
from typing import Any, cast

import numpy as np

from lab.data.difficulty import Measure
from lab.data.problems import BOUNDS, Format, SplitName, sample_exact
from lab.data.samples import Sample
from lab.data.sources import Mix, Picked, Pool, Shapes, Source
from lab.experiments.sweep import Cell
from lab.inference.scoring import exactness, last
from lab.model.config import LearnedPositionsConfig
from lab.model.cost import parameters_of
from lab.model.gpt import GPT
from lab.recipes.curriculum import (
    BLEND,
    COURSE,
    LEARNED,
    STYLE,
    TWIN_STEPS,
    Blend,
    course_of_twin,
    lesson,
    two_digits_coupled,
)
from lab.records import RECORDS, read_lines, select
from lab.training.recipe import Recipe, Stage, in_stages
from lab.training.state import TrainState
from lab.training.train import StepMetrics, precision_on, train

ASKED, ASKED_MOST = 200, 2000
"""Problems of every shape, and of 4x4 at the end."""

MOST_DIGITS = 4
SHAPES = tuple(product(range(1, MOST_DIGITS + 1), repeat=2))


def name_shape(p: int, q: int) -> str:
    return f"{p}x{q}"


# ---------------------------------------------------------------- training one twin


def train_course(
    recipe: Recipe,
    split: SplitName,
    state: TrainState | None = None,
    after_step: Callable[[StepMetrics, GPT], None] | None = None,
) -> dict[str, Any]:
    """Train to the end, and count errors of every shape after every stage; from `state`, if the
    weights to begin with are no committed run's. `after_step` may look, and draws nothing."""
    state = state or TrainState.start(recipe)
    ends = set(accumulate(stage.steps for stage in recipe.course))
    stages: list[dict[str, Any]] = []
    for done in train(recipe, state):
        if done.step in ends:
            most = ASKED_MOST if done.step == recipe.steps else ASKED
            stages.append(
                {"step": done.step, **evaluate_shapes(state.model.eval(), recipe, split, most)}
            )
            state.model.train()
        if after_step:
            after_step(done, state.model)
    return {
        "parameters": parameters_of(recipe.model),
        "steps": recipe.steps,
        "problems": recipe.steps * recipe.batch_size,
        "tokens": state.tokens,
        "training_seconds": round(state.seconds, 1),
        "precision": precision_on(recipe, state.device),
        "started_from": state.started_from,
        "stages": stages,
        **SAMPLE[split].document(),
        "seeds": [recipe.seed],
    }


SAMPLE = {
    split: Sample("generator", f"{split} pairs of every shape up to 4x4", ASKED, 0)
    for split in BOUNDS
}


def evaluate_shapes(
    model: GPT, recipe: Recipe, split: SplitName, most: int
) -> dict[str, dict[str, Any]]:
    """By shape (n, strict errors): `ASKED` problems of each, and `most` of the largest."""
    in_full = isinstance(recipe.model.position, LearnedPositionsConfig)
    shapes = {}
    for p, q in SHAPES:
        n = most if (p, q) == SHAPES[-1] else ASKED
        width = max(2, p, q)
        form = Format("cot_reversed", *((width, width) if in_full else (p, q)))
        a, b = sample_exact(np.random.default_rng(0), n, p, q, *BOUNDS[split])
        score = last(exactness(model, form, a, b, decode=False))
        shapes[name_shape(p, q)] = (score.n, score.errors_strict)
    return {"shapes": shapes}


# ---------------------------------------------------------------- where to begin


SEEDS = range(3)
SLOW, USUAL = (2.5e-4, 5e-4, 1e-3), (5e-4, 1e-3, 2e-3)
WIDE = (5e-4, 1e-3, 2e-3, 4e-3, 8e-3)
LEARNED_RUN, COUPLED_RUN = "two_digits_learned", "two_digits_coupled"
Begins = Callable[[float, int], Recipe]
BEGINNINGS: dict[str, Begins] = {
    "learned": lambda rate, seed: course_of_twin(
        LEARNED_RUN, position=LEARNED, rate=rate, seed=seed
    ),
    "coupled": lambda rate, seed: course_of_twin(COUPLED_RUN, rate=rate, seed=seed),
    "nothing": lambda rate, seed: course_of_twin(rate=rate, seed=seed),
    "nothing_all_at_once": lambda rate, seed: at_once(EVERY_LESSON, rate, seed),
}
"""Where a course begins, and two that begin with random weights, one of them no course."""

RATES = {
    "learned": WIDE,
    "coupled": WIDE,
    "nothing": SLOW,
    "nothing_all_at_once": USUAL,
}


def base_cells() -> list[Cell]:
    """Four beginnings, the best rate of each inside its grid, one seed."""
    return [{"base": base, "rate": rate, "seed": 0} for base in RATES for rate in RATES[base]]


def measure_base(cell: Cell) -> dict[str, Any]:
    """On validation: how base and rate are chosen."""
    return train_course(BEGINNINGS[cell["base"]](cell["rate"], cell["seed"]), "validation")


# ---------------------------------------------------------------- is it that base alone?

OTHER_BASES = (1, 2)
"""Seeds of two more networks that know two digits, beside the committed one of seed 0."""


def other_base_cells() -> list[Cell]:
    """Of each the rates, on validation, then the course on test, three orders of the data."""
    cells: list[Cell] = []
    for base in OTHER_BASES:
        cells += [{"part": "rate", "base": base, "rate": rate, "seed": 0} for rate in WIDE]
        cells += [{"part": "course", "base": base, "seed": seed} for seed in SEEDS]
    return cells


def measure_other_base(cell: Cell) -> dict[str, Any]:
    base = cell["base"]
    if cell["part"] == "rate":
        return {**train_from(base, cell["rate"], cell["seed"], "validation"), "rate": cell["rate"]}
    rate = best_rate(read_lines(RECORDS / "other_bases.jsonl"), base)
    return {**train_from(base, rate, cell["seed"], "test"), "rate": rate}


def train_from(base: int, rate: float, seed: int, split: SplitName) -> dict[str, Any]:
    """The course from two digits on, begun with another network that knows them; `base_shapes` is
    what that one gets wrong, of shapes up to two by two digits all that are evaluated."""
    recipe, known = course_of_twin(COUPLED_RUN, rate=rate, seed=seed), knows_two_digits(base)
    state = TrainState.blank(recipe)
    state.model.load_state_dict(known.state_dict())
    found = train_course(recipe, split, state)
    return {**found, "base_shapes": evaluate_shapes(known, recipe, split, ASKED)["shapes"]}


@lru_cache
def knows_two_digits(seed: int) -> GPT:
    plan = replace(two_digits_coupled(), seed=seed)
    state = TrainState.start(plan)
    for _ in train(plan, state):
        pass
    return state.model.eval()


def best_rate(rows: Sequence[Cell], base: int) -> float:
    """The rate with the fewest wrong of the longest problems; the lowest of equal ones."""
    tried = select(rows, part="rate", base=base)
    if len(tried) < len(WIDE):
        raise ValueError(f"{len(tried)} of {len(WIDE)} rates are measured for base {base}")
    longest = name_shape(*SHAPES[-1])
    return min(tried, key=lambda row: (row["stages"][-1]["shapes"][longest][1], row["rate"]))[
        "rate"
    ]


EVERYTHING = tuple(shape for new in COURSE.values() for shape in new)
EVERY_LESSON = lesson(EVERYTHING, (), BLEND)


def at_once(data: Source, rate: float, seed: int) -> Recipe:
    """The twin on one thing from beginning to end, and as many tokens as the course."""
    usual = course_of_twin(rate=rate, seed=seed)
    steps = round(tokens_of(course_of_twin()) / (usual.batch_size * data.tokens_per_row))
    return replace(usual, stages=(), data=data, steps=steps)


def tokens_of(recipe: Recipe) -> int:
    """What a run reads, padding included."""
    return recipe.batch_size * sum(s.steps * s.data.tokens_per_row for s in recipe.course)


# ---------------------------------------------------------------- what the course is made of


COURSE_RATE, AT_ONCE_RATE, TAUGHT_RATE = 5e-4, 1e-3, 2e-3
"""Of each arm the best of `RATES` on validation, with the first seed: `records/bases.jsonl`."""


def rehearsing(share: float) -> Blend:
    """The blend with so many rehearsed rows in 100, the other parts as they are to one another."""
    rest = sum(vars(BLEND).values()) - BLEND.rehearsed
    return replace(BLEND, rehearsed=rest * share / (100 - share))


BLENDS: dict[str, Blend] = {
    "the_course": BLEND,
    "no_padding": replace(BLEND, padded=0),
    "no_carries": replace(BLEND, carries=0),
    "rehearsal_0": rehearsing(0),
    "rehearsal_5": rehearsing(5),
}


def reversed_course(seed: int) -> Recipe:
    """The longest problems first; as many tokens, shared out as ever."""
    lessons, steps = tuple(reversed(COURSE)), TWIN_STEPS[""][::-1]
    usual = course_of_twin(lessons=lessons, steps=steps)
    share = tokens_of(course_of_twin()) / tokens_of(usual)
    shared = [round(n * share) for n in steps]
    return course_of_twin(lessons=lessons, steps=shared, rate=COURSE_RATE, seed=seed)


ORDERS: dict[str, Callable[[int], Recipe]] = {
    "reversed": reversed_course,
    "all_at_once": lambda seed: at_once(EVERY_LESSON, AT_ONCE_RATE, seed),
    "from_two_digits": lambda seed: course_of_twin(COUPLED_RUN, rate=TAUGHT_RATE, seed=seed),
}


def control_cells() -> list[Cell]:
    """Eight arms, three seeds."""
    return [{"arm": arm, "seed": seed} for seed in SEEDS for arm in (*BLENDS, *ORDERS)]


def measure_control(cell: Cell) -> dict[str, Any]:
    return train_course(control(**cell), "test")


def control(arm: str, seed: int) -> Recipe:
    """The course of the twin changed in one thing; as many tokens."""
    if arm in ORDERS:
        return ORDERS[arm](seed)
    return course_of_twin(blend=BLENDS[arm], rate=COURSE_RATE, seed=seed)


# ---------------------------------------------------------------- how few problems


DISTINCT = (3_000, 30_000)
CHOSEN: tuple[Measure, ...] = ("carries", "zeros", "rare")
BY_STAGES = "by_stages"
DRAWN = (BY_STAGES, "at_random", "chosen")


def fewest_cells() -> list[Cell]:
    """So many different problems, in three ways, three seeds.

    None: as many as a run reads, each of them once. By stages that is the course, a control.
    """
    arms = [(drawn, n) for n in (*DISTINCT, None) for drawn in DRAWN if drawn != BY_STAGES or n]
    return [{"drawn": drawn, "problems": n, "seed": seed} for seed in SEEDS for drawn, n in arms]


def measure_fewest(cell: Cell) -> dict[str, Any]:
    return train_course(fewest(**cell), "test")


EVERY_SUM = Shapes(Format(STYLE, MOST_DIGITS, MOST_DIGITS, padded=False), EVERYTHING)
HARD = Mix(tuple((Picked(EVERY_SUM, by), 1.0) for by in CHOSEN))


def fewest(drawn: str, problems: int | None, seed: int) -> Recipe:
    """The twin on so many different texts and no more, as many tokens as ever.

    By stages: the course, each stage with its part of them. At random: all shapes at once. Chosen:
    the same, of every eight problems the one that is hardest in one of the `CHOSEN` ways.
    """
    if drawn == BY_STAGES:
        course = course_of_twin(rate=COURSE_RATE, seed=seed)
        return in_stages(course, *(few(stage, problems, course) for stage in course.stages))
    every = HARD if drawn == "chosen" else EVERY_SUM
    return at_once(every if problems is None else Pool(every, problems, seed), AT_ONCE_RATE, seed)


ALL_OF_TWO_DIGITS = 2_400
"""A stage of two digits that is to read more different texts than that reads whatever there is."""


def few(stage: Stage, problems: int | None, course: Recipe) -> Stage:
    """A stage with its part of the problems, by its steps."""
    data = cast(Mix, stage.data)
    part = None if problems is None else round(problems * stage.steps / course.steps)
    if part is None or (data.format.p == 2 and part > ALL_OF_TWO_DIGITS):
        return stage
    return replace(stage, data=Pool(data, part, course.seed))
