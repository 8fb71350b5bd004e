"""Charts of page 10: plain numbers in, an Altair chart out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from components.ui.plots.colours import GREY, OCHRE, RIGHT, VIOLET, WRONG
from components.ui.plots.core import (
    CURVE,
    SHARES,
    Chart,
    Numbers,
    amounts,
    finished,
    grid,
    kinds,
    places,
    rows_high,
    swatches,
    token_axis,
    toned,
)


def seen_and_heldout(rows: Sequence[Mapping[str, Any]]) -> Chart:
    """Two bars a model: pairs trained on and pairs never seen. Rows: bar, pairs, share, label."""
    base = alt.Chart(pd.DataFrame(rows)).encode(
        y=alt.Y("bar:N", title=None, sort=None),
        x=alt.X(
            "share:Q",
            scale=alt.Scale(domain=[0, 1.5], nice=False),  # room for a label on a narrow screen
            axis=alt.Axis(values=SHARES, format="%"),
            title="texts with a wrong token",
        ),
    )
    bars = base.mark_bar().encode(
        color=alt.Color(
            "pairs:N", title=None, scale=toned({"trained on": GREY, "held out": WRONG})
        ),
        tooltip=["bar", "label"],
    )
    labels = base.mark_text(align="left", dx=5).encode(text="label:N")
    return finished(alt.layer(bars, labels).properties(height=rows_high(len(rows), 46)))


def beliefs(probabilities: Sequence[float], tokens: str, right: str, chosen: str) -> Chart:
    """What the model gave to every token at one place, the right and the chosen one named."""
    tones = (
        {"right": RIGHT, "written": WRONG, "other": GREY}
        if right != chosen
        else {"written and right": RIGHT, "other": GREY}
    )
    names = {chosen: "written", right: "right"} if right != chosen else {right: "written and right"}
    said = [names.get(token, "other") for token in tokens]
    marks = {"written": "✗", "other": ""}
    data = pd.DataFrame({"token": list(tokens), "p": probabilities, "what": said})
    data["mark"] = [marks.get(what, "✓") for what in said]
    base = alt.Chart(data).encode(
        x=alt.X("token:N", sort=None, title=None, axis=alt.Axis(labelAngle=0)),
        y=alt.Y("p:Q", title="probability", scale=alt.Scale(domain=[0, 1])),
    )
    bars = base.mark_bar().encode(
        color=alt.Color("what:N", title=None, scale=toned(tones)),
        tooltip=["token", alt.Tooltip("p", format=".4f"), "what"],
    )
    ticks = base.mark_text(dy=-9).encode(text="mark:N")
    return finished(alt.layer(bars, ticks).properties(height=220))


def heads_map(weights: Numbers, heads: Sequence[str], text: str) -> Chart:
    """Where every head looks from one place. `weights` (heads, keys)."""
    data = grid(weights, heads, places(text)[: weights.shape[1]])
    chart = (
        alt.Chart(data)
        .mark_rect()
        .encode(
            x=token_axis(alt.X, "column", "looks at", "top"),
            y=alt.Y("row:N", sort=None, title="layer.head"),
            color=alt.Color("value:Q", scale=amounts(), title="weight", legend=swatches()),
            tooltip=[
                alt.Tooltip("row", title="layer.head"),
                alt.Tooltip("column", title="looks at"),
                alt.Tooltip("value", title="weight", format=".3f"),
            ],
        )
    )
    return finished(chart.properties(height=20 * len(heads)))


OUTCOME_TONES = {"moves as implied": VIOLET, "stays true": OCHRE, "does neither": GREY}
"""None is right or wrong here: a forged digit leads to a wrong answer if the model follows it."""


def outcomes(rows: Sequence[Mapping[str, Any]]) -> Chart:
    """Stacked shares of what a forged digit does. Rows: digit, outcome, share, label, order."""
    base = alt.Chart(pd.DataFrame(rows)).encode(
        y=alt.Y("digit:N", sort=None, title="partial product, digit"),
        x=alt.X(
            "share:Q",
            stack="zero",
            scale=alt.Scale(domain=[0, 1]),
            axis=alt.Axis(format="%", values=SHARES),
            title="share of all pairs",
        ),
        order="order:Q",
    )
    chart = base.mark_bar().encode(
        color=alt.Color(
            "outcome:N",
            title="the answer",
            scale=toned(OUTCOME_TONES),
            legend=alt.Legend(columns=1),
        ),
        tooltip=["digit", "outcome", "label"],
    )
    return finished(chart.properties(height=rows_high(len({row["digit"] for row in rows}), 34)))


def bands(rows: Sequence[Mapping[str, Any]], x_title: str, y_title: str) -> Chart:
    """The median of several seeds and their range. Rows: arm, x, low, mid, high (shares)."""
    base = alt.Chart(pd.DataFrame(rows)).encode(
        x=alt.X("x:Q", title=x_title, axis=alt.Axis(format="~s")),
        color=alt.Color(
            "arm:N",
            title=None,
            scale=kinds(row["arm"] for row in rows),
            legend=alt.Legend(columns=2, symbolType="stroke"),
        ),
    )
    shares = alt.Axis(format="%", values=SHARES)
    scale = alt.Scale(domain=[0, 1])
    band = base.mark_area(opacity=0.2).encode(
        y=alt.Y("low:Q", title=y_title, scale=scale, axis=shares), y2="high:Q"
    )
    middle = base.mark_line().encode(
        y=alt.Y("mid:Q", scale=scale),
        tooltip=["arm", "x", *(alt.Tooltip(n, format=".4f") for n in ("low", "mid", "high"))],
    )
    return finished(alt.layer(band, middle).properties(height=CURVE))
