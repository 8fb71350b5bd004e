"""Charts of page 03: plain numbers in, an Altair chart out."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import numpy as np
import pandas as pd

from components.ui.plots.chart_parts import (
    CURVE,
    Chart,
    Numbers,
    finished,
    toned,
)
from components.ui.plots.colours import ACCENT, GREY
from components.ui.plots.drawn_once import drawn_once

LEAST = 1e-3
"""A length below this is drawn as this: a logarithm has no zero."""


@drawn_once
def line_lengths(lines: Sequence[str], contributions: Numbers, stream: Numbers) -> Chart:
    """Of each line, how long its contribution and how long the stream is then: log scale. (N,)"""
    both = {"this contribution": ACCENT, "the stream after it": GREY}
    data = pd.DataFrame(
        {
            "line": np.tile(list(lines), 2),
            "what": np.repeat([*both], len(lines)),
            "length": np.maximum(np.concatenate([contributions, stream]), LEAST),
            "index": np.tile(np.arange(len(lines)), 2),
        }
    )
    base = alt.Chart(data).encode(
        y=alt.Y("line:N", sort=None, title=None, axis=alt.Axis(grid=True)),
        x=alt.X("length:Q", scale=alt.Scale(type="log"), title="length, log scale"),
        color=alt.Color(
            "what:N",
            title=None,
            scale=toned(both),
        ),
        tooltip=["line", "what", alt.Tooltip("length", format=",.1f")],
    )
    stream_line = (
        base.transform_filter(alt.datum.what == "the stream after it")
        .mark_line(strokeWidth=2)
        .encode(order="index:O")
    )
    points = base.mark_circle(size=80, opacity=1)
    return finished(alt.layer(stream_line, points).properties(height=26 * len(lines)))


@drawn_once
def before_and_after(before: Numbers, after: Numbers, most: float) -> Chart:
    """A few numbers of the stream, and what the norm makes of them; the axis reaches `most`."""
    n, both = len(before), {"before the norm": GREY, "after it": ACCENT}
    data = pd.DataFrame(
        {
            "number": np.tile(np.arange(n), 2),
            "when": np.repeat([*both], n),
            "value": np.concatenate([before, after]),
        }
    )
    chart = (
        alt.Chart(data)
        .mark_bar()
        .encode(
            x=alt.X("number:O", title="entry of the stream", axis=alt.Axis(labelAngle=0)),
            xOffset=alt.XOffset("when:N", sort=None),
            y=alt.Y(
                "value:Q",
                title="value, symmetric log scale",
                scale=alt.Scale(type="symlog", domain=[-most, most]),
                axis=alt.Axis(values=ticks(most), format=",.0f"),
            ),
            color=alt.Color(
                "when:N",
                title=None,
                scale=toned(both),
            ),
            tooltip=["number", "when", alt.Tooltip("value", format=",.4f")],
        )
    )
    return finished(chart.properties(height=CURVE))


def ticks(most: float) -> list[float]:
    """0 and every second power of ten up to `most`, with both signs."""
    powers = [float(10**k) for k in range(1, int(np.log10(most)) + 1, 2)]
    return [*(-p for p in reversed(powers)), 0.0, *powers]


@drawn_once
def neuron_curve(values: Numbers) -> Chart:
    """The activations of the neurons of one FFN, the strongest first. (F,)"""
    data = pd.DataFrame({"rank": np.arange(1, len(values) + 1), "value": np.sort(values)[::-1]})
    chart = (
        alt.Chart(data)
        .mark_area(line=True, opacity=0.6)
        .encode(
            x=alt.X("rank:Q", title="neurons, the strongest first", scale=alt.Scale(nice=False)),
            y=alt.Y("value:Q", title="activation"),
            tooltip=["rank", alt.Tooltip("value", format=",.2f")],
        )
    )
    return finished(chart.properties(height=CURVE))
