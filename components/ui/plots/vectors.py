"""Charts of a few vectors: where they lie, and how often they go round in their order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from components.ui.lazily import lazily
from components.ui.plots.chart_parts import CURVE, Chart, Numbers, finished
from components.ui.plots.colours import GREY, INK, LINE
from components.ui.plots.drawn_once import drawn_once

plotly = lazily("plotly.graph_objects")


def in_space(points: Numbers, shares: Numbers, names: Sequence[str]) -> Any:
    """Named points to turn in three axes on one scale, joined in order. (N, 3), (3,)"""
    reach = float(abs(points).max()) * 1.15 or 1.0
    plain = {"range": [-reach, reach], "showticklabels": False, "showbackground": False}
    lines = {"gridcolor": LINE.now, "zerolinecolor": GREY.now, "showspikes": False}
    trace = plotly.Scatter3d(
        **dict(zip("xyz", points.T, strict=True)),
        text=list(names),
        mode="lines+text",
        textposition="middle center",
        textfont={"size": 19, "color": INK.now},
        line={"color": GREY.now, "width": 2},
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
                "title": {"text": title, "font": {"color": INK.now, "size": 13}},
            }
            for axis, title in zip("xyz", axis_titles(shares), strict=True)
        },
        scene_bgcolor="rgba(0, 0, 0, 0)",
        scene_aspectmode="cube",
        scene_dragmode="turntable",
        scene_camera={  # the first direction runs across, and the small digits stand apart
            "eye": {"x": -1.3, "y": -2.1, "z": 1.3},
            "center": {"x": -0.07, "y": 0, "z": -0.1},
        },
    )
    return chart


def axis_titles(shares: Numbers) -> list[str]:
    """What each direction keeps of the variance: 'first: 26 in 100'."""
    orders = ("first", "second", "third")
    return [f"{n}: {100 * x:.0f} in 100" for n, x in zip(orders, shares, strict=True)]


@drawn_once
def waves(shares: Numbers, chance: float) -> Chart:
    """Share of variance by how often it goes round the digits; a line where chance would be."""
    data = pd.DataFrame({"times": range(1, len(shares) + 1), "share": shares})
    bars = (
        alt.Chart(data)
        .mark_bar()
        .encode(
            x=alt.X("times:O", title="waves around the ten digits", axis=alt.Axis(labelAngle=0)),
            y=alt.Y("share:Q", title="share of variance", scale=alt.Scale(domain=[0, 1])),
            tooltip=["times", alt.Tooltip("share", format=".3f")],
        )
    )
    return finished(alt.layer(bars, *level("share", chance, "chance")).properties(height=CURVE))


def level(axis: str, at: float, name: str) -> tuple[alt.Chart, alt.Chart]:
    """A line across a chart, its name above its right end."""
    base = alt.Chart(pd.DataFrame({axis: [at], "name": [name]})).encode(y=f"{axis}:Q")
    text = base.mark_text(align="right", dy=-9, dx=-4).encode(x=alt.value("width"), text="name:N")
    return base.mark_rule(), text
