"""Charts of page 00: plain numbers in, a chart of Altair out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from components.ui.plots.colours import ACCENT, GREY, INK, PAPER, POSITIVE, RIGHT
from components.ui.plots.core import Chart, Numbers, finished, grid, swatches, token_axis, toned
from components.ui.plots.pictures import as_url, rgba


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
    ground = [PAPER.now, INK.now]
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
                title="error E, log",
                scale=alt.Scale(type="symlog", domainMin=0, range=ground, clamp=True),
                legend=swatches(values=[0, 1, 10, 100]),
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

    # Plum on a rim of paper: the ground below runs from paper to ink.
    rim: dict[str, Any] = {"stroke": PAPER.now, "strokeWidth": 2, "opacity": 1}
    return finished(
        alt.layer(
            cells,
            at(walked).mark_line(color=PAPER.now, strokeWidth=5),
            at(walked).mark_line(color=ACCENT.now, strokeWidth=2),
            at(walked).mark_circle(color=ACCENT.now, size=40, **rim),
            at(ahead).mark_line(color=PAPER.now, strokeWidth=6),
            at(ahead).mark_line(color=ACCENT.now, strokeWidth=3, strokeDash=[6, 4]),
            at(ahead.tail(1)).mark_point(
                color=ACCENT.now, filled=True, shape="diamond", size=130, **rim
            ),
            at(walked.tail(1)).mark_circle(color=ACCENT.now, size=200, **rim),
        ).properties(height=440)
    )


def digit_bars(probabilities: Numbers, places: Sequence[str], right: Sequence[int]) -> Chart:
    """What a network gives to each digit, ten bars a place. `probabilities` (places, 10)."""
    data = grid(probabilities, places, [str(i) for i in range(10)])
    wanted = np.repeat(list(right), 10) == np.tile(np.arange(10), len(places))
    data["what"] = np.where(wanted, "right digit", "other")
    data["tick"] = np.where(wanted, "✓", "")
    data["bar"] = data["row"] + " " + data["column"]
    # An empty column, whose label is empty as well, keeps the places apart.
    columns = [bar for place in places for bar in (*data["bar"][data["row"] == place], f"{place} ")]
    x = token_axis(alt.X, "bar", "", "bottom", alt.Scale(domain=columns[:-1]))
    base = alt.Chart(data).encode(
        x=x,
        tooltip=[
            alt.Tooltip("row", title="place"),
            alt.Tooltip("column", title="digit"),
            alt.Tooltip("value", title="p", format=".4f"),
        ],
    )
    height = alt.Y("value:Q", title="probability", scale=alt.Scale(domain=[0, 1]))
    bars = base.mark_bar().encode(
        y=height,
        color=alt.Color("what:N", title=None, scale=toned({"right digit": RIGHT, "other": GREY})),
    )
    ticks = base.mark_text(dy=-9).encode(y=height, text="tick:N")
    firsts = alt.Chart(data[data["column"] == "0"])
    names = firsts.mark_text(align="left", dx=-6, dy=-10).encode(x=x, y=alt.datum(1), text="row:N")
    return finished(alt.layer(bars, ticks, names).properties(height=200))


# ---------------------------------------------------------------- what a neuron answers to

ZOOM = 8
"""Pixels of a cell: a picture of ten by ten would blur in a file that is saved."""


def neuron_maps(outputs: Numbers, right_without: Sequence[int]) -> str:
    """A map a neuron, first digit down and second across. `outputs` (100, H), none below zero;
    `right_without` (H,): how many cells stay right when the neuron is taken away."""
    strength = outputs / max(outputs.max(), 1e-300)
    maps = "".join(
        f'<figure><img src="{as_url(tinted(map_of.reshape(10, 10)))}" '
        f'alt="neuron {o}: the table, coloured by what it passes on">'
        f"<figcaption><b>{o}</b> {right} right</figcaption></figure>"
        for o, (map_of, right) in enumerate(zip(strength.T, right_without, strict=True))
    )
    return f'<div class="wb-neurons">{maps}</div>'


def tinted(strength: Numbers) -> NDArray[np.uint8]:
    """Clear where a neuron says nothing, and so the page's own colour; the scale of amounts."""
    picture = np.zeros((*strength.shape, 4), dtype=np.uint8)
    picture[...] = rgba(POSITIVE.now)
    picture[..., 3] = np.rint(255 * strength)
    return picture.repeat(ZOOM, axis=0).repeat(ZOOM, axis=1)
