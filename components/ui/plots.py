"""Charts: plain numbers in, an Altair chart out. The theme gives the colours, light and dark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st
from altair.utils import schemapi
from numpy.typing import NDArray

# A chart is checked as a whole when it is drawn; that each of its parts is checked as it is made as
# well only costs time.
schemapi.DEBUG_MODE = False

Numbers = NDArray[np.float64]
Chart = alt.Chart | alt.LayerChart | alt.FacetChart
Orient = Literal["top", "left"]

READABLE = [0, 1.6]
"""A colour domain that leaves out the strongest tones, so that numbers in a cell stay readable."""

ATLAS_KINDS = ("right, trained on", "right, never shown", "wrong, never shown", "wrong, trained on")
ATLAS_ORDER = ((False, True), (False, False), (True, False), (True, True))
"""The kinds as (is it wrong, was it trained on)."""

NOT_ASKED = -2
"""In `wrong_at`: this pair has no verdict yet."""

BLUE, ORANGE, GREY = "#2f86ba", "#e07b2a", "#8a8378"

ATLAS_COLOURS = ("#8a837826", "#2f86ba73", "#e07b2a", "#9c1f17")


def ink() -> str:
    """The colour of text in a chart: the theme dresses axes, not marks."""
    return "#ece7dd" if st.context.theme.type == "dark" else "#1d1b18"


def paper() -> str:
    """The page's own background: where a map has its zero."""
    return "#151412" if st.context.theme.type == "dark" else "#fbf8f1"


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
            scale=alt.Scale(domain=[0, 1.35], nice=False),
            axis=alt.Axis(values=[0, 0.25, 0.5, 0.75, 1], format="%"),
            title="texts right in every token",
        ),
    )
    bars = base.mark_bar().encode(
        color=alt.Color("pairs:N", sort=None, title=None, legend=alt.Legend(orient="top")),
        tooltip=["bar", "label"],
    )
    labels = base.mark_text(align="left", dx=5, color=ink()).encode(text="label:N")
    return alt.layer(bars, labels).properties(height=46 * len(rows) + 40)


def atlas(wrong_at: NDArray[np.int64], trained_on: NDArray[np.bool_]) -> Chart:
    """All 100 x 100 pairs. `wrong_at` (100, 100): first wrong token, -1 for none, `NOT_ASKED`."""
    a, b = np.divmod(np.arange(10_000), 100)
    wrong, held = (wrong_at >= 0).ravel(), ~trained_on.ravel()
    kind = np.select([~wrong & ~held, ~wrong & held, wrong & held], [0, 1, 2], 3)
    data = pd.DataFrame(
        {"a": a, "b": b, "kind": np.array(ATLAS_KINDS)[kind], "at": wrong_at.ravel()}
    )
    data = data[data["at"] != NOT_ASKED]
    click = alt.selection_point(name="cell", fields=["a", "b"], on="click", empty=False)
    ticks = alt.Axis(values=list(range(0, 100, 10)), grid=False)
    chart = (
        alt.Chart(data, usermeta={"embedOptions": {"renderer": "canvas"}})
        .mark_rect()
        .encode(
            x=alt.X("b:O", title="second number", axis=ticks),
            y=alt.Y("a:O", title="first number", axis=ticks),
            color=alt.Color(
                "kind:N",
                title=None,
                scale=alt.Scale(domain=ATLAS_KINDS, range=ATLAS_COLOURS),
                legend=alt.Legend(orient="top", columns=2, labelLimit=200),
            ),
            stroke=alt.condition(click, alt.value("#e3a1cb"), alt.value(None)),
            strokeWidth=alt.condition(click, alt.value(2), alt.value(0)),
            tooltip=["a", "b", "kind", alt.Tooltip("at", title="first wrong token")],
        )
        .add_params(click)
    )
    return chart.properties(height=640)


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


def attention_map(pattern: Numbers, text: str) -> Chart:
    """One head's weights, a row a query, a column a key: (T, T). Row t writes text[t + 1]."""
    keys = places(text)
    data = grid(pattern, keys, keys)
    data["writes"] = np.repeat([*text[1:], ""], len(text))
    return (
        alt.Chart(data)
        .mark_rect()
        .encode(
            x=token_axis(alt.X, "column", "looks at", "top"),
            y=token_axis(alt.Y, "row", "having read", "left"),
            color=alt.Color("value:Q", scale=alt.Scale(domain=[0, 1]), title="weight"),
            tooltip=[
                alt.Tooltip("row", title="having read"),
                alt.Tooltip("writes", title="about to write"),
                alt.Tooltip("column", title="looks at"),
                alt.Tooltip("value", title="weight", format=".3f"),
            ],
        )
        .properties(height=560)
    )


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


