"""components.ui.drawings.bracket: every matrix travels on its scale, every stop with its cost."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import numpy as np
from drawing_cases import Case, case
from refused import not_refused

from components.ui.drawings import bracket
from components.ui.drawings.bracket import MAPS, PER_TOKEN, STOPS, Setting, Shown, bracket_data

# ---------------------------------------------------------------- what the front end is tried on

TEXT = "3*4=12"
N_HEAD, KEY, RANK, TURNED = 2, 3, 4, 2
WIDE = {
    **dict.fromkeys(("own_q", "rotated_q", "turned"), TURNED),
    **dict.fromkeys(("own_keys", "own_values"), N_HEAD * 4),
    **dict.fromkeys(("own_scores", "content", "rotated", "scores"), 1),
    **dict.fromkeys(("w", "c", "absorbed"), RANK),
    "q": KEY,
    "keys": N_HEAD * KEY,
}


def shown() -> Shown:
    dice = np.random.default_rng(60)
    rows = {name: len(TEXT) if name in PER_TOKEN else 1 for name in MAPS} | {"w": KEY}
    costs = [8, 158, 7, 38, 9], [640, 262_656, 2048, 133_120, 2176]
    return Shown(
        tokens=[*TEXT],
        roles=["operand", "operator", "operand", "operator", "answer", "answer"],
        maps={name: dice.normal(size=(rows[name], WIDE[name])) for name in MAPS},
        wheel=[dice.normal(size=(KEY, RANK)) for _ in range(4)],
        settings=[
            Setting(name, "of one token", "operations", [64, 16, 16, 16, 24], cost, each)
            for name, cost, each in zip(("ours", "theirs"), costs, (4, 2), strict=True)
        ],
        n_head=N_HEAD,
        head=1,
        difference=1e-16,
    )


def moved_bracket() -> Case:
    """What stands in the sentence of each stop, by setting."""
    said = {
        setting.name: [
            [
                f"{setting.bytes[stop]:,} bytes",
                f"({setting.each} a number)",
                f"{setting.operations[stop]:,} operations",
            ]
            for stop in range(len(STOPS))
        ]
        for setting in shown().settings
    }
    return case(
        bracket, lambda: bracket.show_bracket("k", shown(), headline="Less", alt="A bracket"), said
    )


CASES = {"bracket": moved_bracket}


# ---------------------------------------------------------------- what Python sends


def test_a_matrix_travels_in_parts_of_its_own_largest_numbers() -> None:
    good = shown()
    sent = bracket_data(good)
    for name, numbers in good.maps.items():
        travelled = np.frombuffer(base64.b64decode(sent["maps"][name]["numbers"]), np.int8)
        own = np.quantile(abs(numbers), bracket.FULL)
        expected = 127 * np.clip(numbers / (bracket.STRONG * own), -1, 1)
        assert abs(travelled - expected.ravel()).max() <= 0.5, name
        assert sent["maps"][name]["columns"] == WIDE[name]


def test_what_does_not_fit_is_refused() -> None:
    good = shown()
    short = {**good.maps, "c": good.maps["c"][1:]}
    holes = {**good.maps, "q": np.full((1, KEY), np.nan)}
    few = {name: numbers for name, numbers in good.maps.items() if name != "w"}
    one = replace(good.settings[0], bytes=[64])
    cases: list[tuple[Any, ...]] = [
        (replace(good, maps=few), "of 6 tokens, 6 roles"),
        (replace(good, roles=["operand"]), "of 6 tokens, 1 roles"),
        (replace(good, head=N_HEAD), "head=2 of 2"),
        (replace(good, maps=short), r"'c' has shape \(5, 4\); there are 6 tokens"),
        (replace(good, maps=holes), "'q' holds what is no number"),
        (replace(good, settings=[one]), "'ours' has not a figure for each of 5 stops"),
    ]
    assert not_refused(bracket_data, cases) == []
