"""lab.data.coverage: what a pair's working holds, and a small set that holds everything."""

import numpy as np
import pytest

from lab.data.coverage import (
    choose_cover,
    columns_of_addition,
    covered,
    partial_products_in,
    random_pairs,
    steps_of_multiplication,
    trainable_pairs,
    unseen_partial_products,
)
from lab.data.difficulty import carries, how_often
from lab.data.problems import Format, all_pairs, partial_products, split_value


def test_a_pair_holds_the_partial_products_that_its_two_texts_write() -> None:
    for a, b in ((37, 48), (5, 50), (0, 0), (99, 99)):
        written = set[tuple[int, int]]()
        for first, second in ((a, b), (b, a)):
            text = Format("cot_reversed").parse(Format("cot_reversed").text(first, second))
            assert text.partial_products == partial_products(first, second, 2)
            written |= {(first, second % 10), (first, second // 10)}
        assert partial_products_in(a, b) == written


def test_all_pairs_below_the_split_cover_everything_and_one_pair_covers_four() -> None:
    assert covered(trainable_pairs()).all()
    assert covered([(37, 48)]).sum() == 4
    assert covered([]).sum() == 0


def test_unseen_partial_products_are_counted_for_each_pair() -> None:
    a, b = all_pairs()
    unseen = unseen_partial_products(covered([(37, 48)]), a, b)
    assert unseen[37 * 100 + 48] == 0
    assert unseen[37 * 100 + 49] == 1
    assert unseen[12 * 100 + 34] == 2
    assert unseen[48 * 100 + 33] == 0


def test_trainable_pairs_are_those_below_the_split_each_once() -> None:
    pairs = trainable_pairs(0.1)
    assert all(a <= b and split_value(a, b) < 0.1 for a, b in pairs)
    assert len(set(pairs)) == len(pairs)
    assert len(pairs) == sum(split_value(a, b) < 0.1 for a in range(100) for b in range(a, 100))


def test_random_pairs_are_distinct_trainable_and_of_the_seed() -> None:
    pairs = random_pairs(300, 1)
    assert len(set(pairs)) == 300 and set(pairs) <= set(trainable_pairs())
    assert pairs == random_pairs(300, 1) != random_pairs(300, 2)


def test_chosen_pairs_hold_more_than_random_ones_even_in_a_short_search() -> None:
    chosen = choose_cover(300, seed=0, moves=20_000)
    assert len(set(chosen)) == 300 and set(chosen) <= set(trainable_pairs())
    assert covered(chosen).sum() > covered(random_pairs(300, 0)).sum() + 100


@pytest.mark.slow
def test_three_hundred_pairs_hold_all_thousand_partial_products() -> None:
    assert int(np.sum(covered(choose_cover(300, seed=0)))) == 1000


def test_two_digits_hold_every_step_of_multiplication_that_there_is() -> None:
    """A carry is less than the digit of b, or zero: ten digits of a, and so many carries."""
    every = 10 * (1 + sum(range(1, 10)))
    found = [steps_of_multiplication(digits) for digits in (1, 2, 3)]
    assert found == [100, every, every] == [100, int((how_often() > 0).sum()), 460]


def test_two_digits_lack_some_columns_of_addition_and_three_lack_none() -> None:
    seen = {
        (int(x), int(y), carry)
        for a in range(100)
        for b in range(100)
        for x, y, carry, _, _ in carries(a, b)
    }
    assert columns_of_addition(2) == len(seen) < columns_of_addition(3) == 10 * 10 * 2
