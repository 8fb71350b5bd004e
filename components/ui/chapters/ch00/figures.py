"""Charts of page 00: plain numbers in, a chart of Altair out, or of plotly where it is 3D.

The browser fetches plotly, which is large, where a figure of it is drawn: on this page alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import plotly.graph_objects as plotly

from components.ui.plots.colours import (
    ACCENT,
    GREY,
    INK,
    LINE,
    OPTIMISERS,
    PAPER,
    RIGHT,
    SOFT,
)
from components.ui.plots.core import Chart, Numbers, finished, grid, token_axis, toned
from components.ui.plots.theme import LABEL

SUNK = 25.0
"""The ground is drawn so much lower than it is, of hundreds: a line on it would half drown."""

OVER = "weights %{x:.2f}, %{y:.2f}<br>error %{z:.2f}<extra></extra>"
"""What a pointer over a place is told."""

STRIDE = 2
"""Steps of a walk from one stop of its slider to the next."""


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
                title="error E",
                scale=alt.Scale(type="symlog", domainMin=0, range=ground, clamp=True),
                legend=alt.Legend(gradientLength=180),
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


def valley(errors: Numbers, w1: Numbers, w2: Numbers, walks: Mapping[str, Numbers]) -> Any:
    """E over two weights as a surface to turn, and the walks of two optimisers on it, a figure of
    plotly. `errors` (len(w1), len(w2)); a walk (steps + 1, 3): w1, w2, E. Its slider is its own, so
    that the walks follow the hand."""
    n_steps = max(map(len, walks.values())) - 1
    stops = range(0, n_steps + 1, STRIDE)
    figure = plotly.Figure(
        data=[ground(errors, w1, w2), *walked(walks, n_steps)],
        frames=[
            plotly.Frame(
                name=f"{n}",
                data=walked(walks, n),
                traces=[*range(1, 2 * len(walks) + 1)],
                layout={"scene": {"annotations": names(walks, n)}},
            )
            for n in stops
        ],
    )
    return figure.update_layout(
        height=480,
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        paper_bgcolor="rgba(0,0,0,0)",
        showlegend=False,
        sliders=[slider("steps taken: ", [f"{n}" for n in stops])],
        scene={
            "bgcolor": "rgba(0,0,0,0)",
            "xaxis": axis("first weight"),
            "yaxis": axis("second weight"),
            "zaxis": axis("error E"),
            "aspectratio": {"x": 1, "y": 1, "z": 0.7},
            "camera": {"eye": {"x": 1.25, "y": -1.25, "z": 1.25}, "center": {"z": -0.1}},
            "annotations": names(walks, n_steps),
        },
    )


def ground(errors: Numbers, w1: Numbers, w2: Numbers) -> Any:
    return plotly.Surface(
        x=w1,
        y=w2,
        z=errors.T - SUNK,
        customdata=errors.T,
        surfacecolor=errors.T,
        colorscale=[[0, PAPER.now], [1, INK.now]],
        showscale=False,
        contours={
            "z": {"show": True, "start": -SUNK, "end": errors.max(), "size": 50, "color": SOFT.now}
        },
        lighting={"ambient": 1, "diffuse": 0, "specular": 0},
        hovertemplate=OVER.replace("%{z", "%{customdata"),
    )


def walked(walks: Mapping[str, Numbers], n: int) -> list[Any]:
    """The first `n` steps of each walk, and where it stands then: two traces each."""
    traces: list[Any] = []
    for name, walk in walks.items():
        tone = OPTIMISERS[name].now
        for points, mode, size in (
            (walk[: n + 1], "lines+markers", 3),
            (walk[n : n + 1], "markers", 8),
        ):
            traces.append(
                plotly.Scatter3d(
                    **dict(zip("xyz", points.T, strict=True)),
                    name=name,
                    mode=mode,
                    line={"color": tone, "width": 6},
                    marker={"color": tone, "size": size},
                    hovertemplate=f"{name}, {OVER}",
                )
            )
    return traces


def names(walks: Mapping[str, Numbers], n: int) -> list[dict[str, Any]]:
    """The name of each walk beside where it stands after `n` steps."""
    return [
        {
            **dict(zip("xyz", walk[n].tolist(), strict=True)),
            "text": name,
            "font": {"color": OPTIMISERS[name].now, "size": LABEL + 3},
            "arrowcolor": OPTIMISERS[name].now,
            "bgcolor": PAPER.now,
            "ax": right,
            "ay": down,
        }
        for (right, down), (name, walk) in zip(((20, -80), (70, 45)), walks.items(), strict=True)
    ]


def slider(says: str, stops: Sequence[str]) -> dict[str, Any]:
    """It shows the frame of a stop, at once; at first the last."""
    at_once = {"mode": "immediate", "frame": {"duration": 0}, "transition": {"duration": 0}}
    return {
        "steps": [
            {"method": "animate", "label": stop, "args": [[stop], at_once]} for stop in stops
        ],
        "active": len(stops) - 1,
        "currentvalue": {"prefix": says, "font": {"color": INK.now, "size": LABEL}},
        "font": {"color": SOFT.now, "size": LABEL},
        "bgcolor": LINE.now,
        "activebgcolor": ACCENT.now,
        "bordercolor": SOFT.now,
        "tickcolor": SOFT.now,
        "pad": {"l": 10, "r": 10, "b": 10, "t": 0},
    }


def axis(title: str) -> dict[str, Any]:
    return {
        "title": {"text": title, "font": {"color": SOFT.now, "size": LABEL}},
        "tickfont": {"color": SOFT.now},
        "gridcolor": LINE.now,
        "zerolinecolor": LINE.now,
        "showbackground": False,
    }


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
