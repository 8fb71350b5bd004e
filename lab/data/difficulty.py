"""What makes a problem hard, counted and not trained: how much a digit of the product depends on
each digit of its operands, how far a carry travels, how many zeros there are.

Shapes: `N` problems.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lab.data.problems import Integers, all_pairs

OPERAND_DIGITS = (
    "tens of the first number",
    "units of the first number",
    "tens of the second number",
    "units of the second number",
)
PRODUCT_PLACES = ("units", "tens", "hundreds", "thousands")


@lru_cache
def best_guess(place: int, covered: int) -> float:
    """How often the best guess of a product's digit is right with one operand digit covered.

    Over all 10,000 pairs: for each of the 1,000 values of the other three digits, guess the
    product digit (10^`place`) that is most frequent as the covered one runs from 0 to 9. No method
    can do better. `covered` indexes `OPERAND_DIGITS`.
    """
    a, b = all_pairs()
    operand_digits = np.stack([a // 10, a % 10, b // 10, b % 10])
    seen = np.delete(operand_digits, covered, axis=0)
    what_is_seen = seen[0] * 100 + seen[1] * 10 + seen[2]  # 0 ... 999
    digit = a * b // 10**place % 10
    counts = np.zeros((1000, 10), dtype=int)
    np.add.at(counts, (what_is_seen, digit), 1)
    return counts.max(axis=1).sum() / len(a)


def carries(a: int, b: int) -> list[tuple[int, int, int, int, int]]:
    """The column sum of the two shifted partial products of a x b, units first.

    Each column: digit of the first, digit of the second, carry in, digit written, carry out.
    """
    first, second = a * (b % 10), a * (b // 10) * 10
    columns: list[tuple[int, int, int, int, int]] = []
    carry = 0
    for k in range(4):
        x, y = first // 10**k % 10, second // 10**k % 10
        total = x + y + carry
        columns.append((x, y, carry, total % 10, total // 10))
        carry = total // 10
    return columns


def carries_in_products(a: Integers, b: Integers, q: int) -> Integers:
    """Columns that hand a carry on while `a` is multiplied by each of `q` digits of `b`, in all.
    (N,), (N,) -> (N,)"""
    n = how_many_digits(a)
    counted = np.zeros(len(a), dtype=np.int64)
    for digit in digits_of(b, q).T:
        carry = np.zeros(len(a), dtype=np.int64)
        for own in digits_of(a, n).T:
            carry = (own * digit + carry) // 10
            counted += carry > 0
    return counted


# ---------------------------------------------------------------- measures of a problem

Measure = Literal["carries", "zeros", "rare", "far_products"]


def digits_of(numbers: Integers, n: int) -> Integers:
    """The last `n` digits, units first. (N,) -> (N, n)"""
    return numbers[:, None] // 10 ** np.arange(n, dtype=np.int64) % 10


def how_many_digits(numbers: Integers) -> int:
    """Of the largest number."""
    return len(str(int(numbers.max(initial=0))))


def longest_carry(a: Integers, b: Integers) -> Integers:
    """Columns in a row that one carry passes through, at most, in any addition of the working. (N,)

    Where two digits sum to more than nine, a carry starts; where they sum to nine, one that comes
    in goes on.
    """
    longest = np.zeros(len(a), dtype=np.int64)
    for j in range(1, how_many_digits(b)):
        so_far, added = a * (b % 10**j), a * (b // 10**j % 10) * 10**j
        longest = np.maximum(longest, longest_carry_of_sum(so_far, added))
    return longest


def longest_carry_of_sum(x: Integers, y: Integers) -> Integers:
    """Columns in a row that one carry passes through, at most, in x + y. (N,)"""
    n = how_many_digits(x + y)
    columns = digits_of(x, n) + digits_of(y, n)
    travelled = longest = np.zeros(len(x), dtype=np.int64)
    for column in columns.T:
        goes_on = (column == 9) & (travelled > 0)
        travelled = np.where(column > 9, 1, np.where(goes_on, travelled + 1, 0))
        longest = np.maximum(longest, travelled)
    return longest


def zeros(a: Integers, b: Integers) -> Integers:
    """Zeros among the digits of both numbers, none of them in front. (N,)"""
    return zeros_of(a) + zeros_of(b)


def zeros_of(numbers: Integers) -> Integers:
    return ((digits_of(numbers, how_many_digits(numbers)) == 0) & mark_written_digits(numbers)).sum(
        axis=1
    )


def mark_written_digits(numbers: Integers) -> NDArray[np.bool_]:
    """True for the digits that are written, units first: not for zeros in front. (N, n)"""
    places = np.arange(how_many_digits(numbers))
    return (numbers[:, None] >= 10**places) | (places == 0)


@lru_cache
def how_often() -> NDArray[np.float64]:
    """Of all steps of long multiplication, the share of each (digit of a, digit of b, carry in).

    Over numbers of four random digits times every digit. (10, 10, 9)
    """
    number, digit = np.divmod(np.arange(100_000, dtype=np.int64), 10)
    share = np.zeros((10, 10, 9))
    carry = np.zeros(len(number), dtype=np.int64)
    for column in digits_of(number, 4).T:
        np.add.at(share, (column, digit, carry), 1 / (4 * len(number)))
        carry = (column * digit + carry) // 10
    return share


def rarest_step(a: Integers, b: Integers) -> NDArray[np.float64]:
    """-ln of the share of the rarest step in the partial products: larger is rarer. (N,)"""
    rarest = np.ones(len(a))
    columns = digits_of(a, how_many_digits(a)).T, mark_written_digits(a).T
    for digit, digit_stands in zip(
        digits_of(b, how_many_digits(b)).T, mark_written_digits(b).T, strict=True
    ):
        carry = np.zeros(len(a), dtype=np.int64)
        for column, stands in zip(*columns, strict=True):
            share = np.where(stands & digit_stands, how_often()[column, digit, carry], 1)
            rarest = np.minimum(rarest, share)
            carry = (column * digit + carry) // 10
    return -np.log(rarest)


FAR = 2
"""Columns that the carry into a digit hangs on, from which on we call it far."""


def carries_into(a: Integers, digit: Integers) -> Integers:
    """Of a x one digit: on how many columns of a the carry into each place hangs, units first.

    0 where none comes in; 1 where it comes from the column below whatever came into that; one more
    for each column whose carry would be another if none had come into it. (N,) -> (N, n + 1), the
    last place being the one in front of a's n digits.
    """
    n = how_many_digits(a)
    hangs_on = np.zeros((len(a), n + 1), dtype=np.int64)
    carry = passed = np.zeros(len(a), dtype=np.int64)
    for place, column in enumerate(digits_of(a, n).T):
        total = column * digit
        changed = (total + carry) // 10 != total // 10
        passed = np.where(changed, passed + 1, 0)
        carry = (total + carry) // 10
        hangs_on[:, place + 1] = np.where(carry > 0, 1 + passed, 0)
    return hangs_on


def far_products(a: Integers, b: Integers) -> Integers:
    """Digits of the partial products whose carry hangs on `FAR` columns or more. (N,)"""
    lines = digits_of(b, how_many_digits(b)).T
    return np.sum([(carries_into(a, digit) >= FAR).sum(axis=1) for digit in lines], axis=0)


MEASURES: dict[Measure, Callable[[Integers, Integers], NDArray[np.int64] | NDArray[np.float64]]] = {
    "carries": longest_carry,
    "zeros": zeros,
    "rare": rarest_step,
    "far_products": far_products,
}
