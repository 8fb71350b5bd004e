"""lab.run: a recipe becomes a run with a history and a record, and a resumed one the same run."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny import BASE, tiny_model, tiny_recipe

import lab.run
from lab import checkpoint
from lab.bounds import lower_bound_95
from lab.config import RotaryPositions
from lab.evaluate import Score, exactness, last
from lab.problems import Format, all_pairs, pairs_of, split_values
from lab.provenance import REQUIRED, read_lines
from lab.run import (
    Check,
    Reading,
    has_seen_everything,
    look,
    problems_of,
    read_model,
    read_texts,
    record_reading,
    run,
)
from lab.train import TrainState, train


@pytest.fixture(autouse=True)
def states(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(lab.run, "STATES", tmp_path / "states")
    return tmp_path / "states"


def history(folder: Path) -> list[dict[str, Any]]:
    rows = read_lines(folder / "history.jsonl")
    return [{k: v for k, v in row.items() if k != "seconds"} for row in rows]


def test_a_run_leaves_weights_history_and_a_record(tmp_path: Path) -> None:
    recipe, out = tiny_recipe(steps=7), tmp_path / "tiny"
    events = list(run(recipe, out, resume=False))
    checks = [event for event in events if isinstance(event, Check)]
    assert [check.step for check in checks] == [3, 6, 7]
    assert read_lines(out / "history.jsonl") == [asdict(check) for check in checks]
    assert sorted(p.name for p in out.iterdir()) == [
        *("config.json", "history.jsonl", "model.safetensors", "result.json")
    ]
    result = json.loads((out / "result.json").read_text())
    assert set(REQUIRED) <= result.keys()
    assert result["training_tokens"] == 7 * 8 * recipe.format.length
    assert (result["seeds"], result["readings"]) == ([0], [])
    assert result["command"] == "python -m lab train tiny --seed 0"
    loaded = checkpoint.load(out)
    assert result["parameters"] == sum(p.numel() for p in loaded.model.parameters())
    a, b = pairs_of("validation", 1, 2)
    on_disk = last(exactness(loaded.model, loaded.format, a, b, decode=True))
    assert result["validation"] == asdict(on_disk)


def test_the_committed_weights_are_those_that_training_ends_with(tmp_path: Path) -> None:
    recipe, out = tiny_recipe(), tmp_path / "tiny"
    list(run(recipe, out, resume=False))
    state = TrainState.start(recipe)
    list(train(recipe, state))
    loaded = checkpoint.load(out).model
    for p, q in zip(state.model.parameters(), loaded.parameters(), strict=True):
        assert torch.equal(p.bfloat16().float(), q)


@pytest.mark.parametrize("stop_after", [4, 6])
def test_a_run_that_was_stopped_goes_on_to_the_same_end(tmp_path: Path, stop_after: int) -> None:
    recipe = tiny_recipe(steps=9)
    list(run(recipe, tmp_path / "whole", resume=False))
    events = run(recipe, tmp_path / "cut", resume=False)
    while next(events).step < stop_after:
        pass
    events.close()  # pyright: ignore[reportAttributeAccessIssue]
    with (tmp_path / "cut" / "history.jsonl").open("a") as file:
        file.write('{"step": 5, "lo')  # and the last line was being written
    list(run(recipe, tmp_path / "cut", resume=True))
    assert history(tmp_path / "cut") == history(tmp_path / "whole")
    names = ("model.safetensors", "config.json")
    for name in names:
        assert (tmp_path / "cut" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_a_fresh_run_does_not_go_on_with_an_old_history(tmp_path: Path) -> None:
    recipe, out = tiny_recipe(), tmp_path / "tiny"
    list(run(recipe, out, resume=False))
    first = history(out)
    list(run(recipe, out, resume=False))
    assert history(out) == first
    list(run(recipe, out, resume=True))  # nothing is left to do
    assert history(out) == first


def test_checks_do_not_disturb_the_training(tmp_path: Path) -> None:
    losses: list[list[float]] = []
    for every in (1, 6):
        recipe = tiny_recipe(check_every=every)
        events = run(recipe, tmp_path / str(every), resume=False)
        losses.append([e.loss for e in events if not isinstance(e, Check)])
    assert losses[0] == losses[1]


def test_a_check_scores_held_out_pairs_and_trained_pairs_apart() -> None:
    recipe = tiny_recipe(fraction=0.1)
    state = TrainState.start(recipe)
    metrics = next(train(recipe, state))
    check = look(recipe, state, metrics)
    u = split_values(*all_pairs(1, 2))
    assert check.n_validation == int(((u >= 0.3) & (u < 0.4)).sum())
    assert check.n_train == int((u < 0.1).sum())
    assert state.model.training
    assert (check.step, check.loss, check.tokens) == (1, metrics.loss, metrics.tokens)


def test_a_run_that_has_seen_everything_claims_no_held_out_score(tmp_path: Path) -> None:
    recipe = tiny_recipe(format=Format("plain", 1, 1), fraction=1.0, trains_on_everything=True)
    out = tmp_path / "tiny"
    *_, check = (event for event in run(recipe, out, resume=False) if isinstance(event, Check))
    assert (check.n_validation, check.errors_validation, check.n_train) == (0, 0, 100)
    result = json.loads((out / "result.json").read_text())
    assert result["recipe"]["trains_on_everything"] is True
    assert result["validation"] == asdict(Score(0, 0, 0))
    assert has_seen_everything(out)


def test_a_run_with_a_split_or_without_a_record_has_not_seen_everything(tmp_path: Path) -> None:
    list(run(tiny_recipe(), tmp_path / "tiny", resume=False))
    assert not has_seen_everything(tmp_path / "tiny")
    assert not has_seen_everything(tmp_path / "nowhere")


# ---------------------------------------------------------------- readings


def test_a_reading_counts_held_out_pairs_apart() -> None:
    form = Format("cot_reversed")
    a, b = (x[:300] for x in all_pairs())
    texts = form.render(a, b)[0].copy()
    held = split_values(a, b) >= 0.30
    wrong_held, wrong_seen = np.flatnonzero(held)[:3], np.flatnonzero(~held)[:2]
    texts[wrong_held, 7] = (texts[wrong_held, 7] + 1) % 10
    texts[wrong_seen, 18] = (texts[wrong_seen, 18] + 1) % 10
    reading = read_texts(form, a, b, texts)
    assert reading.all == Score(300, 5, 2)
    assert reading.heldout == Score(int(held.sum()), 3, 0)
    assert reading.document() == {
        **{"n": 300, "errors_strict": 5, "errors_answer": 2},
        **{"n_heldout": int(held.sum()), "errors_strict_heldout": 3},
        "lower_bound_95_strict_heldout": lower_bound_95(3, int(held.sum())),
    }
    assert Reading().document()["lower_bound_95_strict_heldout"] is None


def test_reading_a_model_is_decoding_it() -> None:
    model, form = tiny_model(dtype=torch.float32), Format("plain", 1, 1)
    a, b = all_pairs(1, 1)
    *_, reading = read_model(model, form, a, b, batch=33)
    assert reading.all == last(exactness(model, form, a, b, decode=True, batch=33))
    held = split_values(a, b) >= 0.30
    assert reading.heldout == last(exactness(model, form, a[held], b[held], decode=True))


def test_every_reading_is_kept_with_where_it_came_from(tmp_path: Path) -> None:
    (tmp_path / "result.json").write_text(json.dumps({"run": "tiny", "readings": []}))
    for n in (1, 2):
        record_reading(tmp_path, {"n": n}, f"python -m lab evaluate tiny --pairs {n}")
    result = json.loads((tmp_path / "result.json").read_text())
    assert [reading["n"] for reading in result["readings"]] == [1, 2]
    assert all(set(REQUIRED) <= reading.keys() for reading in result["readings"])
    assert result["readings"][1]["command"].endswith("--pairs 2")


def test_a_recipe_is_written_out_whole(tmp_path: Path) -> None:
    recipe = replace(tiny_recipe(), seed=3)
    document = json.loads(json.dumps(lab.run.recipe_document(recipe)))
    assert document["seed"] == 3 and document["format"] == asdict(recipe.format)
    rebuilt = recipe.model.from_dict(document["model"])
    assert rebuilt == recipe.model


def test_a_run_of_many_shapes_is_checked_on_each_of_them_and_recorded(tmp_path: Path) -> None:
    shapes = ((1, 1), (1, 3), (3, 3))
    config = replace(BASE, n_layer=1, position=RotaryPositions(10.0))
    form = Format("cot_reversed", 3, 3, padded=False)
    recipe = tiny_recipe(model=config, format=form, shapes=shapes)
    problems = problems_of(recipe, "validation", 60)
    assert [(form.p, form.q, len(a)) for form, a, _ in problems] == [(p, q, 20) for p, q in shapes]
    for _, a, b in problems:
        u = split_values(a, b)
        assert ((u >= 0.3) & (u < 0.4)).all()
    for _, a, b in problems_of(replace(recipe, fraction=0.1), "train", 60):
        assert (split_values(a, b) < 0.1).all()
    *_, check = run(recipe, tmp_path / "tiny", resume=False)
    assert isinstance(check, Check) and check.n_validation == check.n_train == 999
    result = json.loads((tmp_path / "tiny" / "result.json").read_text())
    assert result["validation"]["n"] == 9999
    assert checkpoint.load(tmp_path / "tiny").format == form
