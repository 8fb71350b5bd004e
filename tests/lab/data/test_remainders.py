"""Remainders of products: every right answer passes, and what is off passes as arithmetic says."""

import numpy as np
import pytest

from lab.data.remainders import remainders_agree


@pytest.mark.parametrize("m", [9, 11])
def test_every_right_product_passes_and_one_off_by_less_than_m_does_not(m: int) -> None:
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 10_000, (2, 1000))
    assert remainders_agree(a, b, a * b, m).all()
    for off in range(1, m):
        assert not remainders_agree(a, b, a * b + off, m).any()
    assert remainders_agree(a, b, a * b + m, m).all()


def test_nine_sees_no_exchange_of_digits_and_eleven_those_an_odd_way_apart() -> None:
    right = 37 * 48  # 1776
    assert remainders_agree(37, 48, 7176, 9) and not remainders_agree(37, 48, 7176, 11)
    assert remainders_agree(37, 48, 1767, 9) and not remainders_agree(37, 48, 1767, 11)
    digits = list("4812")  # 12 x 401
    digits[0], digits[2] = digits[2], digits[0]
    swapped = int("".join(digits))
    assert remainders_agree(12, 401, swapped, 9) and remainders_agree(12, 401, swapped, 11)
    assert swapped != 12 * 401 and right == 1776
