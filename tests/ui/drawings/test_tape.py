"""components.ui.drawings.tape: every reading travels as bytes, and only if it fits the text."""

from __future__ import annotations

import base64
import dataclasses
import json
from typing import Any

import numpy as np
import pytest
from drawing_cases import Case, case
from refused import not_refused

from components.ui.drawings import tape
from components.ui.drawings.tape import Side, tape_data
from lab.interp.position_probes import OnTheTape

# ---------------------------------------------------------------- what the front end is tried on


def tape_of_two() -> Case:
    text, n_shift, n_gap = "3*4=12$", 12, 5
    dice = np.random.default_rng(8)

    def reading(n: int) -> OnTheTape:
        pattern = np.tril(dice.integers(1, 99, size=(n, len(text), len(text))).astype(np.float64))
        pattern /= pattern.sum(axis=2, keepdims=True)
        return OnTheTape(pattern, dice.integers(2, size=(n, len(text) - 1)).astype(bool))

    def plain(read: OnTheTape) -> list[dict[str, Any]]:
        rows, columns = np.tril_indices(len(text))
        return [
            {
                "weights": pattern[rows, columns].tolist(),
                "right": right.tolist(),
                "change": abs(pattern - read.pattern[0]).max(),
            }
            for pattern, right in zip(read.pattern, read.right, strict=True)
        ]

    readings = {title: (reading(n_shift), reading(n_gap)) for title in ("RoPE", "learned")}
    sides = [tape.Side.of(title, *two) for title, two in readings.items()]
    return case(
        tape,
        lambda: tape.show_tape(
            "k",
            text,
            sides,
            last=30,
            gap_at=3,
            first_asked=4,
            alt="A tape",
            start=4,
            start_gap=2,
        ),
        [
            {"shifted": plain(shift), "stretched": plain(stretch)}
            for shift, stretch in readings.values()
        ],
    )


CASES = {"tape": tape_of_two}


# ---------------------------------------------------------------- what Python sends

DICE = np.random.default_rng(0)
TEXT = "12*34=840+0630=8040$"
T, S, G, LAST = len(TEXT), 237, 65, 255


def reading(n: int) -> OnTheTape:
    """Causal weights of rows that add up to 1, and guesses, thrown by dice."""
    weights = np.tril(DICE.random((n, T, T)))
    weights /= weights.sum(axis=-1, keepdims=True)
    return OnTheTape(weights.astype(np.float32), DICE.random((n, T - 1)) < 0.5)


SHIFTED, STRETCHED = reading(S), reading(G)
SIDE = Side.of("one", SHIFTED, STRETCHED)


def sent(*sides: Side, **changed):
    fitting = {"last": LAST, "gap_at": 6, "first_asked": 6, "start": 100, "start_gap": 8}
    return tape_data(TEXT, sides or (SIDE, SIDE), **fitting | changed)


def unpacked(text: str, *shape: int) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), np.uint8).reshape(-1, *shape)


def test_the_browser_gets_every_weight_under_the_diagonal_and_every_guess() -> None:
    readings = sent()["sides"][0]["shifted"]
    triangles = unpacked(readings["weights"], T * (T + 1) // 2)
    assert len(triangles) == S
    at = 0
    for query in range(T):
        row = triangles[:, at : at + query + 1] / 255
        assert np.allclose(row, SHIFTED.pattern[:, query, : query + 1], atol=0.5 / 255 + 1e-6)
        at += query + 1
    assert (unpacked(readings["right"], T - 1) == SHIFTED.right).all()


def test_a_change_is_measured_before_the_weights_are_rounded() -> None:
    moved = SHIFTED.pattern[[0, 0]]
    moved[1, 5, 2] += 0.0013
    side = Side.of("one", OnTheTape(moved, SHIFTED.right[:2]), STRETCHED)
    assert np.allclose(side.shifted_change, [0, 0.0013], atol=1e-7)
    assert side.stretched_change[0] == 0 and side.stretched_change[1] > 0.1


def test_the_readings_of_a_whole_tape_stay_small() -> None:
    one_number_a_weight = 2 * (S + G) * T * (T + 1) / 2
    assert len(json.dumps(sent())) < 1.6 * one_number_a_weight


def test_readings_that_fit_not_the_other_side_are_refused() -> None:
    cases: list[tuple[Any, ...]] = [
        (
            {"shifted": SIDE.shifted[:, 1:]},
            r"shifted of 'two' has shape \(237, 19, 20\), not \(237, 20",
        ),
        (
            {"shifted": SIDE.shifted[:9]},
            r"shifted of 'two' has shape \(9, 20, 20\), not \(237, 20, 20\)",
        ),
        ({"shifted": SIDE.shifted / 255}, "shifted of 'two' holds float64, not uint8"),
        (
            {"shifted_right": SIDE.shifted_right[:, 1:]},
            r"shifted_right of 'two' .* not \(237, 19\)",
        ),
        ({"stretched_right": SIDE.shifted_right}, r"stretched_right of 'two' .* not \(65, 19\)"),
        ({"stretched_change": SIDE.shifted_change}, r"stretched_change of 'two' .* not \(65,\)"),
    ]
    assert (
        not_refused(
            lambda changed: sent(SIDE, dataclasses.replace(SIDE, title="two", **changed)), cases
        )
        == []
    )


def test_what_is_off_the_tape_is_refused() -> None:
    cases: list[tuple[Any, ...]] = [
        ({"last": 254}, "237 readings of 20 tokens pass the tape's end, last=254"),
        ({"gap_at": 0}, "gap_at=0 is no token behind another"),
        ({"gap_at": 20}, "gap_at=20 is no token behind another"),
        ({"first_asked": 0}, "first_asked=0"),
        ({"start": 237}, "start=237, but there are readings from 0 to 236"),
        ({"start_gap": 65}, "start_gap=65, but there are readings from 0 to 64"),
    ]
    assert not_refused(lambda changed: sent(**changed), cases) == []


def test_a_single_model_is_refused() -> None:
    with pytest.raises(ValueError, match="1 sides; the drawing compares two"):
        sent(SIDE)
