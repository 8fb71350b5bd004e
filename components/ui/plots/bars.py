"""Bars that compare several arms on one axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from components.ui.plots.chart_parts import Chart, abreast, finished, rows_axis, rows_high, toned
from components.ui.plots.colours import PAPER, Tone
from components.ui.plots.drawn_once import drawn_once


@drawn_once
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


@drawn_once
def fate_bars(
    rows: Sequence[Mapping[str, Any]],
    row: str,
    kind: str,
    looks: Mapping[str, tuple[Tone, str]],
    *,
    signed_from: float = 0.08,
    title: str = "problems",
) -> Chart:
    """A bar a `row`, its parts one `kind` each with a tone and a sign. Rows: row, kind, rank, n.

    Kinds are named above the bars, in their order, and nowhere else. A part bears its sign, which
    is no name, if it is a larger share of its bar than `signed_from`.
    """
    data = pd.DataFrame(rows)
    wide = data["n"] / data.groupby(row)["n"].transform("sum") > signed_from
    marks = pd.Series([looks[name][1] for name in data[kind]], index=data.index)
    base = alt.Chart(data.assign(mark=marks.where(wide, ""))).encode(
        y=alt.Y(f"{row}:N", title=None, sort=None, axis=rows_axis(set(data[row]))),
        order=alt.Order("rank:Q"),
    )
    n = alt.X("n:Q", title=title, stack="zero")
    bars = base.mark_bar().encode(
        x=n,
        color=alt.Color(
            f"{kind}:N",
            title=None,
            scale=toned({name: tone for name, (tone, _) in looks.items()}),
            legend=alt.Legend(columns=abreast(looks, (name[:20] for name in data[row]))),
        ),
        tooltip=[row, kind, "n"],
    )
    inside = base.mark_text(color=PAPER.now).encode(x=n.bandPosition(0.5), text="mark:N")
    high = rows_high(len(set(data[row])), 44)
    return finished(alt.layer(bars, inside).properties(height=high))
