"""Labels that a model wrote fall through checks, round after round: what fails one that is switched
on lies on its mesh, and what passes all comes into one of two trays.

What each label passes is read beforehand; the browser counts who is kept, and lets them fall.

Shapes: `N` labels of a round.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import IntFlag, auto
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from components.ui.drawings.drawing import as_text, digest, drawing, moments, sent_by

MOST_LABELS = 500
"""Of more in a round the marks would be too small to be seen."""


class Label(IntFlag):
    """What is known of a label: whether it is right, which checks it passes, and whether its answer
    is a number at all."""

    RIGHT = auto()
    VOTE = auto()
    SWAP = auto()
    NINE = auto()
    ELEVEN = auto()
    NUMBER = auto()


CHECKS = {
    Label.NINE: "modulo 9",
    Label.ELEVEN: "modulo 11",
    Label.SWAP: "swap",
    Label.VOTE: "vote",
}
"""The checks from the top, the cheapest first, and what they are called."""


class WrittenProblem(NamedTuple):
    """A problem and what was written for it; `wrong` are the places of its wrong characters."""

    text: str
    wrong: Sequence[int] = ()


class Round(NamedTuple):
    """How long its longest numbers are, in words; a `Label` each, (N,); what was written, (N,) or
    none."""

    name: str
    flags: Sequence[int] | NDArray[np.integer[Any]]
    texts: Sequence[WrittenProblem] = ()


HTML = f"""
<div class="drawing sieve">
  <div class="head">
    <p class="headline">
      Nobody marks these answers. Switch on a check and see what falls through.
    </p>
    <div class="legend">
      <span><svg viewBox="0 0 10 10"><circle cx="5" cy="5" r="4.5"/></svg>right</span>
      <span><svg viewBox="0 0 10 10"><path d="M1 1L9 9M1 9L9 1"/></svg>wrong, a number</span>
      <span><svg viewBox="0 0 10 10"><path d="M1 5L9 5"/></svg>wrong, no number</span>
    </div>
  </div>
  <div class="tower">
    <div class="sheet"><canvas class="dots" role="slider" tabindex="0"></canvas></div>
    <div class="floor"><span class="written"></span><span class="of"></span></div>
    <div class="shelves"></div>
    <div class="floor trays">
      <b class="kept"></b><i></i><b class="passed"></b><i></i>
    </div>
  </div>
  <div class="below">
    <div class="pointed"></div>
    <button class="next">Next wrong one that is kept</button>
  </div>
  {moments("Round")}
  <div class="said" role="status"></div>
</div>
"""

component = drawing("sieve_of_labels", "sieve", HTML)


def show_sieve(
    key: str,
    rounds: Sequence[Round],
    *,
    on: Sequence[Label] = (),
    alt: str,
    seconds: float = 11.0,
    on_switch: Callable[[list[Label]], None] | None = None,
) -> None:
    """A mark for each label of each of the `rounds`; the checks `on` are switched on at first.
    `on_switch` is called with those that are on whenever a reader switches one.

    Raises ValueError for no round, for one of no label or more than `MOST_LABELS`, for flags that
    are no `Label`, for texts that do not fit the labels, for a place that its text does not have,
    and for an `on` that is no check.
    """
    data = sieve_data(rounds, on) | {"alt": alt, "seconds": seconds}

    def switched() -> None:
        sent = sent_by(key, "on")
        if on_switch and sent is not None:
            on_switch([check for check in CHECKS if check & int(sent)])

    component(data=data | {"digest": digest(data)}, key=key, on_on_change=switched)


def sieve_data(rounds: Sequence[Round], on: Sequence[Label]) -> dict[str, Any]:
    """What the browser needs: a byte a label, the texts, and the checks with their bits."""
    if not rounds:
        raise ValueError("no round; at least one is wanted")
    for check in on:
        if check not in CHECKS:
            raise ValueError(f"on={check!r}; the checks are {[*CHECKS]}")
    return {
        "rounds": [round_data(*one) for one in rounds],
        "right": int(Label.RIGHT),
        "number": int(Label.NUMBER),
        "checks": [[name, int(check)] for check, name in CHECKS.items()],
        "on": int(sum(on)),
    }


def round_data(
    name: str,
    flags: Sequence[int] | NDArray[np.integer[Any]],
    texts: Sequence[WrittenProblem],
) -> dict[str, Any]:
    labels = np.asarray(flags)
    known = sum(Label)
    if not 1 <= labels.size <= MOST_LABELS:
        raise ValueError(f"{labels.size} labels; 1 to {MOST_LABELS} can be seen")
    if labels.ndim != 1 or labels.min() < 0 or labels.max() > known:
        found = f"shape {labels.shape}, from {labels.min()} to {labels.max()}"
        raise ValueError(f"flags of {found}; one dimension, 0 to {known} is wanted")
    if len(texts) not in (0, len(labels)):
        raise ValueError(f"{len(texts)} texts of {len(labels)} labels")
    for text, wrong in texts:
        if not all(0 <= place < len(text) for place in wrong):
            raise ValueError(f"wrong={[*wrong]} of {text!r}: its places are 0 to {len(text) - 1}")
    return {
        "name": name,
        "flags": as_text(labels.astype(np.uint8)),
        "texts": [[text, [*wrong]] for text, wrong in texts],
    }
