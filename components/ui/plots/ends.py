"""Lines that are named where they end: no legend has to be looked up.

A name stands at the right edge of the plot, a mark in the line's colour before it, at the height
where its line ends. Names that would overlap are pushed apart, at any width: the plot's height is
known before it is drawn, so only the axis has to be, and `Ticked` knows it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from textwrap import wrap
from typing import Any, Literal

import altair as alt
import pandas as pd

from components.ui.plots.chart_parts import CURVE, Chart, shaped, toned
from components.ui.plots.colours import INK, Tone
from lab.numerals import power_of_ten

LINE = 15
"""In pixels: from a line of a name to the next."""

GAP = 4
"""In pixels, between two names."""

WIDE = 17
"""Letters of a line of a name: a phone has no room for more beside a plot."""

LEAST, MOST = 1e-6, 1e9
"""Beyond these a number has too many noughts to be read, and is told as a power of ten."""

MARK, WORDS = 10, 18
"""In pixels, from the right edge of the plot."""

FEW = 5
"""Ticks of an axis, about."""

PLAIN = ",~f"
"""How a number is written: 10,000 and 0.0023, never as powers of ten."""


@dataclass(frozen=True)
class Ticked:
    """An axis of a few round ticks, whose pixels are known before it is drawn."""

    low: float
    high: float
    ticks: tuple[float, ...]
    kind: Literal["linear", "log", "symlog"] = "linear"
    constant: float = 1.0
    form: str = PLAIN

    def x(self, field: str, title: str) -> alt.X:
        """Lying."""
        return alt.X(field, title=title, scale=self.scale(), axis=self.axis())

    def y(self, field: str, title: str) -> alt.Y:
        return alt.Y(field, title=title, scale=self.scale(), axis=self.axis())

    def scale(self) -> alt.Scale:
        more: dict[str, Any] = {"constant": self.constant} if self.kind == "symlog" else {}
        return alt.Scale(type=self.kind, domain=[self.low, self.high], nice=False, **more)

    def axis(self) -> alt.Axis:
        ticks = list(self.ticks)
        if self.kind != "log" or (self.low >= LEAST and self.high <= MOST):
            return alt.Axis(values=ticks, format=self.form)
        exponents = [round(math.log10(tick)) for tick in ticks]
        said = {f"{n}": power_of_ten(n) for n in exponents}
        return alt.Axis(values=ticks, labelExpr=f"({said})[round(log(datum.value) / LN10)]")

    def part(self, value: float) -> float:
        """How far up a value stands, from 0 to 1."""
        low, at, high = (self.straight(x) for x in (self.low, value, self.high))
        return min(max((at - low) / (high - low), 0.0), 1.0)

    def straight(self, x: float) -> float:
        match self.kind:
            case "log":
                return math.log(x)
            case "symlog":
                return math.copysign(math.log1p(abs(x) / self.constant), x)
            case "linear":
                return x


def from_zero(values: Iterable[float], form: str = PLAIN, low: float = 0.0) -> Ticked:
    """From `low` up to a round number that no value exceeds."""
    step = round_step((max(values) - low or 1.0) / FEW)
    n = math.ceil(round((max(values) - low) / step, 6)) or 1
    return Ticked(low, low + n * step, tuple(low + i * step for i in range(n + 1)), form=form)


def shares(most: float = 1.0) -> Ticked:
    """From none to `most`, in parts of a hundred."""
    return from_zero([most], "~%")


def by_signs(values: Sequence[float], form: str = PLAIN) -> Ticked:
    """From a round number below all values to one above."""
    step = round_step((max(values) - min(values) or abs(max(values)) or 1.0) / FEW)
    first, last = (
        math.floor(min(values) / step),
        max(math.floor(min(values) / step) + 1, math.ceil(max(values) / step)),
    )
    return Ticked(
        first * step, last * step, tuple(i * step for i in range(first, last + 1)), form=form
    )


def powers(values: Sequence[float], form: str = PLAIN) -> Ticked:
    """From a power of ten to another, with a tick at each of them, or at every second one."""
    positive = [x for x in values if x > 0]
    first, last = math.floor(math.log10(min(positive))), math.ceil(math.log10(max(positive)))
    last = max(last, first + 1)
    every = math.ceil((last - first) / FEW)
    ticks = tuple(10.0**k for k in range(first, last + 1, every))
    return Ticked(10.0**first, 10.0**last, ticks, "log", form=form)


def round_step(least: float) -> float:
    """The smallest of 1, 2, 5, 10 and so on that is not below."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(n * power for n in (1, 2, 5, 10) if n * power >= least * (1 - 1e-9))


def pushed_apart(wanted: Sequence[float], high: Sequence[float], most: float) -> list[float]:
    """Where the middles of names stand that would stand at `wanted`: none overlaps another or
    leaves the plot, as long as all of them fit. `high`: how much room each takes."""
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    at = [0.0] * len(wanted)
    floor = 0.0
    for i in order:
        at[i] = max(wanted[i], floor + high[i] / 2)
        floor = at[i] + high[i] / 2
    ceiling = max(most, sum(high))
    for i in reversed(order):
        at[i] = min(at[i], ceiling - high[i] / 2)
        ceiling = at[i] - high[i] / 2
    return at


def last_of(rows: Sequence[Mapping[str, Any]], name: str, x: str, y: str) -> dict[str, float]:
    """Of every name the median of `y` where its line ends."""
    ends = dict[str, float]()
    for line in dict.fromkeys(row[name] for row in rows):
        own = [row for row in rows if row[name] == line]
        last = max(row[x] for row in own)
        ends[line] = median(row[y] for row in own if row[x] == last)
    return ends


def named(
    ends: Mapping[str, float],
    axis: Ticked,
    tones: Mapping[str, Tone | str],
    *,
    height: int = CURVE,
) -> Chart:
    """The names of lines at the right edge, each with a mark in its colour. `ends`: the value at
    which each line ends."""
    lines = {name: wrap(name, WIDE) or [name] for name in ends}
    at = pushed_apart(
        [height * (1 - axis.part(value)) for value in ends.values()],
        [LINE * len(some) + GAP for some in lines.values()],
        height,
    )
    marks = [{"name": name, "pixel": y} for name, y in zip(ends, at, strict=True)]
    words = [
        {"line": line, "pixel": y + LINE * (k - (len(lines[name]) - 1) / 2)}
        for name, y in zip(ends, at, strict=True)
        for k, line in enumerate(lines[name])
    ]
    y = alt.Y("pixel:Q", scale=None, axis=None)
    dots = (
        alt.Chart(pd.DataFrame(marks))
        .mark_point(size=60, filled=True, opacity=1)
        .encode(
            x=beside(MARK),
            y=y,
            color=alt.Color("name:N", scale=toned({n: tones[n] for n in ends}), legend=None),
            shape=shaped(ends, "name"),
        )
    )
    said = (
        alt.Chart(pd.DataFrame(words))
        .mark_text(align="left", baseline="middle", color=INK.now)
        .encode(x=beside(WORDS), y=y, text="line:N")
    )
    return alt.layer(dots, said)


def beside(pixels: int) -> Any:
    """So far to the right of the plot."""
    return alt.value(alt.ExprRef(f"width + {pixels}"))
