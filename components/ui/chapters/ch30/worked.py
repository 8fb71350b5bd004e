"""The worked numbers in the prose of chapter 3, and what its records say: the rows of a chart, in
the words of the page, and the option of a guess that is borne out."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import pairwise, zip_longest
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from components.ui import percents
from components.ui.chapters.ch30 import claims, probes
from components.ui.chapters.ch30.claims import AFTER, ARMS, BEFORE, LAST_TWIN, THIRD, TWINS
from components.ui.claims.claim_index import look_up
from components.ui.computed_ahead import ahead
from components.ui.drawings.guess import Answer, Axis, Dragged
from components.ui.drawings.guess import Row as Line
from components.ui.lazily import lazily
from components.ui.page_records import rows_of
from components.ui.plots.dots import seed_point, seed_points
from lab.data.problems import (
    BOUNDS,
    Format,
    partial_products,
    sample_exact,
    split_value,
)
from lab.readings import Counts, Measured, Row, join_words, part_of
from lab.records import select
from lab.statistics import lower_bound_95, standard_score

coverage = lazily("lab.data.coverage")
curriculum = lazily("lab.recipes.curriculum")
suites = lazily("lab.data.suites")
twins = lazily("lab.experiments.curriculum_ablations")
fetching = lazily("lab.interp.fetching")
index = lazily("lab.recipes.recipe_index")
frontier = lazily("lab.experiments.frontier")

Record = Sequence[Row]
Bars = list[dict[str, Any]]

# ---------------------------------------------------------------- 1. four digits


def wrong_of_four() -> Measured | None:
    """Of the widest reading on test; None if there is none on record."""
    return look_up("curriculum.wrong_4x4").measured


def four_to_be_wrong(wrong: Measured) -> Dragged:
    """The frame of the guess."""
    n = wrong.n or 1
    given = [Line(f"allowed for {SHOWN:.1%} right", allowed(n))]
    half = n // 2  # a last tick at n would run into the words behind it
    return Dragged(Axis("problems wrong", 1, half, log=True), "four by four digits", given)


def four_wrong(wrong: Measured) -> Answer:
    """The answer of the guess; an axis of logarithms has no place for none."""
    errors = wrong.errors or 0
    return Answer(max(1, errors), f"{errors:,}")


def problems_read() -> int:
    """Of both runs together."""
    return index.rows_read(AFTER)


# ---------------------------------------------------------------- 2. what a stage adds

FOUR_DIGIT_SUMS = (9 * 10**3) ** 2


@lru_cache
def steps_met(digits: int) -> int:
    return coverage.steps_of_multiplication(digits)


def widest(stage: str) -> Format:
    """How the longest sum of a stage is written."""
    return Format("cot_reversed", *max(curriculum.COURSE[stage]))


def work_lines() -> str:
    """A table of the work in a problem of two by two digits, and in one of four by four."""
    forms = [Format("cot_reversed", digits, digits) for digits in (2, 4)]
    kinds = {
        "you type": "operand",
        "partial products": "partial product",
        "running sums": "sum",
        "the answer": "answer",
    }
    there = [9 * 10 ** (form.p - 1) for form in forms]
    lines = {
        **{words: [widths(form, kind) for form in forms] for words, kind in kinds.items()},
        "**in all**": [f"**{form.length}**" for form in forms],
        "digit products": [f"{form.p} × {form.q} = {form.p * form.q}" for form in forms],
        "problems": [f"{n:,} × {n:,} = {in_millions(n * n)}" for n in there],
    }
    return table(
        "| tokens | two by two | four by four |",
        (f"| {words} | {' | '.join(cells)} |" for words, cells in lines.items()),
    )


def in_millions(n: int) -> str:
    return f"{n / 1e6:.0f} million" if n >= 1e6 else f"{n:,}"


def step_pairs() -> str:
    """Of a digit of b and a carry: with a digit d there are d carries, with nought only nought."""
    carries = [max(digit, 1) for digit in range(10)]
    first, second, third, *_, last = carries
    return f"{first} + {second} + {third} + … + {last} = {sum(carries)}"


def table(head: str, rows: Iterable[str]) -> str:
    """Of three columns."""
    return "\n".join([head, "|---|---|---|", *rows])


def widths(form: Format, kind: str) -> str:
    """The tokens of all numbers of a kind, each with the sign behind it: '4 + 5 = 9'."""
    if kind == "operand":
        return f"{form.prompt_length}"
    found = [field.width + 1 for field in form.written if field.kind == kind]
    if len(found) < 2:
        return f"{found[0]}" if found else "none"
    return f"{' + '.join(map(str, found))} = {sum(found)}"


# ---------------------------------------------------------------- 3. courses

SHORTEST = "1x1"
OF = {claims.LONGEST: "four by four digits"}
BEGUN = "from_two_digits"
"""The plan that begins with the first base; it stands with the other bases."""


def ends_of_plans(course: Record) -> Bars:
    """A point a seed of each plan from random weights, of the longest problems, with the share that
    the one in stages ended at with the same seed; all ran on one processor."""
    points = seed_points(
        {ARMS[arm]: claims.after_course(arm) for arm in ARMS if arm != BEGUN}, course
    )
    usual = {
        point["seed"]: point["share"] for point in points if point["arm"] == ARMS["the_course"]
    }
    return [point | {"of": OF[claims.LONGEST], "usual": usual[point["seed"]]} for point in points]


RANDOM = "random weights"
INTEL, AMD = "Intel processor", "AMD processor"


def ends_of_bases() -> dict[tuple[str, str], list[tuple[int, int]]]:
    """By beginning and processor the longest problems wrong at the end, (wrong, n) a seed."""
    course, looks, others = map(
        rows_of, ("course.jsonl", "course_looks.jsonl", "other_bases.jsonl")
    )

    def ends(asked: Counts, record: Record) -> list[tuple[int, int]]:
        return [(wrong, n) for _, wrong, n in asked.points(record)]

    first, *rest = claims.BASES
    begun = claims.LOOKS.where(arm=BEGUN).counts("end.4x4.1", "end.4x4.0")
    return {
        (RANDOM, INTEL): ends(claims.after_course("the_course"), course),
        (first, INTEL): ends(claims.after_course(BEGUN), course),
        (RANDOM, AMD): [(wrong, n) for (_, n, wrong), _ in paced("the_course")],
        (first, AMD): ends(begun, looks),
        **{
            (name, AMD): ends(claims.at_the_end(claims.from_base(number)), others)
            for number, name in enumerate(rest, 1)
        },
    }


def points_of_bases() -> Bars:
    """A point a seed of each beginning, by the processor that it ran on."""
    return [
        seed_point(begun, seed, *end) | {"of": processor}
        for (begun, processor), ends in ends_of_bases().items()
        for seed, end in enumerate(ends)
    ]


def ended(begun: str, processor: str) -> str:
    return join_words([f"{wrong:,}" for wrong, _ in ends_of_bases()[begun, processor]])


def ended_by_plan(arm: str) -> str:
    return join_words(
        [f"{wrong:,}" for _, wrong, _ in claims.after_course(arm).points(rows_of("course.jsonl"))]
    )


def right_in_hundred(*, begun: bool) -> list[int]:
    """Of the longest problems right at the end of each run of the first figure, as it rounds them:
    of those that begin with a network that knows two digits, or of those with random weights."""
    ends = [
        row["looks"][-1]["shapes"][claims.LONGEST]
        for row in rows_of("course_looks.jsonl")
        if (row["cell"]["arm"] == BEGUN) == begun
    ]
    return [int(100 * (n - wrong) / n + 0.5) for n, wrong in ends]


def random_right() -> str:
    found = right_in_hundred(begun=False)
    return f"{min(found)} to {max(found)} of 100"


# ---------------------------------------------------------------- how few

FEWEST_OPTIONS = (*(f"{n:,}" for n in claims.FEW), "so many that hardly one comes twice")
DONE = 0.05
"""So few four-digit sums wrong count as done."""


def fewest_that_do(record: Record) -> str:
    """As many problems as the best way of drawing them needs.

    `record` holds the rows of `fewest` and those of `course`.
    """
    for problems, words in zip(claims.FEW, FEWEST_OPTIONS, strict=False):
        ways = [claims.after_few(way, problems).value(record) for way in claims.DRAWN]
        if min(ways) <= DONE:
            return words
    return FEWEST_OPTIONS[-1]


PROBLEMS = Dragged(
    Axis("different problems", 100, 10 * FOUR_DIGIT_SUMS, log=True),
    "trained on",
    [Line("all there are", FOUR_DIGIT_SUMS)],
)


def problems_that_do(record: Record) -> Answer:
    """The answer of the guess."""
    words = fewest_that_do(record)
    tried = dict(zip(FEWEST_OPTIONS, claims.FEW, strict=False))
    then = "Fewer were not tried in this search." if words == FEWEST_OPTIONS[0] else ""
    return Answer(tried.get(words, FOUR_DIGIT_SUMS), words, then)


def fewest_points(record: Record) -> Bars:
    """A point a seed of each way to draw so many problems, in the same rows."""
    return [
        {
            "drawn": words,
            "problems": problems or row["problems"],
            "place": place,
            "label": f"{problems:,}" if problems else "few come twice",
            "seed": row["cell"]["seed"],
            "share": wrong / n,
        }
        for drawn, words in claims.DRAWN.items()
        for place, problems in enumerate((*claims.FEW, None))
        for row, wrong, n in claims.after_few(drawn, problems).points(record)
    ]


EXIST = "there are"


def searches() -> Record:
    """Those of the fewest problems, by length."""
    return [row for row in rows_of("fewest_by_length.jsonl") if row["cell"]["part"] == "fewest"]


def lengths_found(record: Record) -> list[int]:
    return sorted({row["cell"]["digits"] for row in record})


def problems_by_length(record: Record) -> Bars:
    """A point a length of how many there are, and a seed and goal of the fewest that do."""
    there = {row["cell"]["digits"]: row["exist"] for row in record}
    return [
        *({"digits": d, "what": EXIST, "seed": "all", "problems": n} for d, n in there.items()),
        *(
            {
                "digits": row["cell"]["digits"],
                "what": f"for {goal} in 100",
                "seed": str(row["cell"]["seed"]),
                "problems": row["fewest"][goal],
            }
            for goal in claims.GOALS
            for row in record
            if row["fewest"][goal]
        ),
    ]


def growth(record: Record) -> str:
    """In a sentence, how much there is and how much it takes, from the shortest to the longest."""
    lengths = lengths_found(record)
    missed = {
        f"{goal} in 100 at {row['cell']['digits']} digits"
        for row in record
        for goal in claims.GOALS
        if not row["fewest"][goal]
    }
    least = {
        d: [row["fewest"]["95"] or math.inf for row in record if row["cell"]["digits"] == d]
        for d in lengths
    }
    first, last = (median(least[d]) for d in (lengths[0], lengths[-1]))
    said: list[str] = []
    if len(lengths) > 1 and math.isfinite(first + last):
        there = 100 ** (lengths[-1] - lengths[0])
        many = "did not grow" if last == first else f"became {last / first:.3g} times as many"
        said.append(
            f"From {lengths[0]} to {lengths[-1]} digits there are {there:,} times as many "
            f"problems; the fewest for 95 in 100 {many} (medians)."
        )
    if missed:
        said.append(
            f"A point is missing where no number tried was enough: {join_words(sorted(missed))}."
        )
    return " ".join(said)


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


def what_is_lost(record: Record) -> str:
    """Without the head that looks at the digit of a: which digits of the last twin go wrong."""
    pulled = claims.without(A_HEAD)
    product, total = (claims.digits_wrong(pulled, kind).value(record) for kind in KINDS)
    return LOST_OPTIONS[0 if product > 5 * total else 1 if total > 5 * product else 2]


def pulled_out(record: Record, kind: str) -> tuple[NDArray[np.float64], list[str]]:
    """The share of digits of a kind wrong without each head, heads down and stages across, (H, K),
    and the names of the heads."""
    found = [claims.digits_wrong(claims.HEADS.where(run=run), kind).points(record) for run in TWINS]
    shares = [[wrong / n for _, wrong, n in points] for points in found]
    return np.array(shares).T, [claims.name_of_head(row) for row, *_ in found[0]]


# ---------------------------------------------------------------- 6. mistakes

NETWORKS = {
    LAST_TWIN: "small, unfinished",
    BEFORE: "full size, unfinished",
    AFTER: "full size, finished",
}
MEASURES = {
    "by_chain": "digits, by how far the carry came",
    "by_carry": "problems, by their farthest carry",
    "by_zeros": "problems, by the zeros in both numbers",
}
BY = {**MEASURES, "place": "texts, by where they go wrong first"}
CARRY_OPTIONS = ("more often than others", "about as often", "less often")
MADE = {"times": "product", "plus": "sum"}
FAR = 3
"""From so many columns on, chains are counted together."""

LOOKS = ("as trained", "at its own digit alone")
"""Of the head that fetches a's digit, where an error of the finished network begins."""


