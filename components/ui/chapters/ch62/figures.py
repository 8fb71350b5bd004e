"""The charts of chapter 6, third page. `Rows` are plain dicts with the named fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from components.ui.plots.chart_parts import (
    READABLE,
    Chart,
    abreast,
    amounts,
    finished,
    readable,
    rows_high,
    toned,
)
from components.ui.plots.colours import GREY, RIGHT, WRONG, Tone

Rows = Sequence[Mapping[str, Any]]


def ledger(rows: Rows) -> Chart:
    """Which share of the mistakes of a round is wrong after it and after later ones. Rows: noted,
    after, share, errors."""
    data = pd.DataFrame(rows)
    base = alt.Chart(data).encode(
        x=alt.X(
            "after:N", sort=None, title="evaluated after", axis=alt.Axis(orient="top", labelAngle=0)
        ),
        y=alt.Y("noted:N", sort=None, title="noted in"),
    )
    cells = base.mark_rect().encode(
        color=alt.Color("share:Q", scale=amounts(READABLE[1]), legend=None),
        tooltip=["noted", "after", "errors"],
    )
    said = base.mark_text().encode(
        text=alt.Text("share:Q", format=".0%"), color=readable("datum.share > 0.8")
    )
    return finished(
        alt.layer(cells, said).properties(height=rows_high(len(set(data["noted"])), 44))
    )


def left(rows: Rows) -> Chart:
    """Of a book's sums, what a reader's runs write right now. Rows: run, what, n."""
    data = pd.DataFrame(rows)
    tones: dict[str, Tone] = {"still wrong": WRONG, "now right": RIGHT, "not evaluated yet": GREY}
    return finished(
        alt.Chart(data)
        .mark_bar()
        .encode(
            y=alt.Y("run:N", sort=None, title=None),
            x=alt.X("n:Q", title="problems of the book", stack="zero"),
            color=alt.Color(
                "what:N",
                title=None,
                sort=None,
                scale=toned(tones),
                legend=alt.Legend(columns=abreast(tones, data["run"])),
            ),
            order=alt.Order("rank:Q"),
            tooltip=["run", "what", "n"],
        )
        .properties(height=rows_high(len(set(data["run"])), 36))
    )
