"""components.ui.drawings.lanes: both lanes travel with what a token needs and who looks there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from drawing_cases import Case, case

from components.ui.drawings import lanes
from components.ui.drawings.lanes import BACK, PLAIN, Ablated, TwoLanes, lanes_data

# ---------------------------------------------------------------- what the front end is tried on


def weights(*shape: int) -> np.ndarray:
    return np.random.default_rng(4).dirichlet(np.full(shape[-1], 0.1), size=shape[:-1]).round(3)


def both() -> TwoLanes:
    """37 x 48, whose plain product has one wrong digit."""
    counts = np.random.default_rng(5).integers(0, 500, size=(2, 3, 14))
    ablated = [
        Ablated(name, row, {by: counts[i, j].tolist() for j, by in enumerate(lanes.STAND_INS)})
        for i, (name, row) in enumerate((("0.1", 1), ("0.0 and 0.1", None)))
    ]
    plain, back = weights(2, 2, 5, 10), weights(2, 14, 19)
    return TwoLanes(37, 48, "37*48=1786$", plain, BACK.text(37, 48), back, ablated, 500)


def two_lanes() -> Case:
    given = both()
    looks = int((given.plain[..., [0, 1, 3, 4, 6, 7, 8, 9]] >= lanes.LOOKS).sum())
    expected = {"plain_looks": looks, "without": given.ablated[0].wrong["mean"][1]}
    return case(lanes, lambda: lanes.show_lanes("k", given, alt="37 × 48"), expected)


CASES = {"lanes": two_lanes}


# ---------------------------------------------------------------- what Python sends


def test_a_token_is_sent_with_what_it_needs_and_who_looks_there() -> None:
    sent = lanes_data(both())
    assert sent["back"]["steps"][1]["now"] == "3 × 8 + 5 = 29"
    assert sent["back"]["looks"][1][0]["from"] == int(both().working[0, 1].argmax())
    assert "".join(sent["plain"]["right"]) == "37*48=1776$" != "".join(sent["plain"]["tokens"])
    assert sent["front"]["looks"] == [[]] * 14


def test_a_head_of_the_plain_model_looks_where_much_of_its_weight_is() -> None:
    """And at the digits alone."""
    found = [look for looks in lanes_data(both())["plain"]["looks"] for look in looks]
    assert found and min(look["weight"] for look in found) >= lanes.LOOKS
    assert all(PLAIN.field_at(look["from"]).holds_number for look in found)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match=r"weights \(2, 14, 18\) of cot_reversed"):
        lanes_data(replace(both(), working=weights(2, 14, 18)))
    with pytest.raises(ValueError, match=r"0\.1: a count for each of 14 tokens"):
        lanes_data(replace(both(), ablated=[Ablated("0.1", 1, {"zero": [3]})]))