def what_far_carries_do(record: Record) -> str:
    """Sums with a carry through two columns or more, against the others, beyond chance."""
    far, near = (
        (wrong, n)
        for amounts in (claims.FAR, claims.NEAR)
        for _, wrong, n in claims.wrong_by("by_carry", amounts).points(record)
    )
    z = standard_score(*far, *near)
    return CARRY_OPTIONS[1 if abs(z) < 2 else 0 if z > 0 else 2]


def far_carries(record: Record) -> Dragged:
    """The frame of the guess."""
    near = 100 * claims.wrong_by("by_carry", claims.NEAR).value(record)
    axis = Axis.percent("% of their problems wrong", high=5, step=0.1)
    return Dragged(axis, "a far carry", [Line("no far carry", near)], start=axis.high / 2)


def wrong_with_far_carries(record: Record) -> Answer:
    """The answer of the guess, with what goes beyond chance."""
    percent = 100 * claims.wrong_by("by_carry", claims.FAR).value(record)
    words = what_far_carries_do(record)
    chance = "within" if words == CARRY_OPTIONS[1] else "beyond"
    then = f"So they go wrong **{words}**: the difference from near carries is {chance} chance."
    return Answer(percent, then=then)


MIXES = {
    "the_course": "carries of additions",
    "far_products": "carries of products",
}
WRONG_IN = {"all": "problems", "far": "chained digits", "near": "other digits"}
"""Of the products of 4x4; in the words of the page."""


