"""The worked numbers and the guesses of chapter 3: computed by lab or read off its records."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from components.ui.chapters.ch30 import courses, evolution, probes
from components.ui.chapters.ch30.claims import reading_of
from components.ui.claims.core import read_record
from components.ui.claims.readings import result_of
from components.ui.lazily import lazily
from components.ui.words import band
from lab.data import coverage
from lab.data.difficulty import how_often
from lab.data.problems import Format
from lab.data.remainders import remainders_agree
from lab.recipes.curriculum import COURSE
from lab.records import ROOT, select

twins = lazily("lab.experiments.curriculum")
fetching = lazily("lab.interp.fetching")
index = lazily("lab.recipes.index")
frontier = lazily("lab.experiments.frontier")
rounds = lazily("lab.experiments.self_evolution")

Row = dict[str, Any]
Rows = Sequence[Row]

# ---------------------------------------------------------------- 1. four digits


def share_wrong_of_four() -> float | None:
    """Of the widest reading on test; None if there is none on record."""
    try:
        reading = reading_of("4x4")(read_record(ROOT / result_of(courses.AFTER)))
    except (FileNotFoundError, ValueError):
        return None
    return reading["errors_strict"] / reading["n"]


def problems_read() -> int:
    """Of both runs together."""
    return courses.sums_read(courses.AFTER, index.recipe)


# ---------------------------------------------------------------- 2. what a stage adds

ALL_STEPS, ALL_COLUMNS = np.count_nonzero(how_often()), 10 * 10 * 2
"""Steps that come up in numbers of four digits; two digits, and a carry or none."""

FOUR_DIGIT_SUMS = (9 * 10**3) ** 2


@lru_cache
def steps_met(digits: int) -> int:
    return coverage.steps_of_multiplication(digits)


@lru_cache
def columns_met(digits: int) -> int:
    """More digits add none to what three have met, since that is all there are."""
    return coverage.columns_of_addition(min(digits, 3))


def rows_of_facts() -> list[dict[str, str]]:
    """What a table says of each stage: how long its sums are, how many, and of what they are."""
    out: list[dict[str, str]] = []
    for stage in COURSE:
        form = courses.widest(stage)
        digits = max(form.p, form.q)
        out.append(
            {
                "stage": stage,
                "tokens": f"{form.length}",
                "different sums": f"{9 * 10 ** (form.p - 1) * 9 * 10 ** (form.q - 1):,}",
                "steps of a product": f"{steps_met(digits)} of {ALL_STEPS}",
                "columns of a sum": f"{columns_met(digits)} of {ALL_COLUMNS}",
            }
        )
    return out


# ---------------------------------------------------------------- 3. courses

WORST = ("no padding", "no carries", "reversed", "from two digits")
WORST_OPTIONS = tuple(courses.ARMS[arm] for arm in WORST)
COURSES = tuple(arm for arm in courses.ARMS if arm != "the course")
FEWEST_OPTIONS = (*(f"{n:,}" for n in courses.FEW), "so many that hardly one comes twice")
DONE = 0.05
"""So few four-digit sums wrong count as done."""


def worst(rows: Rows) -> str:
    """Of the courses to choose from, the one with most sums wrong."""
    return courses.ARMS[max(WORST, key=lambda arm: courses.median_wrong(select(rows, arm=arm)))]


def names_of_stages(arm: str, n: int) -> list[str]:
    """What was new in each stage of a course, in its order."""
    names = list(COURSE)
    if n == 1:
        return ["all lengths"]
    return names[::-1] if arm == "reversed" else names[len(names) - n :]


def texts_read() -> int:
    """By a twin on all lengths at once."""
    plan = twins.control("all at once", 0)
    return plan.steps * plan.batch_size


def fewest_that_do(rows: Rows, course: Rows) -> str:
    """As many problems as the best way of drawing them needs."""
    for problems, words in zip(courses.FEW, FEWEST_OPTIONS, strict=False):
        arms = [courses.fewest_rows(rows, course, way, problems) for way in courses.DRAWN]
        if min(map(courses.median_wrong, arms)) <= DONE:
            return words
    return FEWEST_OPTIONS[-1]


# ---------------------------------------------------------------- 5. heads

KINDS = {"product": "a partial product", "sum": "a running sum"}
LOST_OPTIONS = ("those of partial products", "those of sums", "both alike")
A_HEAD = "1.3"
"""Of the last twin, the one that looks at the digit of a; a test holds it to the weights."""


def short_sources(kind: str) -> list[str]:
    """What a digit is made of, as a narrow column has room for it."""
    short = {"one place back": "one back", "upper summand": "upper", "lower summand": "lower"}
    sources: Iterable[str] = fetching.PRODUCT if kind == "product" else fetching.SUM
    return [short.get(source, source.removeprefix("digit of ")) for source in sources]


def what_is_lost(rows: Rows) -> str:
    """Without the head that looks at the digit of a: which digits of the last twin go wrong."""
    row = courses.without(rows, A_HEAD)
    product, total = (courses.share_of_digits(row, kind) for kind in ("product", "sum"))
    return LOST_OPTIONS[0 if product > 5 * total else 1 if total > 5 * product else 2]


# ---------------------------------------------------------------- 6. mistakes

BY = {**courses.MEASURES, "place": "texts, by where they go wrong first"}
CARRY_OPTIONS = ("more often than others", "about as often", "less often")


LOOKS = ("as it does", "at its own digit alone")
"""Of the head that fetches a's digit, where an error of the finished network begins."""


