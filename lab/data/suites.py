"""Problems that are hard on purpose: seven stress suites, all of the test part of the split.

Shapes: `N` problems.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Literal

import numpy as np

from lab.data.problems import BOUNDS, Integers, sample_shapes, split_values

Suite = Literal[
    "nines",
    "zeros_inside",
    "round_numbers",
    "leading_zeros",
    "unequal_lengths",
    "two_digits_only",
    "squares",
]
Sums = tuple[Integers, Integers]
Draw = Callable[[np.random.Generator, int], Sums]
DIGITS = 4
NINE_CHANCE = 0.75
ROUND_AT_MOST = 99


def number_of(digits: Integers) -> Integers:
    """Digits in writing order to numbers. (N, n) -> (N,)"""
    return digits @ 10 ** np.arange(digits.shape[1] - 1, -1, -1)


def nines(rng: np.random.Generator, n: int) -> Integers:
    """Four digits, three of four of them 9."""
    digits = rng.integers(0, 10, (n, DIGITS))
    # No zero in front, or the number would be a shorter one.
    digits[:, 0] = rng.integers(1, 10, n)
    return number_of(np.where(rng.random(digits.shape) < NINE_CHANCE, 9, digits))


def zeros_inside(rng: np.random.Generator, n: int) -> Integers:
    """Four digits, a zero in the hundreds or the tens or both, none in front or behind."""
    outer = rng.integers(1, 10, (n, 2))
    inner = rng.integers(1, 10, (n, 2))
    hidden = rng.integers(1, 4, n)  # which of the two are zeros, as two bits
    inner[hidden & 1 > 0, 0] = 0
    inner[hidden & 2 > 0, 1] = 0
    return number_of(np.stack([outer[:, 0], inner[:, 0], inner[:, 1], outer[:, 1]], axis=1))


def round_numbers(rng: np.random.Generator, n: int) -> Integers:
    """Four digits, the last two of them zeros."""
    return 100 * rng.integers(10, ROUND_AT_MOST + 1, n)


def short_numbers(rng: np.random.Generator, n: int) -> Integers:
    """One to three digits, as often each."""
    digits = rng.integers(1, DIGITS, n)
    low = np.where(digits == 1, 0, 10 ** (digits - 1))
    return rng.integers(low, 10**digits)


def two_digits_only(rng: np.random.Generator, n: int) -> Integers:
    """Four digits, of which two differ at most."""
    either = np.stack([rng.integers(1, 10, n), rng.integers(0, 10, n)], axis=1)
    which = rng.integers(0, 2, (n, DIGITS))
    which[:, 0] = 0
    return number_of(np.take_along_axis(either, which, axis=1))


UNEQUAL = tuple(
    (p, q) for p in range(1, DIGITS + 1) for q in range(1, DIGITS + 1) if abs(p - q) > 1
)


def twice(number: Callable[[np.random.Generator, int], Integers]) -> Draw:
    return lambda rng, n: (number(rng, n), number(rng, n))


def square(rng: np.random.Generator, n: int) -> Sums:
    a = rng.integers(10 ** (DIGITS - 1), 10**DIGITS, n)
    return a, a


SUITES: dict[Suite, Draw] = {
    "nines": twice(nines),
    "zeros_inside": twice(zeros_inside),
    "round_numbers": twice(round_numbers),
    "leading_zeros": twice(short_numbers),
    "unequal_lengths": partial(sample_shapes, shapes=UNEQUAL, low=0.0, high=1.0),
    "two_digits_only": twice(two_digits_only),
    "squares": square,
}
PADDED: tuple[Suite, ...] = ("leading_zeros",)
"""Suites whose numbers are written in four digits, however short."""


def in_words(suite: Suite) -> str:
    return suite.replace("_", " ")


def draw_suite(suite: Suite, n: int, seed: int = 0) -> Sums:
    """`n` different problems of the test part, in the order in which they were drawn. (n,) each."""
    rng = np.random.default_rng(seed)
    found: dict[tuple[int, int], None] = {}
    for a, b in batches(SUITES[suite], rng, n):
        keep = split_values(a, b) >= BOUNDS["test"][0]
        found |= dict.fromkeys(zip(a[keep].tolist(), b[keep].tolist(), strict=True))
        if len(found) >= n:
            break
    a, b = np.array(list(found)[:n], dtype=np.int64).T
    return a, b


def batches(draw: Draw, rng: np.random.Generator, n: int) -> Iterator[Sums]:
    """Draws of n problems, again and again: enough of them for every suite."""
    for _ in range(100):
        yield draw(rng, n)
    raise ValueError(f"n={n}: a suite has not so many different sums")