def wrong_by_mix(record: Record) -> Bars:
    """A point a seed of each mix and of what went wrong."""

    def part(row: Row, what: str) -> Sequence[int]:
        n, wrong = (
            row["stages"][-1]["shapes"][claims.LONGEST] if what == "all" else row["digits"][what]
        )
        return n, wrong

    return [
        {
            "group": words,
            "arm": MIXES[row["cell"]["arm"]],
            "seed": row["cell"]["seed"],
            "share": wrong / n,
            "wrong": part_of(wrong, n),
        }
        for what, words in WRONG_IN.items()
        for arm in MIXES
        for row in record
        if row["cell"]["arm"] == arm
        for n, wrong in [part(row, what)]
    ]


AT_TWENTY = Dragged(Axis.percent("of test problems wrong"), "twenty by twenty digits")


def wrong_at_twenty(record: Record) -> Answer:
    return percents.answer(claims.WRONG_AT_TWENTY, record)


def wrong_by(row: Row, measure: str) -> Bars:
    """A bar for each amount of a measure."""
    if measure == "by_chain":
        return wrong_by_chain(row)
    return [bar(amount, wrong, n) for amount, (n, wrong) in row[measure].items()]


def wrong_by_chain(row: Row) -> Bars:
    """Digits by how they are made and how many columns their carry came through."""
    return [
        bar(f"{words}, {name_of_chain(chain)}", wrong, n)
        for made, words in MADE.items()
        for chain in range(FAR + 1)
        for _, wrong, n in claims.chains(
            claims.MISTAKES, made, [chain] if chain < FAR else range(FAR, 10)
        ).points([row])
    ]


