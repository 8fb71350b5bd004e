"""Questions to a record: which rows, which number of each, and what the rows say together.

    rows("race", style="plain").errors("heldout").median()

A question is data: it reads nothing until it is asked. The same one gives a figure in prose
(`measure`), the points of a chart (`points`) and the number that a guess is judged by (`value`).
Several seeds are told as their median with the lowest and the highest, "35 [21, 80] of 1,000".
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

from lab.numerals import written
from lab.records import select
from lab.statistics import Spread, lower_bound_95, ratio_of_medians, spread, steps_until

Row = Mapping[str, Any]
Field = str | Callable[[Row], Any]
"""A place in a row, "looks.-1.wrong", or what a function makes of it."""

ENOUGH_SEEDS = 5
"""From so many on a ratio has an interval: fewer say nothing of chance."""


@dataclass(frozen=True)
class Measured:
    """A figure as prose shows it, with its count of errors and bound where it has them.

    `read_before`: its test was read, something was chosen, and it was read again. Such a figure
    has no bound, since a bound speaks of one reading.
    """

    shown: str
    errors: int | None = None
    n: int | None = None
    bound: float | None = None
    read_before: bool = False


class Question(Protocol):
    """What a claim asks a record at `path`, relative to the root of the book."""

    @property
    def path(self) -> str: ...

    def measure(self, record: Any) -> Measured: ...


def at(row: Row, what: Field) -> Any:
    """`LookupError` if the row has no such place."""
    if callable(what):
        return what(row)
    found: Any = row
    for name in what.split("."):
        found = found[int(name)] if isinstance(found, list) else found[name]
    return found


# ---------------------------------------------------------------- which rows


@dataclass(frozen=True)
class Rows:
    """Rows of one record, or the document itself: those whose cell says `cell` and that pass every
    test of `tests`; of each, with `part`, the rows that it holds."""

    path: str
    cell: Mapping[str, Any] = field(default_factory=dict[str, Any])
    tests: tuple[Callable[[Row], bool], ...] = ()
    part: str = ""
    read_before: bool = False

    def where(self, **cell: Any) -> Rows:
        return replace(self, cell={**self.cell, **cell})

    def passing(self, test: Callable[[Row], bool]) -> Rows:
        return replace(self, tests=(*self.tests, test))

    def before_choice(self) -> Rows:
        """Their test was read before something was chosen: no figure of them has a bound."""
        return replace(self, read_before=True)

    def of(self, record: Any) -> list[Row]:
        """`LookupError` if there is none."""
        whole: list[Any] = select(record, **self.cell) if isinstance(record, list) else [record]
        found: list[Row] = [x for row in whole for x in at(row, self.part)] if self.part else whole
        passed = [row for row in found if all(test(row) for test in self.tests)]
        if not passed:
            raise LookupError(f"no row of {self.path} says {dict(self.cell)}")
        return passed

    def errors(self, group: str = "") -> Counts:
        """Of a group of problems those that went wrong: the fields `errors_GROUP` of `n_GROUP`."""
        return self.counts(f"errors_{group}", f"n_{group}") if group else self.counts("errors")

    def counts(self, part: Field, n: Field = "n") -> Counts:
        return Counts(self, part, n)

    def those(self, test: Callable[[Row], bool]) -> Counts:
        """Of all rows those that pass a test."""
        return self.counts(lambda row: int(test(row)), lambda row: 1)

    def numbers(self, what: Field, form: str = "{:,.0f}", unit: str = "") -> Numbers:
        return Numbers(self, what, form, unit)

    def steps_to(self, goal: float) -> Steps:
        """Steps until at most this part is wrong, at two checks in a row; infinity for never."""
        return Steps(self, lambda row: steps_until(row["curve"], goal), "{:,.0f}", "steps")

    def told(self, words: Callable[[list[Row]], str | Measured]) -> Told:
        """What fits none of these."""
        return Told(self, words)


def rows(record: str, **cell: Any) -> Rows:
    """Of `records/RECORD.jsonl`."""
    return Rows(f"records/{record}.jsonl", cell)


def bench(record: str) -> Rows:
    """`records/RECORD.json`, one document."""
    return Rows(f"records/{record}.json")


def result(run: str) -> Rows:
    """The result of a committed run, one document."""
    return Rows(f"checkpoints/{run}/result.json")


# ---------------------------------------------------------------- a part of so many


Together = Literal["pooled", "median", "each"]


@dataclass(frozen=True)
class Counts:
    """Of every row a part of n, and what they say together.

    `errors` and `bound` of a median, and of one count a seed, are those of the worst row.
    """

    rows: Rows
    part: Field
    n: Field
    together: Together = "pooled"
    complement: bool = False
    style: Callable[[int, int], str] | None = None
    bounded: bool = False

    @property
    def path(self) -> str:
        return self.rows.path

    def pooled(self) -> Counts:
        return replace(self, together="pooled")

    def median(self) -> Counts:
        return replace(self, together="median")

    def each(self) -> Counts:
        """One count a row: too few for a median."""
        return replace(self, together="each")

    def right(self) -> Counts:
        """Told by how many are right."""
        return replace(self, complement=True)

    def said(self, style: Callable[[int, int], str]) -> Counts:
        """One count in other words: `share_of` or `errors_in`, in place of `part_of`."""
        return replace(self, style=style)

    def bound(self) -> Counts:
        """With the lower bound of the part that is right, unless the test was read before."""
        return replace(self, bounded=True)

    def points(self, record: Any) -> list[tuple[Row, int, int]]:
        """Of every row (the row, the part, n)."""
        return [(row, at(row, self.part), at(row, self.n)) for row in self.rows.of(record)]

    def value(self, record: Any) -> float:
        """The part that prose shows, over n."""
        found = self.points(record)
        if self.together == "pooled":
            share = sum(part for _, part, _ in found) / sum(n for *_, n in found)
        else:
            share = spread(part / n for _, part, n in found).median
        return 1 - share if self.complement else share

    def measure(self, record: Any) -> Measured:
        found = [(part, n) for _, part, n in self.points(record)]
        part, n = max(found, key=lambda count: count[0] / count[1])
        if self.together == "pooled":
            part, n = (sum(column) for column in zip(*found, strict=True))
        bound = lower_bound_95(part, n) if self.bounded and not self.rows.read_before else None
        return Measured(self.shown(found), part, n, bound, self.rows.read_before)

    def shown(self, found: Sequence[tuple[int, int]]) -> str:
        say = self.style or part_of
        if self.complement:
            found = [(n - part, n) for part, n in found]
        if self.together == "pooled":
            return say(*(sum(column) for column in zip(*found, strict=True)))
        ns = {n for _, n in found}
        if len(ns) > 1:
            raise ValueError(f"counts of {sorted(ns)} have no common n; needs one, or pooled")
        (n,) = ns
        if self.together == "each":
            return f"{join_words([f'{part:,}' for part, _ in found])} of {n:,}"
        middle = spread(part for part, _ in found)
        if self.style:
            return say(round(middle.median), n)
        return f"{in_brackets(middle, '{:,.0f}')} of {n:,}"


# ---------------------------------------------------------------- a number


@dataclass(frozen=True)
class Numbers:
    """Of every row a number, and what they say together."""

    rows: Rows
    what: Field
    form: str
    unit: str = ""
    together: Literal["median", "total", "largest", "smallest", "each"] = "median"

    @property
    def path(self) -> str:
        return self.rows.path

    def median(self) -> Numbers:
        return replace(self, together="median")

    def total(self) -> Numbers:
        return replace(self, together="total")

    def largest(self) -> Numbers:
        return replace(self, together="largest")

    def smallest(self) -> Numbers:
        return replace(self, together="smallest")

    def each(self) -> Numbers:
        return replace(self, together="each")

    def ratio_to(self, other: Numbers) -> Ratio:
        """Median over median, with the middle 95% of a bootstrap over seeds."""
        return Ratio(self, other)

    def points(self, record: Any) -> list[tuple[Row, float]]:
        """Of every row (the row, the number)."""
        return [(row, at(row, self.what)) for row in self.rows.of(record)]

    def values(self, record: Any) -> list[float]:
        return [number for _, number in self.points(record)]

    def value(self, record: Any) -> float:
        reduce = {
            "median": lambda values: spread(values).median,
            "total": sum,
            "largest": max,
            "smallest": min,
            "each": lambda values: spread(values).median,
        }[self.together]
        return reduce(self.values(record))

    def measure(self, record: Any) -> Measured:
        return Measured(self.shown(record), read_before=self.rows.read_before)

    def shown(self, record: Any) -> str:
        values = self.values(record)
        if self.together == "each":
            words = join_words([written(x, self.form) for x in values])
        elif self.together == "median":
            words = in_brackets(spread(values), self.form)
        else:
            words = written(self.value(record), self.form)
        return f"{words} {self.unit}".rstrip()


class Steps(Numbers):
    """Steps to a goal. A run that never came to it took infinitely many."""

    def shown(self, record: Any) -> str:
        steps = self.values(record)
        if all(map(math.isfinite, steps)):
            return super().shown(record)
        arrived, n = [x for x in steps if math.isfinite(x)], len(steps)
        if not arrived:
            most = max(row["curve"][-1][0] for row in self.rows.of(record))
            return f"in none of {n} seeds within {most:,} steps"
        first = f"{part_of(len(arrived), n)} seeds arrive, the first after {min(arrived):,.0f}"
        median = spread(steps).median
        return f"{median:,.0f} steps ({first})" if math.isfinite(median) else f"{first} steps"


@dataclass(frozen=True)
class Ratio:
    """One median over another, of two questions to one record."""

    one: Numbers
    other: Numbers

    @property
    def path(self) -> str:
        return self.one.path

    def value(self, record: Any) -> float:
        return self.one.value(record) / self.other.value(record)

    def measure(self, record: Any) -> Measured:
        shown = ratio_in_words(self.one.values(record), self.other.values(record))
        return Measured(shown, read_before=self.one.rows.read_before)


@dataclass(frozen=True)
class Told:
    """What a function says of the rows."""

    rows: Rows
    words: Callable[[list[Row]], str | Measured]

    @property
    def path(self) -> str:
        return self.rows.path

    def measure(self, record: Any) -> Measured:
        found = self.words(self.rows.of(record))
        return found if isinstance(found, Measured) else Measured(found)


# ---------------------------------------------------------------- as prose has it


def part_of(part: int, n: int) -> str:
    return f"{part:,} of {n:,}"


def errors_in(errors: int, n: int) -> str:
    """0 errors in 10,000: never 100%."""
    return f"{errors:,} error{'' if errors == 1 else 's'} in {n:,}"


def share_of(part: int, n: int) -> str:
    """A share of n in hundredths, or the count itself where that would round to none or all."""
    if part in (0, n) or 0.995 <= part / n < 1 or 0 < part / n < 0.005:
        return f"{part:,} in {n:,}"
    return f"{round(100 * part / n)} in 100"


def join_words(words: Sequence[str]) -> str:
    """One, two and three."""
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


def in_brackets(found: Spread, form: str) -> str:
    """The median of several seeds, with the lowest and the highest: 35 [21, 1,362]."""
    low, median, high = (written(value, form) for value in found)
    return median if low == high else f"{median} [{low}, {high}]"


def seeds_ahead(
    ours: Mapping[Any, float], theirs: Mapping[Any, float], *, more: bool = False
) -> tuple[int, int]:
    """Of the seeds that both have, by seed: in how many ours is less, or with `more` more, and how
    many there are. Alike is not ahead."""
    both = [(ours[seed], theirs[seed]) for seed in ours if seed in theirs]
    return sum((x > y) if more else (x < y) for x, y in both), len(both)


def ratio_in_words(a: Sequence[float], b: Sequence[float]) -> str:
    """median(a) / median(b) with the middle 95% of a bootstrap over seeds, which has no upper end
    where too many of a never arrived, and no lower where too many of b did not."""
    found = ratio_of_medians(a, b)
    fewest = min(len(a), len(b))
    if fewest < ENOUGH_SEEDS:
        return f"{found.ratio:.2f} times (medians of {fewest} seeds)"
    high = f"{found.high:.2f}" if math.isfinite(found.high) else "no end in sight"
    interval = f"{found.low:.2f} to {high}" if found.low else f"at most {high}"
    seeds = " and ".join(sorted({f"{len(values)}" for values in (a, b)}))
    return f"{found.ratio:.2f} times (95%, {seeds} seeds: {interval})"
