"""The charts of chapter 8, second page.

`Rows` are plain dicts with the named fields.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from components.ui.plots.chart_parts import (
    CURVE,
    Chart,
    Numbers,
    finished,
    grid,
    readable,
    rows_high,
    signs,
    square,
    swatches,
    token_axis,
)
from components.ui.plots.colours import ACCENT, INK, PAPER, SOFT, WRONG, Tone
from components.ui.plots.drawn_once import drawn_once
from components.ui.plots.vectors import level

Rows = Sequence[Mapping[str, Any]]

LAYER, HEAD = 26, 17
"""Pixels of a row: a whole layer, or one head of it."""


@drawn_once
def patch_map(rows: Rows, *, needed: bool = False, clickable: bool = True) -> Chart:
    """How much of the answer each cell brings when it is copied alone, or with `needed` how much it
    loses: a row a layer or a head, a column a token. Rows: row, column, restored, layer, part,
    slot, chosen."""
    says = "lost" if needed else "restored"
    data = pd.DataFrame(rows)
    if needed:
        data["lost"] = (1 - data["restored"]).round(4)
    n = len({row["row"] for row in rows})
    each = HEAD if n > 12 else LAYER
    base = alt.Chart(data).encode(
        x=token_axis(alt.X, "column", "token that it is copied at", "bottom"),
        y=alt.Y("row:N", sort=None, title=None, axis=alt.Axis(labelOverlap=False)),
    )
    cells = base.mark_rect(stroke=SOFT.now, strokeOpacity=0.25).encode(
        color=alt.Color(f"{says}:Q", scale=signs(1), title=says, legend=swatches()),
        tooltip=[
            alt.Tooltip("row", title="where"),
            alt.Tooltip("column", title="token"),
            alt.Tooltip(says, format=".2f"),
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


@drawn_once
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


@drawn_once
def paths_map(rows: Rows) -> Chart:
    """How much arrives through each later head alone. Rows: row, column, restored."""
    data = pd.DataFrame(rows)
    chart = (
        alt.Chart(data)
        .mark_rect(stroke=SOFT.now, strokeOpacity=0.25)
        .encode(
            x=alt.X("column:N", sort=None, title="later reader", axis=alt.Axis(labelAngle=0)),
            y=alt.Y("row:N", sort=None, title=None, axis=alt.Axis(labelOverlap=False)),
            color=alt.Color("restored:Q", scale=signs(1), title="restored", legend=swatches()),
            tooltip=["row", "column", alt.Tooltip("restored", format=".2f")],
        )
    )
    return finished(chart.properties(height=rows_high(len({row["row"] for row in rows}), LAYER)))


SIDE = 440
"""Pixels of a map of all pairs."""


@drawn_once
def over_pairs(
    values: NDArray[np.floating[Any]], says: str, tone: Tone = ACCENT, *, scale: bool = False
) -> Chart:
    """A number for every pair: (rows, columns), the first number down; not a number where it is
    not known yet. With `scale`, what its colours mean stands beside it."""
    n_row, n_column = values.shape
    a, b = np.divmod(np.arange(values.size), n_column)
    data = pd.DataFrame({"a": a, "b": b, "value": values.ravel()}).dropna()
    known = values[~np.isnan(values)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    ticks = alt.Axis(values=list(range(0, n_row, max(n_row // 10, 1))), grid=False, labelAngle=0)
    every = list(range(n_row))
    chart = (
        alt.Chart(data, usermeta={"embedOptions": {"renderer": "canvas"}})
        .mark_rect()
        .encode(
            x=alt.X("b:O", title="second number", axis=ticks, scale=square(domain=every)),
            y=alt.Y("a:O", title="first number", axis=ticks, scale=alt.Scale(domain=every)),
            color=alt.Color(
                "value:Q",
                title=says,
                scale=alt.Scale(
                    domain=[min(low, 0.0), max(high, 1e-9)],
                    range=[PAPER.now, tone.now],
                    interpolate="rgb",
                    clamp=True,
                ),
                legend=swatches() if scale else None,
            ),
            tooltip=["a", "b", alt.Tooltip("value", title=says, format=".3r")],
        )
    )
    return finished(chart.properties(height=SIDE))


@drawn_once
def broken_map(rows: Rows) -> Chart:
    """Problems wrong without each part alone: a row a layer, a column a head or the FFN. Rows:
    layer, column, wrong, n, chosen."""
    data = pd.DataFrame(rows)
    base = alt.Chart(data).encode(
        x=alt.X("column:N", sort=None, title=None, axis=alt.Axis(orient="top", labelAngle=0)),
        y=alt.Y("layer:N", sort=None, title="layer"),
    )
    cells = base.mark_rect(stroke=SOFT.now, strokeOpacity=0.4).encode(
        color=alt.Color(
            "wrong:Q",
            scale=alt.Scale(
                domain=[0, max(row["n"] for row in rows)],
                range=[PAPER.now, WRONG.now],
                interpolate="rgb",
                clamp=True,
            ),
            legend=None,
        ),
        tooltip=["layer", alt.Tooltip("column", title="part"), "wrong", "n"],
    )
    numbers = base.mark_text(fontSize=14).encode(
        text="wrong:Q", color=readable("datum.wrong > 0.75 * datum.n")
    )
    high = 34 * data["layer"].nunique()
    return finished(alt.layer(cells, numbers).properties(height=high))


@drawn_once
def direct_bars(added: Mapping[str, float], lead: str) -> Chart:
    """What each part adds to a lead, in the order of the network; `lead`: of what over what."""
    data = pd.DataFrame({"part": list(added), "added": list(added.values())})
    chart = (
        alt.Chart(data)
        .mark_bar()
        .encode(
            y=alt.Y("part:N", sort=None, title=None, axis=alt.Axis(labelOverlap=False)),
            x=alt.X("added:Q", title=f"added to the lead of {lead}"),
            color=alt.condition("datum.added > 0", alt.value(INK.now), alt.value(SOFT.now)),
            tooltip=["part", alt.Tooltip("added", format="+.2f")],
        )
    )
    return finished(chart.properties(height=rows_high(len(added), 17)))


@drawn_once
def digit_map(values: Numbers, row_title: str, column_title: str, says: str) -> Chart:
    """A signed number for each two digits, (10, 10)."""
    digits = [str(d) for d in range(len(values))]
    data = grid(values, digits, digits)
    chart = (
        alt.Chart(data)
        .mark_rect()
        .encode(
            x=alt.X(
                "column:N",
                sort=None,
                title=column_title,
                axis=alt.Axis(orient="top", labelAngle=0),
                scale=square(),
            ),
            y=alt.Y("row:N", sort=None, title=row_title),
            color=alt.Color(
                "value:Q",
                title=says,
                scale=signs(float(abs(values).max()) or 1.0),
                legend=swatches(),
            ),
            tooltip=[
                alt.Tooltip("row", title=row_title),
                alt.Tooltip("column", title=column_title),
                alt.Tooltip("value", title=says, format="+.2f"),
            ],
        )
    )
    return finished(chart.properties(height=300))


@drawn_once
def composed(rows: Rows, chance: float) -> Chart:
    """How much of each head below a head reads in its query, key and value. Rows: head, read_as,
    share; a line where matrices drawn at random would be."""
    data = pd.DataFrame(rows)
    points = (
        alt.Chart(data)
        .mark_point(filled=True, size=60)
        .encode(
            x=alt.X("head:N", sort=None, title="head below", axis=alt.Axis(labelAngle=0)),
            y=alt.Y("share:Q", title="composition score"),
            shape=alt.Shape("read_as:N", title="read in its"),
            color=alt.value(INK.now),
            tooltip=["head", "read_as", alt.Tooltip("share", format=".3f")],
        )
    )
    return finished(
        alt.layer(points, *level("share", chance, "at random")).properties(height=CURVE)
    )
