"""Curves of training: loss, and how many texts are right.

A run's colour is its kind, here as in every figure. Dashes say that it is recorded and nothing
else, a thin line that its texts were trained on, and the second of two runs of a kind is weaker.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from components.ui.plots.chart_parts import CURVE, Chart, finished
from components.ui.plots.colours import INK, RECORDED, Tone, apart

Rows = Sequence[Mapping[str, Any]]

SOLID, DASHED = [1, 0], [5, 4]
WIDTHS = {"held out": 2.5, "trained on": 1.0}
WEAKER = ("", "90", "50")
"""How opaque, in two digits after a colour: the first run of a kind, the second, those behind."""


def loss_curves(rows: Rows) -> Chart:
    """Loss by step on a log scale. Rows: run, step, what, value."""
    losses = [row for row in rows if row["what"] == "loss"]
    chart = (
        alt.Chart(pd.DataFrame(losses))
        .mark_line()
        .encode(
            x=alt.X("step:Q", axis=alt.Axis(format="d", tickMinStep=1)),
            y=alt.Y("value:Q", title="loss, -ln p per token", scale=alt.Scale(type="log")),
            tooltip=["run", "step", alt.Tooltip("value", format=".4g")],
            **run_looks(rows, losses),
        )
    )
    return finished(chart.properties(height=CURVE))


def exactness_curves(rows: Rows, x: str = "step") -> Chart:
    """Share of right texts: held out a line, trained on a thin one. Rows: run, x, what, value."""
    asked = [row for row in rows if row["what"] != "loss"]
    looks = run_looks(rows, asked)
    base = alt.Chart(pd.DataFrame(asked, columns=["run", x, "what", "value"])).encode(
        x=alt.X(f"{x}:Q", axis=alt.Axis(format="~s", tickMinStep=1)),
        y=alt.Y(
            "value:Q",
            title="texts right in every token",
            scale=alt.Scale(domain=[0, 1]),
            axis=alt.Axis(format="%"),
        ),
        color=looks["color"],
    )
    legend = alt.Legend(
        orient="bottom", symbolType="stroke", symbolStrokeColor=INK.now, symbolSize=600
    )
    width = alt.StrokeWidth(
        "what:N",
        title=None,
        scale=alt.Scale(domain=list(WIDTHS), range=list(WIDTHS.values())),
        legend=legend if len({row["what"] for row in asked}) > 1 else None,
    )
    # The channel makes the legend alone: the theme has a width for every line, which wins.
    lines = [
        base.transform_filter(alt.datum["what"] == what)
        .mark_line(strokeWidth=wide)
        .encode(strokeDash=looks["strokeDash"], strokeWidth=width)
        for what, wide in WIDTHS.items()
    ]
    # A layer of its own: points that belong to the lines would hide the dashes of the legend.
    points = base.mark_circle(size=18, opacity=1).encode(
        tooltip=["run", "what", x, alt.Tooltip("value", format=".4f")]
    )
    return finished(alt.layer(*lines, points).properties(height=CURVE))


def run_looks(every: Rows, shown: Rows) -> dict[str, Any]:
    """Colour and dashes of the runs that a chart shows, of all that the page has, in one legend."""
    tones = apart(row["run"] for row in every)
    before: Counter[tuple[Tone, bool]] = Counter()
    colours: dict[str, str] = {}
    for name, tone in tones.items():
        same = (tone, name.endswith(RECORDED))
        colours[name] = tone.now + WEAKER[min(before[same], len(WEAKER) - 1)]
        before[same] += 1
    names = list(dict.fromkeys(row["run"] for row in shown))
    dashes = [DASHED if name.endswith(RECORDED) else SOLID for name in names]
    legend = alt.Legend(columns=1, symbolType="stroke", symbolSize=600)
    return {
        "color": alt.Color(
            "run:N",
            title=None,
            scale=alt.Scale(domain=names, range=[colours[name] for name in names]),
            legend=legend,
        ),
        "strokeDash": alt.StrokeDash(
            "run:N", title=None, scale=alt.Scale(domain=names, range=dashes), legend=legend
        ),
    }
