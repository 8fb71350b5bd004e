"""Which problems a measurement evaluates on, and how they were drawn.

All of them, or some drawn by a seed: never every k-th, since a list of pairs has an order and a
stride follows it (every tenth pair, a before b, holds no other b than 0, 10, ..., 90).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Literal

import numpy as np

from lab.data.problems import Integers, all_pairs

Drawn = Literal["census", "hash", "generator", "given"]


@dataclass(frozen=True)
class Sample:
    """What a row of a record rests on: `n` problems `of` a population, and how they were `drawn`.

    census: all of them. hash: the `n` with the smallest seeded hash. generator: by numpy's
    generator with this seed. given: named one by one in the row itself.
    """

    drawn: Drawn
    of: str
    n: int
    seed: int | None = None

    def document(self) -> dict[str, Any]:
        return {"sample": asdict(self)}


PAIRS = "ordered pairs of 2x2 digits"
CENSUS = Sample("census", PAIRS, 10_000)


def hashed_pairs(n: int, seed: int = 0) -> tuple[Integers, Integers]:
    """`n` of the 10,000 ordered two-digit pairs, each set of `n` as likely; (n,) each, a major.

    Those with the smallest blake2b of 'seed: a x b'. A larger `n` holds every smaller one.
    """
    a, b = all_pairs()
    if not 1 <= n <= len(a):
        raise ValueError(f"n={n} pairs; there are 1 to {len(a)}")
    chosen = np.sort(by_lot(seed)[:n])
    return a[chosen], b[chosen]


@lru_cache(maxsize=8)
def by_lot(seed: int) -> Integers:
    """All ordered pairs, a major, by their lots: (10,000,), read and never changed."""
    a, b = all_pairs()
    return np.array(sorted(range(len(a)), key=lambda i: lot(seed, int(a[i]), int(b[i]))))


def some_pairs(n: int, seed: int = 0) -> tuple[Integers, Integers, Sample]:
    """`n` two-digit pairs, (n,) each, and how they were drawn: a census where they are all."""
    a, b = hashed_pairs(n, seed)
    return a, b, CENSUS if n == CENSUS.n else Sample("hash", PAIRS, n, seed)


def lot(seed: int, a: int, b: int) -> bytes:
    """The lot that an ordered pair draws; other than its split's, which ignores the order."""
    return blake2b(f"{seed}: {a} x {b}".encode(), digest_size=8).digest()
