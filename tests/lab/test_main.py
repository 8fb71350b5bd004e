"""python -m lab: exit codes, names, and a last line a program can read."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny import tiny_model, tiny_recipe

import lab.run
from lab import checkpoint, provenance, sweeps
from lab.__main__ import main
from lab.benchmarks import NAMES
from lab.checkpoint import load_run
from lab.config import GPTConfig
from lab.problems import Format
from lab.recipes import RECIPES
from lab.sweeps import SWEEPS
from lab.train import Diverged

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
    monkeypatch.setattr(provenance, "RECORDS", tmp_path / "records")
    monkeypatch.setattr(sweeps, "RECORDS", tmp_path / "records")
    monkeypatch.setattr(lab.run, "STATES", tmp_path / "states")
    return root


def last_line(capsys: Any) -> dict[str, Any]:
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_list_names_every_run_benchmark_and_sweep(capsys: Any) -> None:
    assert main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "run    small" in lines
    for name in RECIPES:
        assert f"run    {name}  (not trained here yet)" in lines
    assert [line for line in lines if line.startswith("bench")] == [f"bench  {n}" for n in NAMES]
    assert [line for line in lines if line.startswith("sweep")] == [f"sweep  {n}" for n in SWEEPS]


def test_multiply_prints_the_models_own_text_and_judges_it(runs: Path, capsys: Any) -> None:
    assert main(["multiply", "12", " 34 ", "--run", "small"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("12*34=") and len(lines[0]) == 20
    assert lines[-1] == "12 x 34 = 408: wrong"
    assert sum("partial product" in line for line in lines) == 2


def test_multiply_says_right_when_it_is(
    runs: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = Format("cot_reversed")
    monkeypatch.setattr("lab.evaluate.go_on", lambda model, given, length: form.render(12, 34)[0])
    assert main(["multiply", "12", "34", "--run", "small"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        ["12*34=840+0630=8040$"],
        ["partial", "product", "0", "48"],
        ["partial", "product", "1", "360"],
        ["answer", "408"],
        ["12", "x", "34", "=", "408:", "right"],
    ]


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
    (["train", "big"], "no run is called 'big'; there are: chain_of_thought, plain"),
    (["train", "plain", "--steps", "0"], "steps=0"),
    (["train", "plain", "--steps", "-3"], "steps=-3"),
    (["train", "plain", "--device", "cuda"], "device='cuda' is not here"),
    (["bench", "big"], "no benchmark is called 'big'; there are: attention, "),
    (["sweep", "big"], "no sweep is called 'big'; there are: prices, holdout, "),
]


@pytest.mark.parametrize(
    ("arguments", "words"), BAD_USAGE, ids=[" ".join(arguments) for arguments, _ in BAD_USAGE]
)
def test_bad_usage_exits_with_2_and_one_sentence(
    capsys: Any, monkeypatch: pytest.MonkeyPatch, arguments: list[str], words: str
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    message = captured.err.strip().splitlines()
    assert len(message) == 1 and message[0].startswith("lab: ") and words in message[0]


@pytest.mark.parametrize(
    "arguments", [[], ["fly"], ["train"], ["evaluate", "small", "--seed", "x"]], ids=str
)
def test_arguments_nobody_knows_exit_with_2(arguments: list[str], capsys: Any) -> None:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2
    assert "usage: python -m lab" in capsys.readouterr().err


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


def test_a_recorded_reading_names_the_command_that_repeats_it(runs: Path, capsys: Any) -> None:
    for batch in ("500", "7"):
        arguments = ["evaluate", "small", "--pairs", "20", "--seed", "5", "--batch", batch]
        assert main([*arguments, "--record"]) == 0
        capsys.readouterr()
    readings = json.loads((runs / "small" / "result.json").read_text())["readings"]
    assert [r["n"] for r in readings] == [20, 20]
    assert [r["command"] for r in readings] == [
        "python -m lab evaluate small --pairs 20 --seed 5",
        "python -m lab evaluate small --pairs 20 --seed 5 --batch 7",
    ]


def test_a_reading_of_what_was_all_trained_on_counts_nothing_as_held_out(
    runs: Path, capsys: Any
) -> None:
    record = {"recipe": {"trains_on_everything": True}, "readings": []}
    (runs / "small" / "result.json").write_text(json.dumps(record))
    assert main(["evaluate", "small", "--pairs", "20"]) == 0
    document = last_line(capsys)
    assert list(document) == KEYS
    assert (document["n"], document["n_heldout"]) == (20, 0)
    assert document["lower_bound_95_strict_heldout"] is None


def test_train_writes_a_run_where_it_is_told(
    tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RECIPES, "tiny", tiny_recipe)
    out = tmp_path / "elsewhere"
    assert main(["train", "tiny", "--steps", "4", "--seed", "2", "--out", str(out)]) == 0
    assert f"written to {out}" in capsys.readouterr().out
    rows = provenance.read_lines(out / "history.jsonl")
    assert [row["step"] for row in rows] == [3, 4]
    assert json.loads((out / "result.json").read_text())["seeds"] == [2]
    assert (
        main(["train", "tiny", "--steps", "6", "--seed", "2", "--out", str(out), "--resume"]) == 0
    )
    rows = provenance.read_lines(out / "history.jsonl")
    assert [row["step"] for row in rows] == [3, 4, 6]


def test_an_interrupted_command_says_how_to_go_on(
    capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(lab.run, "run", interrupt)
    assert main(["train", "plain"]) == 130
    assert "train --resume" in capsys.readouterr().err


def test_a_diverged_run_says_so_without_a_trace(
    capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def diverge(*_: Any, **__: Any) -> Any:
        raise Diverged("step 7: the loss is nan")

    monkeypatch.setattr(lab.run, "run", diverge)
    assert main(["train", "plain"]) == 1
    assert "the run diverged at step 7" in capsys.readouterr().err


def test_bench_and_sweep_end_in_a_document(
    tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lab.benchmarks.benchmark", lambda name: lambda: {"ratio": 1.5})
    assert main(["bench", "attention", "--record"]) == 0
    document = last_line(capsys)
    assert document["ratio"] == 1.5 and document["command"] == "python -m lab bench attention"
    assert json.loads((tmp_path / "records" / "bench_attention.json").read_text()) == document
    toy = sweeps.Sweep(lambda: [{"x": 1}], lambda cell: {"y": 2})
    monkeypatch.setitem(SWEEPS, "toy", toy)
    assert main(["sweep", "toy"]) == 0
    assert last_line(capsys) == {"sweep": "toy", "cells": 1, "record": "records/toy.jsonl"}
    assert provenance.read_lines(tmp_path / "records" / "toy.jsonl")[0]["y"] == 2


@pytest.mark.parametrize(("arguments", "code"), [(["list"], 0), (["bench", "no-such"], 2), ([], 2)])
def test_the_module_is_a_program(arguments: list[str], code: int) -> None:
    command = [sys.executable, "-m", "lab", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == code and "Traceback" not in done.stderr
    assert bool(done.stdout) is (code == 0)