def bar(amount: str, wrong: int, n: int) -> dict[str, Any]:
    return {"amount": amount, "n": n, "wrong": wrong, "share": wrong / n}


def name_of_chain(chain: int) -> str:
    """'no carry', '2 columns', '3 columns or more'."""
    if chain == 0:
        return "no carry"
    columns = "1 column" if chain == 1 else f"{chain} columns"
    return f"{columns} or more" if chain == FAR else columns


def wrong_by_place(row: Row) -> Bars:
    """Of the listed failures, where the first wrong token stands: a bar for each kind of number."""
    names = [place_named(failure) for failure in row["failures"]]
    return [bar(name, names.count(name), len(names)) for name in sorted(set(names))]


def place_named(failure: Row) -> str:
    """In which number a text goes wrong first: 'partial product 2'."""
    if failure["kind"] == "answer":
        return "answer"
    return f"{failure['kind']} {failure['number'] + 1}"


def suite_points(record: Record) -> Bars:
    return [
        {
            "suite": suites.in_words(row["cell"]["suite"]),
            "model": NETWORKS[row["cell"]["model"]],
            "share": wrong / n,
            "wrong": wrong,
            "n": n,
        }
        for row, wrong, n in claims.SUITES.counts("wrong").points(record)
    ]


def wrong_by_share(record: Record) -> Bars:
    """A point for each share of the head's weight that was put on the neighbour, and place."""
    return [
        {
            "place": place,
            "weight": row["cell"]["share"],
            "share": wrong / row["n"],
            "wrong": part_of(wrong, row["n"]),
        }
        for row in claims.POCKETS.where(asked="blended").of(record)
        for place, wrong in zip(("units", "tens", "hundreds"), row["wrong"], strict=True)
    ]


