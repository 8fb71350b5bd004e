"""Softmax in pieces: cards of a score and a value come one by one, and only m, l and O are kept.

The browser computes; the reader changes the order in which the cards come and how many come at a
time. Beside it stands softmax without m, in float16.

Shapes: `N` cards, `D` numbers of a value.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from components.ui.drawings.drawing import digest, drawing, moments

MOST_CARDS, MOST_NUMBERS = 16, 4
"""With more, a card or a bar on it is too small to be seen."""

ORDERS = {"written": "as written", "first": "largest first", "last": "largest last"}
SIZES = (1, 2, 4)

CARDS = {"later": "still to come", "newest": "has come last", "gone": "read, and let go"}
BARS = {"was": "kept before", "shrunk": "after it shrinks", "now": "with what has come"}

HTML = f"""
<div class="drawing registers">
  <div class="controls">
    <div class="choice" role="group" aria-label="Order in which the cards come">
      {"".join(f'<button data-order="{order}">{name}</button>' for order, name in ORDERS.items())}
    </div>
    <div class="choice" role="group" aria-label="Cards at a time">
      <span>cards at a time</span>
      {"".join(f'<button data-size="{size}">{size}</button>' for size in SIZES)}
    </div>
  </div>
  <div class="legend">
    {"".join(f'<span><i class="{kind}"></i>{name}</span>' for kind, name in CARDS.items())}
    <span>drag a card, or move it with the arrow keys</span>
  </div>
  <ol class="cards" role="list" aria-label="Cards in the order in which they come"></ol>
  <div class="panels">
    <div class="panel">
      <div class="title">All that is kept: m, l and O</div>
      <div class="kept" role="group"></div>
      <div class="legend">
        {"".join(f'<span><i class="{kind}"></i>{name}</span>' for kind, name in BARS.items())}
        <span><i class="aim"></i>softmax over all cards at once</span>
      </div>
      {moments()}
      <div class="said" role="status"></div>
    </div>
    <div class="naive">
      <table>
        <caption class="title">Without m, in float16</caption>
        <thead>
          <tr>
            <th scope="col">card</th><th scope="col">score</th><th scope="col">exp(score)</th>
          </tr>
        </thead>
        <tbody class="powers"></tbody>
        <tfoot class="totals"></tfoot>
      </table>
      <div class="verdict" role="status"></div>
    </div>
  </div>
</div>
"""

component = drawing("softmax_in_pieces", "registers", HTML)


def show_registers(
    key: str,
    labels: Sequence[str],
    scores: Sequence[float] | NDArray[np.floating[Any]],
    values: Sequence[Sequence[float]] | NDArray[np.floating[Any]],
    *,
    alt: str,
    seconds: float = 8.0,
) -> None:
    """A card for each of the `labels`, (N,), with its score, (N,), and its value, (N, D).

    The cards come once in so many `seconds`, in the order in which they are given. That order is
    the reader's from then on, and stays when scores or values change below the same labels. Raises
    ValueError for no card or more than `MOST_CARDS`, for scores and values that do not fit the
    labels, and for a number that is not finite.
    """
    data = registers_data(labels, scores, values) | {"alt": alt, "seconds": seconds}
    component(data=data | {"digest": digest(data)}, key=key)


def registers_data(
    labels: Sequence[str],
    scores: Sequence[float] | NDArray[np.floating[Any]],
    values: Sequence[Sequence[float]] | NDArray[np.floating[Any]],
) -> dict[str, Any]:
    """What the browser needs, as plain numbers."""
    n = len(labels)
    if not 1 <= n <= MOST_CARDS:
        raise ValueError(f"{n} cards; 1 to {MOST_CARDS} can be seen")
    numbers = np.asarray(scores, dtype=np.float64)
    if numbers.shape != (n,):
        raise ValueError(f"scores of shape {numbers.shape}; ({n},) is wanted, one a label")
    table = np.asarray(values, dtype=np.float64)
    if table.ndim != 2 or len(table) != n or not 1 <= table.shape[1] <= MOST_NUMBERS:
        wanted = f"({n}, D) with D from 1 to {MOST_NUMBERS}"
        raise ValueError(f"values of shape {table.shape}; {wanted} is wanted")
    for i, (label, score, value) in enumerate(zip(labels, numbers, table, strict=True)):
        require_finite(f"the score of card {i + 1}, {label!r},", [score])
        require_finite(f"the value of card {i + 1}, {label!r},", value)
    return {"labels": [*labels], "scores": numbers.tolist(), "values": table.tolist()}


def require_finite(name: str, numbers: Sequence[float] | NDArray[np.float64]) -> None:
    for number in numbers:
        if not math.isfinite(number):
            raise ValueError(f"{name} is {number}; finite numbers are wanted")
