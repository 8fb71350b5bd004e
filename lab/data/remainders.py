"""A check on a product that needs no product: remainders multiply as the numbers do."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.data.problems import Integers


def remainders_agree(
    a: Integers | int, b: Integers | int, answer: Integers | int, m: int
) -> NDArray[np.bool_]:
    """answer % m == (a % m)(b % m) % m, element by element: true of every right product.

    A wrong answer passes if it is off by a multiple of m. Two digits exchanged k places apart are
    off by a multiple of 10^k - 1: 9 never sees that, and 11 does if k is odd.
    """
    x, y, z = (np.asarray(number) for number in (a, b, answer))
    agree: Any = z % m == (x % m) * (y % m) % m
    return agree
