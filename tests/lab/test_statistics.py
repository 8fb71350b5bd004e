"""lab.statistics: what a count of errors proves, and what several seeds say together."""

import math
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from tiny import failures

from lab.statistics import (
    Spread,
    Together,
    chance_of,
    chance_of_at_most,
    different_of,
    in_the_same_order,
    lower_bound_95,
    ratio_of_medians,
    spread,
    standard_score,
    steps_until,
    wrong_together,
)


def exact_bound(errors: int, n: int) -> float:
    """Clopper-Pearson by bisection in whole numbers: q is where P(at most `errors`) is 1/20."""
    low, high = Fraction(0), Fraction(1)
    for _ in range(50):
        q = (low + high) / 2
        tail = sum(math.comb(n, k) * q**k * (1 - q) ** (n - k) for k in range(errors + 1))
        low, high = (q, high) if tail > Fraction(1, 20) else (low, q)
    return float(1 - high)


def test_as_many_are_different_as_all_ways_to_draw_give_on_average() -> None:
    def holds(n: int, draws: int) -> None:
        ways = [len(set(way)) for way in product(range(n), repeat=draws)]
        assert different_of(n, draws) == pytest.approx(sum(ways) / len(ways))

    assert failures(holds, product([1, 2, 4], [0, 1, 3, 5])) == []


def test_of_two_runs_what_both_were_asked_is_counted_and_nothing_else() -> None:
    one = {1: True, 2: True, 3: False, 4: False, 5: True}
    other = {1: True, 2: False, 3: True, 4: False, 9: True}
    assert wrong_together([one, other]) == Together(4, both=1, one_alone=2, by_chance=1.0)
    assert wrong_together([one, {9: True}]) == Together(0, 0, 0, 0.0)
    three = wrong_together([one, other, one])
    assert three == Together(4 + 5 + 4, 1 + 3 + 1, 2 + 0 + 2, 1 + 9 / 5 + 1)


def test_without_errors_the_bound_has_a_closed_form() -> None:
    def holds(n: int) -> None:
        assert lower_bound_95(0, n) == pytest.approx(0.05 ** (1 / n), abs=1e-12)

    assert failures(holds, [1, 2, 10, 3000, 7001, 100_000]) == []


def test_with_errors_the_bound_is_that_of_exact_fractions() -> None:
    def holds(errors: int, n: int) -> None:
        assert lower_bound_95(errors, n) == pytest.approx(exact_bound(errors, n), abs=1e-9)

    assert failures(holds, [(1, 3), (1, 30), (2, 10), (9, 10), (5, 40), (20, 40)]) == []


def test_what_no_errors_and_few_errors_prove() -> None:
    """The thresholds of the book: the smallest n whose clean record proves three and four nines."""
    assert next(n for n in range(2900, 3100) if lower_bound_95(0, n) >= 0.999) == 2995
    assert next(n for n in range(29900, 30000) if lower_bound_95(0, n) >= 0.9999) == 29956
    assert lower_bound_95(4, 10_000) > 0.999 > lower_bound_95(5, 10_000)
    assert lower_bound_95(83, 100_000) > 0.999 > lower_bound_95(84, 100_000)


def test_the_bound_lies_below_the_share_and_falls_with_every_error() -> None:
    bounds = [lower_bound_95(errors, 50) for errors in range(51)]
    assert all(bound < 1 - errors / 50 or errors == 50 for errors, bound in enumerate(bounds))
    assert bounds == sorted(bounds, reverse=True) and len(set(bounds)) == 51
    assert bounds[50] == 0


@pytest.mark.parametrize(("errors", "n"), [(-1, 5), (6, 5), (0, 0)])
def test_impossible_counts_are_refused(errors: int, n: int) -> None:
    with pytest.raises(ValueError, match=f"errors={errors} of n={n}"):
        lower_bound_95(errors, n)


