"""reads: a sweep names every committed run whose weights its cells read, and no other."""

import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from safetensors.torch import load_file
from torch import Tensor

from lab.experiments import reads
from lab.experiments.sweep import Cell, Sweep
from lab.experiments.sweep_index import SWEEPS
from lab.model.gpt import GPT
from lab.training.checkpoint import CHECKPOINTS, committed_runs
from lab.weights import CheckpointError

NO_NETWORK = ("holdout", "flash", "parity", "what_it_costs")
"""Sweeps of a table of numbers, of kernels alone, and of random weights beside somebody else's."""

TOLD_APART_BY: dict[str, tuple[str, ...]] = {
    "suites": ("model",),
    "stage_heads": ("run",),
    "residuals": (),
    "residuals_cost": (),
    **dict.fromkeys(("error_book_2x2", "error_book_4x4", "error_book_full"), ("task", "part")),
}
"""Fields by which cells read other runs, of sweeps that take seconds to get as far as a network;
of the others every field that holds a word."""

DEAR = {"machine", "rival", "chosen"}
"""Cells that take long and load no run: two measure machines, one searches pairs for a minute."""

LATER = {("kv_cache", "drafted"): "the draft is loaded once the network has written"}


class Enough(Exception):
    """All that a cell loads is loaded by now."""


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[list[str]]:
    """The committed runs whose weights were read; the first forward pass is refused."""
    found: list[str] = []

    def load(path: Path) -> dict[str, Tensor]:
        if not path.is_relative_to(CHECKPOINTS):
            raise Enough
        found.append(path.parent.name)
        return load_file(path)

    def refuse(*_: Any, **__: Any) -> None:
        raise Enough

    for module in modules():
        for name, value in (("load_file", load), ("STATES", tmp_path), ("FOLDER", tmp_path)):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, value)
    monkeypatch.setattr(GPT, "forward", refuse)
    yield found
    forget(modules())


def modules() -> list[ModuleType]:
    return [module for name, module in sys.modules.items() if name.startswith("lab.")]


def forget(modules: list[ModuleType]) -> None:
    """What the experiments keep of models from cell to cell."""
    for module in modules:
        if module.__name__.startswith("lab.experiments."):
            for value in vars(module).values():
                if hasattr(value, "cache_clear"):
                    value.cache_clear()


def kinds(name: str, sweep: Sweep) -> list[Cell]:
    """Of the cells that differ in a number alone, the first."""
    found: dict[str, Cell] = {}
    for cell in sweep.cells():
        fields = TOLD_APART_BY.get(name, tuple(cell))
        words = [value for key, value in cell.items() if key in fields and isinstance(value, str)]
        found.setdefault(f"{words} {sweep.reads(cell)}", cell)
    return [cell for cell in found.values() if not DEAR & {*map(str, cell.values())}]


@pytest.mark.parametrize("name", [name for name in SWEEPS if name not in NO_NETWORK])
def test_a_sweep_names_the_committed_runs_that_its_cells_read(name: str, loaded: list[str]) -> None:
    sweep, amiss = SWEEPS[name], list[str]()
    cells = kinds(name, sweep)
    for cell in cells:
        forget(modules())
        loaded.clear()
        named = {run for run in sweep.reads(cell) if run in committed_runs()}
        with suppress(Enough, CheckpointError):
            sweep.measure(cell)
        found = set(loaded)
        late = (name, cell.get("how")) in LATER and found < named
        if found != named and not late:
            amiss.append(f"{cell} reads {sorted(found)} and names {sorted(named)}")
    assert cells and amiss == []


def test_a_sweep_that_reads_what_it_does_not_name_is_found(
    loaded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = SWEEPS["course"]
    for forged in (Sweep(honest.cells, honest.measure), replace(honest, reads=reads.going_on)):
        monkeypatch.setitem(SWEEPS, "course", forged)
        with pytest.raises(AssertionError, match=r"reads \["):
            test_a_sweep_names_the_committed_runs_that_its_cells_read("course", loaded)
