"""The exercise of chapter 3, second page: a wrong label that slips through."""

from __future__ import annotations

from dataclasses import dataclass

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
