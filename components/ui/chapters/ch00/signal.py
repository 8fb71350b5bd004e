"""The way of one signal back, drawn once: from the votes to the weight that it moves."""

from __future__ import annotations

from html import escape

import numpy as np

from components.ui.drawings.network import Edge
from lab.by_hand.mlp import Numbers
from lab.by_hand.mlp_experiment import ByHand

WIDE, HIGH = 380, 300
COLUMNS = (84, 186, 290)
"""Where inputs, hidden neurons and votes stand."""

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
    lines, words = into_the_neuron(hand, at, o) if layer == 0 else ([], [])
    end, start = places(layer)[i], places(layer + 1)[o]
    lines.append(line(start, end, hand.dy[at], 1.0, "wb-last"))
    middle = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2 - 7
    words += [
        text(middle, f"× x {hand.x[at]:.3g}", "middle", 3),
        text((end[0] - 8, end[1] - 12), f"dW {hand.terms[at]:+.3f}", "end", 4, "wb-sum"),
    ]
    if layer == 1:
        words.append(text((start[0] + 8, start[1]), vote(o, hand.dy[at]), "start", 0))
    dots = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{5 if (n, k) in ends(edge) else 2.5}"/>'
        for n in range(3)
        for k, (x, y) in enumerate(places(n))
    )
    heads = "".join(
        f'<text x="{x}" y="11" text-anchor="middle" class="wb-head">{name}</text>'
        for x, name in zip(COLUMNS, ("inputs", "hidden", "votes"), strict=True)
    )
    told = f"For {a[at]} times {b[at]}, the signal from the votes back to one weight"
    return (
        f'<svg class="wb-signal" viewBox="0 0 {WIDE} {HIGH}" role="img" data-played="{played}" '
        f'aria-label="{escape(told)}">{"".join(lines)}{dots}{heads}{"".join(words)}</svg>'
    )


def ends(edge: Edge) -> set[tuple[int, int]]:
    layer, i, o = edge
    return {(layer, i), (layer + 1, o)}


def into_the_neuron(hand: ByHand, at: int, o: int) -> tuple[list[str], list[str]]:
    """What all votes hand back to hidden neuron `o`, and what it makes of it."""
    assert hand.back is not None and hand.ahead is not None and hand.slope is not None
    back, ahead = hand.back[at], hand.ahead[at]
    share = abs(back) / max(abs(back).max(), 1e-300)
    neuron = places(1)[o]
    lines = [line(places(2)[k], neuron, back[k], share[k], "wb-first") for k in range(SIZES[2])]
    words = [
        text((COLUMNS[2] + 8, places(2)[k][1]), vote(k, ahead[k]), "start", 0)
        for k in np.argsort(-share)[:NAMED]
    ]
    slope = f"ReLU × {hand.slope[at]:.0f}"
    x, y = neuron
    below = 18 if y < HIGH / 2 else -18
    words.append(text((x, y + below), f"sum {back.sum():+.3f}", "middle", 1, "wb-sum"))
    words.append(text((x, y + below * 1.8), slope, "middle", 2))
    return lines, words


def vote(k: int, dy: float) -> str:
    return f"{k % 10} {'units' if k < 10 else 'tens'} {dy:+.2f}"


def line(
    start: tuple[float, float], end: tuple[float, float], value: float, share: float, kind: str
) -> str:
    """From `start` to `end`, as thick as its share; the browser draws it in that direction."""
    (x1, y1), (x2, y2) = start, end
    sign = "negative" if value < 0 else "positive"
    return (
        f'<line class="{kind}" pathLength="1" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" '
        f'y2="{y2:.1f}" stroke="var(--wb-{sign})" stroke-width="{0.4 + 3 * share:.2f}" '
        f'stroke-opacity="{0.25 + 0.75 * share:.2f}"/>'
    )


def text(at: tuple[float, float], words: str, anchor: str, turn: int, kind: str = "") -> str:
    """`turn`: which of the words comes first, which next."""
    x, y = at
    return (
        f'<text class="{kind}" style="--i:{turn}" x="{x:.1f}" y="{y + 4:.1f}" '
        f'text-anchor="{anchor}">{words}</text>'
    )
