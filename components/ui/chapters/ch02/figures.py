"""Charts of page 02: plain numbers in, an Altair chart out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from components.ui.plots.chart_parts import (
    CURVE,
    READABLE,
    Chart,
    Numbers,
    amounts,
    finished,
    grid,
    readable,
    toned,
)
from components.ui.plots.colours import ACCENT, GREY, OCHRE, SOFT, VIOLET
from components.ui.plots.drawn_once import drawn_once
from components.ui.plots.ends import from_zero, last_of, named

RULES = {"divided by the root": VIOLET, "not divided": OCHRE}
"""The two ways to scale a match."""


@drawn_once
def blend_map(blends: Mapping[str, Numbers], columns: Sequence[str], title: str) -> Chart:
    """What arrives, a row a text or head, a column a number of the blend; zeros stay empty."""
    rows = list(blends)
    data = pd.concat([grid(blends[row], [row], columns) for row in rows])
    base = alt.Chart(data).encode(
        x=alt.X(
            "column:N",
            sort=None,
            title=title,
            axis=alt.Axis(orient="top", labelAngle=0),
        ),
        y=alt.Y("row:N", sort=None, title=None, axis=alt.Axis(ticks=False)),
    )
    highest = max(1.0, *(float(blend.max()) for blend in blends.values()))
    cells = base.mark_rect().encode(
        color=alt.Color("value:Q", scale=amounts(READABLE[1] * highest), legend=None),
        tooltip=["row", alt.Tooltip("column", title=title), alt.Tooltip("value", format=".3f")],
    )
    numbers = (
        base.mark_text()
        .encode(
            text=alt.Text("value:Q", format=".2~f"),
            color=readable(f"datum.value > {0.92 * highest}"),
        )
        .transform_filter("datum.value >= 0.005")
    )
    return finished(alt.layer(cells, numbers).properties(height=48 * len(rows)))


@drawn_once
def weight_bars(weights: Mapping[str, Numbers]) -> Chart:
    """The weights of a few keys under several rules, side by side. rule -> (S,)"""
    rows = [
        {"rule": rule, "key": f"key {number}", "weight": float(weight)}
        for rule, some in weights.items()
        for number, weight in enumerate(some, 1)
    ]
    chart = (
        alt.Chart(pd.DataFrame(rows))
        .mark_bar()
        .encode(
            x=alt.X("key:N", sort=None, title=None, axis=alt.Axis(labelAngle=0)),
            xOffset=alt.XOffset("rule:N", sort=list(RULES)),
            y=alt.Y("weight:Q", scale=alt.Scale(domain=[0, 1])),
            color=alt.Color("rule:N", title=None, scale=toned(RULES)),
            tooltip=["key", "rule", alt.Tooltip("weight", format=".3f")],
        )
    )
    return finished(chart.properties(height=220))


@drawn_once
def largest_weights(rows: Sequence[Mapping[str, Any]], at: int) -> Chart:
    """The largest weight by size of key, a line a rule; `at` is marked. Rows: d, rule, mean."""
    size = alt.X(
        "d:Q",
        title="d, numbers in a key",
        scale=alt.Scale(type="log", base=2, nice=False),
        axis=alt.Axis(values=sorted({row["d"] for row in rows}), format="d", grid=False),
    )
    axis = from_zero([1])
    mean = axis.y("mean:Q", "largest of six weights, mean")
    data = pd.DataFrame(rows)
    base = alt.Chart(data).encode(
        x=size,
        y=mean,
        color=alt.Color("rule:N", scale=toned(RULES), legend=None),
        tooltip=["d", "rule", alt.Tooltip("mean", format=".3f")],
    )
    here = alt.Chart(pd.DataFrame({"d": [at]})).mark_rule(color=SOFT.now).encode(x=size)
    names = named(last_of(rows, "rule", "d", "mean"), axis, RULES)
    points = base.mark_circle(size=60, opacity=1)
    return finished(alt.layer(base.mark_line(), points, here, names).properties(height=CURVE))


NAMED = 0.05
"""A head has its name beside its point if more than this share of answers is wrong without it."""


APART = (0.1, 0.08)
"""How far points must lie apart, in either direction, for both to have their names beside them."""


def names_apart(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The names of heads that are missed, of a crowd the one that is missed most."""
    order = sorted(range(len(rows)), key=lambda i: -rows[i]["share"])
    named: list[int] = []
    for i in order:
        gaps = [[abs(rows[i][x] - rows[j][x]) for x in ("largest", "share")] for j in named]
        if rows[i]["share"] > NAMED and all(x > APART[0] or y > APART[1] for x, y in gaps):
            named.append(i)
    return [row["head"] if i in named else "" for i, row in enumerate(rows)]


@drawn_once
def importance(rows: Sequence[Mapping[str, Any]], model: str) -> Chart:
    """Each head: how much of its weight lies on one token, and what goes wrong without it.

    Rows: head, largest (mean largest weight), share (wrong answers), errors (in words).
    """
    data = pd.DataFrame(rows)
    most = data["share"].max()
    data["what"] = ["most missed" if x == most else "other heads" for x in data["share"]]
    data["name"] = names_apart(rows)
    base = alt.Chart(data, title=model).encode(
        x=alt.X("largest:Q", title="mean largest weight", scale=alt.Scale(domain=[0, 1])),
        y=alt.Y(
            "share:Q",
            title="wrong answers without it",
            scale=alt.Scale(domain=[0, 1]),
            axis=alt.Axis(format="%"),
        ),
    )
    points = base.mark_circle(size=110, opacity=0.75).encode(
        color=alt.Color(
            "what:N",
            title=None,
            scale=toned({"most missed": ACCENT, "other heads": GREY}),
        ),
        tooltip=["head", "errors", alt.Tooltip("largest", format=".3f")],
    )
    # Of a crowd the highest is named, so above it there is room.
    names = base.mark_text(dy=-13).encode(text="name:N")
    return finished(alt.layer(points, names).properties(height=CURVE))