def count_bars(counts: Mapping[str, int], row_title: str, count_title: str) -> Chart:
    """Horizontal bars with their counts beside them."""
    data = pd.DataFrame({"row": list(counts), "count": list(counts.values())})
    room = max(counts.values(), default=1)
    base = alt.Chart(data).encode(
        y=alt.Y("row:N", sort=None, title=row_title, axis=alt.Axis(labelLimit=220)),
        x=alt.X("count:Q", title=count_title, scale=alt.Scale(domainMax=room * 1.15)),
    )
    labels = base.mark_text(align="left", dx=5, color=ink()).encode(
        text=alt.Text("count:Q", format=",")
    )
    return alt.layer(base.mark_bar(), labels).properties(height=28 * len(counts) + 50)


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


def loss_curves(rows: Sequence[Mapping[str, Any]]) -> Chart:
    """Loss by step on a log scale. Rows: run, step, what, value."""
    return (
        alt.Chart(pd.DataFrame([row for row in rows if row["what"] == "loss"]))
        .mark_line()
        .encode(
            x=alt.X("step:Q", axis=alt.Axis(format="d", tickMinStep=1)),
            y=alt.Y("value:Q", title="loss, -ln p a token", scale=alt.Scale(type="log")),
            color=alt.Color("run:N", sort=None, title=None, legend=run_legend()),
            tooltip=["run", "step", alt.Tooltip("value", format=".4g")],
        )
        .properties(height=260)
    )


