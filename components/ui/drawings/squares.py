"""Two networks in training side by side: all pairs of numbers, right or wrong at every check.

The browser plays the checks once and counts pairs that were trained on and held out apart. It holds
a bit a pair and a check; what was written for a pair comes when a reader chooses it.

Shapes: `K` checks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from components.ui.drawings.drawing import as_text, digest, drawing, moments, sent_by

Bits = NDArray[np.bool_]
Cell = tuple[int, int]

N_PAIR = 10_000

HTML = f"""
<div class="drawing squares">
  <p class="headline">Every cell is a product. Press one to see what each network wrote.</p>
  <div class="view">
    <div class="both">
      <div class="heads"></div>
      <div class="fields" role="slider" tabindex="0"></div>
      <div class="curves"></div>
    </div>
    <div class="reading">
      <div class="legend">
        <span><b>trained on</b><i class="trained-right"></i>right<i class="trained-wrong"></i>wrong
        </span>
        <span><b>held out</b><i class="held-right"></i>right<i class="held-wrong"></i>wrong</span>
        <span>first number down, second across</span>
      </div>
      <div class="pair"></div>
      <div class="controls nudge" role="group" aria-label="A pair beside it"></div>
      <div class="texts"></div>
      <div class="aside">raised: the carry into a digit</div>
    </div>
  </div>
  {moments("Check shown")}
  <div class="said" role="status"></div>
</div>
"""

component = drawing("two_squares", "squares", HTML)


class Square(NamedTuple):
    """A network, what it writes in some words, and which pairs it gets wrong, (K, 10,000)."""

    name: str
    about: str
    wrong: Bits


class Writing(NamedTuple):
    """What one network wrote for a pair at each check, (K,), and in words where it went wrong; the
    right text, and of each of its tokens what it is, and what is carried into it: 0 if nothing."""

    written: Sequence[str]
    said: Sequence[str]
    right: str
    roles: Sequence[str]
    carries: Sequence[int]


def show_squares(
    key: str,
    squares: Sequence[Square],
    trained: Bits,
    tokens: Sequence[int],
    cell: Cell,
    writings: Sequence[Writing],
    *,
    alt: str,
    choose: Callable[[Cell], None],
    seconds: float = 9.0,
) -> None:
    """The squares after so many `tokens`, (K,), of training; `trained`, (10,000,), is of all.

    `cell` is open, of which each network has its `writings`. `choose` is called of another that
    a reader picks. Raises ValueError for what `squares_data` refuses.
    """
    data = squares_data(squares, trained, tokens) | {"alt": alt, "seconds": seconds}
    data["checks"] = digest(data)
    data |= {"cell": [*cell], "writings": [writing._asdict() for writing in writings]}

    def chosen() -> None:
        if (picked := read_cell(sent_by(key, "cell"))) is not None:
            choose(picked)

    # Below the digest of the checks: another pair builds no square anew.
    asked = digest({"checks": data["checks"], "cell": data["cell"]})
    component(data=data | {"digest": asked}, key=key, on_cell_change=chosen)


def read_cell(sent: object) -> Cell | None:
    """Two numbers up to 99; None for all else."""
    match sent:
        case [int(a), int(b)] if 0 <= a <= 99 and 0 <= b <= 99:
            return a, b
        case _:
            return None


def squares_data(squares: Sequence[Square], trained: Bits, tokens: Sequence[int]) -> dict[str, Any]:
    """What the browser needs of the checks, a bit a pair.

    Raises ValueError for squares that do not fit the checks, and for tokens that do not rise.
    """
    if trained.shape != (N_PAIR,):
        raise ValueError(f"trained has shape {trained.shape}; ({N_PAIR},) is wanted")
    if len(tokens) < 2 or (np.diff(tokens) <= 0).any():
        raise ValueError(f"tokens={[*tokens]}; at least two that rise are wanted")
    for square in squares:
        if square.wrong.shape != (len(tokens), N_PAIR):
            wanted = f"{len(tokens)} checks of {N_PAIR} pairs"
            raise ValueError(f"{square.name} has shape {square.wrong.shape}; there are {wanted}")
    return {
        "squares": [
            {"name": name, "about": about, "wrong": as_text(np.packbits(wrong))}
            for name, about, wrong in squares
        ],
        "trained": as_text(np.packbits(trained)),
        "tokens": [int(token) for token in tokens],
    }
