"""All that chapter 4 measured, one record: `python -m lab sweep kv_cache`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lab.experiments.batching_and_drafting import (
    draft_cells,
    measure_draft,
    measure_queue,
    queue_cells,
)
from lab.experiments.decoding_speed import (
    machine_cells,
    measure_machine,
    measure_memory,
    measure_rival,
    measure_time,
    memory_cells,
    rival_cells,
    time_cells,
)
from lab.experiments.exact import exact_cells, measure_exact
from lab.experiments.grouped import grouped_cells, measure_grouped
from lab.experiments.sweep import Cell, Figures, Row, Small
from lab.measure.clocked import seconds_until

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


# ---------------------------------------------------------------- the small setting, three minutes

LENGTHS = (64, 340)
TIME: Cell = {"part": "time", "model": "far_clipped"}
EXACT: Cell = {"part": "exact", "how": "uncached"}
QUEUE: Cell = {"part": "queue", "rows": 8}
DRAFT: Cell = {"part": "draft", "draft": "draft_small", "n_draft": 4, "digits": 4}


def kv_cache_small() -> dict[str, Small]:
    """What a cache saves here, and that it saves only. What others do with the same network is in
    the sweep alone: it needs transformers."""
    one, many = ([{**TIME, "cached": c, "batch": n} for c in (True, False)] for n in (1, 64))
    policies = [{**QUEUE, "policy": policy} for policy in ("static", "continuous")]
    return {
        "saved, 1 text": Small(one, lambda cell: measure_time(cell, LENGTHS[-1], repeats=2), saved),
        "saved, 64 texts": Small(
            many, lambda cell: measure_time(cell, LENGTHS[-1], repeats=1), saved
        ),
        **{
            f"texts of {digits}x{digits} that differ": Small(
                [{**EXACT, "digits": digits}], lambda cell, n=n: measure_exact(cell, n), differing
            )
            for digits, n in ((2, 500), (4, 20))
        },
        "a queue, tokens/s": Small(
            policies, lambda cell: measure_queue(cell, n=200, repeats=1), tokens_a_second
        ),
        "drafts": Small([DRAFT], lambda cell: measure_draft(cell, n=20), drafting),
    }


def saved(rows: list[Row]) -> Figures:
    """How many times as long writing takes without a cache, by the length of the text."""
    cached, uncached = rows
    return {
        str(n): round(seconds_until(uncached, n) / seconds_until(cached, n), 2) for n in LENGTHS
    }


def differing(rows: list[Row]) -> Figures:
    (row,) = rows
    return {name: row[name] for name in ("n", "differing", "largest_change")}


def tokens_a_second(rows: list[Row]) -> Figures:
    return {row["cell"]["policy"]: round(row["tokens"] / row["seconds"]) for row in rows}


def drafting(rows: list[Row]) -> Figures:
    (row,) = rows
    return {
        "accepted": round(row["accepted"] / row["rounds"], 2),
        "times_as_fast": round(row["seconds_alone"] / row["seconds"], 2),
    }
