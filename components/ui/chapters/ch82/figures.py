"""The charts of chapter 8, third page.

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
    amounts,
    finished,
    rows_axis,
    rows_high,
    shaped,
    square,
    swatches,
    token_axis,
    toned,
)
from components.ui.plots.colours import GREY, INK, LINE, OCHRE, ROSE, SOFT, TEAL, VIOLET, Tone
from components.ui.plots.drawn_once import drawn_once
from components.ui.plots.ends import last_of, named, shares

Rows = Sequence[Mapping[str, Any]]

READ = "the carry"
LABELS: Mapping[str, Tone] = {
    READ: VIOLET,
    "an untrained network": OCHRE,
    "shuffled labels": ROSE,
    "the commonest": GREY,
}
"""What a probe is asked for, and beside it the controls."""


@drawn_once
def told_by_layer(rows: Rows, places: Sequence[str]) -> Chart:
    """How much a probe tells right, place by place: a line for what it is asked for. Rows: place,
    asked, share, count."""
    order = {place: i for i, place in enumerate(places)}
    data = pd.DataFrame([{**row, "at": order[row["place"]]} for row in rows])
    tones = {name: tone for name, tone in LABELS.items() if name in set(data["asked"])}
    axis = shares()
    base = alt.Chart(data).encode(
        x=alt.X(
            "place:N",
            sort=list(places),
            title="stream after: E embedding, A attention, F FFN",
            axis=alt.Axis(labelAngle=0, labelOverlap=False),
        ),
        y=axis.y("share:Q", "told right"),
        color=alt.Color("asked:N", scale=toned(tones), legend=None),
    )
    points = base.mark_point(size=40, filled=True).encode(
        shape=shaped(tones, "asked"), tooltip=["asked", "place", "count"]
    )
    ends = last_of(list(data.to_dict("records")), "asked", "at", "share")
    return finished(
        alt.layer(base.mark_line(), points, named(ends, axis, tones)).properties(height=CURVE)
    )


@drawn_once
def part_bars(rows: Rows, title: str) -> Chart:
    """A bar a part, with its number. Rows: part, value."""
    data = pd.DataFrame(rows)
    base = alt.Chart(data).encode(
        y=alt.Y("part:N", sort=None, title=None, axis=rows_axis(set(data["part"]))),
        x=alt.X("value:Q", title=title, scale=alt.Scale(domain=[0, 1], nice=False)),
        tooltip=["part", alt.Tooltip("value", format=".2f")],
    )
    words = base.mark_text(align="left", dx=5, color=SOFT.now).encode(
        text=alt.Text("value:Q", format=".2f")
    )
    bars = base.mark_bar(color=VIOLET.now)
    return finished(alt.layer(bars, words).properties(height=rows_high(len(data), 26)))


LOST: Mapping[str, Tone] = {"with a carry": VIOLET, "without": OCHRE}
"""The digits that go wrong without a part."""


@drawn_once
def lost_points(rows: Rows) -> Chart:
    """Which digits go wrong without a part: a row a part, a point for those with a carry and one
    for those without. Rows: part, digits, share, count."""
    data = pd.DataFrame(rows)
    order = list(dict.fromkeys(data["part"]))
    chart = (
        alt.Chart(data)
        .mark_point(size=70, filled=True, opacity=0.9)
        .encode(
            y=alt.Y("part:N", sort=order, title=None, axis=rows_axis(order, grid=True)),
            x=shares().x("share:Q", "digits that go wrong"),
            color=alt.Color(
                "digits:N",
                title=None,
                scale=toned(LOST),
                legend=alt.Legend(columns=len(LOST), symbolOpacity=1),
            ),
            shape=alt.Shape(
                "digits:N",
                title=None,
                scale=alt.Scale(domain=list(LOST), range=["circle", "diamond"]),
            ),
            tooltip=["part", "digits", "count"],
        )
    )
    return finished(chart.properties(height=rows_high(len(order), 30)))


@drawn_once
def token_map(rows: Rows, places: Sequence[str], title: str, step: str) -> Chart:
    """Every token and every place of the stream, a cell each; `title` says what its colour is, and
    the column of the token `step` is framed. Rows: place, token, share, count."""
    data = pd.DataFrame(rows)
    token = token_axis(alt.X, "token", "token that was read last; framed: the step", "top")
    cells = (
        alt.Chart(data)
        .mark_rect(stroke=LINE.now, strokeWidth=0.5)
        .encode(
            x=token,
            y=alt.Y("place:N", sort=list(places), title="stream after"),
            color=alt.Color("share:Q", scale=amounts(), title=title, legend=swatches()),
            tooltip=["token", "place", "count"],
        )
    )
    frame = (
        alt.Chart(data[data["token"] == step].head(1))
        .mark_rect(filled=False, stroke=INK.now, strokeWidth=2)
        .encode(x=token)
    )
    return finished(alt.layer(cells, frame).properties(height=rows_high(len(places), 22)))


ARMS: Mapping[str, Tone] = {
    "best head": VIOLET,
    "best class means": TEAL,
    "set that was found": OCHRE,
}
"""What is copied in the small networks."""


SMALL = 220
"""Pixels of a square, three in a row."""


@drawn_once
def one_table(rows: Rows) -> Chart:
    """What one neuron hands on for each pair of digits. Rows: a, b, value; value in share of its
    largest."""
    axis = alt.Axis(labelAngle=0, values=[0, 3, 6, 9], grid=False)
    chart = (
        alt.Chart(pd.DataFrame(rows))
        .mark_rect()
        .encode(
            x=alt.X("b:O", title="units of b", axis=axis, scale=square()),
            y=alt.Y("a:O", title="units of a", axis=axis),
            color=alt.Color("value:Q", scale=amounts(), legend=None),
            tooltip=["a", "b", alt.Tooltip("value", format=".2f")],
        )
    )
    return finished(chart.properties(height=SMALL))


@drawn_once
def beside_others(rows: Rows, tones: Mapping[str, Tone]) -> Chart:
    """Pairs of bars: the neurons of a kind, and as many others, in grey. Rows: kind, swapped,
    others, of_100, count."""
    data = pd.DataFrame([{**row, "at": f"{i:02d} {row['swapped']}"} for i, row in enumerate(rows)])
    name = "substring(datum.label, 3)"
    base = alt.Chart(data).encode(
        y=alt.Y(
            "at:N",
            sort=None,
            title=None,
            axis=alt.Axis(labelExpr=name, labelLimit=260, ticks=False, domain=False),
        ),
        x=alt.X("of_100:Q", title="of 100 pairs", scale=alt.Scale(domain=[0, 100])),
        tooltip=["swapped", "count"],
    )
    kept = list(dict.fromkeys(data["kind"]))
    bars = base.mark_bar().encode(
        color=alt.condition(
            "datum.others",
            alt.value(GREY.now),
            alt.Color("kind:N", scale=toned({kind: tones[kind] for kind in kept}), legend=None),
        )
    )
    words = base.mark_text(align="left", dx=5, color=SOFT.now).encode(text="count:N")
    return finished(alt.layer(bars, words).properties(height=rows_high(len(data), 30)))
