"""The valley of section 1 in three dimensions, a figure of plotly.

The browser fetches plotly, which is large, where a figure of it is drawn: when this one is opened.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as plotly

from components.ui.plots.colours import ACCENT, INK, LINE, OPTIMISERS, PAPER, SOFT
from components.ui.plots.core import Numbers
from components.ui.plots.theme import LABEL

SUNK = 25.0
"""The ground is drawn so much lower than it is, of hundreds: a line on it would half drown."""

OVER = "weights %{x:.2f}, %{y:.2f}<br>error %{z:.2f}<extra></extra>"
"""What a pointer over a place is told."""

STRIDE = 2
"""Steps of a walk from one stop of its slider to the next."""


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
