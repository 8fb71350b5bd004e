"""Charts of page 02: plain numbers in, an Altair chart out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from components.ui.plots.core import BLUE, GREY, ORANGE, READABLE, Chart, Numbers, grid, ink

RULES = ("divided by the root", "not divided")
"""The two ways to scale a match, in the order of their colours."""


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
        y=alt.Y("row:N", sort=None, title=None, axis=alt.Axis(labelLimit=160, ticks=False)),
    )
    highest = max(1.0, *(float(blend.max()) for blend in blends.values()))
    cells = base.mark_rect().encode(
        color=alt.Color("value:Q", scale=alt.Scale(domain=[0, READABLE[1] * highest]), legend=None),
        tooltip=["row", alt.Tooltip("column", title=title), alt.Tooltip("value", format=".3f")],
    )
    numbers = (
        base.mark_text(fontSize=13, color=ink())
        .encode(text=alt.Text("value:Q", format=".2~f"))
        .transform_filter("datum.value >= 0.005")
    )
    return alt.layer(cells, numbers).properties(height=42 * len(rows) + 75)


def weight_bars(weights: Mapping[str, Numbers]) -> Chart:
    """The weights of a few keys under several rules, side by side. rule -> (S,)"""
    rows = [
        {"rule": rule, "key": f"key {number}", "weight": float(weight)}
        for rule, some in weights.items()
        for number, weight in enumerate(some, 1)
    ]
    return (
        alt.Chart(pd.DataFrame(rows))
        .mark_bar()
        .encode(
            x=alt.X("key:N", sort=None, title=None, axis=alt.Axis(labelAngle=0)),
            xOffset=alt.XOffset("rule:N", sort=RULES),
            y=alt.Y("weight:Q", scale=alt.Scale(domain=[0, 1])),
            color=rule_colour(),
            tooltip=["key", "rule", alt.Tooltip("weight", format=".3f")],
        )
        .properties(height=280)
    )


def largest_weights(rows: Sequence[Mapping[str, Any]], at: int) -> Chart:
    """The largest weight by size of key, a line a rule; `at` is marked. Rows: d, rule, mean."""
    size = alt.X(
        "d:Q",
        title="d, numbers in a key",
        scale=alt.Scale(type="log", base=2, nice=False),
        axis=alt.Axis(values=sorted({row["d"] for row in rows}), format="d", grid=False),
    )
    lines = (
        alt.Chart(pd.DataFrame(rows))
        .mark_line(point=True, strokeWidth=2.5)
        .encode(
            x=size,
            y=alt.Y("mean:Q", title="largest of six weights, mean", scale=alt.Scale(domain=[0, 1])),
            color=rule_colour(),
            tooltip=["d", "rule", alt.Tooltip("mean", format=".3f")],
        )
    )
    here = (
        alt.Chart(pd.DataFrame({"d": [at]}))
        .mark_rule(color=ink(), strokeDash=[4, 4])
        .encode(x=size)
    )
    return alt.layer(lines, here).properties(height=300)


def rule_colour() -> alt.Color:
    return alt.Color(
        "rule:N",
        title=None,
        scale=alt.Scale(domain=list(RULES), range=[BLUE, ORANGE]),
        legend=alt.Legend(orient="top"),
    )


NAMED = 0.05
"""A head has its name beside its point if more than this share of answers is wrong without it."""


APART = (0.12, 0.08)
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
            scale=alt.Scale(domain=["most missed", "other heads"], range=[ORANGE, GREY]),
            legend=alt.Legend(orient="top"),
        ),
        tooltip=["head", "errors", alt.Tooltip("largest", format=".3f")],
    )
    names = base.mark_text(dy=14, color=ink()).encode(text="name:N")
    return alt.layer(points, names).properties(height=340)
