"""Problems that are like one which went wrong: the digits that meet in its wrong column are others.

Shapes: none; one problem at a time.
"""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

import numpy as np

from lab.data.columns import digit_and_carry
from lab.data.problems import HELDOUT_FROM, Format, split_value


def column_digits(form: Format, slot: int) -> tuple[int, int]:
    """Which digit of a and which of b meet in the column of token `slot`, units first.

    In a partial product they are multiplied there; a sum adds the partial product of that digit of
    b. What stands beyond a's last digit, as a last carry does, is its last digit's.

    `ValueError` for a token that is no digit which a model writes.
    """
    field = form.field_at(slot)
    if field not in form.written:
        raise ValueError(f"token {slot} is no digit that is written, but of {field.label!r}")
    of_b = form.q - 1 if field.kind == "answer" else field.number
    return min(max(field.place(slot) - of_b, 0), form.p - 1), of_b


def neighbours(form: Format, a: int, b: int, slot: int) -> list[tuple[int, int]]:
    """The problems that differ from a x b in the digits of the column of token `slot` and no other.

    Both digits vary; no number gets longer or shorter, and none of the problems is held out.
    """
    of_a, of_b = column_digits(form, slot)
    found = product(with_other_digit(a, of_a), with_other_digit(b, of_b))
    return [pair for pair in found if pair != (a, b) and split_value(*pair) < HELDOUT_FROM]


class Controls(NamedTuple):
    """Problems that differ from another in the two digits of one column, one digit first."""

    other_carry: list[tuple[int, int]]
    """The digit written there is the same, and another number is carried on."""
    other_digit: list[tuple[int, int]]
    """The same is carried on, and another digit is written."""


def control_problems(form: Format, a: int, b: int, slot: int) -> Controls:
    """What tells a digit from its carry: 7 x 8 writes 6 and carries 5, where 2 x 8 writes 6 and
    carries 1, and 6 x 9 writes 4 and carries 5. Held out or not; no number gets longer or shorter.
    """
    of_a, of_b = column_digits(form, slot)
    found = product(with_other_digit(a, of_a), with_other_digit(b, of_b))
    others = sorted(found, key=lambda pair: (pair[0] != a) + (pair[1] != b))  # itself first of all
    digit, carry = digit_and_carry(form, slot, *np.array(others).T)
    return Controls(
        [others[i] for i in np.flatnonzero((digit == digit[0]) & (carry != carry[0]))],
        [others[i] for i in np.flatnonzero((carry == carry[0]) & (digit != digit[0]))],
    )


def with_other_digit(number: int, place: int) -> list[int]:
    """The number with each digit at a place that does not change how many it has; itself too."""
    unit = 10**place
    without = number - number // unit % 10 * unit
    varied = [without + digit * unit for digit in range(10)]
    return [other for other in varied if len(str(other)) == len(str(number))]


def one_neighbour(
    rng: np.random.Generator, form: Format, a: int, b: int, slot: int
) -> tuple[int, int]:
    """One of them, each as likely; the problem itself where there is none."""
    found = neighbours(form, a, b, slot)
    return found[int(rng.integers(len(found)))] if found else (a, b)
