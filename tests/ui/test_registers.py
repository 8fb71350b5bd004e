"""components.ui.drawings.registers: every number travels; what is no card is refused."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from refused import not_refused

from components.ui.drawings.registers import MOST_CARDS, registers_data

LABELS = ("3", "*", "4")
SCORES = (2.5, -1.0, 1e4)
VALUES = np.array([[1.0, 0.5], [0.0, -2.0], [0.25, 3.0]])


def test_every_score_and_value_travels_with_its_label() -> None:
    sent = registers_data(LABELS, np.array(SCORES), VALUES)
    assert sent == {"labels": [*LABELS], "scores": [*SCORES], "values": VALUES.tolist()}
    assert registers_data(LABELS, SCORES, VALUES.tolist()) == sent


def test_one_card_of_one_number_is_enough_and_sixteen_cards_are_not_too_many() -> None:
    for n in (1, MOST_CARDS):
        sent = registers_data(["7"] * n, [1.0] * n, [[2.0]] * n)
        assert len(sent["labels"]) == n


def test_what_is_no_card_is_refused() -> None:
    cases: list[tuple[Any, ...]] = [
        ((), (), np.empty((0, 2)), "0 cards; 1 to 16 can be seen"),
        (("7",) * 17, (1.0,) * 17, np.ones((17, 2)), "17 cards; 1 to 16"),
        (LABELS, SCORES[1:], VALUES, r"scores of shape \(2,\); \(3,\) is wanted, one a label"),
        (LABELS, np.ones((3, 1)), VALUES, r"scores of shape \(3, 1\)"),
        (LABELS, SCORES, VALUES[1:], r"values of shape \(2, 2\); \(3, D\) with D from 1 to 4"),
        (LABELS, SCORES, np.ones(3), r"values of shape \(3,\)"),
        (LABELS, SCORES, np.ones((3, 0)), r"values of shape \(3, 0\)"),
        (LABELS, SCORES, np.ones((3, 5)), r"values of shape \(3, 5\)"),
        (LABELS, (2.5, math.inf, 1.0), VALUES, r"the score of card 2, '\*', is inf; finite"),
        (LABELS, (2.5, 1.0, math.nan), VALUES, "the score of card 3, '4', is nan; finite"),
        (LABELS, SCORES, VALUES * [1, -math.inf], "the value of card 1, '3', is -inf; finite"),
    ]
    assert not_refused(registers_data, cases) == []
