"""components.ui.drawings.clocks: the pairs travel whole, and a walk stays on the ruler."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from drawing_cases import Case, case
from refused import not_refused

from components.ui.drawings import clocks
from components.ui.drawings.clocks import Walk, clocks_data
from lab.model.positions import frequencies, turn_pairs

# ---------------------------------------------------------------- what the front end is tried on

WALK = Walk("12*3=", key=1, start=2, on=10, back=2, most=12, last=40)


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

    places = [(6, 3), (16, 11), (5, 0), (12, 0), (12, 11)]
    return case(
        clocks,
        lambda: clocks.show_clocks("k", speeds, q, k, WALK, alt="A ruler"),
        [matched(*two) for two in places],
    )


CASES = {"clocks": rotary_clocks}


# ---------------------------------------------------------------- what Python sends

DICE = np.random.default_rng(0)
SPEEDS = np.array([1.0, 0.1, 0.01])
Q, K = DICE.normal(size=(2, 3, 2))


def test_the_pairs_are_not_rounded_on_their_way() -> None:
    sent = clocks_data(SPEEDS, Q, K, WALK)
    assert (np.array(sent["q"]) == Q).all() and (np.array(sent["k"]) == K).all()
    assert sent["speeds"] == SPEEDS.tolist() and (sent["start"], sent["last"]) == (2, 40)


def test_what_does_not_fit_is_refused_with_both_values() -> None:
    cases: list[tuple[Any, ...]] = [
        ({"speeds": SPEEDS[:, None]}, r"speeds has shape \(3, 1\)"),
        ({"speeds": SPEEDS[:0]}, r"speeds has shape \(0,\)"),
        ({"q": Q[:2]}, r"q has shape \(2, 2\), but there are 3 speeds"),
        ({"k": K.T}, r"k has shape \(2, 3\), but there are 3 speeds"),
        ({"walk": WALK._replace(key=4)}, "a gap of 0 grows by 2; it is 1 to 12"),
        ({"walk": WALK._replace(back=10)}, "a gap of 3 grows by 10; it is 1 to 12"),
        ({"walk": WALK._replace(last=15)}, "off the ruler, which ends at 15"),
        ({"walk": WALK._replace(start=-1)}, "off the ruler, which ends at 40"),
    ]
    fitting: dict[str, Any] = {"speeds": SPEEDS, "q": Q, "k": K, "walk": WALK}
    assert not_refused(lambda changed: clocks_data(**fitting | changed), cases) == []