@ahead
def ladder() -> list[dict[str, Any]]:
    """Cells of the frontier's validation sums, from short to long."""
    return [cell for cell in frontier.frontier_cells() if cell["split"] == "validation"]


def frontier_points(record: Record) -> Bars:
    """Of validation sums, a point a length."""
    validation = claims.FRONTIER.where(split="validation").counts("wrong")
    return [
        {
            "digits": row["cell"]["digits"],
            "share": wrong / n,
            "wrong": part_of(wrong, n),
            "tokens": row["tokens_a_text"],
        }
        for row, wrong, n in validation.points(record)
    ]


# ---------------------------------------------------------------- prose


def length(stage: str) -> str:
    return f"{widest(stage).length}"


def looks(run: str, head: str, kind: str, source: str) -> str:
    """The share of a head's weight on one source of a digit, on the sum of the page."""
    found = probes.fetched(run, *probes.SUM, kind)[probes.heads_of(run).index(head)]
    return f"{found[short_sources(kind).index(source)]:.2f}"


def asked_at_the_end() -> int:
    (row, *_) = claims.COURSE.of(rows_of("course.jsonl"))
    return row["stages"][-1]["shapes"][claims.LONGEST][0]


def course_problems() -> str:
    """How many the plan in stages reads."""
    (row, *_) = claims.COURSE.where(arm="the_course").of(rows_of("course.jsonl"))
    return f"{row['problems']:,}"


def looked_at(shape: str) -> int:
    (row, *_) = rows_of("course_looks.jsonl")
    return row["looks"][-1]["shapes"][shape][0]


def before_the_course() -> str:
    """What the same training got wrong on the machine of the other rows."""
    (row,) = claims.LOOKS.where(arm="the_course").of(rows_of("course_looks.jsonl"))
    return f"{row['course']['shapes'][claims.LONGEST][1]}"


Look = tuple[int, int, int]
"""Tokens, and of how many of the longest problems how many are wrong."""


def paced(arm: str) -> list[tuple[Look, list[Look]]]:
    """Of every seed of a length of the first stages the end, and the looks at tenths. The first
    seed of the course is that of the figure on top, on the same processor."""
    found: list[tuple[Look, list[Look]]] = []
    if arm == "the_course":
        (row,) = select(rows_of("course_looks.jsonl"), arm=arm)
        looks = [(look["tokens"], *look["shapes"][claims.LONGEST]) for look in row["looks"][1:]]
        found.append(((row["tokens"], *row["end"][claims.LONGEST]), looks))
    for row in sorted(
        select(rows_of("pacing.jsonl"), arm=arm), key=lambda row: int(row["cell"]["seed"])
    ):
        looks = [(look["tokens"], look["n"], look["wrong"]) for look in row["looks"][1::2]]
        end = row["stages"][-1]["shapes"][claims.LONGEST]
        found.append(((row["tokens"], *end), looks))
    return found


