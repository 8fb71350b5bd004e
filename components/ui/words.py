"""Counts as a sentence has them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

SMALL = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen"),
    *("eighteen", "nineteen", "twenty"),
)


def spelled(n: int) -> str:
    """A word up to twenty, digits from there on."""
    return SMALL[n] if 0 <= n < len(SMALL) else f"{n:,}"


def one_in(share: float) -> str:
    """Of how many a share is one: 0.05 is one in twenty."""
    return spelled(round(1 / share))


def shape(p: int, q: int) -> str:
    """The shape of a sum: three by three."""
    return f"{spelled(p)} by {spelled(q)}"


def band(x: float, edges: Sequence[float], options: Sequence[str]) -> str:
    """The option of a guess in whose band x lies; an edge begins the band above it."""
    return options[bisect_right(edges, x)]


def size(n_bytes: float) -> str:
    """Bytes in the largest unit of which there is at least one: 12 KB, 9.0 MB. 1,024 make the next.

    Two digits, or as many as the whole part has.
    """
    units = ("bytes", "KB", "MB", "GB", "TB")
    steps = min(len(units) - 1, next(n for n in range(9) if n_bytes < 1024 ** (n + 1)))
    shown = n_bytes / 1024**steps
    digits = 0 if shown >= 10 or steps == 0 else 1
    return f"{shown:,.{digits}f} {units[steps]}"
