"""The charts of chapter 6, second page. `Rows` are plain dicts with the named fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from components.ui.plots.chart_parts import (
    BARS,
    CURVE,
    Chart,
    finished,
    named_above,
    room_for_labels,
    rows_axis,
    rows_high,
    toned,
)
from components.ui.plots.colours import SOFT, TEAL, apart
from components.ui.plots.drawn_once import drawn_once
from components.ui.plots.ends import beside, from_zero, last_of, named

Rows = Sequence[Mapping[str, Any]]


@drawn_once
def parameters(rows: Rows) -> Chart:
    """All parameters, and those that a token meets. Rows: what, parameters."""
    data = pd.DataFrame(rows)
    base = alt.Chart(data).encode(
        y=alt.Y("what:N", sort=None, title=None, axis=alt.Axis(labelLimit=220)),
        x=alt.X(
            "parameters:Q",
            title="parameters",
            axis=alt.Axis(format=",d", tickCount=3),
            scale=room_for_labels(data["parameters"]),
        ),
    )
    labels = base.mark_text(align="left", dx=6).encode(text=alt.Text("parameters:Q", format=","))
    return finished(alt.layer(base.mark_bar(color=TEAL.now), labels).properties(height=BARS))


@drawn_once
def loads(counts: Sequence[int]) -> Chart:
    """How many tokens each expert gets, a rule at the mean."""
    data = pd.DataFrame({"expert": range(len(counts)), "tokens": counts})
    bars = (
        alt.Chart(data)
        .mark_bar(color=TEAL.now)
        .encode(
            x=alt.X("expert:O", title="expert", axis=alt.Axis(labelAngle=0)),
            y=alt.Y("tokens:Q", title="tokens", axis=alt.Axis(tickMinStep=1)),
        )
    )
    mean = alt.Chart(pd.DataFrame({"tokens": [sum(counts) / len(counts)]}))
    rule = mean.mark_rule(color=SOFT.now).encode(y="tokens:Q")
    name = mean.mark_text(align="left", color=SOFT.now).encode(
        x=beside(4), y="tokens:Q", text=alt.value("mean")
    )
    return finished(alt.layer(bars, rule, name).properties(height=BARS))


@drawn_once
def unevenness(rows: Rows) -> Chart:
    """The largest load over the mean, of the least even layer, a line a run. Rows: run, arm, step,
    uneven."""
    tones = apart(row["arm"] for row in rows)
    axis = from_zero([row["uneven"] for row in rows])
    lines = (
        alt.Chart(pd.DataFrame(rows))
        .mark_line()
        .encode(
            x=alt.X("step:Q", title="step", axis=alt.Axis(format=",d", tickCount=4)),
            y=axis.y("uneven:Q", "load of the busiest expert, times the mean"),
            detail="run:N",
            color=alt.Color("arm:N", scale=toned(tones), legend=None),
            tooltip=["run", "step", alt.Tooltip("uneven", format=".2f")],
        )
    )
    names = named(last_of(rows, "arm", "step", "uneven"), axis, tones)
    return finished(alt.layer(lines, names).properties(height=CURVE))


@drawn_once
def left_out(rows: Rows) -> Chart:
    """Sums that go wrong without a part of the FFN, two bars a layer. Rows: layer, part, wrong, n,
    share."""
    data = pd.DataFrame(rows)
    return finished(
        alt.Chart(data)
        .mark_bar()
        .encode(
            x=alt.X("layer:N", sort=None, title=None, axis=alt.Axis(labelAngle=0)),
            xOffset=alt.XOffset("part:N", sort=None),
            y=alt.Y("share:Q", title="problems wrong", axis=alt.Axis(format="%")),
            color=named_above(data, "part"),
            tooltip=["layer", "part", "wrong", "n"],
        )
        .properties(height=CURVE)
    )


@drawn_once
def told(rows: Rows) -> Chart:
    """What experts tell of their tokens, a point a seed, coloured by layer.

    Rows: label, layer, seed, share.
    """
    data = pd.DataFrame(rows)
    data["in"] = [f"layer {layer}" for layer in data["layer"]]
    points = alt.Chart(data).mark_circle(size=70, opacity=0.7)
    return finished(
        points.encode(
            y=alt.Y("label:N", sort=None, title=None, axis=rows_axis(set(data["label"]))),
            yOffset=alt.YOffset("in:N"),
            x=alt.X("share:Q", title="share of what there is to know", axis=alt.Axis(format="%")),
            color=named_above(data, "in"),
            tooltip=["label", "in", "seed", alt.Tooltip("share", format=".3f")],
        ).properties(height=rows_high(len(set(data["label"])), 56))
    )
