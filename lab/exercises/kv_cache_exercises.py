"""The exercises of chapter 4: an attempt is held against what a real cache did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Slip = Literal["none", "values", "layers", "heads", "rows", "bytes", "other"]


@dataclass(frozen=True)
class Bytes:
    """Bytes that a reader expects of a cache, and those that it holds."""

    expected: int
    held: int
    slip: Slip

    @property
    def solved(self) -> bool:
        return self.slip == "none"


def grade_bytes(
    expected: int, held: int, *, n_layer: int, n_head: int, n_row: int, bytes_per_number: int
) -> Bytes:
    """Right, or right but for one factor of the formula, forgotten or taken twice."""
    factors: dict[Slip, int] = {
        "values": 2,
        "layers": n_layer,
        "heads": n_head,
        "rows": n_row,
        "bytes": bytes_per_number,
    }
    if expected == held:
        return Bytes(expected, held, "none")
    slips: list[Slip] = [
        s for s, f in factors.items() if f > 1 and held in (f * expected, expected / f)
    ]
    return Bytes(expected, held, slips[0] if slips else "other")


@dataclass(frozen=True)
class Prefix:
    """A second prompt behind a first: its tokens, and how many of them had to be read."""

    first: str
    second: str
    read: int

    @property
    def solved(self) -> bool:
        """Another sum, and no sum but the same reads fewer: its last digit and its `=`."""
        return self.first != self.second and self.read == 2

    @property
    def alike(self) -> int:
        """Tokens at the beginning that are the same in both."""
        pairs = zip(self.first, self.second, strict=False)
        return next((i for i, (x, y) in enumerate(pairs) if x != y), len(self.first))
