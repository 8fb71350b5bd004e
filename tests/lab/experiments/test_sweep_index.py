"""index: one cell at a time, each recorded once, and the true counts of chapter 1's sweeps."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny import failures, tiny_model

from lab.data.problems import Format
from lab.data.samples import hashed_pairs
from lab.experiments import (
    ablations,
    atlas,
    attention_kernel_costs,
    forged,
    position_encoding_race,
    sweep,
    token_loss_sweep,
)
from lab.experiments.sweep import Cell, Sweep, run_small, run_sweep
from lab.experiments.sweep_index import SWEEPS
from lab.inference.scoring import decode_all, score
from lab.interp.intervene import Node, ablate
from lab.model.config import GPTConfig
from lab.records import RECORDS, REQUIRED, read_lines
from lab.training import checkpoint
from lab.weights import fingerprint

CELLS = [{"x": 1}, {"x": 2}, {"x": 3}]


@pytest.fixture
def measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The cells that a small sweep named `squares` has measured."""
    calls: list[int] = []

    def measure(cell: Cell) -> dict[str, Any]:
        calls.append(cell["x"])
        return {"square": cell["x"] ** 2, "seeds": [0]}

    monkeypatch.setattr(sweep, "RECORDS", tmp_path)
    monkeypatch.setitem(SWEEPS, "squares", Sweep(lambda: CELLS, measure))
    return calls


def rows(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "squares.jsonl").read_text().splitlines()]


def test_a_sweep_records_every_cell_with_its_provenance(tmp_path: Path, measured: Any) -> None:
    assert list(run_sweep("squares", SWEEPS["squares"])) == [
        (1, 3, CELLS[0]),
        (2, 3, CELLS[1]),
        (3, 3, CELLS[2]),
    ]
    assert [(row["cell"], row["square"]) for row in rows(tmp_path)] == [
        (cell, cell["x"] ** 2) for cell in CELLS
    ]
    assert all({*REQUIRED, "seeds"} <= row.keys() for row in rows(tmp_path))
    assert rows(tmp_path)[0]["command"] == "python -m lab sweep squares"


def test_a_stopped_sweep_starts_again_at_the_first_missing_cell(
    tmp_path: Path, measured: list[int]
) -> None:
    steps = run_sweep("squares", SWEEPS["squares"])
    next(steps)
    steps.close()  # pyright: ignore[reportAttributeAccessIssue]
    assert [row["cell"] for row in rows(tmp_path)] == CELLS[:1]
    assert [done for done, _, _ in run_sweep("squares", SWEEPS["squares"])] == [1, 2, 3]
    assert measured == [1, 2, 3]
    list(run_sweep("squares", SWEEPS["squares"]))
    assert measured == [1, 2, 3] and len(rows(tmp_path)) == 3


def test_a_sweep_killed_in_mid_line_measures_that_cell_again(
    tmp_path: Path, measured: list[int]
) -> None:
    list(run_sweep("squares", SWEEPS["squares"]))
    path = tmp_path / "squares.jsonl"
    path.write_text(path.read_text()[:-20])
    list(run_sweep("squares", SWEEPS["squares"]))
    assert measured == [1, 2, 3, 3]
    assert [row["cell"] for row in rows(tmp_path)] == CELLS


