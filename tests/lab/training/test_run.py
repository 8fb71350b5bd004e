"""run: a recipe becomes a run with a history and a record, and a resumed one the same run."""

import json
import math
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny import BASE, refusal, refused_otherwise, tiny_model, tiny_recipe

import lab.training.run
from lab.data.problems import Format, SplitName, all_pairs, pairs_of, split_values
from lab.data.sources import Pairs, Shapes, WholeTable
from lab.evaluation import (
    COUNTS,
    Reading,
    is_on_record,
    read_model,
    read_texts,
    record_reading,
    why_not_recorded,
)
from lab.inference.scoring import Score, exactness, last
from lab.model.config import RotaryPositionsConfig
from lab.records import REQUIRED, ROOT, read_lines
from lab.statistics import lower_bound_95
from lab.training import checkpoint
from lab.training.checkpoint import FILES, has_seen_everything, read_result
from lab.training.recipe import Recipe
from lab.training.run import (
    KEPT,
    Check,
    about_states,
    check,
    history_path,
    is_finished,
    run,
    state_path,
)
from lab.training.state import TrainState, checksum, metadata_of
from lab.training.train import Diverged, precision_on, train
from lab.weights import fingerprint


@pytest.fixture(autouse=True)
def states(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(lab.training.run, "STATES", tmp_path / "states")
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
    assert result["precision"] == precision_on(recipe, torch.device("cpu")) in ("fp32", "bf16")
    assert (result["seeds"], result["readings"]) == ([0], [])
    assert result["command"] == "python -m lab train tiny --seed 0"
    loaded = checkpoint.load(out)
    assert result["parameters"] == sum(p.numel() for p in loaded.model.parameters())
    assert result["weights"] == fingerprint(out)
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


# ---------------------------------------------------------------- stopping and going on


def stop(recipe: Recipe, out: Path, after: int, *, overwrite: bool = False) -> None:
    """Train up to the first event at step `after`, and no further."""
    events = run(recipe, out, resume=False, overwrite=overwrite)
    while next(events).step < after:
        pass
    events.close()  # pyright: ignore[reportAttributeAccessIssue]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("stop_after", [4, 6])
def test_a_run_that_was_stopped_goes_on_to_the_same_end(
    tmp_path: Path, states: Path, stop_after: int
) -> None:
    recipe = tiny_recipe(steps=9)
    list(run(recipe, tmp_path / "whole", resume=False))
    stop(recipe, tmp_path / "cut", stop_after)
    assert not (tmp_path / "cut").exists()
    with history_path(recipe).open("a") as file:
        file.write('{"step": 5, "lo')  # and the last line was being written
    list(run(recipe, tmp_path / "cut", resume=True))
    assert history(tmp_path / "cut") == history(tmp_path / "whole")
    for name in ("model.safetensors", "config.json"):
        assert (tmp_path / "cut" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    assert list(states.iterdir()) == []


def test_what_was_trained_past_the_last_check_is_trained_again(tmp_path: Path) -> None:
    recipe = tiny_recipe(steps=9)
    stop(recipe, tmp_path / "cut", 5)
    assert [event.step for event in run(recipe, tmp_path / "cut", resume=True)] == [
        *(4, 5, 6, 6, 7, 8, 9, 9)
    ]
    assert [row["step"] for row in history(tmp_path / "cut")] == [3, 6, 9]


def test_a_fresh_run_does_not_go_on_with_an_old_state_or_history(tmp_path: Path) -> None:
    recipe = tiny_recipe(steps=9)
    stop(recipe, tmp_path / "cut", 7)
    steps = [e.step for e in run(recipe, tmp_path / "new", resume=False) if isinstance(e, Check)]
    assert steps == [3, 6, 9] == [row["step"] for row in history(tmp_path / "new")]


@pytest.mark.parametrize(
    "changes", [{"steps": 12}, {"rate": 0.5}, {"fraction": 0.2}, {"seed": 1}, {"check_every": 2}]
)
def test_a_state_is_that_of_its_recipe_alone(tmp_path: Path, changes: dict[str, Any]) -> None:
    """A stopped run of one recipe is nothing that another one goes on from, and stays."""
    recipe, other = tiny_recipe(steps=9), tiny_recipe(**{"steps": 9, **changes})
    stop(recipe, tmp_path / "cut", 7)
    before = state_path(recipe).read_bytes()
    first = next(run(other, tmp_path / "other", resume=True))
    assert first.step == 1
    list(run(other, tmp_path / "other", resume=True))
    assert state_path(recipe).read_bytes() == before
    assert next(run(recipe, tmp_path / "cut", resume=True)).step == 7


def test_what_is_said_of_states_before_a_run_begins(tmp_path: Path, states: Path) -> None:
    recipe, longer = tiny_recipe(steps=9), tiny_recipe(steps=12)
    assert about_states(recipe, resume=False) == ""
    nothing = "no state of this recipe is saved, so this begins at step 0"
    assert about_states(recipe, resume=True) == nothing
    stop(recipe, tmp_path / "cut", 7)
    own = state_path(recipe)
    assert own.name == f"tiny-seed0-{recipe.hash}.safetensors" and own.parent == states
    assert about_states(recipe, resume=True) == "going on from step 6"
    assert about_states(recipe, resume=False) == (
        f"{own.name} is not used, and replaced at the first check; --resume goes on from it"
    )
    assert about_states(longer, resume=False) == ""
    assert about_states(longer, resume=True) == (
        f"{nothing}; not used, being of other recipes: {own.name} (steps is 9 there and 12 here)"
    )
    (states / "tiny-seed0.safetensors").write_bytes(b"as it was written long ago")
    (states / "tiny-seed01.safetensors").write_bytes(b"of another seed")
    said = about_states(longer, resume=True)
    assert "tiny-seed0.safetensors (it names no recipe)" in said and "seed01" not in said
    assert about_states(tiny_recipe(seed=1), resume=True) == nothing


NO_HISTORIES = [
    ('{"loss": 1.0}\n{"step": 6}\n', "line 1: step=None must be a whole number"),
    ('{"step": 3}\n{"step": "6"}\n', "line 2: step='6' must be a whole number"),
    ('{"step": 3}\n{"step": true}\n', "line 2: step=True must be a whole number"),
    ('{"step": 3}\n[6]\n', r"line 2 is \[6\], no JSON object"),
    ('{"step": \n{"step": 6}\n', "line 1 is not JSON"),
    ('{"step": 3}\n', "holds no check of step 6"),
    ("", "holds no check of step 6"),
]


def test_a_history_that_does_not_lead_to_its_state_is_refused(tmp_path: Path) -> None:
    recipe, out = tiny_recipe(steps=9), tmp_path / "cut"
    stop(recipe, out, 7)

    def read_with(rows: str, read: Callable[[], object]) -> None:
        history_path(recipe).write_text(rows)
        read()

    readers = (
        lambda: next(run(recipe, out, resume=True)),
        lambda: about_states(recipe, resume=True),
    )
    cases = [
        (rows, lambda rows=rows, read=read: read_with(rows, read), words)
        for rows, words in NO_HISTORIES
        for read in readers
    ]
    assert refused_otherwise(cases) == []
    assert not out.exists()


# ---------------------------------------------------------------- a folder that holds a run


def test_a_run_that_is_there_is_left_alone_unless_it_may_be_replaced(tmp_path: Path) -> None:
    recipe, out = tiny_recipe(), tmp_path / "tiny"
    list(run(recipe, out, resume=False))
    before = contents(out)
    with pytest.raises(ValueError, match=r"tiny holds a run already; --resume .* --overwrite"):
        next(run(recipe, out, resume=False))
    assert list(run(recipe, out, resume=True)) == []  # nothing is left to do
    for changes in ({"steps": 7}, {"seed": 1}):
        with pytest.raises(ValueError, match=f"another recipe: {next(iter(changes))} is"):
            next(run(tiny_recipe(**changes), out, resume=True))
    assert contents(out) == before


def test_a_part_of_a_run_is_a_run_that_may_be_lost(tmp_path: Path) -> None:
    for name in FILES:
        out = tmp_path / f"only {name}"
        out.mkdir()
        (out / name).write_text("")
        for resume, words in ((False, "holds a run already"), (True, f"holds {name} and no more")):
            with pytest.raises(ValueError, match=words):
                next(run(tiny_recipe(), out, resume=resume))
        assert contents(out) == {name: b""}


@pytest.mark.parametrize("ending", ["stopped", "diverged", "no room"])
def test_a_training_that_does_not_end_leaves_the_run_that_stood_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    out = tmp_path / "tiny"
    list(run(tiny_recipe(), out, resume=False))
    (out / "notes.txt").write_text("mine")
    before = contents(out)
    if ending == "stopped":
        stop(tiny_recipe(steps=9), out, 7, overwrite=True)
    if ending == "diverged":
        monkeypatch.setattr(
            "lab.training.train.masked_loss",
            lambda _, model, *__: model.embed.weight.sum() * math.nan,
        )
        with pytest.raises(Diverged):
            list(run(tiny_recipe(steps=9), out, resume=False, overwrite=True))
    if ending == "no room":

        def full_disk(*_: Any) -> None:
            raise OSError("no space left on device")

        monkeypatch.setattr(lab.training.run, "write_json", full_disk)
        with pytest.raises(OSError, match="no space"):
            list(run(tiny_recipe(steps=9), out, resume=False, overwrite=True))
    assert contents(out) == before


def test_a_training_that_could_not_be_written_is_written_by_going_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe, out = tiny_recipe(), tmp_path / "tiny"
    with monkeypatch.context() as patched, pytest.raises(OSError):
        patched.setattr(
            lab.training.run.checkpoint, "save", lambda *_: (_ for _ in ()).throw(OSError("full"))
        )
        list(run(recipe, out, resume=False))
    assert not any((out / name).exists() for name in FILES)
    assert list(run(recipe, out, resume=True)) == []
    assert is_finished(recipe, out) and [row["step"] for row in history(out)] == [3, 6]


def test_a_run_that_appears_while_another_trains_is_not_replaced(tmp_path: Path) -> None:
    recipe, out = tiny_recipe(), tmp_path / "tiny"
    events = run(recipe, out, resume=False)
    next(events)
    list(run(tiny_recipe(seed=1), out, resume=False))
    before = contents(out)
    with pytest.raises(ValueError, match="holds a run already"):
        list(events)
    assert contents(out) == before
    list(run(recipe, tmp_path / "elsewhere", resume=True))
    assert is_finished(recipe, tmp_path / "elsewhere")


def test_the_readings_of_a_replaced_run_are_kept(tmp_path: Path) -> None:
    out, plans = tmp_path / "tiny", [tiny_recipe(seed=seed) for seed in range(3)]
    for plan in plans:
        list(run(plan, out, resume=False, overwrite=True, command=f"train {plan.seed}"))
        record_reading(out, {"n": plan.seed}, "evaluate")
    result = json.loads((out / "result.json").read_text())
    assert result["recipe"] == plans[2].to_dict() and result["recipe_hash"] == plans[2].hash
    assert [reading["n"] for reading in result["readings"]] == [2]
    assert [old["recipe"] for old in result["replaced"]] == [p.to_dict() for p in plans[:2]]
    assert [old["command"] for old in result["replaced"]] == ["train 0", "train 1"]
    weights = [old["weights"] for old in (*result["replaced"], result)]
    assert weights[-1] == fingerprint(out) and len(set(weights)) == 3
    for old in result["replaced"]:
        assert old.keys() == {*KEPT} and "replaced" not in old
        assert old["validation"]["n"] == result["validation"]["n"]
    assert [[r["n"] for r in old["readings"]] for old in result["replaced"]] == [[0], [1]]
    assert sorted(contents(out)) == sorted(FILES)


def test_a_run_without_a_record_is_replaced_without_one(tmp_path: Path) -> None:
    (tmp_path / "history.jsonl").write_text("")
    list(run(tiny_recipe(), tmp_path, resume=False, overwrite=True))
    assert "replaced" not in json.loads((tmp_path / "result.json").read_text())


RESULTS: dict[str, str] = {
    "[]": r"result=\[\] must be an object",
    "3": "result=3 must be an object",
    "": "is not the record of a run: Expecting value",
    '{"readings": []': "is not the record of a run: Expecting",
    "\xff": "is not the record of a run: .* codec",
    "[" * 100_000: "is not the record of a run: maximum recursion",
    "{}": "readings=None must be a list of objects",
    '{"readings": 3}': "readings=3 must be a list of objects",
    '{"readings": {}}': "readings={} must be a list of objects",
    '{"readings": [3]}': r"readings=\[3\] must be a list of objects",
    '{"readings": [], "replaced": 3}': "replaced=3 must be a list of objects",
    '{"readings": [], "replaced": null}': "replaced=None must be a list of objects",
    '{"readings": [], "recipe": 3}': "recipe=3 must be an object",
    '{"readings": [], "recipe": []}': r"recipe=\[\] must be an object",
}


def test_what_is_no_record_is_neither_read_nor_replaced(tmp_path: Path) -> None:
    recipe, out = tiny_recipe(), tmp_path / "tiny"
    list(run(recipe, out, resume=False))
    readers = [
        lambda: read_result(out),
        lambda: has_seen_everything(out),
        lambda: why_not_recorded(out),
        lambda: record_reading(out, {"n": 1}, "evaluate"),
        lambda: next(run(recipe, out, resume=True)),
        lambda: next(run(recipe, out, resume=False, overwrite=True)),
    ]
    offenders: list[tuple[str, str]] = []
    for text, words in RESULTS.items():
        (out / "result.json").write_text(text, encoding="latin-1")
        before = contents(out)
        for said in map(refusal, readers):
            named = f"{out}/result.json" in said and "\n" not in said
            if not (named and re.search(words, said)):
                offenders.append((text[:40], said))
        assert contents(out) == before, text[:40]
    assert offenders == []


@pytest.mark.parametrize(
    ("recipe", "words"),
    [({}, "Recipe lacks model, name"), ({"colour": 1}, "Recipe has no field colour")],
)
def test_a_record_of_an_unknown_recipe_is_not_gone_on_with(
    tmp_path: Path, recipe: Any, words: str
) -> None:
    list(run(tiny_recipe(), tmp_path, resume=False))
    result = read_result(tmp_path)
    (tmp_path / "result.json").write_text(json.dumps({**result, "recipe": recipe}))
    with pytest.raises(ValueError, match=f"result.json: {words}"):
        next(run(tiny_recipe(), tmp_path, resume=True))


@pytest.mark.parametrize("below", ["", "deep/down"])
def test_a_file_is_no_folder_to_write_to(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ValueError, match="file is not a folder to write to"):
        next(run(tiny_recipe(), tmp_path / "file" / below, resume=False, overwrite=True))
    assert (tmp_path / "file").read_text() == "mine"


def test_a_folder_that_cannot_be_written_is_refused_before_the_first_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: Path(path) != tmp_path)
    with pytest.raises(ValueError, match="is not a folder to write to"):
        next(run(tiny_recipe(), tmp_path / "new", resume=False))


@pytest.mark.parametrize("locked_up", ["where the states lie", "the folder above the run"])
def test_what_is_found_out_at_a_check_or_at_the_end_is_found_out_before_the_first_step(
    tmp_path: Path, states: Path, monkeypatch: pytest.MonkeyPatch, locked_up: str
) -> None:
    out = tmp_path / "runs" / "tiny"
    out.mkdir(parents=True)
    states.mkdir()
    shut = states if locked_up == "where the states lie" else out.parent
    monkeypatch.setattr("os.access", lambda path, mode: Path(path) != shut)
    with pytest.raises(ValueError, match=f"cannot be written: {shut} is not a folder to write to"):
        next(run(tiny_recipe(), out, resume=False))
    assert [*states.iterdir()] == []


def test_a_folder_that_cannot_change_places_is_refused_before_the_first_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "tiny"
    (out / "below").mkdir(parents=True)
    for here in (out, out / "below"):
        monkeypatch.chdir(here)
        with pytest.raises(ValueError, match="the folder you are in, and a run takes the place"):
            next(run(tiny_recipe(), out, resume=False))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Path, "is_mount", lambda path: path == out)
    with pytest.raises(ValueError, match="is a mount point"):
        next(run(tiny_recipe(), out, resume=False))
    monkeypatch.undo()
    assert [*out.iterdir()] == [out / "below"]


