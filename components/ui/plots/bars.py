"""Bars and points that compare several arms on one axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from components.ui.plots.core import Chart, ink


def count_bars(counts: Mapping[str, int], row_title: str, count_title: str) -> Chart:
    """Horizontal bars with their counts beside them."""
    data = pd.DataFrame({"row": list(counts), "count": list(counts.values())})
    room = max(counts.values(), default=1)
    base = alt.Chart(data).encode(
        y=alt.Y("row:N", sort=None, title=row_title, axis=alt.Axis(labelLimit=220)),
        x=alt.X("count:Q", title=count_title, scale=alt.Scale(domainMax=room * 1.15)),
    )
    labels = base.mark_text(align="left", dx=5, color=ink()).encode(
        text=alt.Text("count:Q", format=",")
    )
    return alt.layer(base.mark_bar(), labels).properties(height=28 * len(counts) + 50)


def seeds(
    rows: Sequence[Mapping[str, Any]], title: str = "", share: str = "texts right in every token"
) -> Chart:
    """A point a seed, a line an arm, a bar at the median. Rows: arm, share, seed, errors."""
    base = alt.Chart(pd.DataFrame(rows)).encode(
        y=alt.Y("arm:N", sort=None, title=title or None, axis=alt.Axis(labelLimit=230))
    )
    x = alt.X(
        "share:Q",
        title=share,
        scale=alt.Scale(domain=[0, 1]),
        axis=alt.Axis(format="%", values=[0, 0.25, 0.5, 0.75, 1]),
    )
    points = base.mark_circle(size=80, opacity=0.6).encode(
        x=x, tooltip=["arm", "seed", "errors", alt.Tooltip("share", format=".4f")]
    )
    medians = base.mark_tick(thickness=3, size=24, color=ink()).encode(
        x=alt.X("median(share):Q", scale=alt.Scale(domain=[0, 1]))
    )
    n_arms = len({row["arm"] for row in rows})
    return alt.layer(points, medians).properties(height=44 * n_arms + 50)
