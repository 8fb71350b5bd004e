"""python -m lab: exit codes, names, and a last line a program can read."""

import json
import resource
import shlex
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny import tiny_model, tiny_recipe

import lab.evaluation
import lab.training.run
from lab import records
from lab.__main__ import main, recipe_asked, require_device
from lab.benchmarks.benchmark_index import BENCHMARKS
from lab.data.problems import BOUNDS, Format, SplitName, pairs_of, split_values
from lab.data.vocabulary import decode, encode
from lab.experiments import sweep
from lab.experiments.sweep_index import SWEEPS
from lab.model.config import GPTConfig, RotaryPositionsConfig
from lab.recipes.bench import to_json
from lab.recipes.recipe_index import RECIPES
from lab.training import checkpoint
from lab.training.checkpoint import load_run
from lab.training.train import Diverged
from lab.weights import fingerprint

ROOT = Path(__file__).resolve().parents[2]
KEYS = [
    *("run", "n", "errors_strict", "errors_answer", "n_heldout", "errors_strict_heldout"),
    *("lower_bound_95_strict_heldout", "seconds"),
]


@pytest.fixture(autouse=True)
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One run, `small`: a random model of 2x2 sums. Nothing touches the real checkpoints."""
    root = tmp_path / "checkpoints"
    model = tiny_model(GPTConfig(n_layer=1, d_model=16), dtype=torch.float32)
    checkpoint.save(root / "small", model, Format("cot_reversed"))
    (root / "small" / "result.json").write_text('{"readings": []}')
    monkeypatch.setattr(checkpoint, "CHECKPOINTS", root)
    monkeypatch.setattr(checkpoint, "load_run", lambda name: load_run(name, root))
    known = checkpoint.committed_runs
    monkeypatch.setattr(checkpoint, "committed_runs", lambda folder=root: known(folder))
    monkeypatch.setattr(records, "RECORDS", tmp_path / "records")
    monkeypatch.setattr(sweep, "RECORDS", tmp_path / "records")
    monkeypatch.setattr(lab.training.run, "STATES", tmp_path / "states")
    return root


@pytest.fixture
def unpadded(runs: Path) -> str:
    """A run whose operands have up to three digits, and no leading zeros."""
    model = tiny_model(
        GPTConfig(n_layer=1, d_model=16, position=RotaryPositionsConfig(10.0)), dtype=torch.float32
    )
    checkpoint.save(runs / "many", model, Format("cot_reversed", 3, 3, padded=False))
    (runs / "many" / "result.json").write_text('{"readings": []}')
    return "many"


def last_line(capsys: Any) -> dict[str, Any]:
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_list_names_every_run_benchmark_and_sweep(capsys: Any) -> None:
    assert main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "run    small" in lines
    for name in RECIPES:
        assert f"run    {name}  (not trained here yet)" in lines
    listed = [line for line in lines if line.startswith("bench")]
    assert listed == [f"bench  {name}" for name in BENCHMARKS]
    assert [line for line in lines if line.startswith("sweep")] == [f"sweep  {n}" for n in SWEEPS]


def test_multiply_prints_the_models_own_text_and_judges_it(runs: Path, capsys: Any) -> None:
    assert main(["multiply", "12", " 34 ", "--run", "small"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("12*34=") and len(lines[0]) <= 20
    assert lines[-1] == "12 x 34 = 408: wrong"
    assert sum("partial product" in line for line in lines) == 2


def said_of(text: str, capsys: Any, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> list[str]:
    """What `multiply` prints if the model writes this text, and whatever behind it."""

    def write(model: Any, given: np.ndarray, length: int) -> np.ndarray:
        assert decode(given[0]) == text[: given.shape[1]]
        return encode((text + "0123456789" * length)[:length])[None]

    monkeypatch.setattr("lab.inference.scoring.go_on", write)
    assert main(["multiply", *arguments]) == 0
    return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]


def test_multiply_says_right_when_it_is(capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    said = said_of("12*34=840+0630=8040$", capsys, monkeypatch, "12", "34", "--run", "small")
    assert said == [
        "12*34=840+0630=8040$",
        "partial product 0 48",
        "partial product 1 360",
        "answer 408",
        "12 x 34 = 408: right",
    ]


UNPADDED = {
    "12*3=630$": ["12*3=630$", "answer 36", "12 x 3 = 36: right"],
    "12*3=640$": ["12*3=640$", "answer 46", "12 x 3 = 36: wrong"],
    "12*3=63$": ["12*3=63$", "answer not readable: 63$", "12 x 3 = 36: wrong"],
    "12*3=$": ["12*3=$", "answer not readable: $", "12 x 3 = 36: wrong"],
    "12*3=+30$": ["12*3=+30$", "answer not readable: +30", "12 x 3 = 36: wrong"],
    "7*123=12+041=161+0070=1680$": [
        "7*123=12+041=161+0070=1680$",
        *("partial product 0 21", "partial product 1 140", "sum 1 161", "partial product 2 700"),
        *("answer 861", "7 x 123 = 861: right"),
    ],
    "7*123=12+041=16+0070=1680$": [
        "7*123=12+041=16+0070=1680$",
        *("partial product 0 21", "partial product 1 140", "sum 1 not readable: 16+"),
        *("partial product 2 not readable: 070=", "answer not readable: 680$"),
        "7 x 123 = 861: wrong",
    ],
}


def test_multiply_reads_a_text_whose_lengths_follow_its_operands(
    unpadded: str, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = {
        text: said_of(text, capsys, monkeypatch, *text.split("=")[0].split("*"), "--run", unpadded)
        for text in UNPADDED
    }
    assert said == UNPADDED


def test_multiply_shows_what_is_written_where_no_end_comes(
    unpadded: str, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, *rest = said_of("12*3=630+", capsys, monkeypatch, "12", "3", "--run", unpadded)
    assert first.startswith("12*3=630+0123456789") and len(first) == 39
    assert rest == ["answer 36", "12 x 3 = 36: right"]


BAD_USAGE = [
    (["multiply", "100", "3", "--run", "small"], "whole number from 0 to 99"),
    (["multiply", "x", "3", "--run", "small"], "'x' is not a number this model can read"),
    (["multiply", "", "3", "--run", "small"], "The box is empty"),
    (["multiply", "3", "٣", "--run", "small"], "'٣' is not a number this model can read"),
    (["multiply", "1", "2", "--run", "big"], "no run is called 'big'; there are: small"),
    (["evaluate", "big"], "no run is called 'big'; there are: small"),
    (["evaluate", "small", "--digits", "9x9"], "digits=9x9: small knows 2x2"),
    (["evaluate", "small", "--pairs", "some"], "pairs='some' must be 'all' or a whole number"),
    (["evaluate", "small", "--pairs", "0"], "pairs='0'"),
    (["evaluate", "small", "--pairs", "²"], "pairs='²'"),
    (["evaluate", "small", "--batch", "0"], "batch=0"),
    (["evaluate", "small", "--batch", "9" * 30], "batch=9"),
    (["evaluate", "small", "--seed", "-1"], "seed=-1 must be a whole number from 0 to 4294967295"),
    (["evaluate", "small", "--seed", "9" * 30], "must be a whole number from 0 to 4294967295"),
    (["train", "plain", "--seed", "-1"], "seed=-1 must be a whole number from 0 to 4294967295"),
    (["train", "plain", "--seed", "9" * 30], "must be a whole number from 0 to 4294967295"),
    (["train", "plain", "--steps", "9" * 30], "must be a whole number from 1 to 1000000"),
    (["train", "plain", "--out", str(ROOT / "README.md")], "README.md is not a folder"),
    (["train", "plain", "--out", str(ROOT / "LICENSE" / "x")], "LICENSE is not a folder"),
    (["train", "big"], "no run is called 'big'; there are: chain_of_thought, plain"),
    (["train", "plain", "--steps", "0"], "steps=0"),
    (["train", "plain", "--steps", "-3"], "steps=-3"),
    (["train", "plain", "--device", "cuda"], "device='cuda' is not here"),
    (["bench", "big"], "no benchmark is called 'big'; there are: attention, "),
    (["sweep", "big"], "no sweep is called 'big'; there are: prices, holdout, "),
    (["sweep", "prices", "--small"], "the sweep 'prices' has no small setting"),
]


def test_bad_usage_exits_with_2_and_one_sentence(
    capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    offenders: list[tuple[str, int, str]] = []
    for arguments, words in BAD_USAGE:
        code, captured = main(arguments), capsys.readouterr()
        message = captured.err.strip()
        in_a_sentence = message.startswith("lab: ") and len(message.splitlines()) == 1
        if code != 2 or captured.out or not in_a_sentence or words not in message:
            offenders.append((" ".join(arguments), code, captured.out + message))
    assert offenders == []


@pytest.mark.parametrize(
    "arguments",
    [["list"], ["multiply", "1", "2", "--run", "small"], ["evaluate", "small"]],
    ids=str,
)
def test_a_folder_of_runs_that_cannot_be_read_is_one_sentence(
    arguments: list[str], capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*_: Any) -> Any:
        raise PermissionError(13, "Permission denied", "checkpoints")

    for name in ("committed_runs", "load_run"):
        monkeypatch.setattr(checkpoint, name, locked)
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "lab: [Errno 13] Permission denied: 'checkpoints'\n"


def test_arguments_nobody_knows_exit_with_2(capsys: Any) -> None:
    for arguments in ([], ["fly"], ["train"], ["evaluate", "small", "--seed", "x"]):
        with pytest.raises(SystemExit) as end:
            main(arguments)
        assert end.value.code == 2, arguments
        assert "usage: python -m lab" in capsys.readouterr().err, arguments


def test_the_last_line_of_evaluate_is_the_promised_document(capsys: Any) -> None:
    assert main(["evaluate", "small", "--pairs", "60", "--digits", "2x2", "--seed", "4"]) == 0
    document = last_line(capsys)
    assert list(document) == KEYS
    assert (document["run"], document["n"]) == ("small", 60)
    assert 30 < document["n_heldout"] <= 60 and document["errors_strict"] >= 55
    assert 0 <= document["lower_bound_95_strict_heldout"] < 0.1


def test_evaluate_is_decided_by_its_seed(capsys: Any) -> None:
    counts: list[Any] = []
    for seed in ("1", "1", "2", "3"):
        assert main(["evaluate", "small", "--pairs", "60", "--seed", seed]) == 0
        document = last_line(capsys)
        counts.append({k: v for k, v in document.items() if k != "seconds"})
    assert counts[0] == counts[1]
    assert counts[1] != counts[2] or counts[1] != counts[3]


@pytest.mark.parametrize("split", BOUNDS)
def test_a_split_asks_its_own_pairs_without_zeros_in_front(
    runs: Path, monkeypatch: pytest.MonkeyPatch, split: SplitName
) -> None:
    model = tiny_model(GPTConfig(n_layer=1, d_model=16), dtype=torch.float32)
    asked = np.array([])

    def watch(model: Any, form: Format, a: Any, b: Any, **_: Any) -> list[Any]:
        nonlocal asked
        asked = np.stack([a, b])
        return []

    monkeypatch.setattr(lab.evaluation, "read_model", watch)
    (low, high), (a, b) = BOUNDS[split], pairs_of(split)
    counts = {"all": int(((a >= 10) & (b >= 10)).sum()), "300": 300}
    for padded, (pairs, n) in product((True, False), counts.items()):
        checkpoint.save(runs / "small", model, Format("cot_reversed", padded=padded))
        assert main(["evaluate", "small", "--split", split, "--pairs", pairs]) == 0
        u = split_values(*asked)
        assert asked.min() >= 10 and asked.max() <= 99, (padded, pairs)
        assert ((low <= u) & (u < high)).all() and len(u) == n, (padded, pairs)


def test_a_split_that_is_none_is_refused(capsys: Any) -> None:
    assert main(["evaluate", "small", "--split", "tests"]) == 2
    assert "split='tests' is not one of train, validation, test" in capsys.readouterr().err


def test_the_command_of_a_reading_names_its_split(runs: Path) -> None:
    assert main(["evaluate", "small", "--pairs", "20", "--split", "test"]) == 0
    (reading,) = readings(runs)
    assert reading["command"] == "python -m lab evaluate small --pairs 20 --split test --seed 0"
    assert reading["n_heldout"] == reading["n"] == 20


# ---------------------------------------------------------------- readings on record


def readings(runs: Path, run: str = "small") -> list[dict[str, Any]]:
    return json.loads((runs / run / "result.json").read_text())["readings"]


def test_a_recorded_reading_names_the_command_that_repeats_it(runs: Path, capsys: Any) -> None:
    for batch in ("500", "7"):
        arguments = ["evaluate", "small", "--pairs", "020", "--seed", "5", "--batch", batch]
        assert main([*arguments, "--digits", "2x2"]) == 0
        printed = last_line(capsys)
        assert {**printed, "weights": fingerprint(runs / "small")}.items() <= (
            readings(runs)[-1].items()
        )
    assert [r["n"] for r in readings(runs)] == [20, 20]
    assert [r["command"] for r in readings(runs)] == [
        "python -m lab evaluate small --pairs 20 --seed 5",
        "python -m lab evaluate small --pairs 20 --seed 5 --batch 7",
    ]


def test_a_reading_is_recorded_once_unless_it_is_asked_for_again(runs: Path, capsys: Any) -> None:
    path, arguments = runs / "small" / "result.json", ["evaluate", "small", "--pairs", "20"]
    assert main(arguments) == 0
    assert f"recorded in {path}" in capsys.readouterr().err
    before = path.read_bytes()
    assert main(arguments) == 0
    assert path.read_bytes() == before
    assert main([*arguments, "--record"]) == 0
    assert len(readings(runs)) == 2
    model = tiny_model(GPTConfig(n_layer=1, d_model=16), seed=1, dtype=torch.float32)
    checkpoint.save(runs / "small", model, Format("cot_reversed"))
    assert main(arguments) == 0
    assert len(readings(runs)) == 3
    assert len({reading["weights"] for reading in readings(runs)}) == 2


def test_a_reading_that_names_no_weights_does_not_stand_for_one_that_does(runs: Path) -> None:
    assert main(["evaluate", "small", "--pairs", "20"]) == 0
    (named,) = readings(runs)
    nameless = {name: value for name, value in named.items() if name != "weights"}
    path = runs / "small" / "result.json"
    path.write_text(json.dumps({"readings": [nameless]}))
    assert main(["evaluate", "small", "--pairs", "20"]) == 0
    assert [reading.get("weights") for reading in readings(runs)] == [None, named["weights"]]


NO_RECORDS = ("[]", "{", "{}", '{"readings": 3}', '{"readings": [], "recipe": 3}')


def test_a_record_that_cannot_be_added_to_is_refused_before_anything_is_decoded(
    runs: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lab.evaluation, "read_model", None)
    for text, more in product(NO_RECORDS, ([], ["--record"])):
        (runs / "small" / "result.json").write_text(text)
        assert main(["evaluate", "small", "--pairs", "20", *more]) == 2, text
        captured = capsys.readouterr()
        assert captured.out == "" and captured.err.count("\n") == 1, text
        assert "result.json is not the record of a run" in captured.err, text
        assert (runs / "small" / "result.json").read_text() == text


def test_a_run_without_a_record_is_read_and_nothing_recorded(runs: Path, capsys: Any) -> None:
    (runs / "small" / "result.json").unlink()
    assert main(["evaluate", "small", "--pairs", "20"]) == 0
    captured = capsys.readouterr()
    assert list(json.loads(captured.out.splitlines()[-1])) == KEYS
    assert f"is not recorded: {runs / 'small' / 'result.json'} is missing" in captured.err
    assert not (runs / "small" / "result.json").exists()
    assert main(["evaluate", "small", "--pairs", "20", "--record"]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and "no reading can be recorded" in captured.err


def test_a_reading_that_could_not_be_written_was_printed(
    runs: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(*_: Any) -> None:
        raise OSError("no space left on device")

    before = (runs / "small" / "result.json").read_bytes()
    monkeypatch.setattr(lab.evaluation, "write_json", full_disk)
    assert main(["evaluate", "small", "--pairs", "20", "--record"]) == 2
    captured = capsys.readouterr()
    assert list(json.loads(captured.out.splitlines()[-1])) == KEYS
    last = captured.err.splitlines()[-1]
    assert last == "lab: the reading above could not be recorded: no space left on device"
    assert (runs / "small" / "result.json").read_bytes() == before


def test_a_run_of_many_shapes_is_read_at_the_one_asked_for(
    runs: Path, unpadded: str, capsys: Any
) -> None:
    for arguments, command in [
        (["--pairs", "30"], "--pairs 30 --digits 3x3 --seed 0"),
        (["--pairs", "30", "--digits", "1x3"], "--pairs 30 --digits 1x3 --seed 0"),
        (["--digits", "1x2"], "--pairs all --digits 1x2"),
    ]:
        assert main(["evaluate", unpadded, *arguments]) == 0
        document = last_line(capsys)
        assert list(document) == KEYS
        assert document["n"] == (30 if "--pairs" in arguments else 10 * 90)
        assert readings(runs, unpadded)[-1]["command"] == f"python -m lab evaluate many {command}"
    for digits, words in [
        ("4x1", "digits=4x1: many knows 1x1 to 3x3 (operands up to 999 and 999)"),
        *((text, f"digits={text}: many knows") for text in ("3", "0x1", "x", "²x2", "03x3")),
        ("3x3", "too many pairs of 3x3 digits for all; try --pairs 1000"),
    ]:
        assert main(["evaluate", unpadded, "--digits", digits]) == 2
        assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    "recipe", [{"trains_on_everything": True}, {"data": {"kind": "whole_table"}}]
)
def test_a_reading_of_what_was_all_trained_on_counts_nothing_as_held_out(
    runs: Path, capsys: Any, recipe: dict[str, Any]
) -> None:
    record = {"recipe": recipe, "readings": []}
    (runs / "small" / "result.json").write_text(json.dumps(record))
    assert main(["evaluate", "small", "--pairs", "20"]) == 0
    document = last_line(capsys)
    assert list(document) == KEYS
    assert (document["n"], document["n_heldout"]) == (20, 0)
    assert document["lower_bound_95_strict_heldout"] is None


# ---------------------------------------------------------------- training


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setitem(RECIPES, "tiny", tiny_recipe)
    return "tiny"


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_train_writes_a_run_where_it_is_told(tmp_path: Path, tiny: str, capsys: Any) -> None:
    out = tmp_path / "elsewhere"
    assert main(["train", tiny, "--steps", "4", "--seed", "2", "--out", str(out)]) == 0
    captured = capsys.readouterr()
    assert f"written to {out}" in captured.out and "lab:" not in captured.err
    rows = records.read_lines(out / "history.jsonl")
    assert [row["step"] for row in rows] == [3, 4]
    assert json.loads((out / "result.json").read_text())["seeds"] == [2]


def test_train_takes_a_variant_of_the_bench_from_a_file(tmp_path: Path, capsys: Any) -> None:
    file, out = tmp_path / "bench.json", tmp_path / "elsewhere"
    recipe = replace(tiny_recipe(), name="bench", seed=3)
    file.write_text(to_json(recipe))
    assert main(["train", str(file), "--steps", "4", "--out", str(out)]) == 0
    result = json.loads((out / "result.json").read_text())
    assert result["recipe"] == replace(recipe, steps=4).to_dict()
    assert result["command"].endswith("--steps 4 --out " + str(out) + " --seed 3")


def test_a_variant_goes_where_no_run_of_the_book_is(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_text(to_json(replace(tiny_recipe(), name="mine")))
    assert recipe_asked(str(file), {"seed": 2}) == (
        replace(tiny_recipe(), name="mine", seed=2),
        ROOT / "runs" / "mine",
    )
    assert recipe_asked("plain", {})[1].name == "plain"


def test_a_file_that_holds_no_variant_is_refused(tmp_path: Path, capsys: Any) -> None:
    file = tmp_path / "bench.json"
    huge = replace(tiny_recipe(), model=GPTConfig(d_model=10_000, n_layer=9))
    for text, words in [
        ("{", "bench.json: this is not readable JSON"),
        (to_json(replace(tiny_recipe(), name="plain")), "'plain' is that of a run of the book"),
        (to_json(tiny_recipe()).replace('"muon"', '"sgd"'), "optimiser='sgd' is not one of"),
        (to_json(huge), "parameters; at most 100,000,000 are read"),
    ]:
        file.write_text(text)
        assert main(["train", str(file)]) == 2, words
        captured = capsys.readouterr()
        assert captured.out == "" and captured.err.count("\n") == 1 and words in captured.err
    assert main(["train", str(tmp_path / "none.json")]) == 2
    assert "No such file" in capsys.readouterr().err


def test_train_leaves_a_run_that_is_there_unless_told_otherwise(
    tmp_path: Path, tiny: str, capsys: Any
) -> None:
    out = tmp_path / "elsewhere"
    again = ["train", tiny, "--out", str(out)]
    assert main(again) == 0
    before = contents(out)
    capsys.readouterr()
    for arguments, words in [
        ([], f"{out} holds a run already; --resume"),
        (["--resume", "--steps", "7"], "another recipe: steps is 6 there and 7 here; --overwrite"),
        (["--resume", "--seed", "1"], "another recipe: seed is 0 there and 1 here; --overwrite"),
    ]:
        assert main([*again, *arguments]) == 2
        captured = capsys.readouterr()
        assert captured.out == "" and captured.err.count("\n") == 1 and words in captured.err
    assert main([*again, "--resume"]) == 0
    captured = capsys.readouterr()
    assert captured.out == f"nothing is left to do: {out} holds the finished run of this recipe\n"
    assert captured.err == "" and contents(out) == before


def test_train_overwrites_when_told_and_keeps_what_was_read(
    tmp_path: Path, tiny: str, capsys: Any
) -> None:
    out = tmp_path / "elsewhere"
    assert main(["train", tiny, "--out", str(out)]) == 0
    old = json.loads((out / "result.json").read_text())
    old["readings"] = [{"n": 5}]
    (out / "result.json").write_text(json.dumps(old))
    assert main(["train", tiny, "--out", str(out), "--seed", "1", "--overwrite"]) == 0
    result = json.loads((out / "result.json").read_text())
    assert result["seeds"] == [1] and result["readings"] == []
    assert [kept["readings"] for kept in result["replaced"]] == [[{"n": 5}]]
    assert result["replaced"][0]["recipe"] == old["recipe"]


def test_an_interrupted_training_goes_on_and_says_from_where(
    tmp_path: Path, tiny: str, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, looked = tmp_path / "elsewhere", lab.training.run.check

    def interrupt(recipe: Any, state: Any, metrics: Any) -> Any:
        if metrics.step == 6:
            raise KeyboardInterrupt
        return looked(recipe, state, metrics)

    with monkeypatch.context() as patched:
        patched.setattr(lab.training.run, "check", interrupt)
        assert main(["train", tiny, "--steps", "7", "--out", str(out)]) == 130
    assert not out.exists()
    capsys.readouterr()
    assert main(["train", tiny, "--steps", "8", "--out", str(tmp_path / "8"), "--resume"]) == 0
    said = capsys.readouterr().err.splitlines()[0]
    assert said.startswith("lab: no state of this recipe is saved, so this begins at step 0; not ")
    assert "(steps is 7 there and 8 here)" in said
    assert main(["train", tiny, "--steps", "7", "--out", str(out), "--resume"]) == 0
    assert capsys.readouterr().err.splitlines()[0] == "lab: going on from step 3"
    rows = records.read_lines(out / "history.jsonl")
    assert [row["step"] for row in rows] == [3, 6, 7]


DAMAGE = ("", "{", "[]", '{"recipe": 3, "readings": []}', '{"loss": 1}\n')


def test_a_damaged_run_is_left_alone_in_one_sentence(
    tmp_path: Path, tiny: str, capsys: Any
) -> None:
    offenders: list[tuple[str, str, list[str], str]] = []
    names = ("config.json", "model.safetensors", "history.jsonl", "result.json")
    for number, (name, text) in enumerate(product(names, DAMAGE)):
        out = tmp_path / f"elsewhere {number}"
        out.mkdir()
        (out / name).write_text(text)
        for how in ([], ["--resume"], *([["--overwrite"]] if name == "result.json" else [])):
            code, (printed, said) = (
                main(["train", tiny, "--out", str(out), *how]),
                capsys.readouterr(),
            )
            if code != 2 or printed or said.count("\n") != 1 or str(out) not in said:
                offenders.append((name, text, how, said))
        assert contents(out) == {name: text.encode()}
    assert offenders == []


@contextmanager
def files_of_at_most(n: int) -> Generator[None]:
    """No file may become larger: a write fails where it stands, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_training_whose_disk_is_full_says_which_file_and_leaves_what_was_there(
    tmp_path: Path, tiny: str, capsys: Any
) -> None:
    out, states = tmp_path / "elsewhere", tmp_path / "states"
    command = ["train", tiny, "--out", str(out), "--steps"]
    assert main([*command, "4"]) == 0
    before = contents(out)
    capsys.readouterr()
    with files_of_at_most(1000):
        assert main([*command, "5", "--overwrite"]) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith("lab: ") and "states/tiny-seed0-" in said and "File too large" in said
    assert contents(out) == before
    assert [path.suffix for path in states.iterdir()] == [".jsonl"]  # no half of a state
    assert main([*command, "5", "--overwrite"]) == 0 and contents(out) != before


