"""Curves of training: loss, and how many texts are right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from components.ui.plots.colours import INK
from components.ui.plots.core import CURVE, Chart, finished, kinds


def loss_curves(rows: Sequence[Mapping[str, Any]]) -> Chart:
    """Loss by step on a log scale. Rows: run, step, what, value."""
    chart = (
        alt.Chart(pd.DataFrame([row for row in rows if row["what"] == "loss"]))
        .mark_line()
        .encode(
            x=alt.X("step:Q", axis=alt.Axis(format="d", tickMinStep=1)),
            y=alt.Y("value:Q", title="loss, -ln p a token", scale=alt.Scale(type="log")),
            color=run_colour(rows),
            tooltip=["run", "step", alt.Tooltip("value", format=".4g")],
        )
    )
    return finished(chart.properties(height=CURVE))


def exactness_curves(rows: Sequence[Mapping[str, Any]], x: str = "step") -> Chart:
    """Share of right texts: held out a line, trained on dashes. Rows: run, x, what, value."""
    asked = [row for row in rows if row["what"] != "loss"]
    base = alt.Chart(pd.DataFrame(asked, columns=["run", x, "what", "value"])).encode(
        x=alt.X(f"{x}:Q", axis=alt.Axis(format="~s", tickMinStep=1)),
        y=alt.Y(
            "value:Q",
            title="texts right in every token",
            scale=alt.Scale(domain=[0, 1]),
            axis=alt.Axis(format="%"),
        ),
        color=run_colour(rows),
    )
    lines = base.mark_line().encode(
        strokeDash=alt.StrokeDash(
            "what:N",
            title=None,
            scale=alt.Scale(domain=["held out", "trained on"], range=[[1, 0], [4, 4]]),
            legend=alt.Legend(
                orient="bottom", symbolType="stroke", symbolStrokeColor=INK.now, symbolSize=600
            ),
        )
    )
    # A layer of its own: points that belong to the lines would hide the dashes of the legend.
    points = base.mark_circle(size=18, opacity=1).encode(
        tooltip=["run", "what", x, alt.Tooltip("value", format=".4f")]
    )
    return finished(alt.layer(lines, points).properties(height=CURVE))


def run_colour(rows: Sequence[Mapping[str, Any]]) -> alt.Color:
    return alt.Color(
        "run:N",
        title=None,
        scale=kinds(row["run"] for row in rows),
        legend=alt.Legend(columns=1, symbolType="stroke"),
    )
