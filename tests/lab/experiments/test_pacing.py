"""pacing: stages of other lengths, as many tokens, and looks that are no part of the training."""

from dataclasses import replace
from itertools import pairwise

import pytest

from lab.experiments import pacing
from lab.experiments.curriculum_ablations import control, tokens_of, train_course
from lab.experiments.pacing import (
    LOOKED_AT,
    N_LOOK,
    TIMES,
    longest_wrong,
    measure_pace,
    pace_cells,
    paced,
)
from lab.model.config import DenseFFNConfig, MultiHeadAttentionConfig
from lab.records import RECORDS, read_lines, select
from lab.training.recipe import Recipe, in_stages
from lab.training.state import TrainState

ROWS = read_lines(RECORDS / "pacing.jsonl")


def test_stages_are_shorter_or_longer_and_nothing_else_differs() -> None:
    usual = control("the_course", 1)
    for arm, times in TIMES.items():
        plan = paced(arm, 1)
        *first, last = plan.course
        assert [s.steps for s in first] == [times * s.steps for s in usual.course[:-1]]
        assert last.steps > 0 and abs(tokens_of(plan) / tokens_of(usual) - 1) < 1e-3
        assert in_stages(plan, *usual.course) == usual
    assert paced("the_course", 1) == usual


def small(arm: str, seed: int) -> Recipe:
    """A course of a few steps, of a network that learns nothing in them."""
    usual = control(arm, seed)
    tiny = replace(
        usual.model,
        n_layer=1,
        d_model=16,
        attention=MultiHeadAttentionConfig(n_head=2, head_dim=8),
        ffn=DenseFFNConfig(d_ff=32),
    )
    stages = [replace(stage, steps=6) for stage in usual.course]
    return in_stages(replace(usual, model=tiny, batch_size=4), *stages)


def test_looks_change_nothing_that_is_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacing, "paced", small)
    row = measure_pace({"arm": "the_course", "seed": 0})
    plain = train_course(small("the_course", 0), "test", TrainState.start(small("the_course", 0)))
    assert row["stages"] == plain["stages"] and row["tokens"] == plain["tokens"]
    assert row["stage_steps"] == [6, 6, 6, 6] and row["looks"][-1]["step"] == row["steps"]


def test_a_look_counts_the_first_of_the_problems_of_the_end() -> None:
    state = TrainState.start(small("the_course", 0))
    assert longest_wrong(state.model.eval()) == LOOKED_AT


def test_the_record_has_a_row_a_cell_of_one_processor_with_looks_as_far_apart() -> None:
    assert len(ROWS) == len(pace_cells())
    (_,) = {(row["cpu"], row["torch"], row["precision"]) for row in ROWS}
    for row in ROWS:
        plan = paced(**row["cell"])
        tokens = [look["tokens"] for look in row["looks"]]
        assert (row["steps"], row["tokens"]) == (plan.steps, tokens_of(plan))
        assert tokens[-1] == row["tokens"] and len(tokens) == N_LOOK
        apart = [after - before for before, after in pairwise([0, *tokens])]
        assert max(apart) - min(apart) < 0.1 * row["tokens"] / N_LOOK
        assert row["stage_steps"] == [stage.steps for stage in plan.course]


def test_the_first_seed_of_the_course_is_that_of_the_looks_on_the_same_processor() -> None:
    (row,) = select(read_lines(RECORDS / "course_looks.jsonl"), arm="the_course")
    assert {"arm": "the_course", "seed": 0} not in pace_cells() and row["cell"]["seed"] == 0
    alike = ("cpu", "torch", "precision", "parameters")
    assert all(one[name] == row[name] for one in ROWS for name in alike)
    assert row["steps"] == paced("the_course", 0).steps
    bases = read_lines(RECORDS / "other_bases.jsonl")
    assert {one["cpu"] for one in bases} == {row["cpu"]}
