"""components.ui.drawings.forced: both lines travel whole, and what only follows is told apart."""

from __future__ import annotations

import pytest
from drawing_cases import Case, case

from components.ui.drawings import forced
from components.ui.drawings.forced import Race, race_data

# ---------------------------------------------------------------- what the front end is tried on

RACE = Race("6*7=42$", "6*7=52$", "6*7=42$", [3.2, 0.01, 0.0], [3.2, 0.9, 0.0])
NAMES = ["tens", "units", "end"]


def one_mistake() -> Case:
    return case(forced, lambda: forced.show_race("k", RACE, NAMES, alt="A race"), None)


CASES = {"forced": one_mistake}


# ---------------------------------------------------------------- what Python sends


def test_a_wrong_token_follows_if_it_is_right_after_those_before_it() -> None:
    sent = race_data(RACE, NAMES)
    assert sent["given"] == 4 and sent["follows"] == [False, False, False]
    assert [lane["losses"] for lane in sent["lanes"]] == [[3.2, 0.01, 0.0], [3.2, 0.9, 0.0]]
    later = RACE._replace(own="6*7=53$", implied="6*7=43$")
    assert race_data(later, NAMES)["follows"] == [False, True, False]


def test_lines_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match="3 and 3 losses; 2 tokens"):
        race_data(RACE, NAMES[:2])
    with pytest.raises(ValueError, match="not as long"):
        race_data(RACE._replace(own="6*7=5$"), NAMES)
