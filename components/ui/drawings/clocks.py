"""One query and one key as clocks: each pair of numbers an arrow that turns with its position.

The browser turns the arrows while the hand moves the two tokens along the ruler, with the equation
of `lab.model.positions.turn_pairs`. It plays once: both move on together, then the key moves back.

Shapes: `K` pairs of one head.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from components.ui.drawings.drawing import digest, drawing, moments

Numbers = NDArray[np.float64]

HTML = f"""
<div class="drawing clocks">
  <p class="headline">Drag a token, or both together: the hands turn, but only the gap changes the
    score.</p>
  <svg class="ruler" role="group"></svg>
  <div class="pair">
    <svg class="dial" aria-hidden="true" viewBox="-128 -112 256 224"></svg>
    <div class="facts">
      <div class="now">angle here <b class="angle"></b> score of all <b class="score"></b></div>
      <svg class="scores" role="img"></svg>
    </div>
  </div>
  <div class="row" role="radiogroup" aria-label="Clock shown large"></div>
  <div class="note"><i></i>at the start. Below each clock: degrees per position. An angle is taken
    the shorter way round.</div>
  {moments("How far they have moved")}
  <div class="said" role="status"></div>
</div>
"""

component = drawing("rotary_clocks", "clocks", HTML)


class Walk(NamedTuple):
    """`text` stands at `start` on a ruler from 0 to `last`; its last token asks, and the key is
    that of token `key`. Both move on by `on` positions, then the key `back` by some more. A gap is
    one to `most`."""

    text: str
    key: int
    start: int
    on: int
    back: int
    most: int
    last: int


def show_clocks(
    key: str, speeds: Numbers, q: Numbers, k: Numbers, walk: Walk, *, alt: str, seconds: float = 9.0
) -> None:
    """`speeds` (K,) in radians per position; `q` and `k` (K, 2), the pairs before they are turned.

    Raises ValueError for shapes that do not fit and a walk that leaves the ruler.
    """
    data = clocks_data(speeds, q, k, walk) | {"alt": alt, "seconds": seconds}
    component(data=data | {"digest": digest(data)}, key=key)


def clocks_data(speeds: Numbers, q: Numbers, k: Numbers, walk: Walk) -> dict[str, Any]:
    """What the browser needs to turn every pair and to add up the score."""
    if speeds.ndim != 1 or not len(speeds):
        raise ValueError(f"speeds has shape {speeds.shape}; it is one number a pair, (K,)")
    for name, pairs in (("q", q), ("k", k)):
        if pairs.shape != (len(speeds), 2):
            raise ValueError(f"{name} has shape {pairs.shape}, but there are {len(speeds)} speeds")
    text, token, start, on, back, most, last = walk
    gap = len(text) - 1 - token
    if not (token >= 0 and 1 <= gap < gap + back <= most):
        raise ValueError(f"{walk}: a gap of {gap} grows by {back}; it is 1 to {most}")
    if start < 0 or start + len(text) - 1 + on > last or start + token + on < back:
        raise ValueError(f"{walk}: off the ruler, which ends at {last}")
    return {
        "speeds": speeds.tolist(),
        "q": q.tolist(),
        "k": k.tolist(),
        **walk._asdict(),
    }
