"""What each hidden neuron answers to: a small map of the whole table for each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from components.ui.plots.colours import POSITIVE
from components.ui.plots.pictures import as_url, rgba
from lab.by_hand.mlp import Numbers

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


def tinted(strength: Numbers) -> Numbers:
    """Clear where a neuron says nothing, and so the page's own colour; the scale of amounts."""
    picture = np.zeros((*strength.shape, 4), dtype=np.uint8)
    picture[...] = rgba(POSITIVE.now)
    picture[..., 3] = np.rint(255 * strength)
    return picture.repeat(ZOOM, axis=0).repeat(ZOOM, axis=1)
