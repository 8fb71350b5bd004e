"""What is counted over all 10,000 pairs, against slow re-counts in plain Python."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import pytest
from tiny import failures

from lab.data.difficulty import (
    best_guess,
    carries,
    carries_in_products,
    carries_into,
    far_products,
    how_often,
    longest_carry,
    longest_carry_of_sum,
    rarest_step,
    zeros,
)
from lab.data.problems import Integers, sample_exact


def recount(place: int, covered: int) -> float:
    groups: dict[tuple[int, ...], Counter[str]] = defaultdict(Counter)
    for a in range(100):
        for b in range(100):
            digits = [a // 10, a % 10, b // 10, b % 10]
            del digits[covered]
            groups[tuple(digits)][f"{a * b:04d}"[3 - place]] += 1
    return sum(max(counts.values()) for counts in groups.values()) / 10_000


def test_best_guess_equals_a_plain_recount() -> None:
    def holds(place: int, covered: int) -> None:
        assert best_guess(place, covered) == pytest.approx(recount(place, covered), abs=1e-12)

    assert failures(holds, [(x, y) for x in range(4) for y in range(4)]) == []


def test_no_three_digits_give_the_tens_more_than_27_times_in_100() -> None:
    assert max(best_guess(1, covered) for covered in range(4)) == pytest.approx(0.27)


def test_the_units_of_a_product_do_not_need_the_tens_of_its_operands() -> None:
    assert best_guess(0, 0) == best_guess(0, 2) == 1.0


def test_carries_write_the_product_and_hand_on_what_is_over() -> None:
    for a in range(100):
        for b in range(100):
            columns = carries(a, b)
            assert sum(written * 10**k for k, (_, _, _, written, _) in enumerate(columns)) == a * b
            assert [c[4] for c in columns[:-1]] == [c[2] for c in columns[1:]]
            assert columns[0][2] == columns[-1][4] == 0


# ---------------------------------------------------------------- measures of a sum


def some_sums(n: int = 400) -> tuple[Integers, Integers]:
    rng = np.random.default_rng(0)
    parts = [sample_exact(rng, n, p, q) for p in (1, 4) for q in (1, 3, 4)]
    return np.concatenate([a for a, _ in parts]), np.concatenate([b for _, b in parts])


def travels(x: int, y: int) -> int:
    """The longest way of one carry in x + y, digit by digit."""
    longest = here = 0
    for column_x, column_y in zip(f"{x:030d}"[::-1], f"{y:030d}"[::-1], strict=True):
        total = int(column_x) + int(column_y)
        here = 1 if total > 9 else here + 1 if total == 9 and here else 0
        longest = max(longest, here)
    return longest


def test_a_carry_travels_through_columns_that_sum_to_nine() -> None:
    x, y = np.array([5, 5, 95, 995, 905, 50]), np.array([4, 5, 5, 5, 95, 49])
    assert longest_carry_of_sum(x, y).tolist() == [0, 1, 2, 3, 3, 0]


def test_the_longest_carry_of_a_working_is_that_of_its_additions() -> None:
    a, b = some_sums()
    for one, other, found in zip(a.tolist(), b.tolist(), longest_carry(a, b).tolist(), strict=True):
        digits = [int(digit) for digit in str(other)[::-1]]
        rows = [one * digit * 10**j for j, digit in enumerate(digits)]
        ways = [travels(sum(rows[:j]), rows[j]) for j in range(1, len(rows))]
        assert found == max(ways, default=0)


def test_zeros_are_counted_as_they_are_written() -> None:
    a, b = some_sums()
    assert zeros(a, b).tolist() == [
        f"{one}{other}".count("0") for one, other in zip(a.tolist(), b.tolist(), strict=True)
    ]
    assert zeros(np.array([0]), np.array([100])).tolist() == [3]


def test_the_shares_of_all_steps_sum_to_one_and_no_carry_is_more_than_the_largest() -> None:
    assert how_often().sum() == pytest.approx(1)
    assert how_often()[9, 9, 8] > 0 and how_often()[:, 1, 1:].sum() == 0


def test_the_rarest_step_is_the_one_that_random_numbers_hold_least() -> None:
    a, b = some_sums()
    for one, other, found in zip(a.tolist(), b.tolist(), rarest_step(a, b).tolist(), strict=True):
        shares: list[float] = []
        for digit in map(int, str(other)):
            carry = 0
            for x in map(int, reversed(str(one))):
                shares.append(how_often()[x, digit, carry])
                carry = (x * digit + carry) // 10
        assert found == pytest.approx(-np.log(min(shares)))


def test_a_carry_into_a_product_hangs_on_the_columns_that_change_it() -> None:
    """Recounted column by column, from the place itself down."""
    rng = np.random.default_rng(0)
    a, digit = rng.integers(0, 10_000, 300), rng.integers(0, 10, 300)
    found = carries_into(a, digit)
    for one, times, hangs_on in zip(a.tolist(), digit.tolist(), found.tolist(), strict=True):
        for place, columns in enumerate(hangs_on):
            assert columns == recounted(one, times, place)
    assert carries_into(np.array([79]), np.array([9])).tolist()[0] == [0, 1, 2]  # 63 + 8 is 71
    assert far_products(np.array([79, 79]), np.array([9, 99])).tolist() == [1, 2]


def recounted(a: int, digit: int, place: int) -> int:
    """1 and the columns below whose carry would be another without one from below."""
    total = a % 10**place * digit // 10**place
    if total == 0:
        return 0
    columns = 1
    for k in reversed(range(1, place)):
        own = a // 10**k % 10 * digit
        if (own + a % 10**k * digit // 10**k) // 10 == own // 10:
            break
        columns += 1
    return columns


def test_carries_of_partial_products_are_those_on_paper() -> None:
    """37 x 8: 56 carries 5, 24 + 5 = 29 carries 2. 37 x 40: 28 carries 2, 12 + 2 = 14 carries 1."""
    a, b = np.array([37, 37, 11, 99]), np.array([8, 48, 11, 0])
    assert carries_in_products(a, b, 2).tolist() == [2, 4, 0, 0]
