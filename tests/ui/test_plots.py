"""Charts carry the numbers they are given."""

from __future__ import annotations

import numpy as np
import pandas as pd

from components.ui.plots import maps


def frame(chart: object) -> pd.DataFrame:
    return chart.data  # pyright: ignore[reportAttributeAccessIssue]


def test_the_atlas_holds_every_pair_with_its_kind() -> None:
    wrong_at = np.full((100, 100), -1)
    wrong_at[3, 7], wrong_at[7, 3] = 9, 6
    trained_on = np.ones((100, 100), dtype=bool)
    trained_on[7, 3] = trained_on[50, 50] = False
    data = frame(maps.atlas(wrong_at, trained_on)).set_index(["a", "b"])
    assert len(data) == 10_000
    assert data.loc[(3, 7), "kind"] == "wrong, trained on" and data.loc[(3, 7), "at"] == 9
    assert data.loc[(7, 3), "kind"] == "wrong, held out" and data.loc[(7, 3), "at"] == 6
    assert data.loc[(50, 50), "kind"] == "right, held out"
    assert data.loc[(0, 0), "kind"] == "right, trained on"


def test_an_attention_map_names_query_key_and_the_token_about_to_be_written() -> None:
    pattern = np.array([[1.0, 0, 0], [0.25, 0.75, 0], [0.1, 0.2, 0.7]])
    data = frame(maps.attention_map(pattern, "7*8"))
    cell = data[(data.row == "01 *") & (data.column == "00 7")].iloc[0]
    assert cell["value"] == 0.25 and cell["writes"] == "8"


def test_a_small_map_hatches_cells_without_a_number_on_request_and_names_them() -> None:
    values = np.array([[0.1, np.nan, 0.3], [0.4, 0.5, np.nan]])
    where = (["a", "b"], ["x", "y", "z"], "rows", "columns")
    plain, hatched = (
        maps.table_map(values, *where, hatched=on).chart.to_dict() for on in (False, True)
    )
    assert (len(plain["layer"]), len(hatched["layer"])) == (2, 4)
    assert hatched["layer"][3]["mark"]["text"] == maps.HATCH
    rows = hatched["datasets"][hatched["layer"][2]["data"]["name"]]
    assert rows == [{"row": "a", "column": "y"}, {"row": "b", "column": "z"}]
    key = maps.table_key("blank: none", "hatched: nobody")
    assert key.index("blank: none") < key.index("repeating-linear-gradient") < key.index("nobody")


def test_a_small_map_leaves_a_cell_empty_where_there_is_no_number_and_keeps_its_order() -> None:
    values = np.array([[0.1, np.nan, 0.3], [0.4, 0.5, 0.6]])
    chart = maps.table_map(values, ["a", "b"], ["x", "y", "z"], "rows", "columns")
    assert frame(chart).value.tolist() == [0.1, 0.3, 0.4, 0.5, 0.6]
    told = chart.to_dict()["layer"][0]["encoding"]
    assert told["x"]["sort"] == ["x", "y", "z"] and told["y"]["sort"] == ["a", "b"]
