"""Curves of training: loss, and how many texts are right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from components.ui.plots.core import Chart, ink


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


def run_legend() -> alt.Legend:
    return alt.Legend(orient="top", columns=1, labelLimit=340)
