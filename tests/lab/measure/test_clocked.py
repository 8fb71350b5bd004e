"""lab.measure.clocked: both ways write one text, and their costs are counted step by step."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from tiny import BASE, tiny_model

from lab.measure.clocked import (
    WARM_UP,
    Clocked,
    both_typical,
    by_turns,
    clocked,
    side_by_side,
    typical,
)
from lab.model.cost import flops_per_token_forward

GIVEN, MAX_NEW = "12*34=", 14


@pytest.fixture(scope="module")
def two() -> tuple[Clocked, Clocked]:
    return side_by_side(tiny_model(), GIVEN, MAX_NEW, repeats=2)


def test_both_ways_write_the_same_text(two: tuple[Clocked, Clocked]) -> None:
    without, cached = two
    assert without.text == cached.text
    assert without.text.startswith(GIVEN) and len(without.text) > len(GIVEN) + 1
    assert without.n_given == cached.n_given == len(GIVEN)


def test_without_a_cache_each_step_reads_all_and_with_one_the_newest_alone(
    two: tuple[Clocked, Clocked],
) -> None:
    without, cached = two
    n = len(without.text) - len(GIVEN)
    assert without.read.tolist() == [6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19][:n]
    assert cached.read.tolist() == [6, *[1] * (n - 1)]


def test_every_token_pushed_meets_all_that_are_seen(two: tuple[Clocked, Clocked]) -> None:
    for side in two:
        for i, (read, flops) in enumerate(zip(side.read, side.flops, strict=True)):
            assert flops == read * flops_per_token_forward(BASE, len(GIVEN) + i)


def test_a_step_takes_what_passes_between_two_looks_at_the_clock(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By a clock that shows twice as much at each look: no moment counts twice, none is lost."""
    looks: list[float] = []

    def look() -> float:
        looks.append(2.0 ** len(looks))
        return looks[-1]

    monkeypatch.setattr("lab.measure.clocked.time", SimpleNamespace(perf_counter=look))
    side = clocked(tiny_model(), GIVEN, MAX_NEW, cached=True)
    assert side.seconds.shape == side.read.shape
    assert side.seconds.tolist() == looks[:-1] and side.seconds.sum() == looks[-1] - looks[0]


def test_of_several_times_the_median_is_kept_token_by_token() -> None:
    counts = np.array([1, 1])
    times = [np.array([1.0, 9.0]), np.array([3.0, 2.0]), np.array([2.0, 5.0])]
    kept = typical(tuple(Clocked("1*2", 1, counts, counts, seconds) for seconds in times))
    assert kept.seconds.tolist() == [2.0, 5.0]


def test_nothing_to_measure_is_refused() -> None:
    with pytest.raises(ValueError, match="repeats=0; at least 1 is measured"):
        side_by_side(tiny_model(), GIVEN, MAX_NEW, repeats=0)
    with pytest.raises(ValueError, match="max_new=0; at least 1 is measured"):
        side_by_side(tiny_model(), GIVEN, 0)


def test_a_short_first_turn_is_not_counted() -> None:
    written = list(by_turns(tiny_model(), GIVEN, MAX_NEW, repeats=1))
    assert [len(side.text) - len(GIVEN) for side in written[:2]] == [WARM_UP] * 2
    for kept, once in zip(both_typical(written), written[2:], strict=True):
        assert kept.seconds.tolist() == once.seconds.tolist()