def test_a_row_names_the_weights_that_it_read(
    tmp_path: Path, measured: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    for run in ("even", "odd"):
        (tmp_path / run).mkdir()
        (tmp_path / run / "model.safetensors").write_text(run)
    monkeypatch.setattr(sweep, "CHECKPOINTS", tmp_path)
    runs: dict[int, list[str]] = {1: ["odd"], 2: ["even", "odd"], 3: []}
    named = replace(SWEEPS["squares"], reads=lambda cell: runs[cell["x"]])
    list(run_sweep("squares", named))
    even, odd = (fingerprint(tmp_path / run) for run in ("even", "odd"))
    found = [row.get("weights") for row in rows(tmp_path)]
    assert found == [{"odd": odd}, {"even": even, "odd": odd}, None] and even != odd


@pytest.mark.parametrize("when", ["while a cell is measured", "between two cells"])
def test_weights_that_change_during_a_sweep_end_it(
    tmp_path: Path, measured: list[int], monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    """No row names weights that it may not have read."""
    path = tmp_path / "run" / "model.safetensors"
    path.parent.mkdir()
    path.write_text("first")
    monkeypatch.setattr(sweep, "CHECKPOINTS", tmp_path)

    def measure(cell: Cell) -> dict[str, Any]:
        if when == "while a cell is measured" and cell["x"] == 2:
            path.write_text("second")
        return {"seeds": [0]}

    steps = run_sweep("squares", Sweep(lambda: CELLS, measure, lambda _: ["run"]))
    next(steps)
    first = rows(tmp_path)
    if when == "between two cells":
        path.write_text("second")
    with pytest.raises(ValueError, match=r"the weights of run were changed during the sweep$"):
        next(steps)
    assert rows(tmp_path) == first and len(first) == 1


# ---------------------------------------------------------------- chapter 1, on a small model


@pytest.fixture
def small_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A random model under every name the sweeps ask for."""
    model = tiny_model(GPTConfig(n_layer=2, d_model=16), dtype=torch.float32)
    for name in ("chain_of_thought", "few_pairs", "plain", "rope"):
        checkpoint.save(tmp_path / "runs" / name, model, Format("cot_reversed"))
    for module in (atlas, forged, ablations, token_loss_sweep):
        monkeypatch.setattr(module, "load_run", lambda n: checkpoint.load_run(n, tmp_path / "runs"))
    return checkpoint.load(tmp_path / "runs" / "plain")


def test_every_cell_of_a_sweep_is_unlike_every_other(small_run: Any) -> None:
    for name, one in SWEEPS.items():
        cells = [json.dumps(cell) for cell in one.cells()]
        assert len(set(cells)) == len(cells) >= 1, name
    assert len(SWEEPS["heads"].cells()) == 3 + 3 * 2 * 4
    assert len(SWEEPS["sharpness"].cells()) == 3 * 2 * 4
    assert len(SWEEPS["tamper"].cells()) == 7
    assert len(SWEEPS["handed"].cells()) == 2 * 3


def test_pulling_out_a_head_is_counted_on_decoded_texts(small_run: Any) -> None:
    cell = SWEEPS["sharpness"].cells()[5]
    figures = ablations.measure_head(cell, n=20)
    a, b = hashed_pairs(20)
    edits = [ablate(Node("z", cell["layer"], cell["head"]))]
    ((_, texts),) = decode_all(small_run.model, small_run.format, a, b, edits=edits)
    expected = score(small_run.format, a, b, texts)
    assert (cell["layer"], cell["head"]) == (1, 1)
    assert (figures["n"], figures["errors_strict"]) == (20, expected.errors_strict)
    whole = ablations.measure_head({"run": "few_pairs"}, n=20)
    ((_, texts),) = decode_all(small_run.model, small_run.format, a, b)
    assert whole["errors_answer"] == score(small_run.format, a, b, texts).errors_answer


def test_sharpness_is_that_of_the_cells_own_head(small_run: Any) -> None:
    found = [ablations.measure_sharpness(cell, n=20) for cell in SWEEPS["sharpness"].cells()[:8]]
    largest = [row["largest_weight"] for row in found]
    assert len(set(largest)) == 2 * 4 and all(1 / 19 < x <= 1 for x in largest)
    assert found[0]["n"] == 20


@pytest.mark.parametrize("given", [0, 1, 2])
def test_what_is_handed_over_is_never_counted_wrong(small_run: Any, given: int) -> None:
    cell = {"run": "few_pairs", "given": given}
    figures = forged.measure_handed(cell, n=20)
    a, b = hashed_pairs(20)
    keep = (6, 9, 14)[given]
    ((_, texts),) = decode_all(small_run.model, small_run.format, a, b, keep=keep)
    assert figures["errors_answer"] == score(small_run.format, a, b, texts).errors_answer
    assert (texts[:, :keep] == small_run.format.render(a, b)[0][:, :keep]).all()


def test_tampering_is_repeatable_and_counts_every_pair(small_run: Any) -> None:
    cell = SWEEPS["tamper"].cells()[4]
    first, second = (forged.measure_tamper(cell, n=20) for _ in range(2))
    assert first == second
    assert first["n"] == 20 == first["followed"] + first["stayed"] + first["neither"]
    assert first["place"] == 1


def test_pulling_out_a_whole_part_is_counted_on_decoded_texts(small_run: Any) -> None:
    cells = SWEEPS["parts"].cells()
    assert len(cells) == 2 * 2
    for cell in cells:
        figures = ablations.measure_part(cell, n=20)
        a, b = hashed_pairs(20)
        edits = [ablate(Node(cell["part"], cell["layer"]))]
        ((_, texts),) = decode_all(small_run.model, small_run.format, a, b, edits=edits)
        expected = score(small_run.format, a, b, texts)
        assert (figures["n"], figures["errors_answer"]) == (20, expected.errors_answer)


# ---------------------------------------------------------------- small settings

SMALL = {name: sweep.small for name, sweep in SWEEPS.items() if sweep.small}


def test_a_small_setting_measures_cells_of_its_sweep_and_reads_the_same_off_the_record() -> None:
    """Figures come from every row that the record has of them, without an error."""

    def holds(name: str) -> None:
        cells, record = SWEEPS[name].cells(), read_lines(RECORDS / f"{name}.jsonl")
        for what, part in SMALL[name]().items():
            assert [cell for cell in part.cells if cell not in cells] == [], what
            known = [row for cell in part.cells for row in record if row["cell"] == cell]
            assert [row["cell"] for row in known] == part.cells, what
            assert part.read(known), what

    assert len(SMALL) == 16 and failures(holds, SMALL) == []


@pytest.mark.slow
def test_the_small_setting_of_flash_tells_memory_and_seconds_of_every_kernel(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(attention_kernel_costs, "SMALL_MEMORY_LENGTHS", (256, 512))
    monkeypatch.setattr(attention_kernel_costs, "SMALL_SPEED_LENGTHS", (64,))
    found = {what: measured for what, measured, _ in run_small("flash", SWEEPS["flash"])}
    assert [*found] == [
        *(f"memory of {name}" for name in attention_kernel_costs.KERNELS),
        "seconds of 64 tokens",
    ]
    assert found["memory of math"]["512 tokens, MB"] > 3 * 512**2 * 4 / 2**20
    assert all(found[f"memory of {name}"]["power"] > 0 for name in attention_kernel_costs.KERNELS)
    assert {*found["seconds of 64 tokens"]} == {"forward", "both"}


def test_a_power_is_the_slope_of_the_logarithms() -> None:
    rows = [{"cell": {"tokens": n}, "peak_bytes": 3 * n * n} for n in (2, 8, 32)]
    assert attention_kernel_costs.growth_of_memory(rows)["power"] == 2


def test_a_ratio_of_what_never_arrived_is_none() -> None:
    arrived, never = ([[25, errors, 100, 0.1], [50, errors, 100, 0.1]] for errors in (1, 90))
    found = position_encoding_race.steps_of_the_pair([{"curve": never}, {"curve": arrived}])
    assert found == {"learned": None, "rotary": 25, "ratio": None}
