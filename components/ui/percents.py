"""Shares that a record holds, as a guess draws them: in percent, with a dot for each seed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from components.ui.drawings.guess import Answer, Row
from lab.readings import Counts


def percent_of(share: float, n: int) -> str:
    """In percent, or the count itself where that would round to none or all."""
    if share in (0, 1):
        return f"all {n:,}" if share else f"none of {n:,}"
    percent = 100 * share
    return f"{percent:.0f}%" if 0.5 <= percent <= 99.5 else f"{round(share * n):,} in {n:,}"


def bar(name: str, counted: Counts, record: Any, hue: str = "grey") -> Row:
    share, n, dots = of_seeds(counted, record)
    words = "all" if share == 1 else percent_of(share, n)  # a phone has no room behind a full bar
    return Row(name, 100 * share, words, dots, hue=hue)


def answer(counted: Counts, record: Any, then: str = "", rows: Sequence[Row] = ()) -> Answer:
    share, n, dots = of_seeds(counted, record)
    words = percent_of(share, n)
    return Answer(100 * share, f"median {words}" if dots else words, then, dots, rows)


def of_seeds(counted: Counts, record: Any) -> tuple[float, int, list[float]]:
    """The share that is told, of how many, and that of each seed if it is their median."""
    points, share = counted.points(record), counted.value(record)
    if counted.together == "pooled" or len(points) == 1:
        return share, sum(n for *_, n in points), []
    return share, points[0][2], [100 * part / n for _, part, n in points]
