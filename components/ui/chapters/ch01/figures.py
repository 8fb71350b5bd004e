"""Charts of page 01: plain numbers in, a chart of Altair out, and one of plotly to turn."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st

from components.ui.lazily import lazily
from components.ui.plots.core import BLUE, GREY, ORANGE, Chart, Numbers, grid, ink, paper, places
from lab.data.vocabulary import VOCABULARY

plotly = lazily("plotly.graph_objects")


def cosine_map(cosines: Numbers, names: Sequence[str]) -> Chart:
    """Signed heat map of a square of cosines, its zero the page's own colour. (N, N)"""
    data = grid(cosines, names, names)
    data["label"] = [f"{x:+.1f}".replace("-", "−") if abs(x) >= 0.1 else "" for x in data["value"]]
    base = alt.Chart(data).encode(
        x=alt.X("column:N", sort=None, title="digit", axis=alt.Axis(orient="top", labelAngle=0)),
        y=alt.Y("row:N", sort=None, title="digit"),
    )
    cells = base.mark_rect().encode(
        color=alt.Color(
            "value:Q",
            title="cosine",
            scale=alt.Scale(domain=[-1, 0, 1], range=[BLUE, paper(), ORANGE]),
        ),
        tooltip=["row", "column", alt.Tooltip("value", format="+.3f")],
    )
    signs = base.mark_text(fontSize=11, color=ink()).encode(text="label:N")
    return alt.layer(cells, signs).properties(height=340)


def in_space(points: Numbers, shares: Numbers, names: Sequence[str]) -> Any:
    """Named points to turn in three axes on one scale, joined in order. (N, 3), (3,)"""
    reach = float(abs(points).max()) * 1.15 or 1.0
    plain = {"range": [-reach, reach], "showticklabels": False, "showbackground": False}
    lines = {"gridcolor": hairline(), "zerolinecolor": GREY, "showspikes": False}
    trace = plotly.Scatter3d(
        **dict(zip("xyz", points.T, strict=True)),
        text=list(names),
        mode="lines+text",
        textposition="middle center",
        textfont={"size": 22, "color": ink()},
        line={"color": GREY, "width": 2},
        hoverinfo="skip",
    )
    chart = plotly.Figure(trace)
    chart.update_layout(
        height=480,
        margin=dict.fromkeys("lrtb", 0),
        paper_bgcolor="rgba(0, 0, 0, 0)",
        scene={
            f"{axis}axis": {
                **plain,
                **lines,
                "title": {"text": title, "font": {"color": ink(), "size": 13}},
            }
            for axis, title in zip("xyz", axis_titles(shares), strict=True)
        },
        scene_bgcolor="rgba(0, 0, 0, 0)",
        scene_aspectmode="cube",
        scene_dragmode="turntable",
        scene_camera={  # the first direction runs across
            "eye": {"x": 0.55, "y": -2.5, "z": 0.6},
            "center": {"x": -0.07, "y": 0, "z": -0.1},
        },
    )
    return chart


def axis_titles(shares: Numbers) -> list[str]:
    """What each direction keeps of the variance: 'first: 26 in 100'."""
    orders = ("first", "second", "third")
    return [f"{n}: {100 * x:.0f} in 100" for n, x in zip(orders, shares, strict=True)]


def hairline() -> str:
    """The theme's border colour, opaque: WebGL lines that let through turn white."""
    return "#3d3a34" if st.context.theme.type == "dark" else "#d9d1c1"


def waves(shares: Numbers, chance: float) -> Chart:
    """Share of variance by how often it goes round the digits; a line where chance would be."""
    data = pd.DataFrame({"times": range(1, len(shares) + 1), "share": shares})
    bars = (
        alt.Chart(data)
        .mark_bar(color=BLUE)
        .encode(
            x=alt.X("times:O", title="waves around the ten digits", axis=alt.Axis(labelAngle=0)),
            y=alt.Y("share:Q", title="share of variance", scale=alt.Scale(domain=[0, 1])),
            tooltip=["times", alt.Tooltip("share", format=".3f")],
        )
    )
    rule = alt.Chart(pd.DataFrame({"y": [chance]})).mark_rule(color=ORANGE, strokeDash=[5, 4])
    return alt.layer(bars, rule.encode(y="y:Q")).properties(height=300)


def ten_bars(p: Numbers, right: int, rival: int) -> Chart:
    """Ten probabilities, the right digit and its rival named. (10,)"""
    names = {right: "right", rival: "rival"}
    data = pd.DataFrame(
        {
            "digit": [str(i) for i in range(10)],
            "p": p,
            "what": [names.get(i, "other") for i in range(10)],
        }
    )
    return (
        alt.Chart(data)
        .mark_bar()
        .encode(
            x=alt.X("digit:N", sort=None, axis=alt.Axis(labelAngle=0)),
            y=alt.Y("p:Q", title="probability", scale=alt.Scale(domain=[0, 1])),
            color=alt.Color(
                "what:N",
                title=None,
                scale=alt.Scale(domain=["right", "rival", "other"], range=[BLUE, ORANGE, GREY]),
                legend=alt.Legend(orient="top"),
            ),
            tooltip=["digit", alt.Tooltip("p", format=".4f")],
        )
        .properties(height=280)
    )


