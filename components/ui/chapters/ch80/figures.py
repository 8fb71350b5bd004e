"""The charts of chapter 8, first page.

`Rows` are plain dicts with the named fields.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from components.ui.plots.chart_parts import BARS, Chart, finished, toned
from components.ui.plots.colours import TEAL, VIOLET
from components.ui.plots.drawn_once import drawn_once

Rows = Sequence[Mapping[str, Any]]

PARTS = {"attention": VIOLET, "FFN": TEAL}
"""As in the drawing of the model."""

ROW = 22
"""Pixels of a bar."""


@drawn_once
def gradients(rows: Rows) -> Chart:
    """A bar for attention and FFN of each layer, the first at the bottom. Rows: layer, part,
    norm."""
    data = pd.DataFrame(rows)
    layers = sorted(set(data["layer"]), reverse=True)
    chart = (
        alt.Chart(data)
        .mark_bar()
        .encode(
            y=alt.Y("layer:N", sort=layers, title="layer", axis=alt.Axis(tickSize=0)),
            yOffset=alt.YOffset("part:N", sort=[*PARTS]),
            x=alt.X("norm:Q", title="size of the gradient"),
            color=alt.Color(
                "part:N",
                title=None,
                scale=toned(PARTS),
                legend=alt.Legend(orient="top"),
            ),
            tooltip=["layer", "part", alt.Tooltip("norm:Q", format=".3r", title="size")],
        )
    )
    return finished(chart.properties(height=max(BARS, 2 * ROW * len(layers))))
