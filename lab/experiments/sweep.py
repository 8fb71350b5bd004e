"""A grid of measurements, one cell at a time, appended to `records/NAME.jsonl`.

A sweep that was stopped starts again at the first missing cell.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from lab.records import RECORDS, append_line, provenance, read_lines, write_lines

Cell = dict[str, Any]


@dataclass(frozen=True)
class Sweep:
    """Its cells, in order, and how one is measured."""

    cells: Callable[[], list[Cell]]
    measure: Callable[[Cell], dict[str, Any]]


def run_sweep(
    name: str, sweep: Sweep, share: tuple[int, int] = (1, 1)
) -> Iterator[tuple[int, int, Cell]]:
    """Measure the missing cells of a sweep; yields (done, all, the cell just recorded).

    With `share` (i, n), only the i-th of n parts of the cells, for n processes side by side.
    """
    path = RECORDS / f"{name}.jsonl"
    own, shares = share
    if not 1 <= own <= shares:
        raise ValueError(f"share {own}/{shares} is not one of 1/{shares} to {shares}/{shares}")
    cells = sweep.cells()
    cells = cells[len(cells) * (own - 1) // shares : len(cells) * own // shares]
    rows = read_lines(path)
    write_lines(path, rows)  # without the half line that a killed sweep may have left
    known = {json.dumps(row["cell"]) for row in rows}
    for done, cell in enumerate(cells, 1):
        if json.dumps(cell) not in known:
            figures = sweep.measure(cell)
            source = provenance(f"python -m lab sweep {name}")
            append_line(path, {"cell": cell, **figures, **source})
        yield done, len(cells), cell
