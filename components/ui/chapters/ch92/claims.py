"""The measured figures of page 92: seconds of a step as parameters, length or batch grow, and of an
answer as readers do. Seconds are those of the machine that the record names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.ui.claims.claim import Claim, Table
from lab.measure.phases import Roof, Work
from lab.measure.scaling import (
    LINES,
    Timed,
    halves,
    slope,
    slope_of_least,
    slope_of_operations,
    slope_of_rounds,
    timed_of,
)
from lab.numerals import written
from lab.readings import Measured, Question, Row, Rows, bench, in_brackets, rows

RECORD = rows("what_it_costs")
MACHINE = RECORD.where(part="machine")
CROWD = bench("bench_readers")

WORDS = {
    "parameters_training": "a step of training",
    "parameters_decode": "one more token",
    "length_prefill": "the text, scores formed",
    "length_prefill_fused": "the text, fused kernel",
    "length_decode": "one more token",
    "batch_training": "a step of training",
    "batch_decode": "one more token each",
}
"""What a reader is told of a line of the record, where it is said what grows."""

MOST, HALF = "19 in 20 come sooner", "half come sooner"
"""Of all answers in a crowd: how long the slowest twentieth and the slower half take at least."""


def of(line: str) -> Rows:
    return RECORD.where(part="line", line=line)


@dataclass(frozen=True)
class Curve:
    """A line as it was measured; a crowd has no roof over it."""

    name: str
    points: Sequence[Timed]
    roof: Roof | None = None


def roof_of(record: Sequence[Row]) -> Roof:
    """Of one thread of the machine of the record. `LookupError` before it is measured."""
    (row,) = MACHINE.of(record)
    return Roof(row["flops_per_second"], row["bytes_per_second"])


def curves_of(record: Sequence[Row], grows: str) -> list[Curve]:
    """The lines of what grows; `LookupError` where the record lacks one."""
    roof = roof_of(record)
    return [
        Curve(WORDS[name], timed_of(of(name).of(record)[0]), roof)
        for name, line in LINES.items()
        if line.grows == grows
    ]


def crowds_of(document: Mapping[str, Any]) -> list[Curve]:
    """Seconds of an answer by how many read at once: one measurement of each."""
    cells = sorted(document["cells"], key=lambda cell: cell["readers"])
    nothing = Work(1, 1)  # nobody counts what an answer computes
    return [
        Curve(
            name,
            [Timed(cell["readers"], (cell[field] / 1000,), nothing) for cell in cells],
        )
        for name, field in ((MOST, "p95_ms"), (HALF, "p50_ms"))
    ]


# ---------------------------------------------------------------- slopes


def measured_slope(points: Sequence[Timed]) -> str:
    """The median of the rounds, with the lowest and the highest."""
    return in_brackets(slope_of_rounds(points), "{:.2f}")


def of_half(words: Any, larger: bool = True) -> Any:
    """A question to one row: what these words say of half of its line."""

    def say(found: Sequence[Row]) -> str:
        return words(halves(timed_of(found[0]))[larger])

    return say


def slopes(line: str) -> Mapping[str, Question]:
    """A row of the table of slopes."""

    def under_the_roof(record: Sequence[Row]) -> str:
        (row,) = of(line).of(record)
        return f"{slope_of_least(halves(timed_of(row))[1], roof_of(record)):.2f}"

    return {
        "smaller half": of(line).told(of_half(measured_slope, larger=False)),
        "larger half": of(line).told(of_half(measured_slope)),
        "operations": of(line).told(of_half(lambda some: f"{slope_of_operations(some):.2f}")),
        "under the roof": RECORD.told(under_the_roof),
    }


def times(points: Sequence[Timed]) -> float:
    """How many times the seconds of the smallest the largest takes."""
    return points[-1].median / points[0].median


# ---------------------------------------------------------------- where a count fails


def over_the_roof(line: str, at: int) -> Question:
    """How many times as long a step takes as it must under the roof, at the smallest size (0) or
    the largest (-1)."""

    def say(record: Sequence[Row]) -> str:
        (row,) = of(line).of(record)
        point = timed_of(row)[at]
        return f"{written(point.median / point.least(roof_of(record)), '{:.2g}')} times"

    return RECORD.told(say)


def share(line: str, at: int, kind: str) -> Question:
    return of(line).told(lambda found: f"{100 * found[0]['points'][at]['shares'][kind]:.0f}%")


def failing(line: str, at: int) -> Mapping[str, Question]:
    """A row of the table of what is over the roof."""
    return {
        "seconds over the roof": over_the_roof(line, at),
        "in products": of(line).told(
            lambda found: products_of(found[0]["points"][at]["shares"]),
        ),
        "in other operations": share(line, at, "other"),
        "between operations": share(line, at, "between"),
    }


def products_of(shares: Mapping[str, float]) -> str:
    """The fused kernel multiplies inside."""
    return f"{100 * (shares['products'] + shares['attention']):.0f}%"


def calls(found: Sequence[Row]) -> str:
    """As many at every size of the line."""
    several = sorted({point["calls"] for point in found[0]["points"]})
    return f"{several[0]:,}" if len(several) == 1 else f"{several[0]:,} to {several[-1]:,}"


def microseconds_a_call(found: Sequence[Row]) -> str:
    """Of the smallest network, whose operations compute next to nothing."""
    point = found[0]["points"][0]
    return f"{1e6 * timed_of(found[0])[0].median / point['calls']:.1f} microseconds"


def in_milliseconds(line: str, at: int) -> Question:
    return of(line).told(lambda found: milliseconds(timed_of(found[0])[at].median))


def milliseconds(seconds: float) -> str:
    return f"{written(1000 * seconds, '{:.3g}')} ms"


def crowd(name: str, at: int) -> Question:
    def say(found: Sequence[Row]) -> Measured:
        (curve,) = (one for one in crowds_of(found[0]) if one.name == name)
        return Measured(milliseconds(curve.points[at].median))

    return CROWD.told(say)


def readers(at: int) -> Question:
    return CROWD.told(lambda found: f"{crowds_of(found[0])[0].points[at].amount:.0f}")


def crowd_slope(found: Sequence[Row]) -> str:
    """`LookupError` for one crowd alone, which has no slope."""
    points = crowds_of(found[0])[0].points
    if len(points) < 2:
        raise LookupError(f"{CROWD.path} has one crowd")
    return f"{slope([(point.amount, point.median) for point in points]):.1f}"


CLAIMS: dict[str, Claim] = {
    "what_it_costs.operations": Claim(
        "Operations a second that one thread reaches, in a product of large matrices.",
        MACHINE.told(lambda found: f"{found[0]['flops_per_second'] / 1e9:.0f} billion"),
    ),
    "what_it_costs.bytes": Claim(
        "Bytes a second that one thread fetches from memory, in the sum of a long list.",
        MACHINE.told(lambda found: f"{found[0]['bytes_per_second'] / 1e9:.0f} billion"),
    ),
    "what_it_costs.calls": Claim(
        "Operations of torch that a step of decoding calls, at every width of four layers.",
        of("parameters_decode").told(calls),
    ),
    "what_it_costs.a_call": Claim(
        "A decode step of the narrowest network over the operations of torch that it calls.",
        of("parameters_decode").told(microseconds_a_call),
    ),
    "what_it_costs.smallest": Claim(
        "A decode step of the narrowest network, one text, median of the rounds.",
        in_milliseconds("parameters_decode", 0),
    ),
    "what_it_costs.smallest_over": Claim(
        "How many times as long a decode step of the narrowest network takes as under the roof.",
        over_the_roof("parameters_decode", 0),
    ),
    "what_it_costs.few_readers": Claim("Readers of the smallest crowd.", readers(0)),
    "what_it_costs.many_readers": Claim("Readers of the largest crowd.", readers(-1)),
    "what_it_costs.few_wait": Claim(
        "Of the answers to the smallest crowd 19 in 20 come sooner.", crowd(MOST, 0)
    ),
    "what_it_costs.many_wait": Claim(
        "Of the answers to the largest crowd 19 in 20 come sooner.", crowd(MOST, -1)
    ),
    "what_it_costs.crowd_slope": Claim(
        "Slope of the slowest twentieth of answers by readers, both in logarithms.",
        CROWD.told(crowd_slope),
    ),
}

TABLES: dict[str, Table] = {
    "what_it_costs.slopes": Table(
        "Grows, and what is timed",
        {f"{LINES[line].grows}: {WORDS[line]}": slopes(line) for line in LINES},
        about="Slopes of seconds by what grows, both in logarithms, on one thread: median of the "
        "rounds [lowest, highest], and of what is counted over the larger half",
    ),
    "what_it_costs.over": Table(
        "Step, and its size",
        {
            f"{WORDS[line]}, {size} {LINES[line].grows}": failing(line, at)
            for line in ("parameters_decode", "parameters_training", "length_prefill")
            for size, at in (("least", 0), ("most", -1))
        },
        about="What a step takes over the least that the roof allows, and into what its time goes "
        "under torch's profiler",
    ),
}
