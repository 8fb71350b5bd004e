"""Charts and pictures of page 00: plain numbers in; a chart of Altair, HTML or plotly out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from math import atan2, hypot
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import plotly.graph_objects as plotly

from components.ui.drawings.network import Edge
from components.ui.plots.chart_parts import (
    Chart,
    Numbers,
    finished,
    swatches,
)
from components.ui.plots.colours import (
    ACCENT,
    INK,
    LINE,
    OPTIMISERS,
    PAPER,
    SOFT,
)
from components.ui.plots.drawn_once import drawn_once
from components.ui.plots.theme import LABEL
from lab.by_hand.mlp_experiment import ByHand, Neuron
from lab.numerals import written


@drawn_once
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
            at(ahead).mark_line(color=ACCENT.now, strokeWidth=3, opacity=0.55),
            at(ahead.tail(1)).mark_point(
                color=ACCENT.now, filled=True, shape="diamond", size=130, **rim
            ),
            at(walked.tail(1)).mark_circle(color=ACCENT.now, size=200, **rim),
        ).properties(height=340)
    )


# ---------------------------------------------------------------- the chain rule, boxes and a table


def graph_of_operations(neuron: Neuron) -> str:
    """The operations of one neuron as boxes: what came forward, what comes back."""
    n, (dw1, dw2) = neuron, neuron.dw
    boxes = (
        ("weights", in_a_row(n.w1, n.w2), in_a_row(dw1, dw2)),
        (f"times {n.a}, {n.b}", in_a_row(n.w1 * n.a, n.w2 * n.b), in_a_row(n.dy, n.dy)),
        ("added up, y", in_a_row(n.y), in_a_row(n.dy)),
        (f"y − {n.a * n.b}", in_a_row(n.error), in_a_row(n.dy)),
        ("squared, E", in_a_row(n.E), "1"),
    )
    return (
        '<div class="wb-flow">'
        + "".join(
            f'<div><b>{name}</b><span>→ {forward}</span><span class="wb-back">← {back}</span></div>'
            for name, forward, back in boxes
        )
        + "</div>"
    )


def in_a_row(*numbers: float) -> str:
    return ", ".join(written(x, "{:.2f}") for x in numbers)


def terms_table(hand: ByHand, a: Numbers, b: Numbers) -> str:
    """x times dy, an example a line, and their sum; examples whose x is 0 share a line."""
    places = 0 if (hand.x == hand.x.round()).all() else 3
    rows = "".join(
        f"<tr><th>{x} × {y}</th><td>{into:.{places}f}</td>"
        f"<td>{signed(back)}</td><td>{signed(term)}</td></tr>"
        for x, y, into, back, term in zip(a, b, hand.x, hand.dy, hand.terms, strict=True)
        if into
    )
    if n_silent := int((hand.x == 0).sum()):
        rows += f'<tr><th colspan="4" class="wb-top">{silent(n_silent, len(hand.x))}</th></tr>'
    return (
        '<div class="wb-scroll"><table class="wb-table"><tr><th>example</th>'
        '<th class="wb-top">x, came in</th><th class="wb-top">dy, came back</th>'
        f'<th class="wb-top">x · dy</th></tr>{rows}<tr class="wb-sum"><th>dW</th><td></td>'
        f"<td></td><td><b>{signed(hand.total)}</b></td></tr></table></div>"
    )


def silent(n: int, of: int) -> str:
    """The examples that add nothing, in a line."""
    if n == of == 1:
        return "the example adds nothing: its x is 0"
    if n == of:
        return f"all {n} examples add nothing: their x is 0"
    return f"{n} more {'adds' if n == 1 else 'add'} nothing: {'its' if n == 1 else 'their'} x is 0"


def signed(x: float, places: int = 4) -> str:
    """With a sign, but none for what rounds to zero."""
    return written(x, f"{{:{'+' if abs(x) >= 0.5 / 10**places else ''}.{places}f}}")


# ---------------------------------------------------------------- the way of one signal back

# From the votes to the weight that it moves. In HTML, since Streamlit lets no SVG through: a line
# is a thin box that is turned.

SIGNAL_HIGH = 310
SIGNAL_COLUMNS = (84, 172, 254)
"""Where inputs, hidden neurons and votes stand, in pixels; a phone has room for it all."""

LAYER_SIZES = (20, 16, 20)
VOTES_NAMED = 3
"""Votes whose signal is written beside them: those that weigh most."""


def unit_places(layer: int) -> list[tuple[float, float]]:
    """Units one below another; of twenty, the second ten a little apart."""
    n = LAYER_SIZES[layer]
    gap = 1.2 if n == 20 else 0.0
    lows = [(i + 0.5 + (gap if i >= n / 2 else 0)) / (n + gap) for i in range(n)]
    return [(SIGNAL_COLUMNS[layer], 24 + (SIGNAL_HIGH - 32) * low) for low in lows]


def signal_back(hand: ByHand, edge: Edge, a: Numbers, b: Numbers, played: int = 0) -> str:
    """A picture of the example that moves the weight most. `played`: how often it was asked for
    again; another number, and the browser draws it anew."""
    at, (layer, i, o) = hand.telling, edge
    end, start, on = unit_places(layer)[i], unit_places(layer + 1)[o], {(layer, i), (layer + 1, o)}
    # words keep off the edge that goes from neuron to input
    down, beside = (18, "wb-start") if end[1] < start[1] else (-18, "wb-end")
    times_x = f"× x {hand.x[at]:.3g}"
    lines, words = into_the_neuron(hand, at, o, down) if layer == 0 else ([], [])
    lines.append(signal_line(start, end, hand.dy[at], 1.0, "wb-last"))
    words += [
        signal_words(((start[0] + end[0]) / 2, (start[1] + end[1]) / 2 - 9), times_x, 3, beside),
        signal_words((end[0] - 9, end[1]), f"x·dy {signed(hand.terms[at], 3)}", 4, "wb-end wb-sum"),
    ]
    if layer == 1:
        words.append(signal_words((start[0] + 9, start[1]), vote(o, hand.dy[at]), 0, "wb-start"))
    dots = "".join(
        f'<b class="{"wb-on" if (n, k) in on else ""}" style="left:{x:.1f}px;top:{y:.1f}px"></b>'
        for n in range(3)
        for k, (x, y) in enumerate(unit_places(n))
    )
    heads = "".join(
        f'<span class="wb-head" style="left:{x}px;top:8px">{name}</span>'
        for x, name in zip(SIGNAL_COLUMNS, ("inputs", "hidden", "votes"), strict=True)
    )
    told = f"For {a[at]} times {b[at]}, the signal from the votes back to one weight"
    return (
        f'<div class="wb-signal" role="img" data-played="{played}" aria-label="{escape(told)}">'
        f"{''.join(lines)}{dots}{heads}{''.join(words)}</div>"
    )


def into_the_neuron(hand: ByHand, at: int, o: int, down: float) -> tuple[list[str], list[str]]:
    """What all votes hand back to hidden neuron `o`, and what it makes of it."""
    assert hand.back is not None and hand.ahead is not None and hand.slope is not None
    back, ahead = hand.back[at], hand.ahead[at]
    share = abs(back) / max(abs(back).max(), 1e-300)
    neuron = unit_places(1)[o]
    lines = [
        signal_line(unit_places(2)[k], neuron, back[k], share[k], "wb-first")
        for k in range(LAYER_SIZES[2])
    ]
    words = [
        signal_words(
            (SIGNAL_COLUMNS[2] + 9, unit_places(2)[k][1]), vote(k, ahead[k]), 0, "wb-start"
        )
        for k in np.argsort(-share)[:VOTES_NAMED]
    ]
    x, y = neuron
    words.append(
        signal_words((x - 9, y + down), f"sum {signed(back.sum(), 3)}", 1, "wb-end wb-sum")
    )
    words.append(signal_words((x - 9, y + 2 * down), f"ReLU × {hand.slope[at]:.0f}", 2, "wb-end"))
    return lines, words


def vote(k: int, dy: float) -> str:
    return f"{k % 10} {'units' if k < 10 else 'tens'} {signed(dy, 3)}"


def signal_line(
    start: tuple[float, float], end: tuple[float, float], value: float, share: float, kind: str
) -> str:
    """From `start` to `end`, as thick as its share; the browser draws it in that direction."""
    (x1, y1), (x2, y2) = start, end
    sign = "negative" if value < 0 else "positive"
    return (
        f'<i class="{kind}" style="left:{x1:.1f}px;top:{y1:.1f}px;'
        f"width:{hypot(x2 - x1, y2 - y1):.1f}px;height:{0.6 + 3 * share:.1f}px;"
        f"--turn:{atan2(y2 - y1, x2 - x1):.4f}rad;"
        f'background:var(--wb-{sign});opacity:{0.25 + 0.75 * share:.2f}"></i>'
    )


def signal_words(at: tuple[float, float], words: str, turn: int, kind: str = "") -> str:
    """Words whose middle, start or end is there. `turn`: which come first, which next."""
    x, y = at
    return f'<span class="{kind}" style="left:{x:.1f}px;top:{y:.1f}px;--i:{turn}">{words}</span>'


# ---------------------------------------------------------------- the valley in three dimensions

# The browser fetches plotly, which is large, where a figure of it is drawn: once this is opened.

SUNK = 25.0
"""The ground is drawn so much lower than it is, of hundreds: a line on it would half drown."""

VALLEY_TOLD = "weights %{x:.2f}, %{y:.2f}<br>error %{z:.2f}<extra></extra>"
"""What a pointer over a place is told."""

STEPS_A_STOP = 2
"""Steps of a walk from one stop of its slider to the next."""


def valley(errors: Numbers, w1: Numbers, w2: Numbers, walks: Mapping[str, Numbers]) -> Any:
    """E over two weights as a surface to turn, and the walks of two optimisers on it, a figure of
    plotly. `errors` (len(w1), len(w2)); a walk (steps + 1, 3): w1, w2, E. Its slider is its own, so
    that the walks follow the hand."""
    n_steps = max(map(len, walks.values())) - 1
    stops = range(0, n_steps + 1, STEPS_A_STOP)
    figure = plotly.Figure(
        data=[valley_ground(errors, w1, w2), *walks_until(walks, n_steps)],
        frames=[
            plotly.Frame(
                name=f"{n}",
                data=walks_until(walks, n),
                traces=[*range(1, 2 * len(walks) + 1)],
                layout={"scene": {"annotations": walker_names(walks, n)}},
            )
            for n in stops
        ],
    )
    return figure.update_layout(
        height=480,
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        paper_bgcolor="rgba(0,0,0,0)",
        showlegend=False,
        sliders=[steps_slider("steps taken: ", [f"{n}" for n in stops])],
        scene={
            "bgcolor": "rgba(0,0,0,0)",
            "xaxis": valley_axis("first weight"),
            "yaxis": valley_axis("second weight"),
            "zaxis": valley_axis("error E"),
            "aspectratio": {"x": 1, "y": 1, "z": 0.7},
            "camera": {"eye": {"x": 1.25, "y": -1.25, "z": 1.25}, "center": {"z": -0.1}},
            "annotations": walker_names(walks, n_steps),
        },
    )


def valley_ground(errors: Numbers, w1: Numbers, w2: Numbers) -> Any:
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
        hovertemplate=VALLEY_TOLD.replace("%{z", "%{customdata"),
    )


def walks_until(walks: Mapping[str, Numbers], n: int) -> list[Any]:
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
                    hovertemplate=f"{name}, {VALLEY_TOLD}",
                )
            )
    return traces


def walker_names(walks: Mapping[str, Numbers], n: int) -> list[dict[str, Any]]:
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


def steps_slider(says: str, stops: Sequence[str]) -> dict[str, Any]:
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


def valley_axis(title: str) -> dict[str, Any]:
    return {
        "title": {"text": title, "font": {"color": SOFT.now, "size": LABEL}},
        "tickfont": {"color": SOFT.now},
        "gridcolor": LINE.now,
        "zerolinecolor": LINE.now,
        "showbackground": False,
    }