def ends_of_pace(arm: str) -> str:
    ends = [end for end, _ in paced(arm)]
    return f"{join_words([f'{wrong}' for *_, wrong in ends])} of {ends[0][1]:,}"


def halves(arm: str) -> list[str]:
    """Million tokens of every seed until the first look, of ten, that finds half of the longest
    problems right."""
    return [
        next((f"{at / 1e6:.1f}" for at, n, wrong in looks if 2 * wrong <= n), "never")
        for _, looks in paced(arm)
    ]


def pace_lines() -> str:
    """A line a length of the first stages: when half are right, and what is wrong at the end."""
    return table(
        "| first stages | half right after, million tokens | wrong at the end |",
        (
            f"| {words} | {join_words(halves(arm))} | {ends_of_pace(arm)} |"
            for arm, words in claims.LENGTHS.items()
        ),
    )


SAMPLE, SHOWN, CONFIDENCE = 100_000, 0.999, 0.95
"""So many test problems of four by four digits, the share that is to be shown right, and how surely
that is: `lower_bound_95`."""


def allowed(n: int = SAMPLE, share: float = SHOWN) -> int:
    """The most errors in n that still show, at 95% confidence, that such a share is right."""
    return max(errors for errors in range(200) if lower_bound_95(errors, n) >= share)


def different(p: int, q: int, n: int) -> int:
    """How many different ones are among the `n` test problems of a shape."""
    return len(
        {*zip(*sample_exact(np.random.default_rng(0), n, p, q, *BOUNDS["test"]), strict=True)}
    )


def base_begins() -> str:
    """Of two by two digits wrong, with the first network that knows them, before the first step."""
    (row,) = select(rows_of("course_looks.jsonl"), arm="from_two_digits")
    _, wrong = row["looks"][0]["shapes"]["2x2"]
    return f"{wrong}"


UNTAUGHT = (483, 726)
"""A problem longer than any that the first network that knows two digits was trained on."""


def base_writes() -> str:
    """What that network writes for it before the first step, with the end of the text."""
    (row,) = select(rows_of("course_looks.jsonl"), arm="from_two_digits")
    place = [(a, b) for a, b, _ in row["problems"]].index(UNTAUGHT)
    return row["looks"][0]["written"][place]


def base_lines() -> str:
    """Of that problem a row for each partial product: in full, as it should be written, and as that
    network writes it."""
    a, b = UNTAUGHT
    form = probes.form_of(a, b)
    right, written = form.text(a, b), base_writes().partition("=")[2].removesuffix("$").split("+")
    lines = zip_longest(partial_products(a, b, form.q), form.partial_products, written)
    return table(
        "| partial product | right | base A writes |",
        (
            f"| {a} × {product // a * 10**place} = {product * 10**place} "
            f"| `{right[field.start : field.stop]}` | {f'`{line}`' if line else 'nothing'} |"
            for place, (product, field, line) in enumerate(lines)
        ),
    )


def base_wrong(shape: str) -> str:
    """Of a shape wrong with that network, before the first step."""
    (row,) = select(rows_of("course_looks.jsonl"), arm="from_two_digits")
    n, wrong = row["looks"][0]["shapes"][shape]
    return part_of(wrong, n)


def small_network() -> Row:
    (row, *_) = claims.COURSE.of(rows_of("course.jsonl"))
    return row


@ahead
@lru_cache(maxsize=4)
def digits_of_far_carry(p: int) -> str:
    """Of the products of p by p digits, how many digits a problem have a carry through two columns
    or more: over all problems, since a product has one digit of b."""
    form = Format("cot_reversed", p, 1)
    (field,) = form.written
    low, high = 10 ** (p - 1), 10**p
    far = [
        sum(
            frontier.company(form, field, place, a, digit).chain in claims.FAR
            for a in range(low, high)
            for place in range(field.width)
        )
        for digit in range(10)
    ]
    first, other = sum(far[1:]) / 9, sum(far) / 10
    return f"{(first + (p - 1) * other) / (high - low):.1f}"


@lru_cache(maxsize=4)
def digits_of_far_carry_read() -> str:
    """The same of four by four digits, as the problems on record have them."""
    (row,) = claims.UNFINISHED.of(rows_of("mistakes.jsonl"))
    ((_, _, n),) = claims.FAR_DIGITS.points([row])
    return f"{n / row['n']:.1f}"


