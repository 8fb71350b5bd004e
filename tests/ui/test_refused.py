"""The helper of the tests that refuse: what is taken, or refused in other words, is told."""

from __future__ import annotations

import pytest
from refused import not_refused


def whole(x: float, y: float = 1) -> None:
    if x % y:
        raise ValueError(f"x={x} must be whole")


def test_a_case_that_is_taken_or_refused_in_other_words_is_told_and_no_other() -> None:
    assert not_refused(whole, [(0.5, "x=0.5 must"), (3, 2, "x=3")]) == []
    taken, other = not_refused(whole, [(2, "must be"), (0.5, "whole"), (0.5, "even")])
    assert taken == "[2] is taken; 'must be' is wanted"
    assert other == "[0.5] is refused by 'x=0.5 must be whole', not by 'even'"


def test_an_error_of_another_kind_comes_through_and_no_case_is_no_test() -> None:
    with pytest.raises(ZeroDivisionError):
        not_refused(whole, [(1, 0, "whole")])
    assert not_refused(whole, []) == ["no case is tried"]
