"""The way of one signal back, drawn once: from the votes to the weight that it moves.

In HTML, since Streamlit lets no SVG through: a line is a thin box that is turned.
"""

from __future__ import annotations

from html import escape
from math import atan2, hypot

import numpy as np

from components.ui.drawings.network import Edge
from lab.by_hand.mlp import Numbers
from lab.by_hand.mlp_experiment import ByHand

HIGH = 310
COLUMNS = (84, 172, 254)
"""Where inputs, hidden neurons and votes stand, in pixels; a phone has room for it all."""

SIZES = (20, 16, 20)
NAMED = 3
"""Votes whose signal is written beside them: those that weigh most."""


def places(layer: int) -> list[tuple[float, float]]:
    """Units one below another; of twenty, the second ten a little apart."""
    n = SIZES[layer]
    gap = 1.2 if n == 20 else 0.0
    lows = [(i + 0.5 + (gap if i >= n / 2 else 0)) / (n + gap) for i in range(n)]
    return [(COLUMNS[layer], 24 + (HIGH - 32) * low) for low in lows]


def signal_back(hand: ByHand, edge: Edge, a: Numbers, b: Numbers, played: int = 0) -> str:
    """A picture of the example that moves the weight most. `played`: how often it was asked for
    again; another number, and the browser draws it anew."""
    at, (layer, i, o) = hand.telling, edge
    end, start, on = places(layer)[i], places(layer + 1)[o], {(layer, i), (layer + 1, o)}
    # words keep off the edge that goes from neuron to input
    down, beside = (18, "wb-start") if end[1] < start[1] else (-18, "wb-end")
    times_x = f"× x {hand.x[at]:.3g}"
    lines, words = into_the_neuron(hand, at, o, down) if layer == 0 else ([], [])
    lines.append(line(start, end, hand.dy[at], 1.0, "wb-last"))
    words += [
        text(((start[0] + end[0]) / 2, (start[1] + end[1]) / 2 - 9), times_x, 3, beside),
        text((end[0] - 9, end[1]), f"x·dy {hand.terms[at]:+.3f}", 4, "wb-end wb-sum"),
    ]
    if layer == 1:
        words.append(text((start[0] + 9, start[1]), vote(o, hand.dy[at]), 0, "wb-start"))
    dots = "".join(
        f'<b class="{"wb-on" if (n, k) in on else ""}" style="left:{x:.1f}px;top:{y:.1f}px"></b>'
        for n in range(3)
        for k, (x, y) in enumerate(places(n))
    )
    heads = "".join(
        f'<span class="wb-head" style="left:{x}px;top:8px">{name}</span>'
        for x, name in zip(COLUMNS, ("inputs", "hidden", "votes"), strict=True)
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
    neuron = places(1)[o]
    lines = [line(places(2)[k], neuron, back[k], share[k], "wb-first") for k in range(SIZES[2])]
    words = [
        text((COLUMNS[2] + 9, places(2)[k][1]), vote(k, ahead[k]), 0, "wb-start")
        for k in np.argsort(-share)[:NAMED]
    ]
    x, y = neuron
    words.append(text((x - 9, y + down), f"sum {back.sum():+.3f}", 1, "wb-end wb-sum"))
    words.append(text((x - 9, y + 2 * down), f"ReLU × {hand.slope[at]:.0f}", 2, "wb-end"))
    return lines, words


def vote(k: int, dy: float) -> str:
    return f"{k % 10} {'units' if k < 10 else 'tens'} {dy:+.3f}"


def line(
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


def text(at: tuple[float, float], words: str, turn: int, kind: str = "") -> str:
    """Words whose middle, start or end is there. `turn`: which come first, which next."""
    x, y = at
    return f'<span class="{kind}" style="left:{x:.1f}px;top:{y:.1f}px;--i:{turn}">{words}</span>'