def test_a_run_that_appears_while_another_is_scored_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, scored = tmp_path / "tiny", lab.training.run.result_of

    def and_meanwhile(recipe: Recipe, *others: Any) -> dict[str, Any]:
        monkeypatch.setattr(lab.training.run, "result_of", scored)
        list(run(tiny_recipe(seed=1), out, resume=False))
        return scored(recipe, *others)

    monkeypatch.setattr(lab.training.run, "result_of", and_meanwhile)
    with pytest.raises(ValueError, match="holds a run already"):
        list(run(tiny_recipe(), out, resume=False))
    assert read_result(out)["seeds"] == [1]


def test_a_state_that_holds_nan_is_not_blamed_on_the_learning_rate(tmp_path: Path) -> None:
    recipe = tiny_recipe(steps=9)
    stop(recipe, tmp_path / "cut", 7)
    path = state_path(recipe)
    tensors, about = load_file(path), metadata_of(path)
    tensors["model.embed.weight"][0, 0] = math.nan
    del about["checksum"]
    save_file(tensors, path, metadata={**about, "checksum": checksum(tensors, about)})
    for go_on in (
        lambda: next(run(recipe, tmp_path / "cut", resume=True)),
        lambda: about_states(recipe, resume=True),
    ):
        assert refusal(go_on).startswith(f"{path}: model.embed.weight holds NaN or infinity")