def what_far_carries_do(rows: Rows) -> str:
    """Sums with a carry through two columns or more, against the others, beyond chance."""
    (row,) = select(rows, model=courses.BEFORE)
    far, near = ([0, 0], [0, 0])
    for columns, (n, wrong) in row["by_carry"].items():
        counts = far if int(columns) >= 2 else near
        counts[0] += n
        counts[1] += wrong
    z = standard_score(*far, *near)
    return CARRY_OPTIONS[1 if abs(z) < 2 else 0 if z > 0 else 2]


def standard_score(n: int, wrong: int, other_n: int, other_wrong: int) -> float:
    """Of two shares of wrong sums, how many standard errors the first lies above the second."""
    pooled = (wrong + other_wrong) / (n + other_n)
    error = math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / other_n))
    return (wrong / n - other_wrong / other_n) / error if error else 0.0


def ladder() -> list[dict[str, Any]]:
    """Cells of the frontier's validation sums, from short to long."""
    return [cell for cell in frontier.frontier_cells() if cell["split"] == "validation"]


def wrong_at_twenty(rows: Rows) -> float:
    (row,) = select(rows, split="test", digits=20)
    return row["wrong"] / row["n"]


# ---------------------------------------------------------------- 7. own labels

SIEVE_OPTIONS = ("none", "a few in 100", "about half")
ROT_OPTIONS = ("they stay right", "some are lost", "most are lost")
TAUGHT_DIGITS = range(1, 4)
"""Of the sums that it was taught before the first round."""


def what_passes(rows: Rows) -> str:
    """Of the labels that all checks keep, in all rounds together, how many are right."""
    found = [evolution.kept_of(row) for row in select(rows, arm=evolution.SIEVED)]
    kept, wrong = (sum(column) for column in zip(*found, strict=True))
    if wrong == 0:
        return SIEVE_OPTIONS[0]
    return SIEVE_OPTIONS[1 if wrong / kept < 0.2 else 2]


def how_it_rots(rows: Rows) -> str:
    """What becomes of the sums that the network was taught, if it trains on all of its labels."""
    row = evolution.round_of(rows, "unfiltered", evolution.LAST)
    found = [evolution.wrong_after(row, digits) for digits in TAUGHT_DIGITS]
    return band(max(wrong / n for n, wrong in found), (0.05, 0.5), ROT_OPTIONS)


# ---------------------------------------------------------------- prose

A, B = 37, 48
EXCHANGED, APART = 1767, 7716
"""Digits of 1,776 exchanged: neighbours, and two places apart."""


def verdict(answer: int, m: int) -> str:
    return "passes" if remainders_agree(A, B, answer, m) else "fails"


def length(stage: str) -> str:
    return f"{courses.widest(stage).length}"


def looks(run: str, head: str, kind: str, source: str) -> str:
    """The share of a head's weight on one source of a digit, on the sum of the page."""
    found = probes.fetched(run, *probes.SUM, kind)[probes.heads_of(run).index(head)]
    return f"{found[short_sources(kind).index(source)]:.2f}"


THIRD, LAST = "course_3x3_small", "curriculum_before_small"

CALC: dict[str, Callable[[], str]] = {
    "a_head": lambda: looks(LAST, "1.3", "product", "a"),
    "b_head": lambda: looks(LAST, "1.0", "product", "b"),
    "back_head": lambda: looks(LAST, "1.1", "product", "one back"),
    "back_head_before": lambda: looks(THIRD, "1.1", "product", "one back"),
    "upper_head": lambda: looks(LAST, "1.1", "sum", "upper"),
    "lower_head": lambda: looks(LAST, "1.0", "sum", "lower"),
    "tokens_2x2": lambda: length("2x2"),
    "tokens_4x4": lambda: length("4x4"),
    "tokens_50": lambda: f"{Format('cot_reversed', 50, 50).length:,}",
    "texts_read": lambda: f"{round(texts_read(), -3):,}",
    "fewest_3000": lambda: f"{courses.FEW[0]:,}",
    "fewest_30000": lambda: f"{courses.FEW[1]:,}",
    "frontier_many": lambda: f"{ladder()[0]['n']}",
    "frontier_few": lambda: f"{ladder()[-1]['n']}",
    "steps_1": lambda: f"{steps_met(1)}",
    "steps_2": lambda: f"{steps_met(2)}",
    "steps_4": lambda: f"{steps_met(4)}",
    "problems_read": lambda: f"{problems_read():,}",
    "one_in_seen": lambda: f"{FOUR_DIGIT_SUMS // problems_read()}",
    "written_4x4": lambda: (
        f"{Format('cot_reversed', 4, 4).length - Format('cot_reversed', 4, 4).prompt_length}"
    ),
    "labels_shown": lambda: f"{rounds.SHOWN:,}",
    "labels_made": lambda: f"{rounds.LABELS:,}",
    "short_share": lambda: f"{rounds.SHORT} in 100",
    "product": lambda: f"{A * B}",
    "product_nine": lambda: f"{A * B % 9}",
    "a_nine": lambda: f"{A % 9}",
    "b_nine": lambda: f"{B % 9}",
    "exchanged": lambda: f"{EXCHANGED}",
    "exchanged_nine": lambda: verdict(EXCHANGED, 9),
    "exchanged_eleven": lambda: verdict(EXCHANGED, 11),
    "apart": lambda: f"{APART}",
    "apart_nine": lambda: verdict(APART, 9),
    "apart_eleven": lambda: verdict(APART, 11),
    "four_digit_sums": lambda: f"{FOUR_DIGIT_SUMS / 1e6:.0f} million",
}
