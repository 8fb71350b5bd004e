"""components.ui.drawings.clocks: the pairs travel whole, and only places on the ruler come back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from drawing_cases import Case, case
from refused import not_refused

from components.ui.drawings import clocks
from components.ui.drawings.clocks import clocks_data, read_positions
from lab.model.positions import frequencies, turn_pairs

# ---------------------------------------------------------------- what the front end is tried on


def rotary_clocks() -> Case:
    dice = np.random.default_rng(6)
    speeds = frequencies(8, 100.0).double().numpy()
    q, k = dice.normal(size=(2, 4, 2))

    def turned_to(pairs: np.ndarray, place: int) -> np.ndarray:
        angles = torch.from_numpy(place * speeds)[:, None]
        return turn_pairs(
            torch.from_numpy(pairs), angles.cos(), angles.sin(), "interleaved"
        ).numpy()

    def matched(i: int, j: int) -> dict[str, Any]:
        query, key = turned_to(q, i), turned_to(k, j)
        matches = (query * key).sum(axis=1)
        angles = np.angle((query @ [1, 1j]) / (key @ [1, 1j]))
        return {
            "positions": [i, j],
            "query": query.tolist(),
            "key": key.tolist(),
            "matches": matches.tolist(),
            "angles": angles.tolist(),
            "score": matches.sum() / np.sqrt(q.size),
        }

    places = [(12, 7), (0, 0), (40, 3), (7, 7), (3, 38)]
    return case(
        clocks,
        lambda: clocks.show_clocks("k", speeds, q, k, *places[0], last=40, alt="A ruler", pair=1),
        [matched(*two) for two in places],
    )


CASES = {"clocks": rotary_clocks}


# ---------------------------------------------------------------- what Python sends

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
