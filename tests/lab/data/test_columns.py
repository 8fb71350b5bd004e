"""What a digit is worked out from: counted by hand for 37 x 48, and its last line for others."""

from __future__ import annotations

import pytest

from lab.data.columns import steps
from lab.data.problems import Format, Style

MARKS: dict[Style, list[tuple[int, int]]] = {
    "plain": [(4, 3), (4, 2), (3, 1), (1, 0), (0, 0)],
    "cot_reversed": [
        *((1, 0), (2, 1), (1, 1), (0, 0)),
        *((0, 0), (1, 0), (2, 1), (1, 1), (0, 0)),
        *((1, 0), (1, 0), (2, 1), (1, 1), (0, 0)),
    ],
    "cot": [
        *((2, 2), (2, 1), (1, 0), (0, 0)),
        *((2, 2), (2, 1), (1, 0), (0, 0), (0, 0)),
        *((2, 2), (2, 1), (1, 0), (1, 0), (0, 0)),
    ],
}


@pytest.mark.parametrize("style", MARKS)
def test_what_each_token_has_to_work_out(style: Style) -> None:
    assert [(s.results, s.carries) for s in steps(Format(style), 37, 48)] == MARKS[style]


@pytest.mark.parametrize("style", MARKS)
@pytest.mark.parametrize(("a", "b"), [(37, 48), (99, 99), (5, 60), (86, 7), (0, 0)])
def test_the_last_line_of_a_step_ends_in_its_digit(style: Style, a: int, b: int) -> None:
    form = Format(style)
    text = form.text(a, b)
    for slot, step in enumerate(steps(form, a, b), form.prompt_length):
        if step.now:
            assert step.now[-1] == text[slot]
        if step.carry is not None:
            total = int(step.before.rsplit(" ", 1)[-1])
            assert step.carry == total // 10
        assert all(token < slot for token in step.own + step.again)


def test_a_column_before_is_told_by_its_digit_only_where_that_is_written_already() -> None:
    front, back = (steps(Format(style), 37, 48) for style in ("cot", "cot_reversed"))
    assert back[2].again == (0, 4, 7) and front[0].again == (0, 1, 4)
    with pytest.raises(ValueError, match="dots of 2x2"):
        steps(Format("dots"), 37, 48)
