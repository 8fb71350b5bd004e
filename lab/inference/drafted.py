"""A round of speculative decoding as it is told: to read it, no torch is needed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Round:
    """What was drafted, how much of it was kept, and what came out: the kept and one token more."""

    drafted: tuple[int, ...]
    accepted: int
    written: tuple[int, ...]
