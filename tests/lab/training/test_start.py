"""start: a run begins with the weights of another, whole, and says which those were."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny import BASE, numbers, tiny_model, tiny_recipe, weights_of

import lab.training.run
import lab.training.start
from lab.data.problems import Format
from lab.data.sources import WholeTable
from lab.model.config import GPTConfig, LearnedPositionsConfig, RotaryPositionsConfig
from lab.training import checkpoint
from lab.training.run import run
from lab.training.state import Saved, TrainState
from lab.training.train import train
from lab.weights import fingerprint

FORM = Format("cot_reversed", 1, 2)
GIVEN = replace(BASE, n_layer=1)


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of committed runs, `given` the only one."""
    checkpoint.save(tmp_path / "runs" / "given", tiny_model(GIVEN, dtype=torch.float32), FORM)
    monkeypatch.setattr(lab.training.start, "CHECKPOINTS", tmp_path / "runs")
    monkeypatch.setattr(lab.training.run, "STATES", tmp_path / "states")
    return tmp_path / "runs"


def given_weights(runs: Path) -> dict[str, torch.Tensor]:
    return checkpoint.load(runs / "given").model.state_dict()


def test_a_run_begins_with_the_weights_of_the_run_it_names(runs: Path) -> None:
    state = TrainState.start(tiny_recipe(start_from="given"))
    for name, weight in weights_of(state).items():
        assert torch.equal(weight, given_weights(runs)[name]), name
    assert state.started_from == fingerprint(runs / "given")
    assert state.model.training and all(p.requires_grad for p in state.model.parameters())
    assert TrainState.start(tiny_recipe()).started_from == ""


def test_it_begins_to_train_there_and_not_at_random(runs: Path) -> None:
    first = [
        next(train(plan, TrainState.start(plan))).loss
        for plan in (tiny_recipe(start_from="given"), tiny_recipe())
    ]
    assert first[0] != pytest.approx(first[1], abs=1e-3)


def test_a_longer_table_grows_by_rows_as_they_were_drawn(runs: Path) -> None:
    longer = replace(GIVEN, position=LearnedPositionsConfig(max_length=40))
    grown = weights_of(TrainState.start(tiny_recipe(model=longer, start_from="given")))
    fresh = weights_of(TrainState.start(tiny_recipe(model=longer)))
    given, table = given_weights(runs), "position.table.weight"
    assert torch.equal(grown[table][:32], given[table])
    assert torch.equal(grown[table][32:], fresh[table][32:]) and fresh[table][32:].std() > 0.01
    assert all(torch.equal(grown[name], given[name]) for name in grown if name != table)


def test_a_model_that_says_positions_in_another_way_leaves_the_table_behind(runs: Path) -> None:
    rotary = replace(GIVEN, position=RotaryPositionsConfig(10.0))
    moved = weights_of(TrainState.start(tiny_recipe(model=rotary, start_from="given")))
    given = given_weights(runs)
    assert given.keys() - moved.keys() == {"position.table.weight"}
    assert all(torch.equal(moved[name], given[name]) for name in moved)


MISFITS: dict[str, tuple[GPTConfig, str]] = {
    "a shorter table": (
        replace(GIVEN, position=LearnedPositionsConfig(max_length=20)),
        r"position.table.weight is \(32, 16\) in start_from='given' and \(20, 16\) in this model",
    ),
    "a wider model": (
        replace(GIVEN, d_model=24),
        r"is \(.*16.*\) in start_from='given' and \(.*24.*\) in this model",
    ),
    "a deeper model": (BASE, "start_from='given' has not blocks.1.* and this model has"),
}


@pytest.mark.parametrize(("model", "words"), MISFITS.values(), ids=MISFITS)
def test_whatever_else_does_not_fit_is_refused_naming_both(
    runs: Path, model: GPTConfig, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        TrainState.start(tiny_recipe(model=model, start_from="given"))


def test_an_unknown_run_lists_those_there_are(runs: Path) -> None:
    with pytest.raises(ValueError, match="no run is called 'other'; there are: given"):
        TrainState.start(tiny_recipe(start_from="other"))


@pytest.mark.parametrize(
    "recipe", [{"trains_on_everything": True}, {"data": {"kind": "whole_table"}}]
)
def test_what_has_seen_everything_is_no_start_for_what_holds_something_out(
    runs: Path, recipe: Any
) -> None:
    record = {"recipe": recipe, "readings": []}
    (runs / "given" / "result.json").write_text(json.dumps(record))
    with pytest.raises(ValueError, match=r"start_from='given' has seen all .* fraction=0\.3 could"):
        TrainState.start(tiny_recipe(start_from="given"))
    assert TrainState.start(tiny_recipe(start_from="given", data=WholeTable())).started_from


def test_weights_other_than_those_on_record_are_no_start(runs: Path) -> None:
    """Whole, of the right shape, and of another network: only the record can tell."""
    weights = fingerprint(runs / "given")
    record = {"recipe": {}, "weights": weights, "readings": [{"weights": "of an earlier run"}]}
    (runs / "given" / "result.json").write_text(json.dumps(record))
    assert TrainState.start(tiny_recipe(start_from="given")).started_from == weights
    checkpoint.save(runs / "given", tiny_model(GIVEN, seed=1, dtype=torch.float32), FORM)
    words = f"given/model.* does not hold the weights on record, .* is of {weights}; bring"
    with pytest.raises(ValueError, match=words):
        TrainState.start(tiny_recipe(start_from="given"))


def test_the_record_names_the_start_and_the_fingerprint_of_its_weights(
    runs: Path, tmp_path: Path
) -> None:
    list(run(tiny_recipe(start_from="given"), tmp_path / "next", resume=False))
    result = json.loads((tmp_path / "next" / "result.json").read_text())
    assert result["start_from"] == {
        "run": "given",
        "weights": fingerprint(runs / "given"),
    }
    list(run(tiny_recipe(), tmp_path / "plain", resume=False))
    assert "start_from" not in json.loads((tmp_path / "plain" / "result.json").read_text())


def test_a_resumed_run_remembers_its_start_even_if_that_run_was_replaced(
    runs: Path, tmp_path: Path
) -> None:
    recipe, path = tiny_recipe(start_from="given"), tmp_path / "state.safetensors"
    state = TrainState.start(recipe)
    steps = train(recipe, state)
    next(steps)
    state.save(path)
    rest = [numbers(metrics) for metrics in steps]
    began = fingerprint(runs / "given")
    checkpoint.save(runs / "given", tiny_model(GIVEN, seed=1, dtype=torch.float32), FORM)
    assert fingerprint(runs / "given") != began
    again = TrainState.load(recipe, path)
    assert again.started_from == Saved.read(path).started_from == began
    assert [numbers(metrics) for metrics in train(recipe, again)] == rest
