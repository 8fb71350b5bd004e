"""The charts of chapter 5, second page.

`Rows` are plain dicts with the named fields.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from components.ui.plots.chart_parts import (
    CURVE,
    Chart,
    Numbers,
    amounts,
    finished,
    grid,
    rows_high,
    swatches,
    toned,
)
from components.ui.plots.colours import INK, RESIDUALS, SOFT

Rows = Sequence[Mapping[str, Any]]


def by_layer(rows: Rows, title: str) -> Chart:
    """A line an arm at its median seed, a point a seed. Rows: arm, layer, seed, value."""
    data = pd.DataFrame(rows)
    tones = {arm: tone for arm, tone in RESIDUALS.items() if arm in set(data["arm"])}
    base = alt.Chart(data).encode(
        x=alt.X("layer:O", title="layer", axis=alt.Axis(labelAngle=0)),
        color=alt.Color("arm:N", title=None, scale=toned(tones)),
    )
    y = alt.Y("value:Q", title=title, scale=alt.Scale(domainMin=0))
    points = base.mark_circle(size=50, opacity=0.5).encode(
        y=y, tooltip=["arm", "layer", "seed", alt.Tooltip("value", format=".3~g")]
    )
    lines = base.mark_line().encode(y=alt.Y("median(value):Q", title=title))
    return finished(alt.layer(lines, points).properties(height=CURVE))


def race(rows: Rows, title: str, never: str = "") -> Chart:
    """A point a seed, a tick at the median where most arrived, a row an arm of a depth.

    Rows: depth, arm, seed, value, and came: whether it arrived, or `never`.
    """
    data = pd.DataFrame(rows)
    data["row"] = data["depth"] + ": " + data["arm"]
    base = alt.Chart(data).encode(
        y=alt.Y("row:N", sort=None, title=None, axis=alt.Axis(labelOverlap=False, grid=True))
    )
    shape = alt.Shape(
        "came:N",
        title=None,
        scale=alt.Scale(domain=["reached the goal", never], range=["circle", "triangle-right"]),
        legend=alt.Legend(orient="bottom", symbolFillColor=SOFT.now) if never else None,
    )
    x = alt.X("value:Q", title=title, scale=alt.Scale(zero=False, padding=14))
    points = base.mark_point(size=80, filled=True, opacity=0.75).encode(
        x=x,
        shape=shape,
        color=alt.Color("arm:N", scale=toned(RESIDUALS), legend=None),
        tooltip=[
            "depth",
            "arm",
            "seed",
            alt.Tooltip("value", format=",.4~g"),
            alt.Tooltip("came", title="goal"),
        ],
    )
    middle = data.assign(value=data["value"].where(data["came"] != never, np.inf))
    middle = middle.groupby("row", sort=False, as_index=False)["value"].median()
    ticks = (
        alt.Chart(middle[np.isfinite(middle["value"])])
        .mark_tick(thickness=3, size=22, color=INK.now)
        .encode(x=x, y=alt.Y("row:N", sort=None))
    )
    return finished(
        alt.layer(points, ticks).properties(height=rows_high(len(set(data["row"])), 30))
    )


def threads(wrong: Numbers, readers: Sequence[str], sources: Sequence[str]) -> Chart:
    """The share that is wrong with one thread cut: readers down, sources across; empty where there
    is no thread."""
    data = grid(wrong, readers, sources).dropna()
    chart = (
        alt.Chart(data)
        .mark_rect()
        .encode(
            x=alt.X(
                "column:N",
                sort=list(sources),
                title="contribution",
                axis=alt.Axis(orient="top", labelAngle=-45),
            ),
            y=alt.Y("row:N", sort=list(readers), title="part that no longer reads it"),
            color=alt.Color(
                "value:Q",
                scale=amounts(1),
                legend=swatches(title="wrong", format="%", orient="bottom"),
            ),
            tooltip=[
                alt.Tooltip("row", title="read by"),
                alt.Tooltip("column", title="contribution"),
                alt.Tooltip("value", title="wrong", format=".1%"),
            ],
        )
    )
    return finished(chart.properties(height=26 * len(readers)))
