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
from components.ui.plots.colours import (
    GREY,
    INK,
    KINDS,
    LINE,
    RIGHT,
    RIGHT_FIELD,
    SOFT,
    WRONG,
    Tone,
    kind_of,
    shape_of,
)
from components.ui.plots.drawn_once import drawn_once

Rows = Sequence[Mapping[str, Any]]

ROW = 36
"""In pixels: a row of bars."""


UNREAD = "not read"
READ = {"wrong": WRONG, "right": RIGHT_FIELD, "known": GREY, UNREAD: LINE}

THIN, SIGNED, TOLD = 20, 22, 60
"""In pixels: how thick a bar is, the room of a sign between its name and the axis, and a row of a
bar with words above it."""


def studied_key(title: str) -> str:
    """HTML above `studied`: what it is, and its tones in one row."""
    looks = {what: f"background: {tone.now}" for what, tone in READ.items()}
    looks[UNREAD] = f"border: 1px solid {SOFT.now}"
    tones = [f'<span><i style="{look}"></i>{what}</span>' for what, look in looks.items()]
    head = f'<strong style="flex: 1 1 100%; color: {INK.now}">{title}</strong>'
    return f'<div class="wb-legend">{head}{"".join(tones)}</div>'


@drawn_once
def studied(rows: Rows) -> Chart:
    """Of the pairs that a way may pick from, which it reads in a round; the rest is an outline.
    Before each way stands its sign. Rows: way, what, n, rank, and of each way `of` how many, and
    what is `said` of those it reads, above them."""
    data = pd.DataFrame(rows)
    ends = [{"way": row["way"], "said": row["said"]} for row in rows if row["what"] == UNREAD]
    ways = [end["way"] for end in ends]
    said = (
        alt.Chart(pd.DataFrame(ends))
        .mark_text(align="left", dx=4, dy=-THIN / 2 - 9, color=INK.now)
        .encode(y=alt.Y("way:N", sort=ways), x=alt.value(0), text="said:N")
    )
    whole = sorted({0, *data["of"]})
    named = f"datum.value < {whole[-1]} ? 'pool' : 'all'"
    pairs = alt.X(
        "n:Q",
        title=None,
        stack="zero",
        scale=alt.Scale(domain=[0, whole[-1]], nice=False),
        axis=alt.Axis(
            values=whole,
            grid=False,
            labelExpr=f"datum.value ? [datum.label, {named}] : datum.label",
            labelFlush=False,
            labelOverlap=False,
        ),
    )
    unread = alt.datum.what == UNREAD
    bars = (
        in_parts(data, "way", pairs, READ, named=False)
        .mark_bar(size=THIN)
        .encode(
            y=alt.Y("way:N", sort=ways, title=None, axis=alt.Axis(labelPadding=SIGNED)),
            fillOpacity=alt.condition(unread, alt.value(0), alt.value(1)),
            strokeOpacity=alt.value(0.6),
            stroke=alt.condition(unread, alt.value(SOFT.now), alt.value("transparent")),
        )
    )
    signs = [
        alt.Chart(pd.DataFrame([{"way": way}]))
        .mark_point(shape=shape_of(way), color=KINDS[kind].now, filled=True, size=90, opacity=1)
        .encode(y=alt.Y("way:N", sort=ways), x=alt.value(-SIGNED / 2 - 2))
        for way in ways
        if (kind := kind_of(way))
    ]
    drawn = alt.layer(bars, said, *signs)
    return finished(drawn.properties(height=TOLD * len(ways), padding={"bottom": 2}))


@drawn_once
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


@drawn_once
def left(rows: Rows) -> Chart:
    """Of a book's sums, what a reader's runs write right now. Rows: run, what, n."""
    data = pd.DataFrame(rows)
    tones: dict[str, Tone] = {"still wrong": WRONG, "now right": RIGHT, "not evaluated yet": GREY}
    bars = in_parts(data, "run", alt.X("n:Q", title="problems of the book", stack="zero"), tones)
    return finished(bars.properties(height=rows_high(len(set(data["run"])), ROW)))


@drawn_once
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
