"""components.ui.drawings.clocks: the pairs travel whole, and only places on the ruler come back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from refused import not_refused

from components.ui.drawings.clocks import clocks_data, read_positions

DICE = np.random.default_rng(0)
SPEEDS = np.array([1.0, 0.1, 0.01])
Q, K = DICE.normal(size=(2, 3, 2))


def test_the_pairs_are_not_rounded_on_their_way() -> None:
    sent = clocks_data(SPEEDS, Q, K, 4, 2, 9)
    assert (np.array(sent["q"]) == Q).all() and (np.array(sent["k"]) == K).all()
    assert sent["speeds"] == SPEEDS.tolist() and (sent["i"], sent["j"], sent["last"]) == (4, 2, 9)


def test_what_does_not_fit_is_refused_with_both_values() -> None:
    cases: list[tuple[Any, ...]] = [
        ({"speeds": SPEEDS[:, None]}, r"speeds has shape \(3, 1\)"),
        ({"speeds": SPEEDS[:0]}, r"speeds has shape \(0,\)"),
        ({"q": Q[:2]}, r"q has shape \(2, 2\), but there are 3 speeds"),
        ({"k": K.T}, r"k has shape \(2, 3\), but there are 3 speeds"),
        ({"i": 10}, "i=10 is off the ruler, which ends at last=9"),
        ({"j": -1}, "j=-1 is off the ruler"),
        ({"i": 0, "j": 0, "last": 0}, "last=0; a ruler has at least"),
        ({"pair": 3}, "pair=3, but there are 3 pairs"),
    ]
    fitting: dict[str, Any] = {"speeds": SPEEDS, "q": Q, "k": K, "i": 4, "j": 2, "last": 9}
    assert not_refused(lambda changed: clocks_data(**fitting | changed), cases) == []


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ([4, 2], (4, 2)),
        ([99, -5], (9, 0)),
        ([float("nan"), float("inf")], (0, 0)),
        ([3.6, 0], (4, 0)),
    ],
)
def test_positions_from_the_browser_are_brought_onto_the_ruler(sent, read) -> None:
    assert read_positions(sent, last=9) == read
