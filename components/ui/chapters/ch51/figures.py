"""The charts of chapter 5, second page.

`Rows` are plain dicts with the named fields.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, floor, log2
from typing import Any

import altair as alt
import pandas as pd

from components.ui.plots import dots
from components.ui.plots.chart_parts import CURVE, Chart, finished, shaped, toned
from components.ui.plots.colours import INK, RESIDUALS
from components.ui.plots.drawn_once import drawn_once
from components.ui.plots.ends import Ticked, last_of, named, shares

Rows = Sequence[Mapping[str, Any]]


@drawn_once
def by_part(rows: Rows, parts: Sequence[str]) -> Chart:
    """How much of what each part reads is one contribution: a line an arm at its median seed, a
    dot a seed. Rows: arm, part, seed, value."""
    order = {part: i for i, part in enumerate(parts)}
    data = pd.DataFrame([{**row, "at": order[row["part"]]} for row in rows])
    tones = {arm: tone for arm, tone in RESIDUALS.items() if arm in set(data["arm"])}
    axis = shares(max(data["value"]))
    base = alt.Chart(data).encode(
        x=alt.X(
            "part:N",
            sort=list(parts),
            title="part that reads: A attention, F FFN",
            axis=alt.Axis(labelAngle=0, labelOverlap=False, labelExpr=INITIALS),
        ),
        color=alt.Color("arm:N", scale=toned(tones), legend=None),
    )
    points = base.mark_point(size=50, opacity=0.5, filled=True).encode(
        y=axis.y("value:Q", "of what it reads"),
        shape=shaped(tones),
        tooltip=["arm", "part", "seed", alt.Tooltip("value", format=".1%")],
    )
    lines = base.mark_line().encode(y=axis.y("median(value):Q", "of what it reads"))
    ends = last_of(list(data.to_dict("records")), "arm", "at", "value")
    return finished(alt.layer(lines, points, named(ends, axis, tones)).properties(height=CURVE))


INITIALS = (
    "datum.label === 'end' ? 'end' : upper(slice(datum.label, 0, 1)) + slice(datum.label, -1)"
)
"""Of a part, a letter and its layer: all stand side by side on a phone."""


@drawn_once
def over_plain(rows: Rows, intervals: Rows, title: str, never: str = "") -> Chart:
    """A dot a seed over the median of the plain sum, a row an arm of a depth; behind them the 95%
    interval of the ratio of medians, which goes on to the edge where it has no end. Rows: depth,
    arm, seed, value, and came: whether it arrived, or `never`; intervals: depth, arm, low, high,
    words."""
    points = [{**row, "group": row["depth"]} for row in rows]
    axis = around_one([row["value"] for row in rows])
    chart = dots.layers_of_seeds(points, title, axis, "value", never=never, form=".2f")
    ends = [
        {
            "row": f"{one['depth']}: {one['arm']}",
            "low": max(one["low"], axis.low),
            "high": min(one["high"], axis.high),
            "95% interval": one["words"],
        }
        for one in intervals
    ]
    bars = (
        alt.Chart(pd.DataFrame(ends))
        .mark_bar(height=26, color=INK.now, opacity=0.12)
        .encode(
            x=axis.x("low:Q", title),
            x2="high:Q",
            y=alt.Y("row:N", sort=None),
            tooltip=["row", "95% interval"],
        )
    )
    even = (
        alt.Chart(pd.DataFrame([{"one": 1.0}]))
        .mark_rule(color=INK.now, opacity=0.5)
        .encode(x=axis.x("one:Q", title))
    )
    chart.layer = [*alt.layer(bars, even).layer, *chart.layer]  # pyright: ignore
    return chart


def around_one(values: Sequence[float]) -> Ticked:
    """Ratios, half as much as far from one as twice as much."""
    low, high = floor(log2(min(values))), ceil(log2(max(values)))
    ticks = tuple(2.0**power for power in range(min(low, -1), max(high, 1) + 1))
    return Ticked(ticks[0], ticks[-1], ticks, "log", form="~g")
