"""Chapter 4 in a reduced form, beside its record: what a cache saves here, and that it saves only.

Three to six minutes. What others do with the same network is in the sweep alone: it needs
transformers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lab.experiments.exact import measure_exact
from lab.experiments.serving import measure_draft, measure_queue
from lab.experiments.stopwatch import measure_time, seconds_until
from lab.experiments.sweep import Cell
from lab.records import RECORDS, read_lines, select

LENGTHS = (64, 340)
Figures = dict[str, float]
TIME: Cell = {"part": "time", "model": "far_clipped"}
EXACT: Cell = {"part": "exact", "how": "uncached"}
QUEUE: Cell = {"part": "queue", "rows": 8}
DRAFT: Cell = {"part": "draft", "draft": "draft_small", "n_draft": 4, "digits": 4}


def bench_kv_cache() -> dict[str, Any]:
    rows = read_lines(RECORDS / "kv_cache.jsonl")
    found: dict[str, dict[str, Figures | None]] = {"measured": {}, "record": {}}
    for name, (measure, read, cells) in PARTS.items():
        known = [row for cell in cells for row in select(rows, **cell)]
        measured = read([{"cell": cell, **measure(cell)} for cell in cells])
        record = read(known) if len(known) == len(cells) else None
        found["measured"][name], found["record"][name] = measured, record
        print(f"{name:>22}  measured {measured}  record {record or 'missing'}", flush=True)
    return found


def saved(rows: list[dict[str, Any]]) -> Figures:
    """How many times as long writing takes without a cache, by the length of the text."""
    cached, uncached = rows
    return {
        str(n): round(seconds_until(uncached, n) / seconds_until(cached, n), 2) for n in LENGTHS
    }


def same(rows: list[dict[str, Any]]) -> Figures:
    (row,) = rows
    return {name: row[name] for name in ("n", "differing", "largest_change")}


def tokens_a_second(rows: list[dict[str, Any]]) -> Figures:
    return {row["cell"]["policy"]: round(row["tokens"] / row["seconds"]) for row in rows}


def drafting(rows: list[dict[str, Any]]) -> Figures:
    (row,) = rows
    return {
        "accepted": round(row["accepted"] / row["rounds"], 2),
        "times_as_fast": round(row["seconds_alone"] / row["seconds"], 2),
    }


def both(cell: Cell, name: str, values: tuple[Any, Any]) -> list[Cell]:
    return [{**cell, name: value} for value in values]


Part = tuple[
    Callable[[Cell], dict[str, Any]], Callable[[list[dict[str, Any]]], Figures], list[Cell]
]
PARTS: dict[str, Part] = {
    "saved, 1 text": (
        lambda cell: measure_time(cell, longest=LENGTHS[-1], repeats=2),
        saved,
        both({**TIME, "batch": 1}, "cached", (True, False)),
    ),
    "saved, 64 texts": (
        lambda cell: measure_time(cell, longest=LENGTHS[-1], repeats=1),
        saved,
        both({**TIME, "batch": 64}, "cached", (True, False)),
    ),
    "texts of 2x2 that differ": (
        lambda cell: measure_exact(cell, n=500),
        same,
        [{**EXACT, "digits": 2}],
    ),
    "texts of 4x4 that differ": (
        lambda cell: measure_exact(cell, n=20),
        same,
        [{**EXACT, "digits": 4}],
    ),
    "a queue, tokens/s": (
        lambda cell: measure_queue(cell, n=200, repeats=1),
        tokens_a_second,
        both(QUEUE, "policy", ("static", "continuous")),
    ),
    "drafts": (lambda cell: measure_draft(cell, n=20), drafting, [DRAFT]),
}
"""Of each part: how a cell is measured, what is read off its rows, and the cells."""
