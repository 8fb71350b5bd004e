"""The charts of chapter 6, third page. `Rows` are plain dicts with the named fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from components.ui.plots.chart_parts import (
    BARS,
    READABLE,
    Chart,
    abreast,
    amounts,
    finished,
    readable,
    rows_high,
    toned,
)
from components.ui.plots.colours import GREY, INK, LINE, RIGHT, RIGHT_FIELD, WRONG, Tone

Rows = Sequence[Mapping[str, Any]]

ROW = 36
"""In pixels: a row of bars."""


READ = {"wrong": WRONG, "right": RIGHT_FIELD, "known": GREY, "not read": LINE}


def studied_key(title: str) -> str:
    """HTML above `studied`: what it is, and its tones in one row."""
    tones = [
        f'<span><i style="background: {tone.now}"></i>{what}</span>' for what, tone in READ.items()
    ]
    head = f'<strong style="flex: 1 1 100%">{title}</strong>'
    return f'<div class="wb-legend">{head}{"".join(tones)}</div>'


def studied(rows: Rows) -> Chart:
    """Of the pairs that a way may pick from, which it reads in a round; the rest is pale. Rows:
    way, what, n, rank, and of each way `of` how many, and what is `said` behind those it reads."""
    data = pd.DataFrame(rows)
    ends = [
        {"way": row["way"], "said": row["said"], "n": row["of"] - row["n"]}
        for row in rows
        if row["what"] == "not read"
    ]
    said = (
        alt.Chart(pd.DataFrame(ends))
        .mark_text(align="left", dx=6, color=INK.now)
        .encode(y=alt.Y("way:N", sort=[end["way"] for end in ends]), x="n:Q", text="said:N")
    )
    whole = sorted({0, *data["of"]})
    pairs = alt.X(
        "n:Q",
        title="different pairs",
        stack="zero",
        scale=alt.Scale(domain=[0, whole[-1]], nice=False),
        axis=alt.Axis(values=whole, labelFlush=False, labelOverlap=False),
    )
    bars = in_parts(data, "way", pairs, READ, named=False)
    return finished(alt.layer(bars, said).properties(height=rows_high(len(ends), ROW)))


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
    bars = in_parts(data, "run", alt.X("n:Q", title="problems of the book", stack="zero"), tones)
    return finished(bars.properties(height=rows_high(len(set(data["run"])), ROW)))


def written(rows: Rows) -> Chart:
    """How probable each token was that a network wrote. Rows: at, token, p, what."""
    data = pd.DataFrame(rows)
    tones: dict[str, Tone] = {
        "right": RIGHT_FIELD,
        "first wrong token": WRONG,
        "after a mistake": GREY,
    }
    names = {str(row["at"]): row["token"] for row in rows}
    bars = (
        alt.Chart(data)
        .mark_bar()
        .encode(
            x=alt.X(
                "at:O",
                title="token, as written",
                axis=alt.Axis(
                    labelAngle=0, labelExpr=f"({names})[datum.value]", labelOverlap=False
                ),
            ),
            y=alt.Y(
                "p:Q",
                title="probability",
                scale=alt.Scale(domain=[0, 1]),
                axis=alt.Axis(format="%", values=[0, 0.5, 1]),
            ),
            color=alt.Color(
                "what:N",
                title=None,
                sort=None,
                scale=toned(tones),
                legend=alt.Legend(columns=abreast(tones)),
            ),
            tooltip=["token", alt.Tooltip("p:Q", format=".4f"), "what"],
        )
    )
    return finished(bars.properties(height=BARS))


def in_parts(
    data: pd.DataFrame, row: str, n: alt.X, tones: Mapping[str, Tone], named: bool = True
) -> alt.Chart:
    """A bar a `row`, in parts of these tones, one behind the other by their rank along `n`."""
    legend = alt.Legend(columns=abreast(tones, data[row])) if named else None
    return (
        alt.Chart(data)
        .mark_bar()
        .encode(
            y=alt.Y(f"{row}:N", sort=list(dict.fromkeys(data[row])), title=None),
            x=n,
            color=alt.Color(
                "what:N",
                title=None,
                sort=None,
                scale=toned(tones),
                legend=legend,
            ),
            order=alt.Order("rank:Q"),
            tooltip=[row, "what", alt.Tooltip("n:Q", format=",.0f")],
        )
    )
