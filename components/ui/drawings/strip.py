"""What one token leaves in a cache, number by number, by one way of attention after another.

Python sends the numbers and counts their bytes; the browser lays them out in rows of cells, fills
one strip after the other, and says how many times as small the last is as the first.

Shapes: `n` numbers of a strip.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from components.ui.drawings.drawing import digest, drawing, moments
from lab.fields import require_whole

MOST_STRIPS, MOST_NUMBERS = 5, 1024
"""Of more, a reader would have to scroll from the first to the last."""

FULL = 0.95
"""So many of all numbers are below the full colour: a few are far larger than all others."""

SHADES = (0.25, 0.5, 0.75, 1)


def shades(sign: str, shares: Sequence[float]) -> str:
    """Cells of the legend, as those of the strips are."""
    cells = "".join(
        f'<rect class="cell {sign}" style="--share: {share:.0%}" x="{11 * i + 0.5}" y="0.5" '
        'width="10" height="10"/>'
        for i, share in enumerate(shares)
    )
    return f'<svg viewBox="0 0 {11 * len(shares)} 11">{cells}</svg>'


HTML = f"""
<div class="drawing strip">
  <div class="strips" role="group"></div>
  <div class="legend">
    <span class="scale">
      <span class="low"></span>{shades("negative", SHADES[::-1])}
      <span>0</span>{shades("positive", SHADES)}<span class="high"></span>
    </span>
    <span class="dropped">
      <svg viewBox="0 0 10 10"><rect x="1" y="1" width="8" height="8"/></svg>
      <span>dropped: not kept, and not counted</span>
    </span>
  </div>
  <div class="hold">
    <div class="pointed"></div>
    {moments("Numbers shown")}
    <div class="said" role="status"></div>
  </div>
</div>
"""

component = drawing("strips_of_numbers", "strip", HTML)


@dataclass(frozen=True)
class Strip:
    """What one token leaves in the cache of one way of attention.

    `numbers`, (n,), are those of its `parts`, a name and how many each, one after another. Of the
    first part only the first `kept` stay in the cache, or all.
    """

    name: str
    numbers: NDArray[np.floating[Any]]
    parts: Sequence[tuple[str, int]]
    bytes_per_number: int = 4
    note: str = ""
    kept: int | None = None


def show_strip(key: str, strips: Sequence[Strip], *, alt: str, seconds: float = 6.0) -> None:
    """A cell for each number, coloured by its sign and size on one scale, a strip below another.

    They are filled once in so many `seconds`; of other strips that come later the end is shown. In
    no time they stand filled, with nothing to replay.
    Raises ValueError for what `strip_data` refuses.
    """
    data = strip_data(strips) | {"alt": alt, "seconds": seconds}
    component(data=data | {"digest": digest(data)}, key=key)


def strip_data(strips: Sequence[Strip]) -> dict[str, Any]:
    """What the browser needs, as plain numbers.

    Raises ValueError for no strip or too many, for numbers that are none or too many, of another
    shape or not finite, for parts that do not add up to them, and for a strip that keeps nothing.
    """
    if not 1 <= len(strips) <= MOST_STRIPS:
        raise ValueError(f"{len(strips)} strips; 1 to {MOST_STRIPS} can be shown")
    for strip in strips:
        require_numbers(strip)
        require_parts(strip)
    sizes = abs(np.concatenate([strip.numbers for strip in strips]).astype(np.float64))
    full = float(np.quantile(sizes, FULL) or sizes.max() or 1.0)
    digits = max(2, 1 - math.floor(math.log10(full)))
    return {
        "full": full,
        "digits": digits,
        "strips": [
            {
                "name": strip.name,
                "note": strip.note,
                "bytes": strip.bytes_per_number * n_kept(strip),
                "numbers": strip.numbers.astype(np.float64).round(digits).tolist(),
                "parts": [[name, size] for name, size in strip.parts],
                "kept": kept_of_first(strip),
            }
            for strip in strips
        ],
    }


def kept_of_first(strip: Strip) -> int:
    return strip.parts[0][1] if strip.kept is None else strip.kept


def n_kept(strip: Strip) -> int:
    return strip.numbers.size - strip.parts[0][1] + kept_of_first(strip)


def require_numbers(strip: Strip) -> None:
    numbers = strip.numbers
    if numbers.ndim != 1:
        raise ValueError(f"{strip.name!r}: numbers of shape {numbers.shape}; (n,) is wanted")
    if not 1 <= numbers.size <= MOST_NUMBERS:
        raise ValueError(
            f"{strip.name!r}: {numbers.size:,} numbers; 1 to {MOST_NUMBERS:,} can be shown"
        )
    if not np.isfinite(numbers).all():
        raise ValueError(f"{strip.name!r}: {(~np.isfinite(numbers)).sum()} numbers are not finite")


def require_parts(strip: Strip) -> None:
    """Raise ValueError for parts that are not those of the numbers, or of which nothing is kept."""
    require_whole(f"{strip.name!r}: bytes_per_number", strip.bytes_per_number)
    for name, size in strip.parts:
        require_whole(f"{strip.name!r}: the size of {name!r}", size)
    total = sum(size for _, size in strip.parts)
    if total != strip.numbers.size:
        raise ValueError(
            f"{strip.name!r}: parts of {total:,} numbers together; there are {strip.numbers.size:,}"
        )
    if strip.kept is not None:
        require_whole(f"{strip.name!r}: kept", strip.kept, least=0, most=strip.parts[0][1])
    if not n_kept(strip):
        raise ValueError(f"{strip.name!r}: kept=0 of its only part; one number must be kept")
