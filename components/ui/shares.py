"""Shares that a record holds, as a guess draws them: in percent, with a dot for each seed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from components.ui.drawings.guess import Answer, Row
from lab.readings import Counts

SEEDS = 2
"""From so many rows on, each is a dot, and what is told is their median."""


def percent_of(share: float, n: int) -> str:
    """In percent, or the count itself where that would round to none or all."""
    percent = 100 * share
    return f"{percent:.0f}%" if 0.5 <= percent <= 99.5 else f"{round(share * n):,} in {n:,}"


def bar(name: str, counted: Counts, record: Any, hue: str = "grey") -> Row:
    told = answer(counted, record)
    return Row(name, told.value, told.words, told.dots, hue=hue)


def answer(counted: Counts, record: Any, then: str = "", rows: Sequence[Row] = ()) -> Answer:
    points = counted.points(record)
    share = counted.value(record)
    if len(points) < SEEDS:
        return Answer(100 * share, percent_of(share, points[0][2]), then, rows=rows)
    dots = [100 * part / n for _, part, n in points]
    return Answer(100 * share, f"median {percent_of(share, points[0][2])}", then, dots, rows)
