"""What a step must do as something grows, by hand, and the slopes of lines."""

from __future__ import annotations

import math

import pytest

from lab.measure.phases import Roof, Work
from lab.measure.scaling import (
    LINES,
    N_LAYER,
    TEXT,
    Line,
    Timed,
    halves,
    slope,
    slope_of_least,
    slope_of_operations,
    slope_of_rounds,
    timed_of,
)
from lab.model.cost import parameters_of


def by_hand(width: int) -> int:
    """Weights of the matrices that a token meets: 12 D^2 in a layer, and the unembedding."""
    return N_LAYER * 12 * width**2 + 16 * width


def test_a_step_of_training_takes_six_operations_a_weight_and_token_and_those_of_attention() -> (
    None
):
    line = LINES["parameters_training"]
    for width in line.values:
        tokens = line.batch * TEXT
        attention = N_LAYER * 4 * TEXT * width
        assert line.work(width).operations == tokens * (6 * by_hand(width) + 3 * attention)
        assert line.work(width).bytes == 40 * line.amount(width)


def test_a_text_read_at_once_has_a_part_that_grows_with_its_length_and_one_with_its_square() -> (
    None
):
    line = LINES["length_prefill"]
    for n in line.values:
        squared = N_LAYER * 4 * line.width * n**2
        assert line.work(n).operations == 2 * by_hand(line.width) * n + squared
        assert LINES["length_prefill_fused"].work(n) == line.work(n)


def test_a_decode_step_fetches_every_weight_once_and_what_each_text_has_kept() -> None:
    line = LINES["batch_decode"]
    for batch in line.values:
        kept = batch * line.n_token * N_LAYER * 2 * line.width
        assert line.work(batch).bytes == 4 * (by_hand(line.width) + kept)
        assert line.work(batch).operations == batch * line.work(1).operations


def test_of_every_line_one_thing_grows_and_the_sizes_are_in_order() -> None:
    for name, line in LINES.items():
        assert name.startswith(f"{line.grows}_{line.step}")
        amounts = [line.amount(value) for value in line.values]
        assert amounts == sorted(set(amounts)) and len(amounts) >= 7, name
        sizes = [line.size(value) for value in line.values]
        grown = {
            "parameters": {parameters_of(size.config) for size in sizes},
            "length": {size.n_token for size in sizes},
            "batch": {size.batch for size in sizes},
        }
        assert {what: len(found) for what, found in grown.items()} == {
            what: len(sizes) if what == line.grows else 1 for what in grown
        }, name


def test_a_slope_is_the_power_of_a_power_and_of_a_noisy_one_the_least_squares() -> None:
    assert slope([(x, 3 * x**1.5) for x in (1, 2, 10, 70)]) == pytest.approx(1.5)
    assert slope([(1, 5), (10, 5)]) == 0
    # log y = (0, 2, 1) at log x = (-1, 0, 1): sum of x y over sum of x^2 is 1/2.
    noisy = [(math.exp(x), math.exp(y)) for x, y in ((-1, 0), (0, 2), (1, 1))]
    assert slope(noisy) == pytest.approx(0.5)


@pytest.mark.parametrize(
    "points", [[], [(1, 2)], [(3, 1), (3, 2)], [(0, 1), (2, 1)], [(1, -1), (2, 1)]]
)
def test_no_slope_is_made_up(points: list[tuple[float, float]]) -> None:
    with pytest.raises(ValueError, match="a slope needs two amounts, and numbers above 0"):
        slope(points)


def points(powers: tuple[float, ...] = (0.5, 1.0, 2.0)) -> list[Timed]:
    """A round a power; operations grow with the square, bytes not at all."""
    return [
        Timed(n, tuple(n**power for power in powers), Work(n**2, 100)) for n in (1, 2, 4, 8, 16)
    ]


def test_every_round_has_a_slope_and_the_median_is_told_with_its_ends() -> None:
    low, median, high = slope_of_rounds(points())
    assert (low, median, high) == pytest.approx((0.5, 1.0, 2.0))
    assert points()[3].median == 8


def test_the_slope_of_theory_is_that_of_what_the_roof_lets_through() -> None:
    found = points()
    assert slope_of_operations(found) == pytest.approx(2)
    # Up to 8 bytes are the limit, 100 of them in 100 seconds, and then operations.
    roof = Roof(operations_per_second=1.0, bytes_per_second=1.0)
    assert [point.least(roof) for point in found] == [100, 100, 100, 100, 256]
    assert 0 < slope_of_least(found, roof) < 2
    assert slope_of_least(found[:4], roof) == pytest.approx(0)


def test_a_line_falls_into_halves_that_share_its_middle() -> None:
    small, large = halves(points())
    assert [point.amount for point in small] == [1, 2, 4]
    assert [point.amount for point in large] == [4, 8, 16]
    small, large = halves(points()[:4])
    assert [len(small), len(large)] == [2, 2] and small[-1] is not large[0]


def test_a_row_of_the_record_is_read_as_it_was_measured() -> None:
    point = {"amount": 4, "seconds": [3.0, 1.0, 2.0], "operations": 8, "bytes": 5, "value": 2}
    (found,) = timed_of({"points": [point]})
    assert found == Timed(4, (3.0, 1.0, 2.0), Work(8, 5)) and found.median == 2


def test_a_line_of_one_size_has_no_slope() -> None:
    line = Line("batch", "decode", (1,))
    assert line.amount(1) == 1
    with pytest.raises(ValueError, match="two amounts"):
        slope_of_operations([Timed(1, (1.0,), line.work(1))])
