"""course_looks: five trainings of `course` once more, and what a look tells is what it was."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from lab.data.problems import Format, sample_exact
from lab.data.vocabulary import decode
from lab.experiments import course_looks
from lab.experiments.course_looks import (
    ARMS,
    LESSONS,
    N_KEPT,
    N_LOOK,
    PROBLEMS,
    errors_by_shape,
    kept_looks,
    load_look,
    look_at,
    look_cells,
    look_steps,
    part_of_split,
    weights_name,
    written,
)
from lab.experiments.curriculum_ablations import control, control_cells, tokens_of
from lab.inference.scoring import exactness, last
from lab.model.config import DenseFFNConfig, MultiHeadAttentionConfig
from lab.records import RECORDS, read_lines, select
from lab.training.recipe import Recipe, in_stages
from lab.training.state import TrainState
from lab.weights import digest

ROWS = read_lines(RECORDS / "course_looks.jsonl")


def test_the_looks_are_as_many_tokens_apart_as_whole_steps_allow() -> None:
    for arm in ARMS:
        recipe = control(arm, 0)
        each = [
            s.data.tokens_per_row * recipe.batch_size for s in recipe.course for _ in range(s.steps)
        ]
        at = look_steps(recipe)
        assert len(at) == N_LOOK + 1 and (at[0], at[-1]) == (0, recipe.steps)
        for look, step in enumerate(at[1:], 1):
            goal = tokens_of(recipe) * look / N_LOOK
            assert sum(each[: step - 1]) < goal <= sum(each[:step])
        assert len(LESSONS[arm]) == len(recipe.course)
    assert all(cell in control_cells() for cell in look_cells())


def small() -> Recipe:
    """Two stages of a network that learns nothing in them."""
    usual = control("the_course", 0)
    tiny = replace(
        usual.model,
        n_layer=1,
        d_model=16,
        attention=MultiHeadAttentionConfig(n_head=2, head_dim=8),
        ffn=DenseFFNConfig(d_ff=32),
    )
    first, final = replace(usual.stages[0], steps=6), replace(usual.stages[-1], steps=20)
    return in_stages(replace(usual, model=tiny, batch_size=9), first, final)


def test_a_look_tells_the_batch_that_was_read_and_the_weights_that_were_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in {"ASKED": 3, "ASKED_MOST": 6, "LONGEST": 4}.items():
        monkeypatch.setattr(course_looks, name, value)
    plan = small()
    looks, weights = look_at(plan, TrainState.start(plan), ("2x2", "4x4"))
    steps = [look["step"] for look in looks]
    assert steps == look_steps(plan) and len(weights) == len(looks) == N_LOOK + 1
    # The same training without looks: all batches, one after the other.
    state, batches, losses = TrainState.start(plan), list[set[str]](), list[float]()
    rng = np.random.default_rng(plan.seed)
    for step in range(plan.steps):
        tokens, _ = plan.stage_at(step).data.draw(rng, plan.batch_size)
        batches.append({decode(row).rstrip("_") for row in tokens})
    losses = [done.loss for done in course_looks.train(plan, state)]
    for look in looks:
        read = max(0, look["step"] - 1)
        assert set(look["read"]) <= batches[read] and look["loss"] == losses[read]
        assert look["stage"] == ("2x2" if read < 6 else "4x4")
    assert weights[-1] == course_looks.to_bytes(state.model)
    assert len(set(weights)) == len(weights)


def test_what_a_look_asks_is_what_the_course_asked_at_its_end() -> None:
    """The first thousand of the two thousand of 4x4, and all of the others."""
    model = TrainState.start(small()).model.eval()
    asked: list[tuple[Any, ...]] = []

    def count(_model: Any, form: Format, a: Any, b: Any, **_: Any) -> Any:
        asked.append((form, a.tolist(), b.tolist()))
        return iter(())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(course_looks, "exactness", count)
        errors_by_shape(model)
    for form, a, b in asked:
        n = 2000 if (form.p, form.q) == (4, 4) else 200
        all_a, all_b = sample_exact(np.random.default_rng(0), n, form.p, form.q, 0.40, 1.0)
        assert a == all_a[:1000].tolist() and b == all_b[:1000].tolist()
    assert len(asked) == 16


def test_the_looks_that_are_kept_are_the_last_and_those_where_the_map_moved_most() -> None:
    wrong = [200, 200, 150, 149, 40, 40, 39, 10, 10, 5, 0]
    looks = [{"shapes": {"4x4": (200, n), "1x1": (200, 0)}} for n in wrong]
    assert kept_looks(looks) == [2, 4, 7, 9, 10]


def test_parts_of_the_split() -> None:
    parts = [part_of_split(a, b) for a, b in PROBLEMS]
    assert parts == ["test", "train", "test", "train", "test", "train"]


# ---------------------------------------------------------------- the record


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["cell"]["arm"])
def test_a_row_ends_near_its_course(row: Any) -> None:
    """Another machine adds in another order, so not bit for bit; the same problems, and tokens."""
    (raced,) = select(read_lines(RECORDS / "course.jsonl"), **row["cell"])
    assert row["course"]["shapes"] == raced["stages"][-1]["shapes"]
    assert row["tokens"] == raced["tokens"] == row["looks"][-1]["tokens"]
    for shape, (n, _) in raced["stages"][-1]["shapes"].items():
        assert row["end"][shape][0] == n
    steps = [look["step"] for look in row["looks"]]
    assert steps == look_steps(control(**row["cell"]))
    assert row["test_readings"] == {"times": N_LOOK + 2, "decided": "nothing"}
    kept = [k for k, look in enumerate(row["looks"]) if "weights" in look]
    assert kept == kept_looks(row["looks"]) and len(kept) == N_KEPT
    assert all(early["tokens"] < late["tokens"] for early, late in pairwise(row["looks"]))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["cell"]["arm"])
def test_the_weights_are_those_of_the_look_and_write_what_it_says(row: Any) -> None:
    arm = row["cell"]["arm"]
    for number, look in enumerate(row["looks"]):
        if "weights" not in look:
            continue
        data = (RECORDS / weights_name(arm, number)).read_bytes()
        assert look["weights"] == {"file": weights_name(arm, number), "digest": digest(data)}
    final = load_look(arm, N_LOOK).model
    assert written(final, 37, 48) == row["looks"][-1]["written"][PROBLEMS.index((37, 48))]
    form = Format("cot_reversed", 2, 2)
    a, b = sample_exact(np.random.default_rng(0), 200, 2, 2, 0.40, 1.0)
    score = last(exactness(final, form, a, b, decode=False))
    assert [score.n, score.errors_strict] == row["looks"][-1]["shapes"]["2x2"]