# ---------------------------------------------------------------- checks


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
    checked = check(recipe, state, metrics)
    u = split_values(*all_pairs(1, 2))
    assert checked.n_validation == int(((u >= 0.3) & (u < 0.4)).sum())
    assert checked.n_train == int((u < 0.1).sum())
    assert state.model.training
    assert (checked.step, checked.loss, checked.tokens) == (1, metrics.loss, metrics.tokens)


def test_a_run_that_has_seen_everything_claims_no_held_out_score(tmp_path: Path) -> None:
    recipe = tiny_recipe(data=WholeTable())
    out = tmp_path / "tiny"
    *_, check = (event for event in run(recipe, out, resume=False) if isinstance(event, Check))
    assert (check.n_validation, check.errors_validation, check.n_train) == (0, 0, 100)
    result = json.loads((out / "result.json").read_text())
    assert result["recipe"]["data"]["kind"] == "whole_table"
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


RECORDS_READINGS = """
import sys
from pathlib import Path
import lab.evaluation
from lab.evaluation import record_reading
lab.evaluation.provenance = lambda command: {}  # it asks git, which takes most of the time
print(flush=True)
sys.stdin.readline()
for n in range(100):
    record_reading(Path(sys.argv[1]), {"by": sys.argv[2], "n": n}, "evaluate")
"""


