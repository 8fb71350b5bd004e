"""The charts of chapter 6, first page. `Rows` are plain dicts with the named fields."""

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
    named_below,
    room_for_labels,
    rows_high,
    toned,
)
from components.ui.plots.colours import PARTS, SOFT, TEAL

Rows = Sequence[Mapping[str, Any]]


def bytes_kept(rows: Rows) -> Chart:
    """A bar for each way of keeping a token. Rows: kept, bytes."""
    data = pd.DataFrame(rows)
    base = alt.Chart(data).encode(
        y=alt.Y("kept:N", sort=None, title=None, axis=alt.Axis(labelLimit=220)),
        x=alt.X(
            "bytes:Q",
            title="bytes that one token leaves in all layers",
            scale=room_for_labels(data["bytes"]),
        ),
    )
    bars = base.mark_bar(color=TEAL.now)
    labels = base.mark_text(align="left", dx=6).encode(text=alt.Text("bytes:Q", format=","))
    return finished(alt.layer(bars, labels).properties(height=rows_high(len(data), 34)))


def ways(rows: Rows, what: str) -> Chart:
    """A bar for each way to read a cache. Rows: way, and `what`, which the axis says."""
    data = pd.DataFrame(rows)
    base = alt.Chart(data).encode(
        y=alt.Y("way:N", sort=None, title=None, axis=alt.Axis(labelLimit=220)),
        x=alt.X(
            f"{what}:Q",
            title=what,
            axis=alt.Axis(format="~s"),
            scale=room_for_labels(data[what]),
        ),
    )
    bars = base.mark_bar(color=TEAL.now)
    labels = base.mark_text(align="left", dx=6).encode(text=alt.Text(f"{what}:Q", format=".3s"))
    return finished(alt.layer(bars, labels).properties(height=rows_high(len(data), 34)))


def by_digits(rows: Rows) -> Chart:
    """Wrong problems by the digits of both numbers, a line a network.

    Rows: digits, network, wrong, n, share.
    """
    data = pd.DataFrame(rows)
    base = alt.Chart(data).encode(
        x=alt.X("digits:Q", title="digits of both numbers"),
        y=alt.Y("share:Q", title="share of problems wrong", axis=alt.Axis(format="%")),
        color=named_below(data, "network"),
        tooltip=["network", "digits", "wrong", "n"],
    )
    return finished(alt.layer(*with_points(base)).properties(height=CURVE))


def by_taught(rows: Rows) -> Chart:
    """Errors by the part of all pairs that a network is trained on: a point a seed, a line at the
    median. A circle and a thick line on held-out pairs, a cross and a thin line on its own.

    Rows: arm, taught, of, seed, share, errors.
    """
    data = pd.DataFrame(rows)
    kinds = list(dict.fromkeys(data["of"]))
    base = alt.Chart(data).encode(
        x=alt.X(
            "taught:Q",
            title="share of all pairs trained on",
            axis=alt.Axis(format="%", values=sorted(set(data["taught"]))),
            scale=alt.Scale(zero=False, padding=16),
        ),
        y=alt.Y("share:Q", title="share of pairs wrong", axis=alt.Axis(format="%")),
        color=named_below(data, "arm"),
        detail="of:N",
    )
    points = base.mark_point(size=45, opacity=0.8).encode(
        shape=alt.Shape(
            "of:N",
            title=None,
            scale=alt.Scale(domain=kinds, range=["circle", "cross"]),
            legend=alt.Legend(orient="bottom", symbolFillColor=SOFT.now),
        ),
        tooltip=["arm", "of", "seed", "errors"],
    )
    lines = base.mark_line().encode(
        y=alt.Y("median(share):Q", title="share of pairs wrong"),
        strokeWidth=alt.StrokeWidth(
            "of:N", scale=alt.Scale(domain=kinds, range=[2.5, 1]), legend=None
        ),
    )
    return finished(alt.layer(lines, points).properties(height=CURVE + 60))


def falls(rows: Rows, now: int) -> Chart:
    """A line for each kind of token, and a rule at the directions that are kept now.

    Rows: directions, kind, wrong.
    """
    base = alt.Chart(pd.DataFrame(rows)).encode(
        x=alt.X(
            "directions:Q",
            title="directions that are kept",
            scale=alt.Scale(type="log", base=2, reverse=True),
        ),
        y=alt.Y("wrong:Q", title="share of tokens wrong", scale=amounts()),
        color=alt.Color("kind:N", title=None, scale=toned(PARTS)),
        tooltip=["kind", "directions", alt.Tooltip("wrong", format=".0%")],
    )
    rule = alt.Chart(pd.DataFrame({"directions": [now]})).mark_rule(strokeDash=[4, 3])
    layers = alt.layer(*with_points(base), rule.encode(x="directions:Q"))
    return finished(layers.properties(height=CURVE))


def with_points(base: alt.Chart) -> list[alt.Chart]:
    return [base.mark_line(), base.mark_circle(size=45)]
