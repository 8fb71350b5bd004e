"""atlas: the sums that open pages are what the committed models make of them."""

from __future__ import annotations

import numpy as np
import pytest

from lab.experiments.atlas import measure_opening, opening_cells
from lab.records import RECORDS, read_lines


@pytest.mark.parametrize("cell", opening_cells(), ids=str)
def test_an_opening_sum_is_recorded_as_its_model_has_it(cell: dict) -> None:
    (row,) = [row for row in read_lines(RECORDS / "opening.jsonl") if row["cell"] == cell]
    found = measure_opening(cell)
    assert row["text"] == found["text"]
    assert row.get("lines", []) == list(found.get("lines", []))
    for name in {"patterns", "lengths", "prices"} & found.keys():
        assert np.array(row[name]) == pytest.approx(np.array(found[name]), rel=1e-2, abs=2e-3), name
