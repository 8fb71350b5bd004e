"""The guesses of page 92, the rows of its chart and tables, and the worked numbers of its prose."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.ui.chapters.ch92.claims import MOST, WORDS, Curve, measured_slope, times
from components.ui.drawings.guess import Answer, Axis, Dragged, Row
from components.ui.plots.ends import Ticked
from components.ui.words import spelled
from lab.measure.phases import Roof
from lab.measure.scaling import (
    LINES,
    NUMBERS_A_WEIGHT,
    TEXT,
    Timed,
    halves,
    slope,
    slope_of_least,
    slope_of_operations,
)
from lab.readings import Row as Reading

READERS = "readers"

ROOM = 3
"""How far the axis of a guess goes on, in times, so that no tick stands at its end."""


@dataclass(frozen=True)
class Growing:
    """What a reader lets grow: of which line is guessed, its colour in the chart, what the axis is
    called and where it has ticks."""

    asked: str
    hue: str
    axis: str
    ticks: tuple[float, ...]
    form: str = ",d"


GROWS: Mapping[str, Growing] = {
    "parameters": Growing("one more token", "violet", "parameters", (1e5, 1e6, 1e7), "~s"),
    "length": Growing("the text, scores formed", "teal", "tokens", (64, 256, 1024, 4096)),
    "batch": Growing("one more token each", "violet", "texts side by side", (1, 4, 16, 64, 256)),
    READERS: Growing(MOST, "ochre", "readers", (10, 25, 50, 75, 100, 150, 200)),
}


def asked_of(curves: Sequence[Curve], grows: str) -> Curve:
    return next(curve for curve in curves if curve.name == GROWS[grows].asked)


def factor(curve: Curve) -> float:
    """How many times as much the largest size is as the smallest."""
    return curve.points[-1].amount / curve.points[0].amount


def size(amount: float, grows: str) -> str:
    """An amount of what grows: 50,464 parameters are 50 thousand."""
    if grows != "parameters":
        return f"{amount:,.0f}"
    if amount < 1e6:
        return f"{amount / 1e3:.0f} thousand"
    return f"{amount / 1e6:.{1 if amount < 1e7 else 0}f} million"


def question(curve: Curve, grows: str) -> str:
    first, last = (size(curve.points[at].amount, grows) for at in (0, -1))
    grown = {
        "parameters": f"A network grows from {first} parameters to {last}. How many times the "
        "seconds does one more token take?",
        "length": f"A text grows from {first} tokens to {last}, and is read at once, all its "
        "scores formed. How many times the seconds does that take?",
        "batch": f"Not {first} text is written, but {last} side by side. How many times the "
        "seconds does one more token in each of them take?",
        READERS: f"Not {first} readers use the book at once, but {last}. How many times as long "
        "is the wait that one answer in twenty exceeds?",
    }
    return grown[grows]


def frame(curve: Curve, grows: str) -> Dragged:
    """On an axis that has room for nearly a square of what grows, and further if the record needs
    it."""
    grown, answer = factor(curve), times(curve.points)
    high = max(ROOM * grown**1.75, 1.5 * answer)
    low = min(1.0, 10 ** math.floor(math.log10(answer)))
    return Dragged(
        Axis("times as much", low, high, unit=" times", log=True, more="more", less="less"),
        f"seconds: {curve.name}",
        [Row(GROWS[grows].axis, grown)],
        hue=GROWS[grows].hue,
    )


def answer(curve: Curve) -> Answer:
    return Answer(times(curve.points))


# ---------------------------------------------------------------- the chart


def points_of(curves: Sequence[Curve], told: bool) -> list[dict[str, Any]]:
    """A row a size; before it is told those of the smaller half alone."""
    return [
        {
            "line": curve.name,
            "amount": point.amount,
            "milliseconds": 1000 * point.median,
            "low": 1000 * min(point.seconds),
            "high": 1000 * max(point.seconds),
        }
        for curve in curves
        for point in (curve.points if told else halves(curve.points)[0])
    ]


def lines_of(curves: Sequence[Curve]) -> list[dict[str, Any]]:
    """The fit of each half, and the least under the roof, point by point."""
    rows: list[dict[str, Any]] = []
    for curve in curves:
        if (roof := curve.roof) is None:
            continue
        for part, half in zip(("smaller", "larger"), halves(curve.points), strict=True):
            rows += [
                line_row(curve, "fit", part, amount, seconds) for amount, seconds in fitted(half)
            ]
        rows += [
            line_row(curve, "least", "all", point.amount, point.least(roof))
            for point in curve.points
        ]
    return rows


def line_row(curve: Curve, which: str, part: str, amount: float, seconds: float) -> dict[str, Any]:
    return {
        "line": curve.name,
        "which": which,
        "part": f"{curve.name}, {part}",
        "amount": amount,
        "milliseconds": 1000 * seconds,
    }


def fitted(half: Sequence[Timed]) -> list[tuple[float, float]]:
    """Both ends of the straight line with the least squares, through the medians."""
    power = slope([(point.amount, point.median) for point in half])
    n = len(half)
    at = math.exp(sum(math.log(point.amount) for point in half) / n)
    level = math.exp(sum(math.log(point.median) for point in half) / n)
    ends = (half[0].amount, half[-1].amount)
    return [(amount, level * (amount / at) ** power) for amount in ends]


def axis_of(curves: Sequence[Curve], grows: str) -> Ticked:
    """Of all amounts of the record, so that it stays as it is when an answer comes."""
    amounts = [point.amount for curve in curves for point in curve.points]
    low, high, growing = min(amounts) / 1.25, max(amounts) * 1.25, GROWS[grows]
    ticks = tuple(tick for tick in growing.ticks if low <= tick <= high)
    return Ticked(low, high, ticks, "log", form=growing.form)


def milliseconds_of(curves: Sequence[Curve]) -> tuple[float, float]:
    """The least and the most of all that may be drawn, under the roof or measured."""
    points = [(curve, point) for curve in curves for point in curve.points]
    seconds = [each for _, point in points for each in point.seconds]
    seconds += [point.least(curve.roof) for curve, point in points if curve.roof]
    return 1000 * min(seconds), 1000 * max(seconds)


def rows_now(line: str, seen: Sequence[tuple[int, float]]) -> list[dict[str, Any]]:
    """What was measured here, by value of the line: the median of the rounds that have come."""
    by_value: dict[int, list[float]] = {}
    for value, seconds in seen:
        by_value.setdefault(value, []).append(seconds)
    return [
        {
            "line": WORDS[line],
            "amount": LINES[line].amount(value),
            "milliseconds": 1000 * Timed(value, tuple(found), LINES[line].work(value)).median,
        }
        for value, found in by_value.items()
    ]


# ---------------------------------------------------------------- slopes


def slopes(curves: Sequence[Curve], grows: str) -> list[dict[str, str]]:
    """Rows of a table: of each half what was measured, and what is counted."""
    rows: list[dict[str, str]] = []
    for curve in curves:
        if curve.roof is None:
            rows += crowd_rows(curve)
            continue
        for half in halves(curve.points):
            rows.append(slope_row(curve.name, half, curve.roof, grows))
    return rows


def slope_row(name: str, half: Sequence[Timed], roof: Roof, grows: str) -> dict[str, str]:
    return {
        "what is timed": name,
        GROWS[grows].axis: f"{size(half[0].amount, grows)} to {size(half[-1].amount, grows)}",
        "slope": measured_slope(half),
        "of operations": f"{slope_of_operations(half):.2f}",
        "under the roof": f"{slope_of_least(half, roof):.2f}",
    }


def crowd_rows(curve: Curve) -> list[dict[str, str]]:
    if len(curve.points) < 2:
        return []
    first, last = (f"{curve.points[at].amount:.0f}" for at in (0, -1))
    found = slope([(point.amount, point.median) for point in curve.points])
    return [
        {
            "what is timed": curve.name,
            GROWS[READERS].axis: f"{first} to {last}",
            "slope": f"{found:.2f}",
            "of": f"{spelled(len(curve.points))} crowds, each once",
        }
    ]


# ---------------------------------------------------------------- where it was measured


def machine_of(row: Reading) -> str:
    """The processor, its versions and the day, of any record of the book."""
    threads = row.get("threads")
    said = [
        row["cpu"],
        f"{spelled(threads)} thread{'s' if threads > 1 else ''}" if threads else "",
        f"instructions up to {row['instructions']}" if "instructions" in row else "",
        f"torch {row['torch']}",
        f"Python {row['python']}" if "python" in row else "",
        row["date"],
    ]
    return f"Measured on: {', '.join(filter(None, said))}."


def one_of(grows: str) -> list[str]:
    """The lines of the record of what grows, by their names in it."""
    return [name for name, line in LINES.items() if line.grows == grows]


CALC = {
    "numbers_a_weight": lambda: spelled(NUMBERS_A_WEIGHT),
    "text": lambda: spelled(TEXT),
    "batch": lambda: f"{LINES['parameters_training'].batch}",
    "layers": lambda: spelled(LINES["batch_decode"].size(1).config.n_layer),
    "width": lambda: f"{LINES['length_prefill'].width}",
    "level": lambda: f"{6 * LINES['length_prefill'].width}",
    "first_length": lambda: f"{LINES['length_prefill'].values[0]:,}",
    "last_length": lambda: f"{LINES['length_prefill'].values[-1]:,}",
}
