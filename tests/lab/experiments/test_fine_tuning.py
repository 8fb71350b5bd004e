"""Fine-tuning measured: the two arms differ in where they begin, and a row holds every check."""

from dataclasses import replace

import pytest

from lab.experiments import fine_tuning
from lab.experiments.fine_tuning import fine_tuning_cells, measure_fine_tuning
from lab.recipes.live import KNOWS_ONE_DIGIT, fine_tune


def test_the_arms_differ_in_where_they_begin_alone() -> None:
    cells = fine_tuning_cells()
    assert len({str(cell) for cell in cells}) == len(cells) == 12
    taught, scratch = (fine_tune(**cell) for cell in cells[:2])
    assert (taught.start_from, scratch.start_from) == (KNOWS_ONE_DIGIT, "")
    assert replace(scratch, start_from=KNOWS_ONE_DIGIT) == taught


def test_a_row_holds_every_check(monkeypatch: pytest.MonkeyPatch) -> None:
    def shorter(**cell: object) -> object:
        return replace(fine_tune(**cell), steps=3, check_every=2)  # pyright: ignore

    monkeypatch.setattr(fine_tuning, "fine_tune", shorter)
    monkeypatch.setattr(fine_tuning, "ASKED", 30)
    row = measure_fine_tuning({"scratch": False, "rate": 5e-4, "seed": 0})
    assert [step for step, *_ in row["curve"]] == [2, 3]
    assert all(0 <= errors <= n <= 30 for _, errors, n, _ in row["curve"])