def one_digit(low: float, high: float) -> str:
    """How many of the hundred problems of one by one digit lie between these bounds."""
    there = [low <= split_value(a, b) < high for a in range(10) for b in range(10)]
    return f"{sum(there)}"


def stage_steps() -> str:
    ends = [0, *(stage["step"] for stage in small_network()["stages"])]
    return join_words([f"{end - begin}" for begin, end in pairwise(ends)])


def slips() -> tuple[int, int, int]:
    """Digits of first products where head 2.0 slips, how many of these are wrong, and all."""
    rows = claims.FIRST_PRODUCTS.of(rows_of("pockets.jsonl"))
    slipped = [counts for row in rows for counts in row["slipped"]]
    held = [counts for row in rows for counts in row["held"]]
    n, wrong = (sum(part) for part in zip(*slipped, strict=True))
    return n, wrong, n + sum(one for one, _ in held)


SHORT = ("1x1", "2x1", "3x1", "1x2", "2x2")
"""Shapes of which the page says what is left of them without rehearsal."""


def run_without_rehearsal() -> Row:
    """That of the first figure."""
    (row,) = claims.LOOKS.where(arm="rehearsal_0").of(rows_of("course_looks.jsonl"))
    return row


def forgotten_lines() -> str:
    """A line a shape: wrong at the end without rehearsal, on top and with each seed."""
    top, course = run_without_rehearsal()["looks"][-1]["shapes"], rows_of("course.jsonl")
    seeds = {
        shape: [f"{n}" for _, n, _ in claims.after_course("rehearsal_0", shape).points(course)]
        for shape in SHORT
    }
    return table(
        "| digits of $a$, $b$ | on top | seeds of section 2 |",
        (
            f"| {shape.replace('x', ' × ')} | {top[shape][1]} | {join_words(wrong)} |"
            for shape, wrong in seeds.items()
        ),
    )


def unended() -> str:
    """Of the wrong texts with one digit in b those whose every digit is right, but not the end."""
    rows = [row for row in rows_of("first_wrong.jsonl") if row["cell"]["q"] == 1]
    late = sum(
        n for row in rows for kind, n in row["first_wrong"].items() if kind.startswith("$ as ")
    )
    return part_of(late, sum(row["errors"] for row in rows))


def unended_text() -> str:
    """How the run on top without rehearsal writes such a problem at its end."""
    row = run_without_rehearsal()
    place = [b < 10 for _, b, _ in row["problems"]].index(True)
    return row["looks"][-1]["written"][place]


def first_wrong(of: Callable[[str, str], bool]) -> str:
    """Of five by five digits, by training, the texts whose first wrong token is so: what should
    stand there, and what does."""
    return join_words(
        [
            f"{sum(n for kind, n in row['first_wrong'].items() if of(*kind.split(' as ')))}"
            for row in rows_of("first_wrong.jsonl")
            if row["cell"]["q"] == 5
        ]
    )


def few_wrong(drawn: str) -> str:
    """With the fewest different problems, the median of the longest that are wrong."""
    points = claims.after_few(drawn, claims.FEW[0]).points(rows_of("fewest.jsonl"))
    return f"{median(wrong for _, wrong, _ in points):,}"


def chain_times() -> str:
    """How many times as often a chained digit is the first wrong one, as other digits of products
    are."""
    (row,) = claims.UNFINISHED.of(rows_of("mistakes.jsonl"))
    ((_, far, n_far),) = claims.FAR_DIGITS.points([row])
    ((_, near, n_near),) = claims.chains(claims.UNFINISHED, "times", claims.NEAR).points([row])
    return f"{far / n_far / (near / n_near):.0f}"


def steps_of(arm: str) -> str:
    (row, *_) = claims.COURSE.where(arm=arm).of(rows_of("course.jsonl"))
    return f"{row['steps']:,}"


def minutes() -> str:
    """The shortest and the longest of all trainings from random weights, of any plan."""
    took = [
        row["training_seconds"] / 60
        for row in rows_of("course.jsonl")
        if row["cell"]["arm"] != BEGUN
    ]
    return f"{min(took):.0f} to {max(took):.0f} minutes"


