"""A sieve for labels that a model wrote: checks are switched on, and what fails them falls through.

What each label passes is read beforehand; the browser counts who is kept, and lets the others fall.

Shapes: `N` labels.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntFlag, auto
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from components.ui.drawings.drawing import as_text, digest, drawing

MOST_LABELS = 1000
"""A grid of more has dots too small to be seen."""


class Label(IntFlag):
    """What is known of a label: whether it is right, and which checks it passes."""

    RIGHT = auto()
    VOTE = auto()
    SWAP = auto()
    NINE = auto()
    ELEVEN = auto()


CHECKS = {
    Label.VOTE: "vote of three seeds",
    Label.SWAP: "a × b = b × a",
    Label.NINE: "modulo 9",
    Label.ELEVEN: "modulo 11",
}
"""The checks, in the order in which they are listed, and what they are called."""


class WrittenProblem(NamedTuple):
    """A sum and what was written for it; `wrong` are the places of its wrong characters."""

    text: str
    wrong: Sequence[int] = ()


HTML = """
<div class="drawing sieve">
  <div class="panel">
    <table>
      <caption class="all"></caption>
      <thead>
        <tr>
          <th scope="col">check</th><th scope="col">kept</th>
          <th scope="col">wrong kept</th><th scope="col">right thrown away</th>
        </tr>
      </thead>
      <tbody class="checks"></tbody>
    </table>
    <div class="key">
      <span><svg viewBox="0 0 10 10"><circle cx="5" cy="5" r="4.5"/></svg>right</span>
      <span><svg viewBox="0 0 10 10"><path d="M1 1L9 9M1 9L9 1"/></svg>wrong</span>
    </div>
    <button class="next">Next wrong one that is kept</button>
  </div>
  <div class="picture">
    <div class="said" role="status"><span class="kept"></span><span class="thrown"></span></div>
    <div class="sheet"><canvas class="dots" role="slider" tabindex="0"></canvas></div>
    <div class="pointed"></div>
  </div>
</div>
"""

component = drawing("sieve_of_labels", "sieve", HTML)


def show_sieve(
    key: str,
    flags: Sequence[int] | NDArray[np.integer[Any]],
    texts: Sequence[WrittenProblem] = (),
    *,
    on: Sequence[Label] = (),
    alt: str,
) -> None:
    """A dot for each of the `flags`, (N,), a `Label` each; `texts`, (N,) or none, say what it is.

    The checks `on` are switched on at first. Raises ValueError for no label or more than
    `MOST_LABELS`, for flags that are no `Label`, for texts that do not fit the labels, for a place
    that its text does not have, and for an `on` that is no check.
    """
    data = sieve_data(flags, texts, on) | {"alt": alt}
    component(data=data | {"digest": digest(data)}, key=key)


def sieve_data(
    flags: Sequence[int] | NDArray[np.integer[Any]],
    texts: Sequence[WrittenProblem],
    on: Sequence[Label],
) -> dict[str, Any]:
    """What the browser needs: a byte a label, the texts, and the checks with their bits."""
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
    for check in on:
        if check not in CHECKS:
            raise ValueError(f"on={check!r}; the checks are {[*CHECKS]}")
    return {
        "flags": as_text(labels.astype(np.uint8)),
        "texts": [[text, [*wrong]] for text, wrong in texts],
        "right": int(Label.RIGHT),
        "checks": [[name, int(check)] for check, name in CHECKS.items()],
        "on": int(sum(on)),
    }
