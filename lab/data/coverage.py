"""Which partial products a set of training pairs contains, and a small set that contains them all.

A partial product is a number times a digit, a x d: of pairs up to 99 there are 1,000. An unordered
pair {a, b} is written both ways round, so it holds a x each digit of b and b x each digit of a.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from lab.data.problems import HELDOUT_FROM, Integers, all_pairs, split_values

N_PARTIAL_PRODUCTS = 1000

Pair = tuple[int, int]


def partial_products_in(a: int, b: int) -> frozenset[Pair]:
    """The (number, digit) products in the working of a x b and b x a."""
    return frozenset({(a, b % 10), (a, b // 10), (b, a % 10), (b, a // 10)})


def covered(pairs: Iterable[Pair]) -> NDArray[np.bool_]:
    """True where the partial product number x digit stands in some pair's working. (100, 10)"""
    seen = np.zeros((100, 10), dtype=bool)
    for pair in pairs:
        for number, digit in partial_products_in(*pair):
            seen[number, digit] = True
    return seen


def unseen_partial_products(seen: NDArray[np.bool_], a: Integers, b: Integers) -> Integers:
    """How many of the two partial products of a x b, 0 to 2, are not in `seen`. (N,)"""
    return 2 - seen[a, b % 10].astype(np.int64) - seen[a, b // 10]


def trainable_pairs(fraction: float = HELDOUT_FROM) -> list[Pair]:
    """Every unordered pair up to 99 with u < fraction, the smaller number first."""
    a, b = all_pairs()
    keep = (a <= b) & (split_values(a, b) < fraction)
    return list(zip(a[keep].tolist(), b[keep].tolist(), strict=True))


def choose_cover(n: int = 300, seed: int = 0, moves: int = 10_000_000) -> list[Pair]:
    """`n` trainable pairs that together hold as many partial products as can be found.

    Simulated annealing: swap a chosen pair for another, keep the swap if it uncovers d <= 0
    products net, else with probability exp(-d / temperature), the temperature falling to 0.
    Stops as soon as all 1,000 are covered.
    """
    pairs = trainable_pairs()
    products = [[10 * a + d for a, d in partial_products_in(*pair)] for pair in pairs]
    rng = random.Random(seed)
    order = list(range(len(pairs)))
    rng.shuffle(order)
    chosen, others = order[:n], order[n:]
    times = [0] * N_PARTIAL_PRODUCTS
    for pair in chosen:
        count_products(times, products[pair], +1)
    uncovered = times.count(0)
    for move in range(moves):
        if uncovered == 0:
            break
        # Warm at first, so that a swap for the worse may lead out of a dead end.
        temperature = 0.4 * (1 - move / moves)
        i, j = rng.randrange(n), rng.randrange(len(others))
        change = count_products(times, products[chosen[i]], -1)
        change += count_products(times, products[others[j]], +1)
        if change <= 0 or rng.random() < math.exp(-change / temperature):
            chosen[i], others[j] = others[j], chosen[i]
            uncovered += change
        else:
            count_products(times, products[others[j]], -1)
            count_products(times, products[chosen[i]], +1)
    return sorted(pairs[i] for i in chosen)


def count_products(times: list[int], products: list[int], by: int) -> int:
    """Add `by` to the count of each product; by how many the uncovered ones grew."""
    before = sum(times[x] == 0 for x in products)
    for x in products:
        times[x] += by
    return sum(times[x] == 0 for x in products) - before


def random_pairs(n: int = 300, seed: int = 0) -> list[Pair]:
    """`n` trainable pairs drawn without looking at what they hold."""
    pairs = trainable_pairs()
    drawn = np.random.default_rng(seed).choice(len(pairs), n, replace=False)
    return sorted(pairs[i] for i in drawn)


# ---------------------------------------------------------------- what four digits add to two


def steps_of_multiplication(digits: int) -> int:
    """How many different steps (digit of a, digit of b, carry in) partial products of numbers with
    so many digits consist of."""
    steps: set[tuple[int, int, int]] = set()
    for number in range(10**digits):
        for digit in range(10):
            carry = 0
            for place in range(digits):
                x = number // 10**place % 10
                steps.add((x, digit, carry))
                carry = (x * digit + carry) // 10
    return len(steps)


def columns_of_addition(digits: int) -> int:
    """How many different columns (upper digit, lower digit, carry in) the additions of two numbers
    with so many digits consist of."""
    a, b = (side.ravel() for side in np.indices((10**digits, 10**digits)))
    met = np.zeros((10, 10, 2), dtype=bool)
    for j in range(1, digits):
        upper, lower = a * (b % 10**j), a * (b // 10**j % 10) * 10**j
        carry = np.zeros_like(a)
        for place in range(2 * digits):
            x, y = upper // 10**place % 10, lower // 10**place % 10
            met[x, y, carry] = True
            carry = (x + y + carry) // 10
    return int(met.sum())
