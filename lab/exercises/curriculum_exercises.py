"""The exercise of chapter 3: a carry that goes far."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lab.data.difficulty import longest_carry

FAR = 3
"""Columns that the carry must pass."""


@dataclass(frozen=True)
class Carry:
    """A problem that a reader found, and how far a carry of its working goes."""

    a: int
    b: int

    @property
    def columns(self) -> int:
        return int(longest_carry(np.array([self.a]), np.array([self.b]))[0])

    @property
    def solved(self) -> bool:
        return self.columns >= FAR
