"""The exercises of chapter 5, first page: graded by the loop and by its count."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class FirstCard:
    """A card that comes first, and how many of the others are larger: each may shrink the past."""

    label: str
    larger: int

    @property
    def solved(self) -> bool:
        return self.larger == 0


def grade_first(place: int, labels: Sequence[str], scores: Sequence[float]) -> FirstCard:
    """`place` is the card's, from 0. `IndexError` past the last."""
    return FirstCard(labels[place], sum(score > scores[place] for score in scores))


@dataclass(frozen=True)
class BreakEven:
    """So many queries a block: what is moved then, with one fewer, and by plain attention."""

    rows: int
    moved: int
    with_one_fewer: int | None
    plain: int

    @property
    def pays(self) -> bool:
        return self.moved < self.plain

    @property
    def solved(self) -> bool:
        """It pays, and with one query fewer it does not."""
        return self.pays and (self.with_one_fewer is None or self.with_one_fewer >= self.plain)


def grade_rows(rows: int, moved: Callable[[int], int], plain: int) -> BreakEven:
    """`moved` says what blocks of so many queries move, `plain` what plain attention does; errors
    are those of `moved`."""
    return BreakEven(rows, moved(rows), moved(rows - 1) if rows > 1 else None, plain)