def test_at_the_bound_so_few_errors_have_a_chance_of_one_in_twenty() -> None:
    def holds(errors: int, n: int) -> None:
        share = 1 - lower_bound_95(errors, n)
        assert chance_of_at_most(errors, n, share) == pytest.approx(0.05, abs=1e-6)
        exact = [
            math.comb(n, k) * Fraction(1, 3) ** k * Fraction(2, 3) ** (n - k) for k in (0, errors)
        ]
        assert [chance_of(k, n, 1 / 3) for k in (0, errors)] == pytest.approx(
            [float(x) for x in exact]
        )

    assert failures(holds, [(0, 10), (1, 30), (9, 100), (20, 400)]) == []
    assert chance_of_at_most(5, 5, 0.3) == pytest.approx(1)


def test_the_ratio_of_medians_and_its_interval() -> None:
    """With one value a seed nothing varies; with two clear groups the interval is theirs."""
    sure = ratio_of_medians([400, 400, 400], [100, 100, 100])
    assert (sure.ratio, sure.low, sure.high) == (4, 4, 4)
    wide = ratio_of_medians([300, 400, 500], [100, 100, 100])
    assert wide.ratio == 4 and wide.low == 3 and wide.high == 5
    assert ratio_of_medians([100, 100, 100], [300, 400, 500]).ratio == 0.25


def test_runs_that_never_arrive_count_as_endless() -> None:
    some = ratio_of_medians([math.inf, math.inf, 500], [100, 100, 100])
    assert some.ratio == math.inf and some.low == 5 and some.high == math.inf
    assert math.isnan(ratio_of_medians([math.inf] * 3, [math.inf] * 3).ratio)
    with pytest.raises(ValueError, match="3 and 0 runs"):
        ratio_of_medians([100] * 3, [])


def test_a_goal_is_met_at_the_first_of_two_good_checks_in_a_row() -> None:
    curve = [[25, 9, 10, 0.3], [50, 1, 100, 0.2], [75, 2, 100, 0.2], [100, 1, 100, 0.1]]
    assert steps_until(curve, 0.02) == 50
    assert steps_until([*curve, [125, 1, 100, 0.1]], 0.01) == 100
    assert steps_until(curve, 0.01) == math.inf and steps_until([], 0.5) == math.inf


def test_a_spread_is_what_numpys_quantiles_say() -> None:
    def holds(values: list[float]) -> None:
        assert spread(iter(values)) == pytest.approx(tuple(np.quantile(values, (0, 0.5, 1))))

    cases = [[3], [4, 1], [2, 9, 4], [0.5, 7, -1, 2], [5, 5, 5, 1, 9]]
    assert failures(holds, cases) == []


def test_a_spread_with_runs_that_never_arrive() -> None:
    assert spread([math.inf, 300, 200]) == Spread(200, 300, math.inf)
    assert spread([200, math.inf, 300, math.inf]).median == math.inf
    with pytest.raises(ValueError, match="at least one"):
        spread([])


def test_pairs_in_the_same_order_are_those_of_ranks_laid_side_by_side() -> None:
    """With all y apart: by y, the pairs whose x rises too are the sum of how many stand below."""
    rng = np.random.default_rng(0)
    for _ in range(20):
        x, y = rng.integers(0, 6, 9), rng.permutation(9)
        risen = x[np.argsort(y)].tolist()
        below = sum(sum(earlier < later for earlier in risen[:i]) for i, later in enumerate(risen))
        assert in_the_same_order(zip(x.tolist(), y.tolist(), strict=True)) == (below, 36)


def test_two_that_y_holds_for_equal_have_no_order() -> None:
    assert in_the_same_order([(0.9, 5), (0.5, 0), (0.7, 0)]) == (2, 2)
    assert in_the_same_order([(0.5, 5), (0.5, 0)]) == (0, 1)
    assert in_the_same_order([(1, 1), (2, 1)]) == (0, 0)


def test_the_square_of_a_standard_score_is_pearsons_chi_square() -> None:
    """Of the table of both groups: the counts against those of one common share."""
    for part, n, other, other_n in ((30, 100, 45, 300), (1, 20, 19, 20), (5, 50, 10, 100)):
        table = np.array([[part, n - part], [other, other_n - other]], dtype=float)
        expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
        z = standard_score(part, n, other, other_n)
        assert z**2 == pytest.approx(((table - expected) ** 2 / expected).sum(), abs=1e-12)
        assert np.sign(z) == np.sign(part / n - other / other_n)
    assert standard_score(0, 10, 0, 20) == standard_score(10, 10, 20, 20) == 0
