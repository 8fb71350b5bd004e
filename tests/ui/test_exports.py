"""What a reader takes away from a figure is what it shows."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from components.ui.exports import csv_of


def tables(figure: go.Figure) -> list[pd.DataFrame]:
    return [pd.read_csv(io.StringIO(part)) for part in csv_of(figure).split("\n\n")]


def test_a_line_in_space_is_a_row_a_point() -> None:
    (line,) = tables(go.Figure(go.Scatter3d(x=[1, 2], y=[3, 4], z=[5, 6])))
    assert line.to_dict("list") == {"x": [1, 2], "y": [3, 4], "z": [5, 6]}


def test_a_surface_is_a_row_a_corner_at_the_height_it_stands_for() -> None:
    heights = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    surface = go.Surface(x=[0, 1, 2], y=[7, 8], z=heights - 0.5, customdata=heights)
    (table,) = tables(go.Figure(surface))
    assert len(table) == 6
    assert table.iloc[4].to_dict() == {"x": 1, "y": 8, "z": 5}


def test_a_drawings_numbers_are_a_table_as_they_are() -> None:
    rows, columns = [{"frame": 0, "loss": 2.5}], {"frame": [0], "loss": np.array([2.5])}
    for numbers in (rows, columns, pd.DataFrame(rows)):
        assert csv_of(numbers).splitlines() == ["frame,loss", "0,2.5"]
