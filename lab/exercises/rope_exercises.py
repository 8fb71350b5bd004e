"""The exercises of chapter 2, graded: rows of a head in an order, by the scores that they give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch

from lab.model.config import PairLayout
from lab.model.positions import frequencies, pairs_of, turn_pairs

Slip = Literal["none", "torn", "other clock", "mirrored"]
DRAWS, BASE = 64, 100.0


@dataclass(frozen=True)
class Rows:
    """An order of the rows, by how much the scores differ at most, and what is amiss with it."""

    order: tuple[int, ...]
    change: float
    slip: Slip

    @property
    def solved(self) -> bool:
        return self.slip == "none"


def read_order(text: str, n: int) -> tuple[int, ...]:
    """Each number from 0 to n - 1 once, in any order. `ValueError` for all else."""
    words = text.replace(",", " ").split()
    if sorted(words) != sorted(str(row) for row in range(n)):
        raise ValueError(f"each number from 0 to {n - 1} is to stand there once, with spaces")
    return tuple(int(word) for word in words)


def grade_order(order: Sequence[int], trained: PairLayout, read: PairLayout) -> Rows:
    """Are the scores of rows in this order, read with one layout, those of the other?

    `order[k]` is the row, as trained, that comes to stand in row k.
    """
    rows = torch.tensor(order)
    draw = torch.Generator().manual_seed(0)
    q, k = torch.randn(2, DRAWS, len(order), generator=draw, dtype=torch.float64)
    angles = torch.randint(64, (2, DRAWS, 1), generator=draw) * frequencies(len(order), BASE)

    def scores(q: torch.Tensor, k: torch.Tensor, layout: PairLayout) -> torch.Tensor:
        turned = [
            turn_pairs(x, angle.cos(), angle.sin(), layout)
            for x, angle in zip((q, k), angles, strict=True)
        ]
        return (turned[0] * turned[1]).sum(-1)

    wanted, found = scores(q, k, trained), scores(q[:, rows], k[:, rows], read)
    change = float((wanted - found).abs().max())
    home = pairs_of(len(order), trained)
    put = [(order[m], order[n]) for m, n in pairs_of(len(order), read)]
    return Rows(tuple(order), change, slip_of(put, home))


def slip_of(put: Sequence[tuple[int, int]], home: Sequence[tuple[int, int]]) -> Slip:
    """Of pairs, the fastest first, held against those that belong together."""
    if put == home:
        return "none"
    if [set(pair) for pair in put] == [set(pair) for pair in home]:
        return "mirrored"
    together = sorted(sorted(pair) for pair in put) == sorted(sorted(pair) for pair in home)
    return "other clock" if together else "torn"
