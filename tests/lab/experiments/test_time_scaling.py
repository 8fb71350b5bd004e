"""The lines of page 92 in miniature: what is timed is what a model does, and rounds take turns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from lab.experiments import time_scaling as module
from lab.experiments.sweep import Small
from lab.experiments.time_scaling import (
    calls_of,
    decode_step,
    measure_line,
    measure_machine,
    prefill_step,
    recipe_of,
    rounds_of,
    scaling_cells,
    scaling_small,
    seconds_of,
    some_text,
    step_of,
)
from lab.measure import scaling
from lab.measure.scaling import LINES, Line, slope_of_rounds, timed_of
from lab.model.gpt import GPT

TINY = {
    "parameters_training": Line("parameters", "training", (32, 64), n_token=19, batch=2),
    "length_prefill": Line("length", "prefill", (4, 8), width=32),
    "batch_decode": Line("batch", "decode", (1, 2, 4), width=32, n_token=5),
}


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (module, scaling):
        monkeypatch.setattr(name, "LINES", TINY)
    monkeypatch.setattr(module, "LONG_ENOUGH", 0.0)


def test_a_cell_measures_the_machine_and_each_other_one_a_line() -> None:
    machine, *lines = scaling_cells()
    assert machine == {"part": "machine"} and [cell["line"] for cell in lines] == list(LINES)


@pytest.mark.parametrize("name", TINY)
def test_a_line_is_timed_at_every_size_on_one_thread_in_every_round(name: str, tiny: None) -> None:
    before = torch.get_num_threads()
    row = measure_line(name, rounds=3, long_enough=0.0)
    assert torch.get_num_threads() == before
    line = TINY[name]
    assert [point["value"] for point in row["points"]] == list(line.values)
    assert [point["amount"] for point in row["points"]] == [*map(line.amount, line.values)]
    for point in row["points"]:
        assert len(point["seconds"]) == 3 and min(point["seconds"]) > 0
        work = line.work(point["value"])
        assert (point["operations"], point["bytes"]) == (work.operations, work.bytes)
        assert sum(point["shares"].values()) == pytest.approx(1, abs=1e-3)
    assert len(slope_of_rounds(timed_of(row))) == 3
    assert (row["threads"], row["repeats"], row["precision"]) == (1, 3, "fp32")


def test_a_decode_step_calls_as_many_operations_at_every_size(tiny: None) -> None:
    (calls,) = {point["calls"] for point in measure_line("batch_decode", rounds=1)["points"]}
    assert calls > 100


def test_sizes_take_turns_up_and_down(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[int] = []
    steps: dict[int, Callable[[], object]] = {
        value: lambda value=value: taken.append(value) for value in (1, 2, 3)
    }
    told = [value for value, _ in rounds_of(steps, 2, 0.0)]
    assert told == [1, 2, 3, 3, 2, 1] and taken == [1, 2, 3, *told]


def test_a_short_step_is_timed_by_the_median_of_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock is read twice a step; the third step took long."""
    clock = iter([0.0, 0.01, 1.0, 1.02, 2.0, 2.5, 3.0, 3.4])
    monkeypatch.setattr(module.time, "perf_counter", lambda: next(clock))
    assert seconds_of(lambda: None, 0.5) == pytest.approx(0.02)
    assert seconds_of(lambda: None, 0.1) == pytest.approx(0.4)


def test_a_decode_step_reads_one_token_behind_the_same_cache_each_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[tuple[tuple[int, ...], int]] = []
    forward = GPT.forward

    def noting(self: GPT, tokens: torch.Tensor, **more: Any) -> torch.Tensor:
        seen.append((tuple(tokens.shape), more["cache"].length))
        logits.append(forward(self, tokens, **more))
        return logits[-1]

    logits: list[torch.Tensor] = []
    monkeypatch.setattr(GPT, "forward", noting)
    size = TINY["batch_decode"].size(4)
    take = decode_step(size)
    take()
    take()
    assert seen == [((4, 4), 0), ((4, 1), 4), ((4, 1), 4)]
    assert torch.equal(logits[1], logits[2])
    # And it is the last token of the whole text, read at once.
    monkeypatch.setattr(GPT, "forward", forward)
    model = module.with_random_weights(size.config)
    with torch.inference_mode():
        whole = model(some_text(4, 5))[:, -1]
    assert torch.allclose(whole, logits[1][:, 0], atol=1e-4)


def test_both_kernels_read_the_same_text_and_the_fused_one_forms_no_scores() -> None:
    calls = {
        name: calls_of(prefill_step(LINES[name].size(64)))
        for name in ("length_prefill", "length_prefill_fused")
    }
    assert calls["length_prefill_fused"] < calls["length_prefill"]


def test_a_step_of_training_is_one_of_the_recipe_and_moves_the_weights(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    states: list[Any] = []
    start = module.TrainState.start

    def noting(recipe: Any) -> Any:
        states.append(start(recipe))
        return states[-1]

    monkeypatch.setattr(module.TrainState, "start", noting)
    line = TINY["parameters_training"]
    take = step_of(line, 32)
    before = states[0].model.unembed.weight.clone()
    take()
    assert states[0].step == 1 and states[0].tokens == 2 * 20
    assert not torch.equal(before, states[0].model.unembed.weight)
    recipe = recipe_of(line.size(32))
    assert (recipe.optimiser, recipe.precision) == ("adamw", "fp32")


def test_the_machines_own_speed_has_two_memories() -> None:
    row = measure_machine(turns=1, far=10_000)
    assert min(row["flops_per_second"], row["bytes_per_second"], row["bytes_per_second_near"]) > 0


def test_the_small_setting_reads_the_same_sizes_off_the_record_and_off_itself(tiny: None) -> None:
    small = scaling_small()["batch_decode"]
    assert isinstance(small, Small)
    cell = small.cells[0]
    row = measure_line("batch_decode", rounds=1)
    again = small.measure(cell)
    both = [small.read([{"cell": cell, **found}]) for found in (row, again)]
    assert both[0].keys() == both[1].keys() == {"1, ms", "2, ms"}
