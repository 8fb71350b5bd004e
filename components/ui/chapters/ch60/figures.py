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
    room_for_labels,
    rows_high,
    shaped,
    toned,
)
from components.ui.plots.colours import PARTS, SOFT, TEAL, apart
from components.ui.plots.ends import last_of, named, shares

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
            axis=alt.Axis(format=",d", tickCount=3),
            scale=room_for_labels(data[what]),
        ),
    )
    bars = base.mark_bar(color=TEAL.now)
    labels = base.mark_text(align="left", dx=6).encode(text=alt.Text(f"{what}:Q", format=",.3~r"))
    return finished(alt.layer(bars, labels).properties(height=rows_high(len(data), 34)))


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