@ahead
def small_layers() -> int:
    return twins.control("the_course", 0).model.n_layer


@ahead
def batch() -> int:
    """Problems a step, in every plan."""
    return twins.control("the_course", 0).batch_size


CALC: dict[str, Callable[[], str]] = {
    "small_layers": lambda: f"{small_layers()}",
    "small_parameters": lambda: f"{small_network()['parameters']:,}",
    "far_2x2": lambda: digits_of_far_carry(2),
    "far_4x4": digits_of_far_carry_read,
    "one_digit_trained": lambda: one_digit(*BOUNDS["train"]),
    "one_digit_validation": lambda: one_digit(*BOUNDS["validation"]),
    "one_digit_test": lambda: one_digit(*BOUNDS["test"]),
    "stage_steps": stage_steps,
    "slips": lambda: f"{slips()[0]}",
    "slips_wrong": lambda: f"{slips()[1]}",
    "digits_tried": lambda: f"{slips()[2]:,}",
    "base_typed": lambda: "{} × {}".format(*UNTAUGHT),
    "base_lines": base_lines,
    "base_2x3": lambda: base_wrong("2x3"),
    "base_longest": lambda: base_wrong(claims.LONGEST),
    "base_begins": base_begins,
    "random_right": random_right,
    "begun_right": lambda: join_words([f"{n}" for n in right_in_hundred(begun=True)]),
    "allowed": lambda: f"{allowed()}",
    "course_problems": course_problems,
    "asked_most": lambda: f"{asked_at_the_end():,}",
    "looked_at_longest": lambda: f"{looked_at(claims.LONGEST):,}",
    "looked_at_each": lambda: f"{looked_at(SHORTEST)}",
    "different_1x1": lambda: f"{different(1, 1, looked_at(SHORTEST))}",
    "confidence": lambda: f"{CONFIDENCE:.0%}",
    "share_shown": lambda: f"{SHOWN:.1%}",
    "sample_shown": lambda: f"{SAMPLE:,}",
    "before_the_course": before_the_course,
    "pace_lines": pace_lines,
    "half_second": lambda: f"{halves('the_course')[1]} million",
    "larger_layers": lambda: f"{index.recipe(AFTER).model.n_layer}",
    "a_head": lambda: looks(LAST_TWIN, "1.3", "product", "a"),
    "b_head": lambda: looks(LAST_TWIN, "1.0", "product", "b"),
    "back_head": lambda: looks(LAST_TWIN, "1.1", "product", "one back"),
    "back_head_before": lambda: looks(THIRD, "1.1", "product", "one back"),
    "tokens_2x2": lambda: length("2x2"),
    "tokens_4x4": lambda: length("4x4"),
    "tokens_50": lambda: f"{Format('cot_reversed', 50, 50).length:,}",
    "usual_rate": lambda: f"{claims.USUAL_RATE:g}",
    "fewest_3000": lambda: f"{claims.FEW[0]:,}",
    "frontier_many": lambda: f"{ladder()[0]['n']}",
    "frontier_few": lambda: f"{ladder()[-1]['n']}",
    "steps_2": lambda: f"{steps_met(2)}",
    "step_pairs": step_pairs,
    "work_lines": work_lines,
    "forgotten_lines": forgotten_lines,
    "unended": unended,
    "unended_text": unended_text,
    "five_signs": lambda: first_wrong(lambda right, said: {right, said} != {"digit"}),
    "five_stops": lambda: first_wrong(lambda right, said: (right, said) == ("+", "$")),
    "expected": lambda: f"{SAMPLE * (1 - SHOWN):.0f}",
    "chain_times": chain_times,
    "batch": lambda: f"{batch()}",
    "steps_in_stages": lambda: steps_of("the_course"),
    "steps_at_once": lambda: steps_of("all_at_once"),
    "minutes": minutes,
    "few_in_stages": lambda: few_wrong("by_stages"),
    "problems_read": lambda: f"{problems_read():,}",
    "one_in_seen": lambda: f"{FOUR_DIGIT_SUMS // problems_read()}",
    "written_4x4": lambda: (
        f"{Format('cot_reversed', 4, 4).length - Format('cot_reversed', 4, 4).prompt_length}"
    ),
}
