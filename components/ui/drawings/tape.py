"""Shift and stretch: one sum on a long tape of positions, read by two models side by side.

Every reading is made beforehand by `lab.interp.position_probes`; the browser only
picks the one that belongs to the place the hand has dragged the sum to.

Shapes: `S` shifts, `G` widths of the gap, `T` tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from components.ui.drawings.drawing import as_text, digest, drawing

if TYPE_CHECKING:
    from lab.interp.position_probes import OnTheTape

Numbers = NDArray[np.float64]
Weights = NDArray[np.uint8]
Flags = NDArray[np.bool_]

SIDE = """
    <figure class="side">
      <figcaption class="title"></figcaption>
      <svg class="map" role="img"></svg>
      <div class="count"></div>
      <div class="change">largest change of a weight <b></b></div>
      <div class="sum"></div>
    </figure>
"""
HTML = f"""
<div class="drawing tape">
  <div class="modes" role="group" aria-label="What the hand moves">
    <button data-mode="shifted">Shift the whole problem</button>
    <button data-mode="stretched">Pull it apart</button>
  </div>
  <div class="where"></div>
  <svg class="strip" role="group"></svg>
  <div class="sides">{SIDE}{SIDE}</div>
  <div class="pointed"></div>
  <div class="said" role="status"></div>
</div>
"""

component = drawing("shift_and_stretch", "tape", HTML)


@dataclass(frozen=True)
class Side:
    """What one model makes of the sum at every shift (S), and with every gap (G), from 0 on.

    Weights of one head are bytes, 255 a weight of 1. `..._right`: is each next token predicted?
    `..._change`: the largest change of a weight from the sum at its own place. That is measured
    before the weights are rounded: a byte may tip over a change of one part in a million.
    """

    title: str
    shifted: Weights  # (S, T, T)
    shifted_right: Flags  # (S, T - 1)
    stretched: Weights  # (G, T, T)
    stretched_right: Flags  # (G, T - 1)
    shifted_change: Numbers  # (S,)
    stretched_change: Numbers  # (G,)

    @classmethod
    def of(cls, title: str, shifted: OnTheTape, stretched: OnTheTape) -> Side:
        """From two readings of which the first ruler, each time, is the sum at its own place."""
        return cls(
            title,
            as_bytes(shifted.pattern),
            shifted.right,
            as_bytes(stretched.pattern),
            stretched.right,
            change(shifted.pattern),
            change(stretched.pattern),
        )


def as_bytes(pattern: NDArray[np.floating[Any]]) -> Weights:
    return np.rint(255 * pattern).astype(np.uint8)


def change(pattern: NDArray[np.floating[Any]]) -> Numbers:
    """The largest change of a weight from the first of N maps, (N, T, T) -> (N,)."""
    return abs(pattern - pattern[0]).max(axis=(1, 2)).astype(np.float64)


def show_tape(
    key: str,
    text: str,
    sides: Sequence[Side],
    *,
    last: int,
    gap_at: int,
    first_asked: int,
    alt: str,
    start: int,
    start_gap: int,
) -> None:
    """One text on a tape of positions 0 to `last`; `sides` are the two models.

    The reader moves the whole text, which stands at `start` at first, or in the other mode the part
    from token `gap_at` on, at first behind a gap of `start_gap`. The tokens from `first_asked` on
    are counted as right or wrong. Raises ValueError for readings that do not fit text or tape.
    """
    data = tape_data(text, sides, last, gap_at, first_asked, start, start_gap) | {"alt": alt}
    component(data=data | {"digest": digest(data)}, key=key)


def tape_data(
    text: str,
    sides: Sequence[Side],
    last: int,
    gap_at: int,
    first_asked: int,
    start: int,
    start_gap: int,
) -> dict[str, Any]:
    """What the browser needs: the tokens, and every reading of both models as bytes."""
    if len(sides) != 2:
        raise ValueError(f"{len(sides)} sides; the drawing compares two")
    for name, token in (("gap_at", gap_at), ("first_asked", first_asked)):
        if not 1 <= token < len(text):
            raise ValueError(f"{name}={token} is no token behind another of {text!r}")
    n_shift, n_gap = len(sides[0].shifted), len(sides[0].stretched)
    for side in sides:
        require_fit(side, n_shift, n_gap, len(text))
    for name, n, begin in (("start", n_shift, start), ("start_gap", n_gap, start_gap)):
        if not 0 <= begin < n:
            raise ValueError(f"{name}={begin}, but there are readings from 0 to {n - 1}")
        if n - 1 + len(text) - 1 > last:
            raise ValueError(f"{n} readings of {len(text)} tokens pass the tape's end, last={last}")
    return {
        "tokens": list(text),
        "last": last,
        "gap_at": gap_at,
        "first_asked": first_asked,
        "start": {"shifted": start, "stretched": start_gap},
        "sides": [side_data(side) for side in sides],
    }


def require_fit(side: Side, n_shift: int, n_gap: int, n_token: int) -> None:
    """Raise ValueError for an array of another shape than the text and the other side ask for."""
    for name, n in (("shifted", n_shift), ("stretched", n_gap)):
        weights = getattr(side, name)
        if weights.dtype != np.uint8:
            raise ValueError(f"{name} of {side.title!r} holds {weights.dtype}, not uint8")
        shapes = {"": (n, n_token, n_token), "_right": (n, n_token - 1), "_change": (n,)}
        for part, wanted in shapes.items():
            found = getattr(side, name + part).shape
            if found != wanted:
                raise ValueError(f"{name}{part} of {side.title!r} has shape {found}, not {wanted}")


def side_data(side: Side) -> dict[str, Any]:
    return {
        "title": side.title,
        "shifted": readings_data(side.shifted, side.shifted_right, side.shifted_change),
        "stretched": readings_data(side.stretched, side.stretched_right, side.stretched_change),
    }


def readings_data(weights: Weights, right: Flags, changes: Numbers) -> dict[str, Any]:
    """The causal triangle of every map, row by row, in base64: a byte a weight."""
    rows, columns = np.tril_indices(weights.shape[1])
    return {
        "weights": as_text(weights[:, rows, columns]),
        "right": as_text(right.astype(np.uint8)),
        "change": changes.round(3).tolist(),
    }
