"""Neighbours of a mistake differ from it in the column where it went wrong, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest

from lab.data.columns import digit_and_carry
from lab.data.neighbours import column_digits, control_problems, neighbours, one_neighbour
from lab.data.problems import HELDOUT_FROM, Format, sample_exact, split_value

FOUR = Format("cot_reversed", 4, 4)
TWO = Format("cot_reversed")


def digits(number: int) -> list[int]:
    return [number // 10**k % 10 for k in range(4)]


@pytest.mark.parametrize("form", [TWO, FOUR])
def test_two_digits_at_most_differ_and_they_are_those_of_the_column(form: Format) -> None:
    rng = np.random.default_rng(0)
    a, b = sample_exact(rng, 20, form.p, form.q)
    for x, y in zip(a.tolist(), b.tolist(), strict=True):
        for field in form.written:
            for slot in field.positions:
                of_a, of_b = column_digits(form, slot)
                for u, v in neighbours(form, x, y, slot):
                    differ = [k for k in range(4) if digits(x)[k] != digits(u)[k]]
                    assert set(differ) <= {of_a}
                    assert {k for k in range(4) if digits(y)[k] != digits(v)[k]} <= {of_b}
                    assert (u, v) != (x, y) and split_value(u, v) < HELDOUT_FROM
                    assert (len(str(u)), len(str(v))) == (len(str(x)), len(str(y)))


def test_a_worked_column() -> None:
    """37 x 48: the tens of the first partial product are 3 x 8, those of the second 7 x 4."""
    first, second = TWO.partial_products
    assert column_digits(TWO, first.start + 1) == (1, 0)
    assert column_digits(TWO, second.start + 1) == (0, 1)
    assert column_digits(TWO, TWO.answer.stop - 1) == (1, 1)  # a last carry is its last digit's
    found = neighbours(TWO, 37, 48, first.start + 1)
    assert found and all(a % 10 == 7 and b // 10 == 4 for a, b in found)


def test_a_sign_has_no_column() -> None:
    with pytest.raises(ValueError, match="no digit that is written"):
        column_digits(TWO, TWO.prompt_length - 1)
    with pytest.raises(ValueError, match="no digit that is written"):
        column_digits(TWO, 0)


def test_one_of_them_is_drawn_and_each_may_be() -> None:
    slot = TWO.partial_products[0].start + 1
    rng = np.random.default_rng(0)
    drawn = {one_neighbour(rng, TWO, 37, 48, slot) for _ in range(400)}
    assert drawn == set(neighbours(TWO, 37, 48, slot))


def test_controls_keep_the_digit_or_the_carry_and_change_the_other() -> None:
    one = control_problems(Format("plain", 1, 1), 7, 8, 5)
    assert (2, 8) in one.other_carry and (6, 9) in one.other_digit
    assert [x * y % 10 for x, y in one.other_carry] == [6] * len(one.other_carry)
    assert [x * y // 10 for x, y in one.other_digit] == [5] * len(one.other_digit)
    assert one.other_carry[0] == (2, 8) and len(one.other_carry) == 10  # of one digit first
    for form, a, b in ((TWO, 37, 48), (Format("plain"), 37, 48), (FOUR, 9299, 1049)):
        for slot in (slot for field in form.written for slot in field.positions):
            digit, carry = (int(x[0]) for x in digit_and_carry(form, slot, *np.array([[a], [b]])))
            found = control_problems(form, a, b, slot)
            for kept, changed, pairs in ((0, 1, found.other_carry), (1, 0, found.other_digit)):
                for x, y in pairs:
                    new = [int(n[0]) for n in digit_and_carry(form, slot, *np.array([[x], [y]]))]
                    own = [digit, carry]
                    assert new[kept] == own[kept] and new[changed] != own[changed]
                    assert len(str(x)) == len(str(a)) and len(str(y)) == len(str(b))
