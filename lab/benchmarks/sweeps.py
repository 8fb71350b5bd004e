"""The sweeps of chapter 1 in a reduced form, beside the record: 500 pairs drawn by a seed."""

from __future__ import annotations

from typing import Any

from lab.experiments.forged import measure_handed, measure_tamper
from lab.experiments.index import SWEEPS
from lab.experiments.pulled_out import measure_head
from lab.experiments.sweep import Cell
from lab.records import RECORDS, read_lines

N = 500


def bench_tamper() -> dict[str, Any]:
    return side_by_side("tamper", lambda cell: measure_tamper(cell, N), ("followed", "stayed"))


def bench_handed() -> dict[str, Any]:
    return side_by_side("handed", lambda cell: measure_handed(cell, N), ("errors_answer",))


def bench_heads() -> dict[str, Any]:
    return side_by_side("heads", lambda cell: measure_head(cell, N), ("errors_answer",))


def side_by_side(name: str, measure: Any, columns: tuple[str, ...]) -> dict[str, Any]:
    """Measure every cell again on fewer pairs; shares beside those of the record."""
    record = {str(row["cell"]): row for row in read_lines(RECORDS / f"{name}.jsonl")}
    rows: list[dict[str, Any]] = []
    for cell in SWEEPS[name].cells():
        measured, known = shares(measure(cell), columns), record.get(str(cell))
        row = {"cell": cell, "measured": measured, "record": known and shares(known, columns)}
        print(f"{describe(cell)}  measured {row['measured']}  record {row['record'] or 'missing'}")
        rows.append(row)
    return {"cells": rows}


def shares(figures: dict[str, Any], columns: tuple[str, ...]) -> dict[str, float]:
    return {column: round(figures[column] / figures["n"], 4) for column in columns}


def describe(cell: Cell) -> str:
    return " ".join(f"{key}={value}" for key, value in cell.items())