@pytest.mark.push
def test_readings_that_two_processes_record_at_once_are_all_kept(tmp_path: Path) -> None:
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny" / "result.json").write_text('{"readings": []}')
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", RECORDS_READINGS, str(tmp_path / "tiny"), by],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for by in "ab"
    ]
    for one in processes:
        assert one.stdout and one.stdout.readline() == "\n"
    for one in processes:
        assert one.stdin
        one.stdin.write("\n")
        one.stdin.flush()
    assert [one.wait(100) for one in processes] == [0, 0]
    readings = read_result(tmp_path / "tiny")["readings"]
    for by in "ab":
        assert [reading["n"] for reading in readings if reading["by"] == by] == [*range(100)]


def test_a_reading_is_on_record_if_command_counts_and_weights_agree(tmp_path: Path) -> None:
    reading = {name: 5 for name in COUNTS} | {"seconds": 1.0, "weights": "abc"}
    (tmp_path / "result.json").write_text(json.dumps({"run": "tiny", "readings": []}))
    assert not is_on_record(tmp_path, reading, "evaluate")
    record_reading(tmp_path, reading, "evaluate")
    assert is_on_record(tmp_path, {**reading, "seconds": 2.0}, "evaluate")
    assert not is_on_record(tmp_path, reading, "evaluate --batch 7")
    assert not is_on_record(tmp_path, {**reading, "weights": "def"}, "evaluate")
    for name in COUNTS:
        assert not is_on_record(tmp_path, {**reading, name: 6}, "evaluate")
    of_no_weights = {name: value for name, value in reading.items() if name != "weights"}
    record_reading(tmp_path, of_no_weights, "long ago")
    assert not is_on_record(tmp_path, reading, "long ago")


