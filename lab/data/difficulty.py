"""How much one digit of a product depends on each digit of its operands: counted, not trained."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from lab.data.problems import all_pairs

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
