"""exercises of FlashAttention: only the largest card shrinks nothing, and only one size breaks
even."""

import pytest

from lab.by_hand.flash import moved_by_flash, moved_by_plain
from lab.exercises.flash_attention_exercises import grade_first, grade_rows


def test_only_the_largest_card_may_come_first() -> None:
    labels, scores = ["3", "7", "*"], [0.5, 2.0, -1.0]
    solved = [grade_first(place, labels, scores).solved for place in range(3)]
    assert solved == [False, True, False]
    assert grade_first(2, labels, scores).larger == 2
    with pytest.raises(IndexError):
        grade_first(3, labels, scores)


def test_exactly_one_number_of_queries_breaks_even() -> None:
    def moved(rows: int) -> int:
        return moved_by_flash(1024, 1024, 64, 64, rows=rows)

    plain = moved_by_plain(1024, 1024, 64, 64)
    solved = [rows for rows in range(1, 200) if grade_rows(rows, moved, plain).solved]
    assert len(solved) == 1
    assert grade_rows(solved[0] + 1, moved, plain).pays
    assert not grade_rows(solved[0] - 1, moved, plain).pays
    with pytest.raises(ValueError, match="rows=0"):
        grade_rows(0, moved, plain)
