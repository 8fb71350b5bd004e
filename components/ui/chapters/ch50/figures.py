"""The charts of chapter 5, first page.

`Rows` are plain dicts with the named fields.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from components.ui.plots.colours import OCHRE, SOFT, TEAL, VIOLET, Tone
from components.ui.plots.core import CURVE, Chart, finished, grid, readable, signs, toned
from lab.by_hand.flash import Numbers

Rows = Sequence[Mapping[str, Any]]

KERNELS: dict[str, Tone] = {"plain": OCHRE, "this page's": VIOLET, "torch's": TEAL}
"""As the page calls them."""

WAYS: dict[str, Tone] = {"plain attention": OCHRE, "FlashAttention": VIOLET}
CELL = 30
"""Pixels of a cell of a block, high."""

WHOLE, PLAIN = alt.Axis(format=",", grid=False), alt.Axis(format=",~g", grid=False)
POWERS_OF_TEN = alt.Axis(format="~s", grid=False)


def moved_by_memory(rows: Rows, processors: Mapping[str, int]) -> Chart:
    """Numbers moved by the numbers that fast memory holds; a rule a processor.

    Rows: way, fast, moved.
    """
    x = alt.X(
        "fast:Q",
        title="numbers in fast memory",
        scale=alt.Scale(type="log", base=2, nice=False),
        axis=WHOLE,
    )
    y = alt.Y("moved:Q", title="numbers moved", scale=alt.Scale(type="log"), axis=POWERS_OF_TEN)
    lines = (
        alt.Chart(pd.DataFrame(rows))
        .mark_line()
        .encode(
            x=x,
            y=y,
            color=alt.Color("way:N", title=None, scale=toned(WAYS)),
            tooltip=["way", "fast", alt.Tooltip("moved", format=",")],
        )
    )
    known = pd.DataFrame([{"fast": fast, "name": name} for name, fast in processors.items()])
    rules = alt.Chart(known).mark_rule(strokeDash=[4, 4], color=SOFT.now).encode(x="fast:Q")
    names = [
        alt.Chart(known.iloc[[k]])
        .mark_text(align="right", dx=-5, dy=16 * k, baseline="top", color=SOFT.now)
        .encode(x="fast:Q", y=alt.value(0), text="name:N")
        for k in range(len(known))
    ]
    return finished(alt.layer(lines, rules, *names).properties(height=CURVE))


def block_map(
    values: Numbers, queries: Sequence[str], keys: Sequence[str], *, most: float | None = None
) -> Chart:
    """One block, queries down and keys across, in parts of `most`, or else of its largest number.
    Cells that hold no number stay empty."""
    largest = most or float(np.nanmax(np.abs(values))) or 1.0
    data = grid(values, queries, keys).dropna()
    base = alt.Chart(data.assign(part=data["value"] / largest)).encode(
        x=alt.X("column:N", sort=list(keys), title=None, axis=alt.Axis(orient="top", labelAngle=0)),
        y=alt.Y("row:N", sort=list(queries), title=None),
    )
    cells = base.mark_rect().encode(
        color=alt.Color("part:Q", scale=signs(1), legend=None),
        tooltip=["row", "column", alt.Tooltip("value", format=".3g")],
    )
    numbers = base.mark_text().encode(
        text=alt.Text("part:Q", format=".2f"), color=readable("abs(datum.part) > 0.8")
    )
    return finished(alt.layer(cells, numbers).properties(height=CELL * len(queries)))


def by_length(rows: Rows, field: str, title: str) -> Chart:
    """A line a kernel, both axes by powers; what is measured now as points beside the record.

    Rows: kernel, tokens, when, and the `field`.
    """
    base = alt.Chart(pd.DataFrame(rows)).encode(
        x=alt.X(
            "tokens:Q",
            title="tokens of the text",
            scale=alt.Scale(type="log", base=2, nice=False),
            axis=WHOLE,
        ),
        y=alt.Y(f"{field}:Q", title=title, scale=alt.Scale(type="log"), axis=PLAIN),
        color=alt.Color("kernel:N", title=None, scale=toned(KERNELS)),
        tooltip=["kernel", "when", "tokens", alt.Tooltip(field, format=".3~g")],
    )
    recorded = base.transform_filter(alt.datum["when"] == "recorded")
    now = base.transform_filter(alt.datum["when"] == "here and now")
    marks = alt.layer(
        recorded.mark_line(),
        recorded.mark_circle(size=45, opacity=1),
        now.mark_point(size=90, filled=False, strokeWidth=2),
    )
    return finished(marks.properties(height=CURVE))
