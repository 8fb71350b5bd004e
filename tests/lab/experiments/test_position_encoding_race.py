"""rope: the check against one problem at a time, the ratio against its definition."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from tiny import BASE, tiny_model

from components.ui.chapters.ch20 import claims
from lab.data.problems import split_value
from lab.data.vocabulary import decode
from lab.experiments import position_encoding_race
from lab.experiments.position_encoding_race import (
    SETTINGS,
    EvalSet,
    RaceCheck,
    best_rate,
    evaluate,
    find_wrong,
    make_eval_set,
    plan,
    race,
    steps_to_target,
    update_ema,
)
from lab.model.config import RotaryPositionsConfig
from lab.recipes.rope import ENCODINGS


@pytest.mark.parametrize("setting", SETTINGS)
def test_every_arm_reads_the_same_number_of_tokens_a_step(setting: str) -> None:
    sizes = {plan(setting, e, 1e-3, 0).tokens_per_step for e in ENCODINGS}  # pyright: ignore
    assert len(sizes) == 1 and abs(sizes.pop() - 2048) < 20


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_check_asks_whole_held_out_problems_and_nothing_of_the_prompt(setting: str) -> None:
    paper = make_eval_set(plan(setting, "rotary", 1e-3, 0), "test", 200)  # pyright: ignore
    assert 200 <= paper.n < 240
    asked: set[int] = set()
    for row, owners in zip(paper.tokens, paper.owner, strict=True):
        for owner in set(owners[owners >= 0].tolist()):
            first = int((owners == owner).argmax())
            begin = max([i for i in range(first) if decode([row[i]]) == "$"], default=-1) + 1
            a, b = map(int, decode(row[begin : first - 1]).split("*"))
            assert split_value(a, b) >= 0.4
            text = decode(row[owners == owner])
            assert text.endswith(f"{str(a * b)[::-1].ljust(len(text.split('=')[-1]) - 1, '0')}$")
            asked.add(owner)
    assert asked == set(range(paper.n))


def test_a_problem_fails_as_a_whole_and_once() -> None:
    """Reference: every problem of a stream predicted on its own, token by token."""
    config = replace(BASE, position=RotaryPositionsConfig(10.0))
    model = tiny_model(config, dtype=torch.float32)
    paper = make_eval_set(plan("packed", "rotary", 1e-3, 0), "test", 30)
    wrong = 0
    for owner in range(paper.n):
        row = int((paper.owner == owner).any(axis=1).argmax())
        slots = np.flatnonzero(paper.owner[row] == owner)
        tokens = torch.from_numpy(paper.tokens[row]).long()
        guesses = [int(model(tokens[None, :slot])[0, -1].argmax()) for slot in slots]
        wrong += guesses != tokens[slots].tolist()
    assert find_wrong(model, paper) == wrong > 0


def test_a_part_is_enough_to_fail_and_only_the_whole_to_pass() -> None:
    paper = make_eval_set(plan("fixed", "rotary", 1e-3, 0), "test", 80)
    poor = tiny_model(replace(BASE, position=RotaryPositionsConfig(10.0)), dtype=torch.float32)
    assert evaluate(poor, paper, 0.02, whole=False) == (10, 10)
    assert evaluate(poor, paper, 0.02, whole=True) == (80, 80)
    easy = EvalSet(paper.tokens, np.where(paper.owner < 79, -1, paper.owner))  # asks the last alone
    assert evaluate(poor, easy, 0.02, whole=False) == (1, 1)


def test_the_running_mean_forgets_by_its_memory() -> None:
    one, other = tiny_model(seed=0), tiny_model(seed=1)
    expected = [
        0.9 * x + 0.1 * y for x, y in zip(one.parameters(), other.parameters(), strict=True)
    ]
    update_ema(one, other, 0.9)
    for x, y in zip(one.parameters(), expected, strict=True):
        assert torch.allclose(x, y)


def test_a_race_checks_every_25_steps_and_is_the_same_every_time() -> None:
    tiny = replace(plan("packed", "none", 1e-3, 3, steps=30), model=BASE, batch_size=1)
    tiny = replace(
        tiny, model=replace(BASE, position=RotaryPositionsConfig(10.0)), precision="fp32"
    )
    first, second = (
        [(check.step, check.errors, check.loss) for check in race(tiny, "validation")]
        for _ in range(2)
    )
    assert first == second
    assert [step for step, *_ in first] == [25, 30]


def test_a_run_arrives_at_the_first_of_two_good_checks_in_a_row() -> None:
    checks = [RaceCheck(25 * (i + 1), e, 2000, 0.1, 1.0) for i, e in enumerate((90, 2, 7, 1, 2))]
    assert steps_to_target([*checks[:-1], replace(checks[-1], arrived=True)]) == 100
    assert steps_to_target(checks) is None


def test_a_run_that_fails_nearly_everything_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(position_encoding_race, "GIVE_UP_AT", 25)
    tiny = replace(plan("fixed", "rotary", 1e-3, 3, steps=75), batch_size=1, precision="fp32")
    tiny = replace(tiny, model=replace(BASE, position=RotaryPositionsConfig(10.0)))
    assert [check.step for check in race(tiny, "validation")] == [25]
    monkeypatch.setattr(position_encoding_race, "STILL_WRONG", 1.0)
    assert [check.step for check in race(tiny, "validation")] == [25, 50, 75]


def test_the_page_and_the_race_mean_the_same_goals() -> None:
    assert position_encoding_race.GOAL == claims.GOAL
    assert position_encoding_race.TRAINED_TO["fixed"] <= claims.FINE_GOAL
    assert position_encoding_race.TRAINED_TO["packed"] <= claims.FINEST_GOAL


def test_the_best_rate_arrives_first_or_else_errs_least() -> None:
    def row(rate: float, steps: int | None, wrong: int, n: int, loss: float) -> dict[str, Any]:
        cell = {"part": "rate", "setting": "fixed", "encoding": "none", "rate": rate, "seed": 0}
        return {"cell": cell, "steps_to_target": steps, "curve": [[1500, wrong, n, loss]]}

    rows = [row(1e-3, None, 20, 250, 0.2), row(2e-3, None, 30, 2000, 0.3)]
    assert best_rate([*rows, row(4e-3, 900, 90, 100, 1.0)], "fixed", "none") == 4e-3
    assert best_rate([*rows, row(4e-3, None, 30, 2000, 0.2)], "fixed", "none") == 4e-3
    assert best_rate([*rows, row(4e-3, None, 31, 2000, 0.2)], "fixed", "none") == 2e-3
    with pytest.raises(ValueError, match="2 of 3 rates"):
        best_rate(rows, "fixed", "none")