def coin(p: float) -> Chart:
    """The curve -ln p, and a point at the probability of the right digit."""
    at = np.concatenate([np.geomspace(1e-4, 0.1, 60), np.linspace(0.1, 1, 60)])
    curve = alt.Chart(pd.DataFrame({"p": at, "price": -np.log(at)})).mark_line(color=ink())
    here = pd.DataFrame({"p": [p], "price": [-math.log(max(p, 1e-4))]})
    axes: dict[str, Any] = {
        "x": alt.X("p:Q", title="probability of the right digit", scale=alt.Scale(domain=[0, 1])),
        "y": alt.Y("price:Q", title="price, -ln p", scale=alt.Scale(domain=[0, 9.3])),
    }
    point = alt.Chart(here).mark_point(filled=True, size=160, color=BLUE)
    return alt.layer(curve.encode(**axes), point.encode(**axes)).properties(height=280)


def loss_and_perplexity(rows: Sequence[Mapping[str, float]]) -> Chart:
    """Loss by tokens read, on a log scale; perplexity in the tooltip."""
    data = pd.DataFrame(rows)
    data["perplexity"] = np.exp(data["loss"])
    return (
        alt.Chart(data)
        .mark_line(point=alt.OverlayMarkDef(size=20))
        .encode(
            x=alt.X("tokens:Q", title="tokens read in training", axis=alt.Axis(format="~s")),
            y=alt.Y(
                "loss:Q",
                title="loss, nats a token",
                scale=alt.Scale(type="log"),
                axis=alt.Axis(format=".0e", tickCount=5),
            ),
            tooltip=[
                "tokens",
                alt.Tooltip("loss", format=".3g"),
                alt.Tooltip("perplexity", format=".5f"),
            ],
        )
        .properties(height=260)
    )


def token_prices(prices: Numbers, text: str, bears: Sequence[bool]) -> Chart:
    """The price of each token of a text but the first, and that of a blind guess.

    `prices` and `bears` (L - 1,). The axis ends a little above the dearest token that bears loss.
    """
    blind = math.log(len(VOCABULARY))
    top = 1.15 * max(blind, float(prices[np.array(bears)].max(initial=0)))
    data = pd.DataFrame(
        {
            "token": places(text)[1:],
            "price": prices,
            "what": np.where(bears, "bears loss", "does not"),
        }
    )
    bars = (
        alt.Chart(data)
        .mark_bar(clip=True)
        .encode(
            x=alt.X(
                "token:N",
                sort=None,
                title="token",
                axis=alt.Axis(
                    labelAngle=0, labelExpr="split(datum.label, ' ')[1]", labelOverlap=False
                ),
            ),
            y=alt.Y("price:Q", title="price, nats", scale=alt.Scale(domain=[0, top])),
            color=alt.Color(
                "what:N",
                title=None,
                scale=alt.Scale(domain=["bears loss", "does not"], range=[BLUE, GREY]),
                legend=alt.Legend(orient="top"),
            ),
            tooltip=["token", alt.Tooltip("price", format=".4f"), "what"],
        )
    )
    line = alt.Chart(pd.DataFrame({"price": [blind]})).mark_rule(color=ORANGE, strokeDash=[5, 4])
    return alt.layer(bars, line.encode(y="price:Q")).properties(height=240)


def two_sets_of_bars(before: Numbers, after: Numbers, tokens: str) -> Chart:
    """Probabilities as the model gives them, and as the settings leave them. (V,) each."""
    rows = [
        {"token": token, "p": float(p), "whose": whose}
        for whose, values in (("the model's own", before), ("after the settings", after))
        for token, p in zip(tokens, values, strict=True)
    ]
    return (
        alt.Chart(pd.DataFrame(rows))
        .mark_bar()
        .encode(
            x=alt.X("token:N", sort=None, title=None, axis=alt.Axis(labelAngle=0)),
            xOffset=alt.XOffset("whose:N", sort=None),
            y=alt.Y("p:Q", title="probability", scale=alt.Scale(domain=[0, 1])),
            color=alt.Color(
                "whose:N",
                sort=None,
                title=None,
                scale=alt.Scale(range=[GREY, BLUE]),
                legend=alt.Legend(orient="top"),
            ),
            tooltip=["token", "whose", alt.Tooltip("p", format=".4f")],
        )
        .properties(height=240)
    )


def chain(n: int, measured: tuple[float, float] | None) -> Chart:
    """p^n against p, and where a run was measured: (tokens right, texts right)."""
    p = np.linspace(0.8, 1, 101)
    axes: dict[str, Any] = {
        "x": alt.X("p:Q", title="a token is right", scale=alt.Scale(domain=[0.8, 1])),
        "y": alt.Y("whole:Q", title="the whole is right", scale=alt.Scale(domain=[0, 1])),
    }
    layers = [
        alt.Chart(pd.DataFrame({"p": p, "whole": p**n})).mark_line(color=ink()).encode(**axes)
    ]
    if measured:
        point = pd.DataFrame([{"p": measured[0], "whole": measured[1], "what": "measured"}])
        dot = alt.Chart(point).mark_point(filled=True, size=160, color=ORANGE)
        name = alt.Chart(point).mark_text(align="right", dx=-12, color=ink())
        layers += [dot.encode(**axes), name.encode(text="what:N", **axes)]
    return alt.layer(*layers).properties(height=300)
