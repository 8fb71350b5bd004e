"""What is counted over all 10,000 pairs, against slow re-counts in plain Python."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest

from lab.data.difficulty import best_guess, carries


def recount(place: int, covered: int) -> float:
    groups: dict[tuple[int, ...], Counter[str]] = defaultdict(Counter)
    for a in range(100):
        for b in range(100):
            digits = [a // 10, a % 10, b // 10, b % 10]
            del digits[covered]
            groups[tuple(digits)][f"{a * b:04d}"[3 - place]] += 1
    return sum(max(counts.values()) for counts in groups.values()) / 10_000


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("covered", range(4))
def test_best_guess_equals_a_plain_recount(place: int, covered: int) -> None:
    assert best_guess(place, covered) == pytest.approx(recount(place, covered), abs=1e-12)


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
