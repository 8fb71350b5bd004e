"""Charts of page 00: plain numbers in, an Altair chart out."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import numpy as np
import pandas as pd

from components.ui.plots.core import BLUE, GREY, ORANGE, Chart, Numbers, grid, ink, paper


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
