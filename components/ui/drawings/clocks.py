"""One query and one key as clocks: each pair of numbers an arrow that turns with its position.

The browser turns the arrows while the hand moves them along the ruler, with the equation of
`lab.model.positions.turn_pairs`; on release the two positions come back to Python.

Shapes: `K` pairs of one head.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from components.ui.drawings.drawing import digest, drawing, sent_by

Numbers = NDArray[np.float64]

HTML = """
<div class="drawing clocks">
  <svg class="ruler" role="group"></svg>
  <div class="pair">
    <svg class="dial" aria-hidden="true" viewBox="-110 -110 220 220"></svg>
    <div class="facts">
      <div class="name"></div>
      <div class="turned query"></div><div class="turned key"></div>
      <div>angle from key to query <b class="angle"></b></div>
      <div>match of this pair <b class="match"></b></div>
      <div class="total">score <b class="score"></b> <span class="rule"></span></div>
      <div class="bar"><i></i></div>
    </div>
  </div>
  <div class="row" role="radiogroup" aria-label="Pair in the large clock"></div>
  <div class="legend">
    <span><i class="query"></i>query</span><span><i class="key"></i>key</span>
    <span>every clock at a scale of its own, its speed in radians per position</span>
    <span>bar: what the pair adds to the score, up if positive</span>
  </div>
  <div class="said" role="status"></div>
</div>
"""

component = drawing("rotary_clocks", "clocks", HTML)


def show_clocks(
    key: str,
    speeds: Numbers,
    q: Numbers,
    k: Numbers,
    i: int,
    j: int,
    *,
    last: int,
    alt: str,
    pair: int = 0,
    on_move: Callable[[int, int], None] | None = None,
) -> None:
    """A query at position `i` and a key at `j`, on a ruler from 0 to `last`.

    `speeds` (K,) in radians per position; `q` and `k` (K, 2), the pairs before they are turned.
    `pair` is in the large clock at first. `on_move(i, j)` is called on release. Raises ValueError
    for shapes that do not fit and positions off the ruler.
    """
    data = clocks_data(speeds, q, k, i, j, last, pair) | {"alt": alt}

    def moved() -> None:
        sent = sent_by(key, "positions")
        if on_move and sent:
            on_move(*read_positions(sent, last))

    component(data=data | {"digest": digest(data)}, key=key, on_positions_change=moved)


def clocks_data(
    speeds: Numbers, q: Numbers, k: Numbers, i: int, j: int, last: int, pair: int = 0
) -> dict[str, Any]:
    """What the browser needs to turn every pair and to add up the score."""
    if speeds.ndim != 1 or not len(speeds):
        raise ValueError(f"speeds has shape {speeds.shape}; it is one number a pair, (K,)")
    for name, pairs in (("q", q), ("k", k)):
        if pairs.shape != (len(speeds), 2):
            raise ValueError(f"{name} has shape {pairs.shape}, but there are {len(speeds)} speeds")
    if last < 1:
        raise ValueError(f"last={last}; a ruler has at least the positions 0 and 1")
    for name, place in (("i", i), ("j", j)):
        if not 0 <= place <= last:
            raise ValueError(f"{name}={place} is off the ruler, which ends at last={last}")
    if not 0 <= pair < len(speeds):
        raise ValueError(f"pair={pair}, but there are {len(speeds)} pairs")
    return {
        "speeds": speeds.tolist(),
        "q": q.tolist(),
        "k": k.tolist(),
        "i": i,
        "j": j,
        "last": last,
        "pair": pair,
    }


def read_positions(sent: Sequence[float], last: int) -> tuple[int, int]:
    """Two whole places on the ruler, whatever the browser sent."""
    i, j = (float(x) if np.isfinite(float(x)) else 0.0 for x in sent)
    return round(min(max(i, 0), last)), round(min(max(j, 0), last))
