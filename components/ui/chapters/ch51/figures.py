"""The charts of chapter 5, second page.

`Rows` are plain dicts with the named fields.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from components.ui.plots import dots
from components.ui.plots.chart_parts import (
    CURVE,
    Chart,
    Numbers,
    amounts,
    finished,
    grid,
    shaped,
    swatches,
    toned,
)
from components.ui.plots.colours import RESIDUALS
from components.ui.plots.ends import from_zero, last_of, named

Rows = Sequence[Mapping[str, Any]]


def by_layer(rows: Rows, title: str) -> Chart:
    """A line an arm at its median seed, a dot a seed. Rows: arm, layer, seed, value."""
    data = pd.DataFrame(rows)
    tones = {arm: tone for arm, tone in RESIDUALS.items() if arm in set(data["arm"])}
    axis = from_zero(data["value"])
    base = alt.Chart(data).encode(
        x=alt.X("layer:O", title="layer", axis=alt.Axis(labelAngle=0)),
        color=alt.Color("arm:N", scale=toned(tones), legend=None),
    )
    points = base.mark_point(size=50, opacity=0.5, filled=True).encode(
        y=axis.y("value:Q", title),
        shape=shaped(tones),
        tooltip=["arm", "layer", "seed", alt.Tooltip("value", format=",.3~r")],
    )
    lines = base.mark_line().encode(y=axis.y("median(value):Q", title))
    names = named(last_of(rows, "arm", "layer", "value"), axis, tones)
    return finished(alt.layer(lines, points, names).properties(height=CURVE))


def race(rows: Rows, title: str, never: str = "") -> Chart:
    """A dot a seed, a row an arm of a depth. Rows: depth, arm, seed, value, and came: whether it
    arrived, or `never`."""
    points = [{**row, "group": row["depth"]} for row in rows]
    axis = from_zero([row["value"] for row in rows])
    return dots.seeds(points, title, axis, "value", never=never, form=",.4~g")


INITIALS = (
    "datum.label === 'token' ? 'T' : upper(slice(datum.label, 0, 1)) + slice(datum.label, -1)"
)
"""Of a contribution, a letter and its layer: all stand side by side on a phone."""


def threads(wrong: Numbers, readers: Sequence[str], sources: Sequence[str]) -> Chart:
    """The share that is wrong with one connection cut: readers down, sources across; empty where
    there is no connection."""
    data = grid(wrong, readers, sources).dropna()
    chart = (
        alt.Chart(data)
        .mark_rect()
        .encode(
            x=alt.X(
                "column:N",
                sort=list(sources),
                title="contribution: T token, A attention, F FFN",
                axis=alt.Axis(orient="top", labelAngle=0, labelOverlap=False, labelExpr=INITIALS),
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
