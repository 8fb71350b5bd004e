"""suites: hard sums, each as it says, all of the test part, each once."""

from collections.abc import Callable

import numpy as np
from tiny import failures

from lab.data.problems import TEST_FROM, count_digits, split_values
from lab.data.suites import SUITES, Suite, draw_suite

EACH: dict[Suite, Callable[[int], object]] = {
    "nines": lambda a: a > 999,
    "zeros_inside": lambda a: "0" in f"{a}"[1:3] and a % 10 and a > 999,
    "round_numbers": lambda a: a % 100 == 0 and a > 999,
    "leading_zeros": lambda a: a < 1000,
    "two_digits_only": lambda a: len(set(f"{a}")) <= 2 and a > 999,
    "squares": lambda a: a > 999,
}


def test_a_suite_holds_so_many_different_sums_of_the_test_part() -> None:
    def holds(suite: Suite) -> None:
        a, b = draw_suite(suite, 1000)
        assert len({*zip(a.tolist(), b.tolist(), strict=True)}) == 1000
        assert split_values(a, b).min() >= TEST_FROM
        assert all((x == y).all() for x, y in zip((a, b), draw_suite(suite, 1000), strict=True))
        assert max(a.max(), b.max()) < 10_000

    assert failures(holds, SUITES) == []


def test_every_number_of_a_suite_is_what_its_name_says() -> None:
    def holds(suite: Suite) -> None:
        numbers = np.concatenate(draw_suite(suite, 300))
        assert all(EACH[suite](number) for number in numbers.tolist())

    assert failures(holds, EACH) == []


def test_nines_are_mostly_nines_and_squares_have_one_number() -> None:
    nines = np.concatenate(draw_suite("nines", 300))
    assert np.mean([f"{number}".count("9") for number in nines.tolist()]) > 2.5
    a, b = draw_suite("squares", 300)
    assert (a == b).all()


def test_unequal_lengths_differ_by_two_digits_and_more() -> None:
    a, b = draw_suite("unequal_lengths", 300)
    assert (abs(count_digits(a) - count_digits(b)) >= 2).all()