def exactness_curves(rows: Sequence[Mapping[str, Any]], x: str = "step") -> Chart:
    """Share of right texts: held out a line, trained on dashes. Rows: run, x, what, value."""
    return (
        alt.Chart(
            pd.DataFrame(
                [row for row in rows if row["what"] != "loss"], columns=["run", x, "what", "value"]
            )
        )
        .mark_line(point=alt.OverlayMarkDef(size=18))
        .encode(
            x=alt.X(f"{x}:Q", axis=alt.Axis(format="~s", tickMinStep=1)),
            y=alt.Y(
                "value:Q",
                title="texts right in every token",
                scale=alt.Scale(domain=[0, 1]),
                axis=alt.Axis(format="%"),
            ),
            color=alt.Color("run:N", sort=None, title=None, legend=run_legend()),
            strokeDash=alt.StrokeDash(
                "what:N",
                title=None,
                scale=alt.Scale(domain=["held out", "trained on"], range=[[1, 0], [4, 4]]),
                legend=alt.Legend(
                    orient="bottom", symbolType="stroke", symbolStrokeColor=ink(), symbolSize=300
                ),
            ),
            tooltip=["run", "what", x, alt.Tooltip("value", format=".4f")],
        )
        .properties(height=320)
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


def seeds(
    rows: Sequence[Mapping[str, Any]], title: str = "", share: str = "texts right in every token"
) -> Chart:
    """A point a seed, a line an arm, a bar at the median. Rows: arm, share, seed, errors."""
    base = alt.Chart(pd.DataFrame(rows)).encode(
        y=alt.Y("arm:N", sort=None, title=title or None, axis=alt.Axis(labelLimit=230))
    )
    x = alt.X(
        "share:Q",
        title=share,
        scale=alt.Scale(domain=[0, 1]),
        axis=alt.Axis(format="%", values=[0, 0.25, 0.5, 0.75, 1]),
    )
    points = base.mark_circle(size=80, opacity=0.6).encode(
        x=x, tooltip=["arm", "seed", "errors", alt.Tooltip("share", format=".4f")]
    )
    medians = base.mark_tick(thickness=3, size=24, color=ink()).encode(
        x=alt.X("median(share):Q", scale=alt.Scale(domain=[0, 1]))
    )
    n_arms = len({row["arm"] for row in rows})
    return alt.layer(points, medians).properties(height=44 * n_arms + 50)


def error_surface(
    errors: Numbers,
    w1: Numbers,
    w2: Numbers,
    path: Sequence[tuple[float, float]],
    to: tuple[float, float],
) -> Chart:
    """E over two weights, the steps taken so far, and where the next one leads. (w1, w2) pairs."""
    data = pd.DataFrame(
        {"w1": np.repeat(w1, len(w2)), "w2": np.tile(w2, len(w1)), "E": errors.ravel()}
    )
    wide1, wide2 = (1.1 * (w[1] - w[0]) for w in (w1, w2))  # overlapping: no seams
    x_axis, y_axis = (alt.Scale(domain=[w[0], w[-1]], nice=False, clamp=True) for w in (w1, w2))
    cells = (
        alt.Chart(data.assign(w1_end=data["w1"] + wide1, w2_end=data["w2"] + wide2))
        .mark_rect()
        .encode(
            x=alt.X("w1:Q", title="first weight", scale=x_axis),
            x2="w1_end:Q",
            y=alt.Y("w2:Q", title="second weight", scale=y_axis),
            y2="w2_end:Q",
            color=alt.Color(
                "E:Q",
                title="error E",
                scale=alt.Scale(type="symlog", domainMin=0, range=[paper(), ink()]),
                legend=alt.Legend(orient="top", gradientLength=180),
            ),
            tooltip=[alt.Tooltip(name, format=".2f") for name in ("w1", "w2", "E")],
        )
    )
    walked = pd.DataFrame([*path], columns=["w1", "w2"]).assign(n=range(len(path)))
    ahead = pd.DataFrame([path[-1], to], columns=["w1", "w2"]).assign(n=[0, 1])

    def at(frame: pd.DataFrame) -> alt.Chart:
        return alt.Chart(frame).encode(
            x=alt.X("w1:Q", scale=x_axis), y=alt.Y("w2:Q", scale=y_axis), order="n:O"
        )

    return alt.layer(
        cells,
        at(walked).mark_line(color=BLUE, strokeWidth=1.5, point=alt.OverlayMarkDef(color=BLUE)),
        at(ahead).mark_line(color=ORANGE, strokeWidth=3),
        at(ahead.tail(1)).mark_point(color=ORANGE, filled=True, shape="diamond", size=90),
        at(walked.tail(1)).mark_point(color=BLUE, filled=True, size=160),
    ).properties(height=480)


def digit_bars(probabilities: Numbers, places: Sequence[str], right: Sequence[int]) -> Chart:
    """What a network gives to each digit, a row a place. `probabilities` (places, 10)."""
    data = grid(probabilities, places, [str(i) for i in range(10)])
    wanted = {(place, str(digit)) for place, digit in zip(places, right, strict=True)}
    data["what"] = [
        "right digit" if pair in wanted else "other"
        for pair in zip(data["row"], data["column"], strict=True)
    ]
    return (
        alt.Chart(data)
        .mark_bar()
        .encode(
            x=alt.X("column:N", title=None, sort=None, axis=alt.Axis(labelAngle=0)),
            y=alt.Y("value:Q", title="probability", scale=alt.Scale(domain=[0, 1])),
            color=alt.Color(
                "what:N",
                title=None,
                scale=alt.Scale(domain=["right digit", "other"], range=[BLUE, GREY]),
                legend=alt.Legend(orient="top"),
            ),
            row=alt.Row("row:N", title=None, sort=None, header=alt.Header(labelOrient="top")),
            tooltip=[
                alt.Tooltip("row", title="place"),
                alt.Tooltip("column", title="digit"),
                alt.Tooltip("value", title="p", format=".4f"),
            ],
        )
        .properties(height=90, width=260)
    )


def run_legend() -> alt.Legend:
    return alt.Legend(orient="top", columns=1, labelLimit=340)


def grid(values: Numbers, rows: Sequence[str], columns: Sequence[str]) -> pd.DataFrame:
    """A matrix as one line a cell: row, column, value."""
    return pd.DataFrame(
        {
            "row": np.repeat(list(rows), len(columns)),
            "column": np.tile(list(columns), len(rows)),
            "value": values.ravel(),
        }
    )


def places(text: str) -> list[str]:
    """Tokens with their place before them, so that equal tokens stay apart: '07 6'."""
    return [f"{place:02d} {token}" for place, token in enumerate(text)]


def token_axis(channel: Any, name: str, title: str, orient: Orient) -> Any:
    axis = alt.Axis(
        orient=orient,
        labelAngle=0,
        labelExpr="split(datum.label, ' ')[1]",
        labelFontSize=14,
        labelOverlap=False,
    )
    return channel(f"{name}:N", sort=None, title=title, axis=axis)
