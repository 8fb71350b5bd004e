"""Which carry goes into a digit, what it was made of, and what a digit would be with another one.

A digit of a column is (column + carry) mod 10. In `12*34=840+0630=8040$` no token holds a carry, so
whoever writes a digit has it from somewhere.

Shapes: `N` texts of two digits times two, working back to front; `L` tokens of a text.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lab.data.problems import Format, Integers
from lab.data.vocabulary import Tokens

CarryName = Literal["partial_product", "sum"]

FORM = Format("cot_reversed")
TENS_OF_A, UNITS_OF_A, UNITS_OF_B = 0, 1, 4
FIRST, SECOND = (field.positions for field in FORM.partial_products)
"""The tokens of the two partial products, units first."""


def digit(texts: Tokens, token: int) -> Integers:
    return texts[:, token].astype(np.int64)


@dataclass(frozen=True)
class Carry:
    """A carry that goes into the digit at `token`, which the step at `slot` writes.

    `column` is what the column comes to without it; `into` is the carry, from the digits of a text;
    `recurs` tells texts apart by what it is made of; `most` is the largest.
    """

    name: CarryName
    token: int
    most: int
    column: Callable[[Tokens], Integers]
    into: Callable[[Tokens], Integers]
    recurs: Callable[[Tokens], Integers]
    parts: dict[str, Callable[[Tokens, Tokens], Integers]]
    """What the digit would be, had one operand alone been copied: of (x, y), y's into x."""

    @property
    def slot(self) -> int:
        return self.token - 1


def product_with(a1: Integers, a0: Integers, b0: Integers) -> Integers:
    """The tens digit of (10 a1 + a0) b0."""
    return (a1 * b0 + a0 * b0 // 10) % 10


def of_a_and_b(texts: Tokens) -> tuple[Integers, Integers, Integers]:
    return digit(texts, TENS_OF_A), digit(texts, UNITS_OF_A), digit(texts, UNITS_OF_B)


def units_of_a_copied(x: Tokens, y: Tokens) -> Integers:
    (a1, _, b0), (_, a0, _) = of_a_and_b(x), of_a_and_b(y)
    return product_with(a1, a0, b0)


def tens_of_a_copied(x: Tokens, y: Tokens) -> Integers:
    (_, a0, b0), (a1, _, _) = of_a_and_b(x), of_a_and_b(y)
    return product_with(a1, a0, b0)


def units_of_b_copied(x: Tokens, y: Tokens) -> Integers:
    (a1, a0, _), (_, _, b0) = of_a_and_b(x), of_a_and_b(y)
    return product_with(a1, a0, b0)


def sum_with(upper: Tokens, lower: Tokens, low_upper: Tokens, low_lower: Tokens) -> Integers:
    """The hundreds digit of the sum of these digits: two hundreds, and the two tens below them."""
    carry = (digit(low_upper, FIRST[1]) + digit(low_lower, SECOND[1])) // 10
    return (digit(upper, FIRST[2]) + digit(lower, SECOND[2]) + carry) % 10


CARRIES: dict[CarryName, Carry] = {
    "partial_product": Carry(
        "partial_product",
        token=FIRST[1],
        most=8,
        column=lambda t: digit(t, TENS_OF_A) * digit(t, UNITS_OF_B),
        into=lambda t: digit(t, UNITS_OF_A) * digit(t, UNITS_OF_B) // 10,
        recurs=lambda t: 10 * digit(t, UNITS_OF_A) + digit(t, UNITS_OF_B),
        parts={
            "units of a": units_of_a_copied,
            "tens of a": tens_of_a_copied,
            "units of b": units_of_b_copied,
        },
    ),
    "sum": Carry(
        "sum",
        token=FORM.answer.start + 2,
        most=1,
        column=lambda t: digit(t, FIRST[2]) + digit(t, SECOND[2]),
        into=lambda t: (digit(t, FIRST[1]) + digit(t, SECOND[1])) // 10,
        recurs=lambda t: 10 * digit(t, FIRST[1]) + digit(t, SECOND[1]),
        parts={
            "upper hundreds": lambda x, y: sum_with(y, x, x, x),
            "lower hundreds": lambda x, y: sum_with(x, y, x, x),
            "upper tens": lambda x, y: sum_with(x, x, y, x),
            "lower tens": lambda x, y: sum_with(x, x, x, y),
        },
    ),
}

# ---------------------------------------------------------------- what a swap may do


@dataclass(frozen=True)
class Predicted:
    """The digit of x after something of y was copied into it, (N,) each."""

    nothing: Integers
    """As x had it."""
    carry: Integers
    """The column of x with the carry of y."""
    column: Integers
    """The column of y with the carry of x."""
    digit: Integers
    """As y has it."""

    @property
    def distinct(self) -> NDArray[np.bool_]:
        """Where no two of the four are the same digit, so that the outcome tells which it was."""
        every = np.sort(np.stack([self.nothing, self.carry, self.column, self.digit]), axis=0)
        return (every[1:] != every[:-1]).all(axis=0)


def predicted(carry: Carry, x: Tokens, y: Tokens) -> Predicted:
    columns, carries = (carry.column(x), carry.column(y)), (carry.into(x), carry.into(y))
    return Predicted(
        nothing=(columns[0] + carries[0]) % 10,
        carry=(columns[0] + carries[1]) % 10,
        column=(columns[1] + carries[0]) % 10,
        digit=(columns[1] + carries[1]) % 10,
    )


Meeting = Literal["both differ", "other carry", "other column"]
"""How two problems meet: column and carry differ; the carry alone; the column's digit alone."""


def meets(carry: Carry, x: Tokens, y: Tokens, how: Meeting) -> NDArray[np.bool_]:
    """Which pairs of texts meet so, (N,); what the carry is made of differs in any case."""
    expected = predicted(carry, x, y)
    columns = carry.column(x) % 10 == carry.column(y) % 10
    carries = carry.into(x) == carry.into(y)
    digits = expected.nothing == expected.digit
    differs = apart(carry, x, y)
    return {
        "both differ": expected.distinct & differs,
        "other carry": columns & ~carries & ~digits & differs,
        "other column": ~columns & carries & ~digits & differs,
    }[how]


def apart(carry: Carry, x: Tokens, y: Tokens) -> NDArray[np.bool_]:
    """Where both digits that the carry is made of differ: whoever copies one of them alone copies
    no carry."""
    (x1, x0), (y1, y0) = divmod(carry.recurs(x), 10), divmod(carry.recurs(y), 10)
    return (x1 != y1) & (x0 != y0)
