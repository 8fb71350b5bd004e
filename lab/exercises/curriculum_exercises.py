"""The exercises of chapter 3: a wrong label that slips through, and a carry that goes far."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lab.data.difficulty import longest_carry
from lab.data.remainders import remainders_agree


@dataclass(frozen=True)
class Label:
    """An answer that a reader gives for a x b, and what two checks say of it."""

    a: int
    b: int
    answer: int

    @property
    def right(self) -> bool:
        return self.answer == self.a * self.b

    @property
    def off_by(self) -> int:
        return abs(self.answer - self.a * self.b)

    def passes(self, m: int) -> bool:
        """Does the remainder by m look right?"""
        return bool(remainders_agree(self.a, self.b, self.answer, m))

    @property
    def solved(self) -> bool:
        """Wrong, and neither check sees it: off by a multiple of 9 x 11."""
        return not self.right and self.passes(9) and self.passes(11)


FAR = 3
"""Columns that the carry must pass."""


@dataclass(frozen=True)
class Carry:
    """A sum that a reader found, and how far a carry of its working goes."""

    a: int
    b: int

    @property
    def columns(self) -> int:
        return int(longest_carry(np.array([self.a]), np.array([self.b]))[0])

    @property
    def solved(self) -> bool:
        return self.columns >= FAR
