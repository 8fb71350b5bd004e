"""The ladder: what a rung is, and how two trainings are timed by turns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import pytest
import torch

from lab.experiments import ladder as module
from lab.experiments.ladder import (
    Run,
    both_trained,
    measure_attempt,
    measure_rung,
    norm_by_autograd,
    told,
)
from lab.model import norm
from lab.recipes.live import FAST, multiply
from lab.recipes.speedrun import ATTEMPTS, ON, RUNGS, Rung, named, recipe_of
from lab.training.recipe import Recipe
from lab.training.run import check
from lab.training.state import TrainState
from lab.training.train import StepMetrics, train


def test_every_name_stands_once_and_every_attempt_has_its_rung() -> None:
    names = [one.name for one in (*RUNGS, *ATTEMPTS)]
    assert len(set(names)) == len(names) and len(RUNGS) >= 8
    assert {one.on for one in ATTEMPTS} <= {rung.name for rung in RUNGS}
    assert not any(rung.on for rung in RUNGS)
    with pytest.raises(ValueError, match="'three_threads' is no rung; there are: default_before"):
        named("three_threads")


def test_a_rung_differs_from_the_one_before_it() -> None:
    for before, rung in pairwise(RUNGS):
        assert (before.recipe, before.threads, before.older) != (
            rung.recipe,
            rung.threads,
            rung.older,
        )
        assert rung.older <= before.older, "what the code did before does not come back"
    assert recipe_of(RUNGS[-1].name, 3) == replace(RUNGS[-1].recipe, seed=3)


def test_the_second_rung_is_what_the_pages_make_of_half_the_width() -> None:
    ours, theirs = named("two_heads").recipe, multiply(d_model=multiply().model.d_model // 2)
    assert (ours, ours.hash, ours.to_dict()) == (theirs, theirs.hash, theirs.to_dict())


def test_pages_train_by_default_as_the_last_rung_on_one_thread() -> None:
    page = multiply(**FAST)
    assert replace(recipe_of(ON, 0), check_every=page.check_every) == page


def tiny(monkeypatch: pytest.MonkeyPatch) -> tuple[Rung, Rung]:
    """Two rungs of few steps: the first with older code, the second on two threads."""
    first = RUNGS[0]._replace(recipe=replace(RUNGS[-1].recipe, steps=6, batch_size=4, warmup=0))
    second = RUNGS[-1]._replace(recipe=replace(RUNGS[-1].recipe, steps=8, batch_size=4))
    several = (first, second)
    monkeypatch.setattr(module, "RUNGS", several)
    monkeypatch.setattr("lab.recipes.speedrun.RUNGS", several)
    for name, value in {"CHECKS": 4, "TURNS": 2, "TURN": 1}.items():
        monkeypatch.setattr(module, name, value)
    return several


def test_a_rung_is_trained_to_its_end_with_turns_of_the_one_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second = tiny(monkeypatch)
    threads, by_hand = torch.get_num_threads(), norm.Rescale.apply
    run, before = both_trained(second, first, seed=1)
    assert before is not None and (run.state.step, before.state.step) == (8, 2)
    assert [step for _, step, _, _ in run.curve] == [2, 4, 6, 8]
    assert len(run.steps_took) == 8 and {n for *_, n in run.curve} == {1017}
    assert (torch.get_num_threads(), norm.Rescale.apply) == (threads, by_hand)


def test_a_training_is_begun_once_and_older_code_is_there_in_its_steps_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, _ = tiny(monkeypatch)
    begun: list[Recipe] = []

    def counted(recipe: Recipe, state: TrainState) -> Iterator[StepMetrics]:
        begun.append(recipe)
        for done in train(recipe, state):
            assert norm.Rescale.apply is norm_by_autograd
            yield done

    monkeypatch.setattr(module, "train", counted)
    by_hand = norm.Rescale.apply
    run = Run.begin(first, 0)
    for step in (2, 4, 6, 6):
        run.take(2)
        assert run.state.step == len(run.steps_took) == step
        assert norm.Rescale.apply == by_hand
    assert begun == [run.recipe]


def test_steps_in_turns_are_those_of_a_training_in_one_go(monkeypatch: pytest.MonkeyPatch) -> None:
    _, second = tiny(monkeypatch)
    run, alone = Run.begin(second, 0), TrainState.start(recipe_of(second.name, 0))
    for _ in range(4):
        run.take(2)
        run.look()
    steps = list(train(recipe_of(second.name, 0), alone))
    ours, theirs = run.state.model.state_dict(), alone.model.state_dict()
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)
    checked = check(run.recipe, run.state, steps[-1])
    assert run.curve[-1][1:] == (8, checked.errors_validation, checked.n_validation)


def test_older_code_changes_no_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """Up to rounding: the first rung and the same recipe with the code of today."""
    first, _ = tiny(monkeypatch)
    weights: list[torch.Tensor] = []
    for rung, steps in ((first, 3), (first._replace(older=frozenset()), 3), (first, 0)):
        run = Run.begin(rung, 0)
        run.take(steps)
        weights.append(torch.cat([p.detach().flatten() for p in run.state.model.parameters()]))
    older, newer, untouched = weights
    assert 0 < (older - newer).norm() < 0.05 * (older - untouched).norm()


def test_a_ratio_compares_median_steps_and_seconds_are_those_of_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One step of the eight is a hundred times as long as the others."""
    first, second = tiny(monkeypatch)
    run, before = Run.begin(second, 0), Run.begin(first, 0)
    run.steps_took, before.steps_took = [*[0.5] * 7, 50], [2, 2, 2.5]
    row = told(run, before, seed=0)
    assert (row["seconds"], row["seconds_before"]) == (53.5, 2 * first.recipe.steps)
    assert row["ratio"] == pytest.approx(0.5 * second.recipe.steps / (2 * first.recipe.steps), 1e-3)


def test_what_is_recorded_of_a_rung_and_of_an_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = tiny(monkeypatch)
    tried = second._replace(name="tried", on=first.name)
    monkeypatch.setattr(module, "ATTEMPTS", (tried,))
    counts = {"errors": 5, "n": 10_000, "errors_heldout": 4, "n_heldout": 6949}
    monkeypatch.setattr(module, "census", lambda *_: counts)
    monkeypatch.setattr("lab.recipes.speedrun.ATTEMPTS", (tried,))
    row = measure_rung({"rung": second.name, "seed": 0})
    assert (row["steps"], row["batch"], row["threads"]) == (8, 4, second.threads)
    assert row["heldout"] == {"errors": 4, "n": 6949} and row["all"] == {"errors": 5, "n": 10_000}
    assert row["seconds_before"] > 0 and row["ratio"] > 0
    assert measure_rung({"rung": first.name, "seed": 0})["ratio"] is None
    row = measure_attempt({"attempt": "tried", "seed": 0})
    assert row["on"] == first.name and row["validation"]["n"] == 1017 and "all" not in row
