"""Charts of the stream carry the numbers they are given."""

from __future__ import annotations

import numpy as np
import pandas as pd

from components.ui.chapters.ch03 import figures
from components.ui.plots import maps


def frame(chart: object) -> pd.DataFrame:
    return chart.data  # pyright: ignore[reportAttributeAccessIssue]


def test_an_early_reading_marks_what_agrees_with_the_text() -> None:
    sure = np.array([[0.2, 0.9], [1.0, 0.4]])
    data = frame(maps.early_reading(["95", "97"], sure, ["first", "last"], "97", 6))
    assert data.says.tolist() == ["9", "5", "9", "7"]
    assert data.what.tolist() == ["as written", "other", "as written", "as written"]
    assert data.column.tolist() == ["06 9", "07 7"] * 2
    assert data.value.tolist() == [0.2, 0.9, 1.0, 0.4]


def test_lengths_stand_line_by_line_and_zero_is_drawn() -> None:
    lines, notes, stream = ["token", "FFN 0"], np.array([3.0, 0.0]), np.array([3.0, 3.0])
    data = frame(figures.line_lengths(lines, notes, stream))
    assert data.line.tolist() == lines * 2
    assert data.length.tolist() == [3.0, figures.LEAST, 3.0, 3.0]


def test_neurons_are_sorted_and_both_sides_of_the_norm_are_there() -> None:
    data = frame(figures.neuron_curve(np.array([0.0, 4.0, 1.0])))
    assert data.value.tolist() == [4, 1, 0]
    before, after = np.array([30.0, -20.0]), np.array([1.5, -1.0])
    data = frame(figures.before_and_after(before, after, 1000.0))
    assert data.value.tolist() == [30, -20, 1.5, -1]
    assert figures.ticks(1000.0) == [-1000, -10, 0, 10, 1000]
