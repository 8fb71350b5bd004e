"""The records of the course as its figures show them, in the words of the page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from components.ui.chapters.ch30.figures import PARTS_OF_A_TEXT
from components.ui.claims.core import part_of
from components.ui.drawings.climb import Band
from lab.data.problems import Field, Format
from lab.recipes.curriculum import COURSE
from lab.records import select
from lab.statistics import spread

Row = dict[str, Any]
Rows = Sequence[Row]

BEFORE, AFTER = "curriculum_before", "curriculum_4x4"
SQUARES = ("1x1", "2x2", "3x3", "4x4")
LONGEST = SQUARES[-1]

# ---------------------------------------------------------------- the climb


def sums_read(run: str, plan: Callable[[str], Any]) -> int:
    """By the end of a run, those of the run that it began with included."""
    recipe = plan(run)
    earlier = sums_read(recipe.start_from, plan) if recipe.start_from else 0
    return earlier + recipe.steps * recipe.batch_size


def climbed(
    histories: Mapping[str, Rows], plan: Callable[[str], Any]
) -> tuple[list[int], NDArray[np.float64], list[Band]]:
    """Of the course at full size: sums read at each check (K,), the share right of each square
    length then (K, L), and its stages. `histories` holds the checks of both runs, `plan` gives the
    recipe of a run."""
    read: list[int] = []
    right: list[list[float]] = []
    for run, checks in histories.items():
        recipe = plan(run)
        begin = sums_read(run, plan) - recipe.steps * recipe.batch_size
        for check in checks:
            read.append(begin + check["step"] * recipe.batch_size)
            right.append([1 - wrong_share_of(check["by_shape"][shape]) for shape in SQUARES])
    return read, np.array(right), bands(plan)


def wrong_share_of(found: Sequence[int]) -> float:
    n, errors = found
    return errors / n


def bands(plan: Callable[[str], Any]) -> list[Band]:
    """The stages: of the first run each by the shapes that are new in it; the second goes on."""
    out: list[Band] = []
    done = 0
    recipe = plan(BEFORE)
    for name, stage in zip(COURSE, recipe.course, strict=True):
        end = done + stage.steps * recipe.batch_size
        out.append(Band(name, done, end))
        done = end
    return [*out[:-1], out[-1]._replace(end=sums_read(AFTER, plan))]


# ---------------------------------------------------------------- a stage


def widest(stage: str) -> Format:
    """How the longest sum of a stage is written."""
    return Format("cot_reversed", *max(COURSE[stage]))


def parts_of_texts() -> list[Row]:
    """Of the longest sum of each stage, its tokens by what they are."""
    return [
        {"stage": stage, "part": part, "rank": rank, "n": n}
        for stage in COURSE
        for rank, (part, n) in enumerate(parts_of(widest(stage)).items())
    ]


def parts_of(form: Format) -> dict[str, int]:
    """Tokens by kind; the sign behind a number counts with it."""
    found: dict[str, int] = dict.fromkeys(PARTS_OF_A_TEXT, 0)
    kind = "what you type"
    for field in form.fields:
        kind = part_named(field) if field.holds_number else kind
        found[kind] += field.width
    return found


def part_named(field: Field) -> str:
    kinds = {"partial product": "partial products", "sum": "running sums", "answer": "the answer"}
    return kinds.get(field.kind, "what you type")


# ---------------------------------------------------------------- what a course is worth

ARMS = {
    "the course": "the course",
    "all at once": "no stages, all lengths at once",
    "reversed": "stages in reversed order",
    "no padding": "no zero padding",
    "no carries": "no sums picked for carries",
    "rehearsal 5": "rehearsal 5 in 100",
    "rehearsal 0": "no rehearsal",
    "from two digits": "the course, from two digits",
}
"""Of `records/course.jsonl`, in the words of the page."""

SHOWN_SEED = 0


def seeds_of(rows: Rows) -> list[Row]:
    """A point a seed of each arm: the share of 4x4 right at the end."""
    return [
        {
            "arm": words,
            "seed": row["cell"]["seed"],
            "share": 1 - wrong_share_of(at_the_end(row)),
            "errors": part_of(*reversed(at_the_end(row))),
        }
        for arm, words in ARMS.items()
        for row in select(rows, arm=arm)
    ]


def at_the_end(row: Row, shape: str = LONGEST) -> Sequence[int]:
    """(n, errors) of a shape behind the last stage."""
    return row["stages"][-1]["shapes"][shape]


def median_wrong(rows: Rows) -> float:
    """Of the seeds of an arm, the middle share of 4x4 wrong at the end."""
    return spread(wrong_share_of(at_the_end(row)) for row in rows).median


def map_after(row: Row, left: int) -> list[Row]:
    """Of every shape, how many are wrong when so many stages are left: cells of a map of lengths.

    Courses without all stages, and those with other stages, are alike in how much is left.
    """
    cells: list[Row] = []
    for shape, (n, errors) in row["stages"][-1 - left]["shapes"].items():
        p, q = map(int, shape.split("x"))
        cells.append({"p": p, "q": q, "n": n, "wrong": errors})
    return cells


def first_row(rows: Rows, arm: str) -> Row:
    (row,) = select(rows, arm=arm, seed=SHOWN_SEED)
    return row


BEGINNINGS = {
    "nothing, all at once": "random weights, no stages",
    "nothing": "random weights",
    "coupled": "two digits, coupled positions",
    "learned": "two digits, learned table",
}
"""Of `records/bases.jsonl`, in the words of the page."""


def rates_of(rows: Rows) -> list[Row]:
    """A point a rate of each beginning."""
    found = [
        {
            "begins": words,
            "rate": row["cell"]["rate"],
            "share": wrong_share_of(at_the_end(row)),
        }
        for base, words in BEGINNINGS.items()
        for row in select(rows, base=base)
    ]
    return sorted(found, key=lambda row: row["rate"])


def best_of(rows: Rows, base: str) -> Row:
    """The run of a beginning with the best of its rates."""
    return min(select(rows, base=base), key=lambda row: at_the_end(row)[1])


DRAWN = {
    "by stages": "in stages",
    "at random": "at random, no stages",
    "chosen": "hard ones, no stages",
}
"""Of `records/fewest.jsonl`, in the words of the page."""

FEW = (3_000, 30_000)
"""How many different problems; None is one that has no end of them."""


def fewest_rows(rows: Rows, course: Rows, drawn: str, problems: int | None) -> list[Row]:
    """The seeds of one way to draw so many problems, None if none comes twice."""
    if drawn == "by stages" and problems is None:
        return select(course, arm="the course")
    return select(rows, drawn=drawn, problems=problems)


def fewest_points(rows: Rows, course: Rows) -> list[Row]:
    """A point a seed of each way to draw so many problems."""
    return [
        {
            "drawn": words,
            "problems": problems or row["problems"],
            "seed": row["cell"]["seed"],
            "share": wrong_share_of(at_the_end(row)),
        }
        for drawn, words in DRAWN.items()
        for problems in (*FEW, None)
        for row in fewest_rows(rows, course, drawn, problems)
    ]


# ---------------------------------------------------------------- heads after each stage

TWINS = {
    "course_2x2_small": "2x2",
    "course_2x3_small": "2x3",
    "course_3x3_small": "3x3",
    "curriculum_before_small": "4x4",
}
"""The twin as each stage left it."""

NUMBERS = {"product": ("partial product",), "sum": ("sum", "answer")}
"""Kinds of numbers that are made alike: of digits of both factors, or of two digits above."""


def pulled_out(rows: Rows, kind: str) -> tuple[NDArray[np.float64], list[str]]:
    """The share of digits of a kind wrong without each head, heads down and stages across, (H, K),
    and the names of the heads."""
    names = [name_of_head(row["cell"]) for row in select(rows, run=next(iter(TWINS)))]
    shares = [[share_of_digits(row, kind) for row in select(rows, run=run)] for run in TWINS]
    return np.array(shares).T, names


def share_of_digits(row: Row, kind: str) -> float:
    counts = [row["wrong"][number] for number in NUMBERS[kind] if number in row["wrong"]]
    n, wrong = (sum(column) for column in zip(*counts, strict=True))
    return wrong / n


def without(rows: Rows, head: str, run: str = next(reversed(TWINS))) -> Row:
    """A twin, or else the last, without a head ('1.3'), or 'none'."""
    found = select(rows, run=run)
    return next(row for row in found if name_of_head(row["cell"]) == head)


def name_of_head(cell: Row) -> str:
    return f"{cell['layer']}.{cell['head']}" if "head" in cell else "none"


# ---------------------------------------------------------------- mistakes

NETWORKS = {
    "curriculum_before_small": "the twin, unfinished",
    "curriculum_before": "full size, unfinished",
    "curriculum_4x4": "full size, finished",
}
MEASURES = {
    "by_chain": "digits, by how far the carry came",
    "by_carry": "sums, by their farthest carry",
    "by_zeros": "sums, by the zeros in both numbers",
}
MADE = {"times": "product", "plus": "sum"}
FAR = 3
"""From so many columns on, chains are counted together."""


def wrong_by(row: Row, measure: str) -> list[Row]:
    """A bar for each amount of a measure."""
    counts = row[measure] if measure != "by_chain" else by_chain(row)
    return [
        {"amount": amount, "n": n, "wrong": wrong, "share": wrong / n}
        for amount, (n, wrong) in counts.items()
    ]


def by_chain(row: Row) -> dict[str, tuple[int, int]]:
    """(digits, wrong ones) by how they are made and how many columns their carry came through."""
    out: dict[str, tuple[int, int]] = {}
    for made, words in MADE.items():
        for chain in range(FAR + 1):
            counts = chains(row, made, [chain] if chain < FAR else range(FAR, 10))
            out[f"{words}, {name_of_chain(chain)}"] = counts
    return out


def name_of_chain(chain: int) -> str:
    """'no carry', '2 columns', '3 columns or more'."""
    if chain == 0:
        return "no carry"
    columns = "1 column" if chain == 1 else f"{chain} columns"
    return f"{columns} or more" if chain == FAR else columns


def chains(row: Row, made: str, lengths: Iterable[int]) -> tuple[int, int]:
    """Digits whose carry came through so many columns, and the wrong ones of them."""
    found = [row["by_chain"].get(f"{made} {length}", (0, 0)) for length in lengths]
    n, wrong = (sum(column) for column in zip(*found, strict=True))
    return n, wrong


def wrong_by_place(row: Row) -> list[Row]:
    """Of the listed failures, where the first wrong token stands: a bar for each kind of number."""
    failures = row["failures"]
    names = [place_named(failure) for failure in failures]
    kinds = dict.fromkeys(sorted(names))
    return [
        {
            "amount": kind,
            "n": len(failures),
            "wrong": names.count(kind),
            "share": names.count(kind) / len(failures),
        }
        for kind in kinds
    ]


def place_named(failure: Row) -> str:
    """In which number a text goes wrong first: 'partial product 2'."""
    if failure["kind"] == "answer":
        return "answer"
    return f"{failure['kind']} {failure['number'] + 1}"


def suite_points(rows: Rows) -> list[Row]:
    return [
        {
            "suite": row["cell"]["suite"],
            "model": NETWORKS[row["cell"]["model"]],
            "share": row["wrong"] / row["n"],
            "wrong": row["wrong"],
            "n": row["n"],
        }
        for row in rows
    ]


# ---------------------------------------------------------------- pockets

FETCHES_A = "2.0"
"""Of the finished network, the head that fetches a's digit; the record's transplants show it."""

POCKETS = ("ends in 26", "7299 or 9299", "2602")
"""As `records/pockets.jsonl` names them."""

PLACE_NAMES = ("units", "tens", "hundreds")


def errors_listed(rows: Rows) -> list[Row]:
    """All errors of the headline reading, one by one."""
    return [error for row in select(rows, asked="errors") for error in row["failures"]]


def is_slip(error: Row) -> bool:
    """Is it the first product, times nine, at a digit with a 2 on its left, and right once the head
    looks at its digit alone?"""
    if error["number"] != 0 or not error.get("right_when_aimed"):
        return False
    return error["b"][-1] == "9" and error["a"][-2 - error["place"]] == "2"


def wrong_by_share(rows: Rows) -> list[Row]:
    """A point for each share of the head's weight that was put on the neighbour, and place."""
    return [
        {
            "place": place,
            "weight": row["cell"]["share"],
            "share": wrong / row["n"],
            "wrong": part_of(wrong, row["n"]),
        }
        for row in select(rows, asked="blended")
        for place, wrong in zip(PLACE_NAMES, row["wrong"], strict=True)
    ]


def frontier_points(rows: Rows) -> list[Row]:
    """Of validation sums, a point a length."""
    return [
        {
            "digits": row["cell"]["digits"],
            "share": row["wrong"] / row["n"],
            "wrong": part_of(row["wrong"], row["n"]),
            "tokens": row["tokens_a_text"],
        }
        for row in select(rows, split="validation")
    ]


def all_failures(rows: Iterable[Row]) -> list[Row]:
    return [failure for row in rows for failure in row["failures"]]
