"""lab.benchmarks: each one measures, prints and returns a document, here in miniature."""

import json
from dataclasses import replace
from functools import partial
from typing import Any, get_args

import pytest
from tiny import BASE

from lab.benchmarks import (
    attention_speed,
    flash_tiles,
    mla_cost,
    moe_speed,
    peer_speed,
    problem_speed,
)
from lab.benchmarks import mlp_training as mlp_bench
from lab.benchmarks.benchmark_index import BENCHMARKS, benchmark
from lab.by_hand import mlp
from lab.data.problems import STYLES
from lab.experiments import peers
from lab.model.config import MultiHeadAttentionConfig
from lab.records import RECORDS


def test_every_name_is_a_benchmark() -> None:
    assert len({benchmark(name) for name in BENCHMARKS}) == len(BENCHMARKS)
    assert list(BENCHMARKS) == sorted(BENCHMARKS)
    assert all(benchmark(name).__module__.startswith("lab.benchmarks.") for name in BENCHMARKS)


@pytest.mark.push
def test_the_attention_benchmark_compares_two_kernels_in_one_run(
    monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    small = {"FULL_SIZE": replace(BASE, n_layer=1), "BATCH": 2, "LENGTH": 8, "ROUNDS": 2}
    for name, value in small.items():
        monkeypatch.setattr(attention_speed, name, value)
    document = attention_speed.bench_attention()
    rates = document["tokens_per_second"]
    assert document["ratio"] == pytest.approx(rates["math"] / rates["sdpa"], rel=0.01)
    assert "math" in capsys.readouterr().out and json.dumps(document)


@pytest.mark.push
def test_the_benchmark_of_latents_counts_their_bytes_and_times_their_steps(
    monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr(mla_cost, "DIGITS", (4,))
    monkeypatch.setattr(mla_cost, "BATCHES", (1,))
    monkeypatch.setattr(mla_cost, "N_STEP", 3)
    document = mla_cost.bench_mla()
    held = {name: found["bytes_per_token"] for name, found in document.items()}
    assert held == {
        "heads": 6 * 2 * 4 * 64 * 4,
        "latents, keys made": 6 * (4 * (32 + 64) + 64) * 4,
        "latents, absorbed": 6 * (64 + 64) * 4,
    }
    assert all(ms > 0 for found in document.values() for ms in found["ms_per_step"].values())
    assert "absorbed" in capsys.readouterr().out and json.dumps(document)


@pytest.mark.push
def test_the_benchmark_of_experts_sends_tokens_in_two_ways_to_one_answer(
    monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr(moe_speed, "TOKENS", (1, 5))
    document = moe_speed.bench_moe()
    assert document["differ"] < 1e-5
    assert set(document["ms"]) == {1, 5} and json.dumps(document)
    assert "token by token" in capsys.readouterr().out


def test_the_benchmark_of_peers_says_what_is_missing_and_measures_the_others(
    monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    config = replace(BASE, attention=MultiHeadAttentionConfig(n_head=2, head_dim=8))
    small = {"OURS": config, "REPEATS": 1, "find_spec": lambda name: None, "GIVEN": 4, "WRITTEN": 5}
    for name, value in {**small, "peers_cells": lambda: [{"part": "decoding", "batch": 2}]}.items():
        monkeypatch.setattr(peers, name, value)
    document = peer_speed.bench_peers()
    (row,) = document["cells"]
    assert [*row["ratio"]] == ["nano_gpt", "ours"] and json.dumps(document)
    out = capsys.readouterr().out
    assert peers.INSTALL in out and "1.00 times nano_gpt" in out


def test_the_benchmark_of_tiles_sets_every_size_beside_torchs_kernel(
    monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    small = {"THREADS": (1,), "LENGTHS": (24,), "ROWS": (8, 16), "COLUMNS": (12,), "TURNS": 1}
    for name, value in small.items():
        monkeypatch.setattr(flash_tiles, name, value)
    document = flash_tiles.bench_flash_tiles()
    (found,) = document["cells"]
    assert [*found["times_sdpa"]] == ["sdpa", "usual", "8 x 12", "16 x 12"]
    assert found["times_sdpa"]["sdpa"] == {"forward": 1, "both": 1}
    for way, least in found["at_least"].items():
        assert sum(found["where"][way].values()) == pytest.approx(1, abs=1e-3)
        assert max(least.values()) <= found["times_sdpa"]["usual"][way]
    assert "16 x 12" in capsys.readouterr().out and json.dumps(document)


def test_the_gradient_check_covers_every_activation_and_finds_a_wrong_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mlp_bench, "GRADIENT_SEEDS", 1)
    errors = mlp_bench.gradient_errors()
    assert set(errors) == set(get_args(mlp.Activation)) == set(mlp.ACTIVATIONS)
    assert max(errors.values()) < 1e-7
    for name, (forward, backward) in list(mlp.ACTIVATIONS.items()):
        wrong = partial(lambda slope, dy, x: 1.01 * slope(dy, x), backward)
        monkeypatch.setitem(mlp.ACTIVATIONS, name, (forward, wrong))
    assert min(mlp_bench.gradient_errors().values()) > 1e-3


@pytest.mark.push
def test_the_problem_benchmark_times_every_format(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(problem_speed, "N", 100)
    document = problem_speed.bench_problems()
    rates = document["problems_per_second"]
    assert set(rates) == {f"{s}{t}" for s in STYLES for t in ("", ", unpadded")}
    assert document["slowest"] == min(rates.values()) > 0


def test_the_recorded_live_runs_keep_the_promises_of_the_pages() -> None:
    """First progress within 5 s, none starves, stop within a second and a poll, sliders answer."""
    record = json.loads((RECORDS / "bench_live_runs.json").read_text())
    cells = {cell["runs"]: cell for cell in record["cells"]}
    assert sorted(cells) == [0, 1, 4, 8]
    assert all(cell["steps_a_second"] > 0 for n, cell in cells.items() if n)
    assert max(cell["seconds_to_first_progress"] for cell in cells.values()) <= 5
    assert max(cell["seconds_to_stop"] for cell in cells.values()) <= 1 + 2
    assert max(cells[n]["slider_p95_ms"] for n in (0, 1, 4)) <= 200
    default = record["default_run"]
    assert default["errors_heldout"] <= 0.01 * default["n_heldout"]
