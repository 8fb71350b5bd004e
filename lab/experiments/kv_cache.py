"""All that chapter 4 measured, one record: `python -m lab sweep kv_cache`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lab.experiments.exact import exact_cells, measure_exact
from lab.experiments.grouped import grouped_cells, measure_grouped
from lab.experiments.serving import draft_cells, measure_draft, measure_queue, queue_cells
from lab.experiments.stopwatch import (
    machine_cells,
    measure_machine,
    measure_memory,
    measure_rival,
    measure_time,
    memory_cells,
    rival_cells,
    time_cells,
)
from lab.experiments.sweep import Cell

MEASURES: dict[str, Callable[[Cell], dict[str, Any]]] = {
    "grouped": measure_grouped,
    "exact": measure_exact,
    "machine": measure_machine,
    "time": measure_time,
    "rival": measure_rival,
    "queue": measure_queue,
    "draft": measure_draft,
    "memory": measure_memory,
}
"""Counts first; from `machine` on seconds are measured, and nothing else may run."""


def kv_cache_cells() -> list[Cell]:
    seconds = [*machine_cells(), *time_cells(), *rival_cells(), *queue_cells(), *draft_cells()]
    return [*grouped_cells(), *exact_cells(), *seconds, *memory_cells()]


def measure_kv_cache(cell: Cell) -> dict[str, Any]:
    return MEASURES[cell["part"]](cell)
