"""lab.experiments.expert_loads: tokens are counted where they are sent, and only biases move."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lab.experiments import expert_loads
from lab.experiments.expert_loads import (
    BEFORE,
    IDLE,
    N_LOADS,
    RAISED,
    RUN,
    SPEEDS,
    drawn,
    load_cells,
    measure_cell,
)
from lab.inference.forward import run_with_trace
from lab.records import RECORDS, read_lines
from lab.training.checkpoint import load_run

RECORD = RECORDS / "expert_loads.jsonl"


def rows(**cell: Any) -> list[dict[str, Any]]:
    return [row for row in read_lines(RECORD) if cell.items() <= row["cell"].items()]


def test_loads_are_those_of_a_count_token_by_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """In parts that do not divide the sample, against scores and biases put in order by NumPy."""
    monkeypatch.setattr(expert_loads, "N_LOADS", {4: 5})
    monkeypatch.setattr(expert_loads, "AT_ONCE", 2)
    row = measure_cell({"part": "loads", "run": RUN, "digits": 4})
    texts, mask, _ = drawn(4, 5)
    model = load_run(RUN).model
    trace = run_with_trace(model, texts[:, :-1], ["router_scores"])
    assert (row["tokens"], row["written"]) == (5 * 63, int(mask.sum()))
    for i, layer in enumerate(row["layers"]):
        scores = trace[f"blocks.{i}.router_scores"].numpy()
        bias = model.blocks[i].ffn.bias.numpy()  # pyright: ignore

        def load(of: int, higher: float = 0.0, scores: Any = scores, bias: Any = bias) -> Any:
            biased = scores + bias + higher * np.eye(8, dtype=np.float32)[of]
            return (np.argsort(-biased, axis=-1)[..., :2] == of).any(-1)  # (N, T)

        step = model.config.ffn.bias_update_speed  # pyright: ignore
        for expert in range(8):
            assert layer["load"][expert] == load(expert).sum()
            assert layer["written"][expert] == load(expert)[mask[:, 1:]].sum()
            assert abs(layer["step_up"][expert] - load(expert, step).sum()) <= 1
            assert abs(layer["step_down"][expert] - load(expert, -step).sum()) <= 1
            short = layer["missed_by"][expert]
            assert (short is None) == (layer["load"][expert] > 0)
            if short is not None:
                assert not load(expert, short - 1e-5).any() and load(expert, short + 1e-5).any()


def test_biases_that_go_on_alone_leave_weights_and_the_committed_network(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(expert_loads, "STEPS", 2)
    before = [ffn.bias.clone() for ffn in expert_loads.mixtures(load_run(RUN).model)]
    found = measure_cell({"part": "alone", "run": RUN, "speed": 0.01})
    moved = np.array(found["bias"]) - np.array([bias.numpy() for bias in before])
    assert set(np.abs(moved).round(4).ravel()) <= {0.0, 0.01, 0.02} and np.abs(moved).max() > 0.01
    again = [ffn.bias for ffn in expert_loads.mixtures(load_run(RUN).model)]
    assert all((x == y).all() for x, y in zip(before, again, strict=True))
    loads = np.array(found["loads"])
    assert (loads.sum(1) == loads[0].sum()).all() and loads.sum() % 2 == 0


def test_the_record_of_loads_has_every_cell_in_order() -> None:
    assert [row["cell"] for row in read_lines(RECORD)] == load_cells()


def test_idle_experts_are_those_to_which_no_token_is_sent() -> None:
    for digits, n in N_LOADS.items():
        (row,) = rows(part="loads", run=RUN, digits=digits)
        loads = np.array([layer["load"] for layer in row["layers"]])
        assert row["n"] == n and (loads.sum(1) == 2 * row["tokens"]).all()
        assert tuple(zip(*map(list, np.nonzero(loads == 0)), strict=True)) == IDLE
    assert rows(part="loads", run=BEFORE, digits=4)
    step = load_run(RUN).model.config.ffn.bias_update_speed  # pyright: ignore
    assert step == RAISED and (step, step / 10) == SPEEDS


def test_what_the_first_expert_tells_is_that_of_the_committed_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(expert_loads, "told_by_chance", lambda *_, **__: [0.0])
    (row,) = rows(part="told")
    told = measure_cell(row["cell"])["told"]
    assert {name: [x for x, _ in found] for name, found in told.items()} == {
        name: [x for x, _ in found] for name, found in row["told"].items()
    }
