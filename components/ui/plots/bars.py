"""Bars and points that compare several arms on one axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from components.ui.plots.colours import tone_of
from components.ui.plots.core import SHARES, Chart, finished, rows_high, toned


def count_bars(counts: Mapping[str, int], row_title: str, count_title: str) -> Chart:
    """Horizontal bars with their counts beside them."""
    data = pd.DataFrame({"row": list(counts), "count": list(counts.values())})
    base = alt.Chart(data).encode(
        y=alt.Y("row:N", sort=None, title=row_title),
        x=alt.X("count:Q", title=count_title, scale=alt.Scale(nice=False)),
    )
    labels = base.mark_text(align="left", dx=5).encode(text=alt.Text("count:Q", format=","))
    return finished(
        alt.layer(base.mark_bar(), labels).properties(height=rows_high(len(counts), 28))
    )


def seeds(
    rows: Sequence[Mapping[str, Any]], title: str = "", share: str = "texts right in every token"
) -> Chart:
    """A point a seed, a line an arm, a bar at the median. Rows: arm, share, seed, errors."""
    arms = {row["arm"]: tone_of(row["arm"]) for row in rows}
    base = alt.Chart(pd.DataFrame(rows)).encode(y=alt.Y("arm:N", sort=None, title=title or None))
    x = alt.X(
        "share:Q",
        title=share,
        scale=alt.Scale(domain=[0, 1]),
        axis=alt.Axis(format="%", values=SHARES),
    )
    points = base.mark_circle(size=80, opacity=0.6).encode(
        x=x,
        color=alt.Color("arm:N", scale=toned(arms), legend=None),
        tooltip=["arm", "seed", "errors", alt.Tooltip("share", format=".4f")],
    )
    medians = base.mark_tick(thickness=3, size=24).encode(
        x=alt.X("median(share):Q", scale=alt.Scale(domain=[0, 1]))
    )
    return finished(alt.layer(points, medians).properties(height=rows_high(len(arms), 44)))
