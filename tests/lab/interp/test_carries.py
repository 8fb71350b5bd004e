"""lab.interp.carries: carries, columns and what a swap would write, against plain arithmetic."""

import numpy as np

from lab.data.problems import all_pairs
from lab.interp.carries import CARRIES, FORM, meets, predicted

A, B = all_pairs()
TEXTS, _ = FORM.render(A, B)


def some(n: int = 4000, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.integers(0, len(A), n), rng.integers(0, len(A), n)


def test_a_column_and_its_carry_make_the_digit_that_is_written() -> None:
    for carry in CARRIES.values():
        digit = (carry.column(TEXTS) + carry.into(TEXTS)) % 10
        assert (digit == TEXTS[:, carry.token]).all(), carry.name
        assert carry.into(TEXTS).min() == 0 and carry.into(TEXTS).max() == carry.most


def test_a_carry_is_what_the_lower_column_has_over() -> None:
    assert (CARRIES["partial_product"].into(TEXTS) == (A % 10) * (B % 10) // 10).all()
    below = (A * (B % 10)) % 100 + (A * (B // 10) * 10) % 100
    assert (CARRIES["sum"].into(TEXTS) == below // 100).all()


def test_what_a_swap_would_write_is_column_and_carry_of_one_or_the_other() -> None:
    one, other = some()
    for carry in CARRIES.values():
        x, y = TEXTS[one], TEXTS[other]
        found = predicted(carry, x, y)
        assert (found.nothing == x[:, carry.token]).all()
        assert (found.digit == y[:, carry.token]).all()
        assert (found.carry == (carry.column(x) + carry.into(y)) % 10).all()
        assert (found.column == (carry.column(y) + carry.into(x)) % 10).all()
        distinct = [len({*row}) == 4 for row in zip(*vars(found).values(), strict=True)]
        assert (found.distinct == distinct).all()


def test_pairs_of_problems_meet_as_they_are_said_to() -> None:
    one, other = some()
    for carry in CARRIES.values():
        x, y = TEXTS[one], TEXTS[other]
        same_carry = carry.into(x) == carry.into(y)
        same_column = carry.column(x) % 10 == carry.column(y) % 10
        both, another_carry, another_column = (
            meets(carry, x, y, how) for how in ("both differ", "other carry", "other column")
        )
        assert both.sum() > 100 and another_carry.sum() > 20 and another_column.sum() > 20
        assert not (both & (same_carry | same_column)).any()
        assert not (another_carry & (same_carry | ~same_column)).any()
        assert not (another_column & (~same_carry | same_column)).any()
        assert predicted(carry, x, y).distinct[both].all()


def test_copying_one_operand_is_told_from_copying_the_carry() -> None:
    """Each of the parts, by changing that digit of the operands and multiplying anew."""
    one, other = some()
    product, x, y = CARRIES["partial_product"], TEXTS[one], TEXTS[other]
    a, b, c, d = A[one], B[one], A[other], B[other]
    digit = {
        "units of a": (a - a % 10 + c % 10) * (b % 10) // 10 % 10,
        "tens of a": (a % 10 + c - c % 10) * (b % 10) // 10 % 10,
        "units of b": a * (d % 10) // 10 % 10,
    }
    for name, expected in digit.items():
        assert (product.parts[name](x, y) == expected).all(), name
    total = CARRIES["sum"]
    for name, moved in total.parts.items():
        assert (moved(x, x) == x[:, total.token]).all(), name
