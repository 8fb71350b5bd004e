"""The exercise of chapter 2 on rows: every way to be wrong has its name, and scores agree."""

import pytest
from tiny import failures

from lab.exercises.rope_exercises import Slip, grade_order, read_order


def test_an_order_is_right_only_if_every_score_is_what_it_was() -> None:
    def holds(text: str, slip: Slip) -> None:
        found = grade_order(read_order(text, 8), "interleaved", "half")
        assert (found.slip, found.solved) == (slip, slip == "none")
        assert (found.change < 1e-12) == found.solved

    cases = [
        ("0 2 4 6 1 3 5 7", "none"),
        ("1 3 5 7 0 2 4 6", "mirrored"),
        ("0 3 4 6 1 2 5 7", "mirrored"),
        ("2 0 4 6 3 1 5 7", "other clock"),
        ("0 1 2 3 4 5 6 7", "torn"),
    ]
    assert failures(holds, cases) == []


def test_halves_are_put_in_order_for_neighbours_too() -> None:
    assert grade_order((0, 4, 1, 5, 2, 6, 3, 7), "half", "interleaved").solved
    assert grade_order(range(8), "half", "half").solved


def test_what_is_no_order_is_refused() -> None:
    def holds(text: str) -> None:
        with pytest.raises(ValueError, match="each number from 0 to 7"):
            read_order(text, 8)

    cases = ["", "0 1 2", "0 1 2 3 4 5 6 6", "0 1 2 3 4 5 6 8", "a b", "-1"]
    assert failures(holds, cases) == []
