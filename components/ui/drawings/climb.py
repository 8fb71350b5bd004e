"""A course in stages: the share of validation problems right in every token, a curve a length.

The browser's pen writes all curves once when it is opened, and rests with the whole course.

Shapes: `K` checks, `L` lengths.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from components.ui.drawings.drawing import digest, drawing, moments

HTML = f"""
<div class="drawing climb">
  <div class="title">Validation problems right in every token, by length</div>
  <svg class="plot" role="img"></svg>
  {moments("Check shown")}
  <div class="said" role="status"></div>
</div>
"""

component = drawing("climbing_course", "climb", HTML)


class Band(NamedTuple):
    """A stage of the course, from the problem `begin` on until `end` problems are read."""

    name: str
    begin: int
    end: int


def show_climb(
    key: str,
    lengths: Sequence[str],
    steps: Sequence[int] | NDArray[np.integer[Any]],
    right: NDArray[np.floating[Any]],
    stages: Sequence[Band],
    *,
    alt: str,
    seconds: float = 8.0,
) -> None:
    """`right`, (K, L), is the share of each length at the checks after so many problems, `steps`.

    Lengths from short to long are drawn from light to strong; the pen takes so many `seconds`.
    Raises ValueError for shares that do not fit the checks and lengths or lie outside 0 to 1, for
    fewer than two checks or such that do not rise, and for stages that overlap.
    """
    data = climb_data(lengths, steps, right, stages) | {"alt": alt, "seconds": seconds}
    component(data=data | {"digest": digest(data)}, key=key)


def climb_data(
    lengths: Sequence[str],
    steps: Sequence[int] | NDArray[np.integer[Any]],
    right: NDArray[np.floating[Any]],
    stages: Sequence[Band],
) -> dict[str, Any]:
    """What the browser needs, as plain numbers."""
    checks = [int(step) for step in steps]
    if right.shape != (len(checks), len(lengths)):
        wanted = f"{len(checks)} checks of {len(lengths)} lengths"
        raise ValueError(f"right has shape {right.shape}; there are {wanted}")
    if not ((right >= 0) & (right <= 1)).all():
        raise ValueError(f"shares from {right.min()} to {right.max()}; 0 to 1 is wanted")
    if len(checks) < 2 or checks[0] < 0 or (np.diff(checks) <= 0).any():
        raise ValueError(f"steps={checks}; at least two that rise from 0 or more are wanted")
    require_in_turn(stages)
    return {
        "lengths": [*lengths],
        "steps": checks,
        "right": right.tolist(),
        "stages": [[*stage] for stage in stages],
    }


def require_in_turn(stages: Sequence[Band]) -> None:
    """Raise ValueError for a stage without problems, or one that begins before another ends."""
    ended = 0
    for stage in stages:
        if not ended <= stage.begin < stage.end:
            raise ValueError(f"{stage}: {ended} <= begin < end is wanted")
        ended = stage.end
