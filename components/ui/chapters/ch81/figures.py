"""The charts of chapter 8, second page.

`Rows` are plain dicts with the named fields.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from components.ui.plots.chart_parts import (
    CURVE,
    Chart,
    finished,
    rows_high,
    signs,
    swatches,
    token_axis,
)
from components.ui.plots.colours import ACCENT, INK, SOFT

Rows = Sequence[Mapping[str, Any]]

LAYER, HEAD = 26, 17
"""Pixels of a row: a whole layer, or one head of it."""


def patch_map(rows: Rows, *, clickable: bool = True) -> Chart:
    """How much of the answer each cell brings when it is copied alone: a row a layer or a head, a
    column a token. Rows: row, column, restored, layer, part, slot, chosen."""
    data = pd.DataFrame(rows)
    n = len({row["row"] for row in rows})
    each = HEAD if n > 12 else LAYER
    base = alt.Chart(data).encode(
        x=token_axis(alt.X, "column", "token that it is copied at", "bottom"),
        y=alt.Y("row:N", sort=None, title=None, axis=alt.Axis(labelOverlap=False)),
    )
    cells = base.mark_rect(stroke=SOFT.now, strokeOpacity=0.25).encode(
        color=alt.Color("restored:Q", scale=signs(1), title="restored", legend=swatches()),
        tooltip=[
            alt.Tooltip("row", title="where"),
            alt.Tooltip("column", title="token"),
            alt.Tooltip("restored", format=".2f"),
        ],
    )
    if clickable:
        click = alt.selection_point(
            name="cell", fields=["layer", "part", "slot"], on="click", empty=False
        )
        cells = cells.add_params(click)
    frame = base.transform_filter("datum.chosen").mark_rect(
        filled=False, stroke=ACCENT.now, strokeWidth=2.5
    )
    return finished(alt.layer(cells, frame).properties(height=rows_high(n, each)))


def preview_points(rows: Rows) -> Chart:
    """Each cell's preview beside what patching it gives; on the line both agree. Rows: row, column,
    preview, restored."""
    data = pd.DataFrame(rows)
    values = [float(row[which]) for row in rows for which in ("preview", "restored")]
    low, high = min(0.0, *values), max(1.0, *values)
    ends = pd.DataFrame([{"at": low}, {"at": high}])
    scale = alt.Scale(domain=[low, high], nice=True)
    line = (
        alt.Chart(ends)
        .mark_line(color=SOFT.now, strokeWidth=1)
        .encode(x=alt.X("at:Q", title="preview", scale=scale), y=alt.Y("at:Q", scale=scale))
    )
    points = (
        alt.Chart(data)
        .mark_point(filled=True, size=45, opacity=0.7, color=INK.now)
        .encode(
            x=alt.X("preview:Q", title="preview", scale=scale),
            y=alt.Y("restored:Q", title="patched", scale=scale),
            tooltip=[
                alt.Tooltip("row", title="where"),
                alt.Tooltip("column", title="token"),
                alt.Tooltip("preview", format=".2f"),
                alt.Tooltip("restored", title="patched", format=".2f"),
            ],
        )
    )
    return finished(alt.layer(line, points).properties(height=CURVE))


def paths_map(rows: Rows) -> Chart:
    """How much arrives through each later head alone. Rows: row, column, restored."""
    data = pd.DataFrame(rows)
    chart = (
        alt.Chart(data)
        .mark_rect(stroke=SOFT.now, strokeOpacity=0.25)
        .encode(
            x=alt.X("column:N", sort=None, title="later head", axis=alt.Axis(labelAngle=0)),
            y=alt.Y("row:N", sort=None, title=None, axis=alt.Axis(labelOverlap=False)),
            color=alt.Color("restored:Q", scale=signs(1), title="restored", legend=swatches()),
            tooltip=["row", "column", alt.Tooltip("restored", format=".2f")],
        )
    )
    return finished(chart.properties(height=rows_high(len({row["row"] for row in rows}), LAYER)))
