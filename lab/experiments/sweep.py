"""A grid of measurements, one cell at a time, appended to `records/NAME.jsonl`.

A sweep that was stopped starts again at the first missing cell. A row names the weights of the
committed runs that it read, so that it can be told from one of other weights. Some sweeps have a
small setting, which measures a part again within minutes and sets it beside the record.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lab.records import RECORDS, append_line, provenance, read_lines
from lab.training.checkpoint import CHECKPOINTS
from lab.weights import fingerprint

Cell = dict[str, Any]
Row = dict[str, Any]
Figures = dict[str, Any]
Measured = Callable[[str, "Sweep", Sequence[Cell]], Iterator[tuple[Cell, Row]]]
"""From a sweep and its missing cells to each cell and its row, in the order in which they come."""


def nothing(_: Cell) -> Sequence[str]:
    return ()


@dataclass(frozen=True)
class Small:
    """Some cells of a sweep, measured on less than the record was, and what is read off the rows.

    `read` gets a row for each cell, with its `cell` in it, those of the record as well as new ones.
    """

    cells: Sequence[Cell]
    measure: Callable[[Cell], Figures]
    read: Callable[[list[Row]], Figures]


@dataclass(frozen=True)
class Sweep:
    """Its cells, in order, how one is measured, and which committed runs it measures or starts
    from; its small setting by names, if it has one."""

    cells: Callable[[], list[Cell]]
    measure: Callable[[Cell], dict[str, Any]]
    reads: Callable[[Cell], Sequence[str]] = nothing
    small: Callable[[], dict[str, Small]] | None = None


def run_sweep(
    name: str, sweep: Sweep, share: tuple[int, int] = (1, 1), measured: Measured | None = None
) -> Iterator[tuple[int, int, Cell]]:
    """Measure the missing cells of a sweep; yields (done, all, the cell just recorded).

    With `share` (i, n), only the i-th of n parts of the cells, for n processes side by side.
    `measured` says where: here and in order, or as `lab.experiments.cluster` does.
    """
    path = RECORDS / f"{name}.jsonl"
    own, shares = share
    if not 1 <= own <= shares:
        raise ValueError(f"share {own}/{shares} is not one of 1/{shares} to {shares}/{shares}")
    cells = sweep.cells()
    cells = cells[len(cells) * (own - 1) // shares : len(cells) * own // shares]
    recorded = {json.dumps(row["cell"]) for row in read_lines(path)}
    known = [cell for cell in cells if json.dumps(cell) in recorded]
    missing = [cell for cell in cells if json.dumps(cell) not in recorded]
    for done, cell in enumerate(known, 1):
        yield done, len(cells), cell
    seen: dict[str, str] = {}
    rows = (measured or measured_here)(name, sweep, missing)
    for done, (cell, row) in enumerate(rows, len(known) + 1):
        require_same(row.get("weights", {}), seen)
        append_line(path, row)
        yield done, len(cells), cell


def measured_here(name: str, sweep: Sweep, cells: Sequence[Cell]) -> Iterator[tuple[Cell, Row]]:
    """One cell after another, in this process."""
    seen: dict[str, str] = {}
    for cell in cells:
        yield cell, row_of(name, sweep, cell, seen)


def row_of(name: str, sweep: Sweep, cell: Cell, seen: dict[str, str]) -> Row:
    """Measure a cell: its row, with the weights that were read and where it was measured."""
    # And once more below: of weights that change meanwhile nobody knows which were read.
    read = read_by(sweep, cell, seen)
    figures = sweep.measure(cell)
    read_by(sweep, cell, seen)  # the weights are still the same
    return {"cell": cell, **figures, **read, **provenance(f"python -m lab sweep {name}")}


def read_by(sweep: Sweep, cell: Cell, seen: dict[str, str]) -> dict[str, dict[str, str]]:
    """The weights that a cell reads, as its row names them; nothing where it reads none.

    `ValueError` if they are not those that were `seen` first: a model may be kept in memory from
    cell to cell, and nobody could say which of the two a row is of.
    """
    weights = {run: fingerprint(CHECKPOINTS / run) for run in sweep.reads(cell)}
    require_same(weights, seen)
    return {"weights": weights} if weights else {}


def require_same(weights: Mapping[str, str], seen: dict[str, str]) -> None:
    """`ValueError` if the weights of a run are not those that were `seen` first."""
    changed = [run for run, found in weights.items() if seen.setdefault(run, found) != found]
    if changed:
        raise ValueError(f"the weights of {', '.join(changed)} were changed during the sweep")


# ---------------------------------------------------------------- the small setting


def run_small(name: str, sweep: Sweep) -> Iterator[tuple[str, Figures, Figures | None]]:
    """Measure the small setting; yields (what, the figures now, those of the record if it has all
    of these cells). Nothing is recorded. `ValueError` for a sweep without one."""
    if sweep.small is None:
        raise ValueError(f"the sweep {name!r} has no small setting")
    record = read_lines(RECORDS / f"{name}.jsonl")
    for what, small in sweep.small().items():
        measured = [{"cell": cell, **small.measure(cell)} for cell in small.cells]
        known = [row for cell in small.cells for row in record if row["cell"] == cell]
        complete = len(known) == len(small.cells)
        yield what, small.read(measured), small.read(known) if complete else None


def one_by_one(
    cells: Sequence[Cell], measure: Callable[[Cell], Figures], *columns: str
) -> dict[str, Small]:
    """Each cell alone, with these columns as shares of its `n`."""

    def shares(rows: list[Row]) -> Figures:
        (row,) = rows
        return {column: round(row[column] / row["n"], 4) for column in columns}

    return {
        " ".join(f"{key}={value}" for key, value in cell.items()): Small([cell], measure, shares)
        for cell in cells
    }
