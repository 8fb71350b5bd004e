"""A shift of all logits alike, which changes no probability.

A reader drags one handle: every logit moves by as much, and softmax is worked out anew in the
browser. Nothing moves before.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from components.ui.drawings.drawing import digest, drawing

HTML = """
<div class="drawing shift">
  <svg class="plot" role="group"></svg>
  <div class="said" role="status"></div>
</div>
"""

component = drawing("common_shift", "shift", HTML)


def show_shift(
    key: str,
    tokens: Sequence[str],
    logits: Sequence[float],
    *,
    low: int,
    high: int,
    at: float,
    marks: Sequence[tuple[float, str]],
    alt: str,
) -> None:
    """The first of the `tokens` is the right one; all `logits` are shifted by `low` to `high`, `at`
    first, and `marks` are shifts with a name. Raises ValueError as `shift_data`."""
    data = shift_data(tokens, logits, low, high, at, marks) | {"alt": alt}
    component(data=data | {"digest": digest(data)}, key=key)


def shift_data(
    tokens: Sequence[str],
    logits: Sequence[float],
    low: int,
    high: int,
    at: float,
    marks: Sequence[tuple[float, str]],
) -> dict[str, Any]:
    """Raises ValueError for logits that do not fit the tokens, and for shifts beyond the ends."""
    if len(tokens) != len(logits) or not all(map(math.isfinite, logits)):
        raise ValueError(f"{len(logits)} logits of {len(tokens)} tokens; one finite each is wanted")
    if not low < 0 < high or not all(low <= by <= high for by in (at, *(by for by, _ in marks))):
        raise ValueError(f"shifts from {low} to {high}, {at=}, {marks=}; 0 and they lie between")
    return {
        "tokens": [*tokens],
        "logits": [*logits],
        "low": low,
        "high": high,
        "at": at,
        "marks": [list(mark) for mark in marks],
    }