def test_a_sweep_whose_disk_is_full_keeps_whole_rows_and_goes_on_from_there(
    tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def measure(cell: dict[str, Any]) -> dict[str, Any]:
        asked.append(cell["x"])
        return {"y": "1" * 10_000 * cell["x"]}

    monkeypatch.setitem(SWEEPS, "toy", sweep.Sweep(lambda: [{"x": x} for x in (0, 1)], measure))
    record = tmp_path / "records" / "toy.jsonl"
    with files_of_at_most(5000):
        assert main(["sweep", "toy"]) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith("lab: ") and "File too large" in said and str(record) in said
    assert [json.loads(row)["cell"] for row in record.read_text().splitlines()] == [{"x": 0}]
    assert main(["sweep", "toy"]) == 0 and asked == [0, 1, 1]
    assert [row["cell"]["x"] for row in records.read_lines(record)] == [0, 1]


def test_a_damaged_state_is_refused_in_one_sentence(tmp_path: Path, tiny: str, capsys: Any) -> None:
    state = lab.training.run.state_path(tiny_recipe())
    state.parent.mkdir()
    for text in (b"", b"weights", b"\x08\0\0\0\0\0\0\0{}      "):
        state.write_bytes(text)
        assert main(["train", tiny, "--out", str(tmp_path / "x"), "--resume"]) == 2, text
        captured = capsys.readouterr()
        assert captured.out == "" and captured.err.count("\n") == 1, text
        assert str(state) in captured.err, text


def test_the_recorded_command_has_every_argument_that_was_given(
    tmp_path: Path, tiny: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for arguments, more in [
        ([], ["--seed", "0"]),
        (["--seed", "2", "--steps", "4", "--out", "X", "--device", "cpu", "--overwrite"], []),
        (["--steps=5", "--out", "my runs/x"], ["--seed", "0"]),
        (["--seed", "3", "--out", "it's", "--resume"], []),
    ]:
        out = Path(
            arguments[arguments.index("--out") + 1] if "--out" in arguments else "checkpoints/tiny"
        )
        assert main(["train", tiny, *arguments]) == 0
        command = json.loads((out / "result.json").read_text())["command"]
        assert shlex.split(command) == ["python", "-m", "lab", "train", tiny, *arguments, *more]
    assert "'my runs/x'" in json.loads(Path("my runs/x/result.json").read_text())["command"]


@pytest.mark.parametrize(
    ("count", "allowed"), [(0, ["cpu"]), (2, ["cpu", "cuda", "cuda:0", "cuda:1"])]
)
def test_a_device_is_one_of_those_that_are_here(
    monkeypatch: pytest.MonkeyPatch, count: int, allowed: list[str]
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
    for name in allowed:
        require_device(name)
    for name in ("gpu", "cuda:2", "", "meta"):
        with pytest.raises(ValueError, match=f"device='{name}' is not here; allowed: cpu"):
            require_device(name)


def test_an_interrupted_command_says_how_to_go_on(
    capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(lab.training.run, "run", interrupt)
    assert main(["train", "plain"]) == 130
    assert "train --resume" in capsys.readouterr().err


def test_a_diverged_run_says_so_without_a_trace(
    capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def diverge(*_: Any, **__: Any) -> Any:
        raise Diverged("step 7: the loss is nan")

    monkeypatch.setattr(lab.training.run, "run", diverge)
    assert main(["train", "plain"]) == 1
    assert "the run diverged at step 7" in capsys.readouterr().err


def test_bench_and_sweep_end_in_a_document(
    tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "lab.benchmarks.benchmark_index.benchmark", lambda name: lambda: {"ratio": 1.5}
    )
    assert main(["bench", "attention", "--record"]) == 0
    document = last_line(capsys)
    assert document["ratio"] == 1.5 and document["command"] == "python -m lab bench attention"
    assert json.loads((tmp_path / "records" / "bench_attention.json").read_text()) == document
    toy = sweep.Sweep(lambda: [{"x": 1}], lambda cell: {"y": 2})
    monkeypatch.setitem(SWEEPS, "toy", toy)
    assert main(["sweep", "toy"]) == 0
    assert last_line(capsys) == {"sweep": "toy", "cells": 1, "record": "records/toy.jsonl"}
    assert records.read_lines(tmp_path / "records" / "toy.jsonl")[0]["y"] == 2


TOY = [{"x": 1}, {"x": 2}]


def test_a_small_sweep_stands_beside_its_record_and_adds_nothing(
    tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = sweep.one_by_one(TOY, lambda cell: {"n": 10, "hits": cell["x"]}, "hits")
    toy = sweep.Sweep(lambda: TOY, lambda cell: {}, small=lambda: small)
    monkeypatch.setitem(SWEEPS, "toy", toy)
    record = tmp_path / "records" / "toy.jsonl"
    record.parent.mkdir()
    record.write_text(json.dumps({"cell": {"x": 1}, "n": 200, "hits": 50}) + "\n")
    before = record.read_text()
    assert main(["sweep", "toy", "--small"]) == 0
    *table, last = capsys.readouterr().out.splitlines()
    document = json.loads(last)
    assert document["found"] == {
        "x=1": {"measured": {"hits": 0.1}, "record": {"hits": 0.25}},
        "x=2": {"measured": {"hits": 0.2}, "record": None},
    }
    assert document["command"] == "python -m lab sweep toy --small"
    assert "missing" in table[1] and record.read_text() == before


@pytest.mark.push
@pytest.mark.parametrize(("arguments", "code"), [(["list"], 0), (["bench", "no-such"], 2), ([], 2)])
def test_the_module_is_a_program(arguments: list[str], code: int) -> None:
    command = [sys.executable, "-m", "lab", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == code and "Traceback" not in done.stderr
    assert bool(done.stdout) is (code == 0)
