"""fewest_by_length: equal tokens at every length, a search that brackets, a record that adds up."""

from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pytest

from lab.data.problems import pairs_of, split_value
from lab.data.sources import Pool
from lab.experiments import fewest_by_length
from lab.experiments.fewest_by_length import (
    GOALS,
    LENGTHS,
    MOST,
    SEEDS,
    START,
    STEPS,
    best_inside,
    fewest_for,
    length_cells,
    outcome,
    own_problems,
    plan_of,
    search,
)
from lab.model.config import DenseFFNConfig, MultiHeadAttentionConfig
from lab.records import RECORDS, read_lines, select

ROWS = read_lines(RECORDS / "fewest_by_length.jsonl")


def test_every_length_reads_as_many_tokens_in_as_many_steps() -> None:
    plans = [plan_of(digits, START[digits], 1e-3, 0) for digits in LENGTHS]
    read = [plan.steps * plan.tokens_per_step for plan in plans]
    assert max(read) < 1.015 * min(read) and {plan.steps for plan in plans} == {STEPS}
    alike = [replace(plan, data=plans[0].data, batch_size=1) for plan in plans]
    assert alike[0] == alike[1] == alike[2]
    assert len(length_cells()) == len(LENGTHS) * (1 + len(SEEDS))


def test_a_pool_holds_so_many_different_problems_of_one_length_and_none_held_out() -> None:
    plan = plan_of(3, 500, 1e-3, 1)
    a, b = own_problems(plan)
    assert len({*zip(a.tolist(), b.tolist(), strict=True)}) == 500
    assert a.min() >= 100 and b.min() >= 100 and max(a.max(), b.max()) <= 999
    assert all(split_value(x, y) < 0.3 for x, y in zip(a.tolist(), b.tolist(), strict=True))


def test_no_search_asks_for_more_problems_than_there_are_or_than_a_run_reads() -> None:
    a, b = pairs_of("train")
    assert MOST[2] <= ((a > 9) & (b > 9)).sum() < 2 * MOST[2]
    for digits in LENGTHS:
        plan = plan_of(digits, MOST[digits], 1e-3, 0)
        assert isinstance(plan.data, Pool) and plan.steps * plan.batch_size > 1.9 * plan.data.n


@pytest.mark.parametrize(
    ("true", "tried", "fewest"),
    [
        ({95: 300, 99: 700}, [256, 512, 1024], [512, 1024]),  # straight down from 99
        ({95: 1500, 99: 3000}, [1024, 2048, 4096], [2048, 4096]),
        ({95: 600, 99: 2000}, [512, 1024, 2048], [1024, 2048]),  # both ways
        ({95: 5000, 99: 9000}, [1024, 2048, 4096], [None, None]),  # never there
        ({95: 10, 99: 20}, [64, 128, 256, 512, 1024], [64, 64]),
    ],
)
def test_a_search_goes_up_to_the_one_goal_and_down_past_the_other(
    true: dict[int, int], tried: list[int], fewest: list[int | None]
) -> None:
    def right(n: int) -> float:
        return 99.5 if n >= true[99] else 96.0 if n >= true[95] else 50.0

    found = search(right, 1024, 64, 4096)
    assert sorted(found) == tried
    assert [fewest_for(found, goal) for goal in GOALS] == fewest


def test_what_falls_back_is_not_counted_as_reached() -> None:
    assert fewest_for({64: 99.0, 128: 90.0, 256: 99.5}, 99) == 256


def test_a_grid_of_rates_is_extended_until_the_best_lies_inside() -> None:
    for true in (5e-4, 1e-3, 4e-3, 8e-3):
        asked: list[float] = []

        def wrong(rate: float, true: float = true, asked: list[float] = asked) -> float:
            asked.append(rate)
            return abs(np.log2(rate / true))

        assert best_inside(wrong, (1e-3, 2e-3, 4e-3)) == true
        assert min(asked) < true < max(asked) and len({*asked}) == len(asked)


def test_a_training_that_is_done_is_not_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = fewest_by_length.twin("fewest_by_length", fewest_by_length.COUPLED)
    tiny = replace(
        usual.model,
        n_layer=1,
        d_model=16,
        attention=MultiHeadAttentionConfig(n_head=2, head_dim=8),
        ffn=DenseFFNConfig(d_ff=32),
    )
    monkeypatch.setattr(fewest_by_length, "twin", lambda *_: replace(usual, model=tiny))
    for name, value in {"STEPS": 2, "ASKED": 20, "FOLDER": tmp_path}.items():
        monkeypatch.setattr(fewest_by_length, name, value)
    first = outcome(2, 30, 1e-3, 0)
    assert first["own"] == [20, 20] and first["test"][0] <= 20
    monkeypatch.delattr(fewest_by_length, "train")
    assert outcome(2, 30, 1e-3, 0) == first


@pytest.mark.parametrize("digits", LENGTHS)
def test_the_rate_of_a_length_has_the_best_median_and_lies_inside(digits: int) -> None:
    for row in select(ROWS, part="rate", digits=digits):
        wrong: dict[float, list[int]] = {}
        for one in row["tried"]:
            wrong.setdefault(one["rate"], []).append(one["validation"][1])
        assert {len(seeds) for seeds in wrong.values()} == {len(SEEDS)}
        assert row["rate"] == min(sorted(wrong), key=lambda rate: median(wrong[rate]))
        assert min(wrong) < row["rate"] < max(wrong)


def test_what_is_said_to_be_the_fewest_is_what_was_tried() -> None:
    for row in select(ROWS, part="fewest"):
        (chosen,) = select(ROWS, part="rate", digits=row["cell"]["digits"])
        tried = row["tried"]
        assert {(one["rate"], one["seed"]) for one in tried} == {
            (chosen["rate"], row["cell"]["seed"])
        }
        shares = {one["problems"]: share(one) for one in tried}
        assert row["fewest"] == {str(goal): fewest_for(shares, goal) for goal in GOALS}
        assert all(2 * few in shares for few in sorted(shares)[:-1])


def share(one: dict[str, Any]) -> float:
    n, wrong = one["test"]
    return 100 * (n - wrong) / n
