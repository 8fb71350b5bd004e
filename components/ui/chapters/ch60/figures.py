"""The charts of chapter 6, first page. `Rows` are plain dicts with the named fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from components.ui.plots.chart_parts import (
    CURVE,
    Chart,
    finished,
    rows_axis,
    rows_high,
    shaped,
    swatches,
    toned,
)
from components.ui.plots.colours import INK, PAPER, PARTS, SOFT, TEAL, apart
from components.ui.plots.drawn_once import drawn_once
from components.ui.plots.ends import last_of, named, shares
from components.ui.plots.maps import attention_map

Rows = Sequence[Mapping[str, Any]]


@drawn_once
def pattern(weights: Any, text: str) -> Chart:
    """Where one head looks, small enough for two side by side. (T, T)"""
    chart = attention_map(weights, text)
    return finished(chart.properties(height=330))


@drawn_once
def breaks(rows: Rows) -> Chart:
    """How many problems break with so many directions left, coloured by the kind of the first wrong
    token. Rows: directions, kind, problems."""
    data = pd.DataFrame(rows)
    tones = {**PARTS, "sign": SOFT}
    kinds = {kind: tone for kind, tone in tones.items() if kind in set(data["kind"])}
    left = [int(row["directions"]) for row in rows]
    most, least = max(left), min(left)
    bars = (
        alt.Chart(data)
        .mark_bar()
        .encode(
            x=alt.X(
                "directions:O",
                title="directions left when the first token breaks",
                scale=alt.Scale(domain=list(range(most, least - 1, -1))),
                axis=alt.Axis(labelAngle=0),
            ),
            y=alt.Y("problems:Q", stack=True, title="problems", axis=alt.Axis(tickCount=4)),
            color=alt.Color("kind:N", title=None, scale=toned(kinds), legend=swatches()),
            tooltip=["directions", "kind", "problems"],
        )
    )
    return finished(bars.properties(height=220))


@drawn_once
def ratios(rows: Rows) -> Chart:
    """A ratio and its interval a row, on one axis; filled if the interval excludes 1.

    Rows: name, ratio, low, high, sure.
    """
    data = pd.DataFrame(rows)
    order = list(data["name"])

    def x(field: str) -> alt.X:
        return alt.X(
            field,
            title="wrong problems of the first, over those of the second",
            scale=alt.Scale(type="log", domain=[0.015, 20], nice=False),
            axis=alt.Axis(values=[0.02, 0.1, 0.5, 1, 2, 10], format="~g"),
        )

    base = alt.Chart(data).encode(
        y=alt.Y("name:N", sort=order, title=None, axis=rows_axis(order)),
        tooltip=["name", *(alt.Tooltip(name, format=".2f") for name in ("ratio", "low", "high"))],
    )
    one = alt.Chart(pd.DataFrame({"ratio": [1]})).mark_rule(color=INK.now).encode(x=x("ratio:Q"))
    bars = base.mark_rule(strokeWidth=2, color=TEAL.now).encode(x=x("low:Q"), x2="high:Q")
    points = base.mark_point(size=70, color=TEAL.now, strokeWidth=2).encode(
        x=x("ratio:Q"),
        fill=alt.condition(alt.datum["sure"], alt.value(TEAL.now), alt.value(PAPER.now)),
        fillOpacity=alt.value(1),
    )
    return finished(alt.layer(one, bars, points).properties(height=rows_high(len(order), 30)))


@drawn_once
def by_digits(rows: Rows) -> Chart:
    """Wrong problems by the digits of both numbers, a line a network.

    Rows: digits, network, wrong, n, share.
    """
    tones, axis = apart(row["network"] for row in rows), shares()
    base = alt.Chart(pd.DataFrame(rows)).encode(
        x=alt.X("digits:Q", title="digits of both numbers", axis=alt.Axis(tickMinStep=1)),
        y=axis.y("share:Q", "share of problems wrong"),
        color=alt.Color("network:N", scale=toned(tones), legend=None),
        tooltip=["network", "digits", "wrong", "n"],
    )
    names = named(last_of(rows, "network", "digits", "share"), axis, tones)
    return finished(alt.layer(*with_points(base), names).properties(height=CURVE))


@drawn_once
def by_taught(rows: Rows) -> Chart:
    """Errors by the part of all pairs that a network is trained on: a dot a seed, a line at the
    median, named at its end. A thick line on held-out pairs, a thin one on its own, whose dots are
    hollow.

    Rows: arm, taught, of, seed, share, errors.
    """
    data = pd.DataFrame(rows)
    (first, *others), tones = dict.fromkeys(data["of"]), apart(data["arm"])
    axis = shares(max(row["share"] for row in rows))
    title = "share of pairs wrong" + "".join(f" (thin, hollow: {of})" for of in others)
    base = alt.Chart(data).encode(
        x=alt.X(
            "taught:Q",
            title="share of all pairs trained on",
            axis=alt.Axis(format="%", values=sorted(set(data["taught"]))),
            scale=alt.Scale(zero=False, padding=16),
        ),
        color=alt.Color("arm:N", scale=toned(tones), legend=None),
        detail="of:N",
    )
    outside = alt.datum["of"] == first
    layers = [
        layer
        for of, wide, filled in ((outside, 2.5, True), (~outside, 1, False))
        for some in [base.transform_filter(of)]
        for layer in (
            some.mark_line(strokeWidth=wide).encode(y=axis.y("median(share):Q", title)),
            some.mark_point(size=45, opacity=0.8, filled=filled).encode(
                y=axis.y("share:Q", title),
                shape=shaped(tones),
                tooltip=["arm", "of", "seed", "errors"],
            ),
        )
    ]
    held_out = [row for row in rows if row["of"] == first]
    names = named(last_of(held_out, "arm", "taught", "share"), axis, tones, height=CURVE + 60)
    return finished(alt.layer(*layers, names).properties(height=CURVE + 60))


@drawn_once
def falls(rows: Rows, now: int) -> Chart:
    """A line for each kind of token, and a rule at the directions that are kept now.

    Rows: directions, kind, wrong.
    """
    axis = shares()
    base = alt.Chart(pd.DataFrame(rows)).encode(
        x=alt.X(
            "directions:Q",
            title="directions that are kept",
            scale=alt.Scale(type="log", base=2, reverse=True, nice=False),
            axis=alt.Axis(values=sorted({row["directions"] for row in rows}), labelOverlap=True),
        ),
        y=axis.y("wrong:Q", "share of tokens wrong"),
        color=alt.Color("kind:N", scale=toned(PARTS), legend=None),
        tooltip=["kind", "directions", alt.Tooltip("wrong", format=".0%")],
    )
    rule = alt.Chart(pd.DataFrame({"directions": [now]})).mark_rule(color=SOFT.now)
    fewest = [{**row, "kept": -row["directions"]} for row in rows]
    names = named(last_of(fewest, "kind", "kept", "wrong"), axis, PARTS)
    layers = alt.layer(*with_points(base), rule.encode(x="directions:Q"), names)
    return finished(layers.properties(height=CURVE))


def with_points(base: alt.Chart) -> list[alt.Chart]:
    return [base.mark_line(), base.mark_circle(size=45)]