def test_what_keeps_a_reading_from_its_record_is_said_beforehand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "result.json"
    assert why_not_recorded(tmp_path) == f"{path} is missing"
    path.write_text('{"readings": []}')
    assert why_not_recorded(tmp_path) == ""
    monkeypatch.setattr("os.access", lambda path, mode: Path(path) != tmp_path)
    assert why_not_recorded(tmp_path) == f"{path} cannot be written"


# ---------------------------------------------------------------- which problems


def test_problems_are_drawn_by_a_seed_and_follow_no_stride() -> None:
    """Every digit of both operands comes up, about as often as in all pairs of the split."""
    source = Pairs(Format("plain"))
    splits: list[tuple[SplitName, SplitName]] = [("train", "train"), ("validation", "validation")]
    for split, name in splits:
        ((_, a, b),) = source.problems(split, 300)
        whole = set(zip(*(x.tolist() for x in pairs_of(name)), strict=True))
        drawn = list(zip(a.tolist(), b.tolist(), strict=True))
        assert set(drawn) <= whole and len(set(drawn)) == len(drawn) and 300 <= len(drawn) < 600
        assert drawn == sorted(drawn)
        for digit in (a // 10, a % 10, b // 10, b % 10):
            assert np.bincount(digit, minlength=10).min() > 0.04 * len(drawn)
        gaps = np.diff([i for i, pair in enumerate(sorted(whole)) if pair in set(drawn)])
        assert len(set(gaps.tolist())) > 3
        ((_, again, _),) = source.problems(split, 300)
        assert (again == a).all()
    ((_, a, b),) = source.problems("validation", 1000)
    assert len(a) == len(pairs_of("validation")[0]) < 2000  # nearly all of them are all of them


def test_a_run_of_many_shapes_is_checked_on_each_of_them_and_recorded(tmp_path: Path) -> None:
    shapes = ((1, 1), (1, 3), (3, 3))
    config = replace(BASE, n_layer=1, position=RotaryPositionsConfig(10.0))
    form = Format("cot_reversed", 3, 3, padded=False)
    recipe = tiny_recipe(model=config, data=Shapes(form, shapes))
    problems = recipe.data.problems("validation", 60)
    assert [(form.p, form.q, len(a)) for form, a, _ in problems] == [(p, q, 20) for p, q in shapes]
    for _, a, b in problems:
        u = split_values(a, b)
        assert ((u >= 0.3) & (u < 0.4)).all()
    for _, a, b in Shapes(form, shapes, 0.1).problems("train", 60):
        assert (split_values(a, b) < 0.1).all()
    *_, check = run(recipe, tmp_path / "tiny", resume=False)
    assert isinstance(check, Check) and check.n_validation == check.n_train == 999
    result = json.loads((tmp_path / "tiny" / "result.json").read_text())
    assert result["validation"]["n"] == 9999
    assert checkpoint.load(tmp_path / "tiny").format == form
