"""Charts of page 30: what a mix is like, and how many sums go wrong by what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from components.ui.plots import dots
from components.ui.plots.chart_parts import (
    BARS,
    CURVE,
    Chart,
    finished,
    named_above,
    rows_axis,
    rows_high,
    toned,
)
from components.ui.plots.colours import (
    ACCENT,
    GREY,
    apart,
)
from components.ui.plots.drawn_once import DrawnChart, drawn_once
from components.ui.plots.ends import Ticked, last_of, named, powers, shares
from lab.data.problems import Integers

Rows = Sequence[Mapping[str, Any]]

MIX, RANDOM = "this mix", "random problems"


@drawn_once
def amounts_in_mix(found: Mapping[str, Integers], title: str) -> Chart:
    """How often each amount is found in the sums of the mix, beside random ones. (N,) each."""
    data = pd.DataFrame(
        [
            {"sums": sums, "amount": amount, "share": float(np.mean(amounts == amount))}
            for sums, amounts in found.items()
            for amount in range(int(max(map(np.max, found.values()))) + 1)
        ]
    )
    chart = (
        alt.Chart(data)
        .mark_bar()
        .encode(
            x=alt.X("amount:O", title=title, axis=alt.Axis(labelAngle=0)),
            xOffset=alt.XOffset("sums:N", sort=None),
            y=alt.Y(
                "share:Q",
                title="share of the problems",
                scale=alt.Scale(domain=[0, 1]),
                axis=alt.Axis(format="%", tickCount=3),
            ),
            color=alt.Color(
                "sums:N",
                title=None,
                scale=toned({MIX: ACCENT, RANDOM: GREY}),
                legend=alt.Legend(orient="top"),
            ),
            tooltip=[alt.Tooltip("sums", title="of"), "amount", alt.Tooltip("share", format=".1%")],
        )
    )
    return finished(chart.properties(height=BARS))


BY_POWERS = Ticked(0, 1, (0, 0.01, 0.03, 0.1, 0.3, 1), "symlog", 0.01, ".1~%")
"""For shares that differ by powers of ten."""

BY_FINE_POWERS = Ticked(0, 1, (0, 0.001, 0.01, 0.1, 1), "symlog", 0.001, ".1~%")

APART, GAP = 11, 5
"""In pixels: from one seed of a row to the next, and more from row to row."""

LOG = alt.Axis(format=",~f", grid=False, tickCount=4)


@drawn_once
def ends_of_plans(rows: Rows) -> Chart:
    """A row an arm, in it a numbered dot a seed, each at a height of its own. Rows: arm, of, seed,
    share, errors; with `usual` a thin line leads from that share to the dot."""
    arms = [row["arm"] for row in rows]
    order, most = list(dict.fromkeys(arms)), max(map(arms.count, arms))
    high = APART * most + GAP
    data = pd.DataFrame(rows)
    data["down"] = [
        APART * (arms[:at].count(arm) - (arms.count(arm) - 1) / 2) for at, arm in enumerate(arms)
    ]
    colour = named_above(data, "of")
    if len({row["of"] for row in rows}) == 1:
        colour = colour.legend(None)
    base = alt.Chart(data).encode(
        y=alt.Y(
            "arm:N",
            sort=order,
            title=None,
            axis=rows_axis(order, domain=False, grid=True, tickSize=0, labelPadding=10),
        ),
        yOffset=alt.YOffset(
            "down:Q",
            scale=alt.Scale(
                domain=[-high / 2, high / 2],
                range=[alt.ExprRef(f"bandwidth('y') / 2 {sign} {high / 2}") for sign in "-+"],
            ),
        ),
        x=BY_POWERS.x("share:Q", "wrong at the end (small shares stretched)"),
        color=colour,
        tooltip=["arm", "of", "seed", alt.Tooltip("errors", title="wrong")],
    )
    points = base.mark_point(size=64, filled=True, opacity=0.8)
    seeds = base.encode(text="seed:N")
    if "usual" in data:  # a number stands where no line runs
        less = "datum.share < datum.usual"
        layers = [
            base.mark_rule(opacity=0.6).encode(x2="usual:Q"),
            points,
            seeds.transform_filter(f"!({less})").mark_text(align="left", dx=8, fontSize=11),
            seeds.transform_filter(less).mark_text(align="right", dx=-8, fontSize=11),
        ]
    else:
        layers = [points, seeds.mark_text(align="left", dx=8, fontSize=11)]
    return finished(alt.layer(*layers).properties(height=rows_high(len(order), high)))


@drawn_once
def problems_by_length(rows: Rows) -> Chart:
    """A dot a seed, a line through medians. Rows: digits, what, seed, problems."""
    tones = apart(row["what"] for row in rows)
    axis = powers([row["problems"] for row in rows])
    base = alt.Chart(pd.DataFrame(rows)).encode(
        x=alt.X("digits:O", title="digits of both numbers", axis=alt.Axis(labelAngle=0)),
        color=alt.Color("what:N", scale=toned(tones), legend=None),
    )
    points = base.mark_circle(size=60, opacity=0.7).encode(
        y=axis.y("problems:Q", "different problems"),
        tooltip=["digits", "what", "seed", alt.Tooltip("problems", format=",")],
    )
    lines = base.mark_line().encode(y=axis.y("median(problems):Q", "different problems"))
    names = named(last_of(rows, "what", "digits", "problems"), axis, tones)
    return finished(alt.layer(lines, points, names).properties(height=CURVE))


def wrong_by_mix(rows: Rows) -> DrawnChart:
    """Rows: group, arm, seed, share, wrong."""
    tones = apart(row["arm"] for row in rows)
    return dots.seeds(rows, "wrong at the end", BY_FINE_POWERS, said=["wrong"], tones=tones)


@drawn_once
def wrong_by_problems(rows: Rows, done: float) -> Chart:
    """A dot a seed, a line through each way's medians, and one where a share `done` is wrong. Rows:
    drawn, problems, label, seed, share."""
    tones = apart(row["drawn"] for row in rows)
    order = list(dict.fromkeys(row["label"] for row in rows))
    base = alt.Chart(pd.DataFrame(rows)).encode(
        x=alt.X("label:O", title="different problems", sort=order, axis=alt.Axis(labelAngle=0)),
        color=alt.Color("drawn:N", scale=toned(tones), legend=None),
    )
    points = base.mark_circle(size=60, opacity=0.6).encode(
        y=BY_POWERS.y("share:Q", "wrong"),
        tooltip=["drawn", "problems", "seed", alt.Tooltip("share", format=".2%")],
    )
    lines = base.mark_line().encode(y=BY_POWERS.y("median(share):Q", "wrong"))
    names = named(last_of(rows, "drawn", "place", "share"), BY_POWERS, tones)
    mark = alt.Chart(pd.DataFrame({"share": [done]})).encode(y=BY_POWERS.y("share:Q", "wrong"))
    right = mark.mark_text(align="left", baseline="bottom", dy=-3, dx=4).encode(
        x=alt.value(0), text=alt.value(f"{1 - done:.0%} right")
    )
    return finished(
        alt.layer(mark.mark_rule(opacity=0.5), right, lines, points, names).properties(height=CURVE)
    )


@drawn_once
def wrong_by(rows: Rows, title: str) -> Chart:
    """A bar for each amount, with its counts on top. Rows: amount, share, wrong, n."""
    data = pd.DataFrame(rows)
    data["label"] = [f"{row['wrong']:,} of {row['n']:,}" for row in rows]
    base = alt.Chart(data).encode(
        y=alt.Y("amount:N", title=title, sort=None),
        x=alt.X("share:Q", title="wrong", axis=alt.Axis(format=".2~%", tickCount=4)),
        tooltip=["amount", "wrong", "n", alt.Tooltip("share", format=".2%")],
    )
    counts = base.mark_text(align="left", dx=5).encode(text="label:N")
    return finished(alt.layer(base.mark_bar(), counts).properties(height=rows_high(len(rows), 28)))


@drawn_once
def wrong_suites(rows: Rows) -> Chart:
    """A point for each suite and network. Rows: suite, model, share, wrong, n."""
    data = pd.DataFrame(rows)
    chart = (
        alt.Chart(data)
        .mark_point(size=90, filled=True)
        .encode(
            y=alt.Y("suite:N", title=None, sort=None, axis=alt.Axis(grid=True)),
            x=BY_FINE_POWERS.x("share:Q", "wrong"),
            color=named_above(data, "model"),
            tooltip=["suite", "model", "wrong", "n"],
        )
    )
    return finished(chart.properties(height=rows_high(len(set(data["suite"])), 32)))


@drawn_once
def wrong_by_share(rows: Rows) -> Chart:
    """A curve for each place of a. Rows: place, weight, share, wrong."""
    tones, axis = apart(row["place"] for row in rows), shares()
    base = alt.Chart(pd.DataFrame(rows)).encode(
        x=alt.X("weight:Q", title="weight on the digit to the left", axis=alt.Axis(tickCount=5)),
        y=axis.y("share:Q", "digit wrong"),
        color=alt.Color("place:N", scale=toned(tones), legend=None),
        tooltip=["place", "weight", "wrong"],
    )
    names = named(last_of(rows, "place", "weight", "share"), axis, tones)
    lines = alt.layer(base.mark_line(), base.mark_circle(size=50, opacity=1), names)
    return finished(lines.properties(height=CURVE))


@drawn_once
def wrong_tokens(rows: Rows) -> Chart:
    """How many sums go wrong as they grow. Rows: digits, share, wrong, tokens."""
    base = alt.Chart(pd.DataFrame(rows)).encode(
        x=alt.X("digits:Q", title="digits of both numbers", axis=alt.Axis(format="d")),
        y=alt.Y("share:Q", title="wrong", axis=alt.Axis(format="~%"), scale=alt.Scale(domainMin=0)),
        tooltip=["digits", "wrong", alt.Tooltip("tokens", title="tokens a text")],
    )
    counts = base.mark_text(dy=-12).encode(text="wrong:N")
    points = alt.layer(base.mark_circle(size=60, opacity=1), counts)
    return finished(points.properties(height=CURVE))
