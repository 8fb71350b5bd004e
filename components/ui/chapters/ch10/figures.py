"""Charts of page 10: plain numbers in, an Altair chart out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from components.ui.plots.core import READABLE, Chart, Numbers, grid, ink, places, token_axis


def table_map(
    values: Numbers, rows: Sequence[str], columns: Sequence[str], row_title: str, column_title: str
) -> Chart:
    """A small heat map with its numbers in the cells. `values` (rows, columns) in [0, 1]."""
    data = grid(values, rows, columns)
    base = alt.Chart(data).encode(
        x=alt.X(
            "column:N", sort=None, title=column_title, axis=alt.Axis(orient="top", labelAngle=0)
        ),
        y=alt.Y("row:N", sort=None, title=row_title, axis=alt.Axis(labelLimit=220)),
    )
    cells = base.mark_rect().encode(
        color=alt.Color("value:Q", scale=alt.Scale(domain=READABLE), legend=None),
        tooltip=[
            alt.Tooltip("row", title=row_title),
            alt.Tooltip("column", title=column_title),
            alt.Tooltip("value", title="share", format=".3f"),
        ],
    )
    numbers = base.mark_text(fontSize=15, color=ink()).encode(
        text=alt.Text("value:Q", format=".2f")
    )
    return alt.layer(cells, numbers).properties(height=48 * len(rows) + 50)


def seen_and_heldout(rows: Sequence[Mapping[str, Any]]) -> Chart:
    """Two bars a model: pairs trained on and pairs never seen. Rows: bar, pairs, share, label."""
    base = alt.Chart(pd.DataFrame(rows)).encode(
        y=alt.Y("bar:N", title=None, sort=None, axis=alt.Axis(labelLimit=320)),
        x=alt.X(
            "share:Q",
            scale=alt.Scale(domain=[0, 1.75], nice=False),
            axis=alt.Axis(values=[0, 0.25, 0.5, 0.75, 1], format="%"),
            title="texts with a wrong token",
        ),
    )
    bars = base.mark_bar().encode(
        color=alt.Color("pairs:N", sort=None, title=None, legend=alt.Legend(orient="top")),
        tooltip=["bar", "label"],
    )
    labels = base.mark_text(align="left", dx=5, color=ink()).encode(text="label:N")
    return alt.layer(bars, labels).properties(height=46 * len(rows) + 40)


def beliefs(probabilities: Sequence[float], tokens: str, right: str, chosen: str) -> Chart:
    """What the model gave to every token at one place, the right and the chosen one named."""
    names = {chosen: "written", right: "right"} if right != chosen else {right: "written and right"}
    data = pd.DataFrame(
        {"token": list(tokens), "p": probabilities, "what": [names.get(t, "other") for t in tokens]}
    )
    base = alt.Chart(data).encode(
        x=alt.X("token:N", sort=None, title=None, axis=alt.Axis(labelAngle=0, labelFontSize=14)),
        y=alt.Y("p:Q", title="probability", scale=alt.Scale(domain=[0, 1])),
    )
    bars = base.mark_bar().encode(
        color=alt.Color("what:N", title=None, sort=None, legend=alt.Legend(orient="top")),
        tooltip=["token", alt.Tooltip("p", format=".4f"), "what"],
    )
    return bars.properties(height=220)


def heads_map(weights: Numbers, heads: Sequence[str], text: str) -> Chart:
    """Where every head looks from one place. `weights` (heads, keys)."""
    data = grid(weights, heads, places(text)[: weights.shape[1]])
    return (
        alt.Chart(data)
        .mark_rect()
        .encode(
            x=token_axis(alt.X, "column", "looks at", "top"),
            y=alt.Y("row:N", sort=None, title="layer.head", axis=alt.Axis(labelOverlap=False)),
            color=alt.Color("value:Q", scale=alt.Scale(domain=[0, 1]), title="weight"),
            tooltip=[
                alt.Tooltip("row", title="layer.head"),
                alt.Tooltip("column", title="looks at"),
                alt.Tooltip("value", title="weight", format=".3f"),
            ],
        )
        .properties(height=20 * len(heads) + 60)
    )


def outcomes(rows: Sequence[Mapping[str, Any]]) -> Chart:
    """Stacked shares of what a forged digit does. Rows: digit, outcome, share, label."""
    return (
        alt.Chart(pd.DataFrame(rows))
        .mark_bar()
        .encode(
            y=alt.Y(
                "digit:N",
                sort=None,
                title="partial product, digit",
                axis=alt.Axis(labelLimit=220),
            ),
            x=alt.X(
                "share:Q",
                scale=alt.Scale(domain=[0, 1]),
                axis=alt.Axis(format="%", values=[0, 0.25, 0.5, 0.75, 1]),
                title="share of all pairs",
            ),
            color=alt.Color(
                "outcome:N",
                sort=None,
                title="the answer",
                legend=alt.Legend(orient="top", labelLimit=300, columns=1),
            ),
            order="order:Q",
            tooltip=["digit", "outcome", "label"],
        )
        .properties(height=34 * len({row["digit"] for row in rows}) + 110)
    )


def bands(rows: Sequence[Mapping[str, Any]], x_title: str, y_title: str) -> Chart:
    """The median of several seeds and their range. Rows: arm, x, low, mid, high (shares)."""
    base = alt.Chart(pd.DataFrame(rows)).encode(
        x=alt.X("x:Q", title=x_title, axis=alt.Axis(format="~s")),
        color=alt.Color(
            "arm:N",
            sort=None,
            title=None,
            legend=alt.Legend(orient="top", symbolOpacity=1, columns=2),
        ),
    )
    shares = alt.Axis(format="%", values=[0, 0.25, 0.5, 0.75, 1])
    scale = alt.Scale(domain=[0, 1])
    band = base.mark_area(opacity=0.2).encode(
        y=alt.Y("low:Q", title=y_title, scale=scale, axis=shares), y2="high:Q"
    )
    middle = base.mark_line(strokeWidth=2.5).encode(
        y=alt.Y("mid:Q", scale=scale),
        tooltip=["arm", "x", *(alt.Tooltip(n, format=".4f") for n in ("low", "mid", "high"))],
    )
    return alt.layer(band, middle).properties(height=280)
