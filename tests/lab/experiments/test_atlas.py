"""atlas: the sums that open pages are what the committed models make of them."""

from __future__ import annotations

import numpy as np
import pytest

from lab.experiments.atlas import (
    measure_opening,
    measure_taken_out,
    opening_cells,
    taken_out_cells,
)
from lab.records import RECORDS, read_lines, select


@pytest.mark.parametrize("cell", opening_cells(), ids=str)
def test_an_opening_sum_is_recorded_as_its_model_has_it(cell: dict) -> None:
    (row,) = [row for row in read_lines(RECORDS / "opening.jsonl") if row["cell"] == cell]
    found = measure_opening(cell)
    assert row["text"] == found["text"]
    assert row.get("lines", []) == list(found.get("lines", []))
    for name in {"patterns", "lengths", "prices"} & found.keys():
        assert np.array(row[name]) == pytest.approx(np.array(found[name]), rel=1e-2, abs=2e-3), name


def test_what_every_part_adds_and_what_is_left_without_it_is_recorded_as_the_model_has_it() -> None:
    (cell,) = taken_out_cells()
    (row,) = select(read_lines(RECORDS / "taken_out.jsonl"), **cell)
    found = measure_taken_out(cell)
    assert (row["text"], row["rivals"]) == (found["text"], found["rivals"])
    bars = [np.array([*made["added"].values()]) for made in (row, found)]
    assert bars[0] == pytest.approx(bars[1], rel=1e-2, abs=2e-3)
    assert bars[0].sum(axis=0) == pytest.approx(np.array(row["leads"]), abs=3e-3)
    for part, left in row["without"].items():
        again = found["without"][part]
        assert (left["text"], left["says"]) == (again["text"], again["says"]), part
        assert left["leads"] == pytest.approx(again["leads"], rel=1e-2, abs=2e-2), part
