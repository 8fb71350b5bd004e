"""What a digit is worked out from: counted by hand for 37 x 48, and its last line for others."""

from __future__ import annotations

import numpy as np
import pytest

from lab.data.columns import digit_and_carry, steps
from lab.data.problems import STYLES, Field, Format, Style, draw_numbers

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


def carries_by_hand(form: Format, field: Field, a: int, b: int) -> list[int]:
    """Column by column, as on paper: what each hands on to the next."""
    of_a, of_b = ([int(c) for c in str(n).zfill(30)[::-1]] for n in (a, b))
    if field.kind == "partial product":
        columns = [[of_a[k - field.number] * of_b[field.number]] for k in range(field.width)]
        columns[: field.number] = [[0]] * field.number
    elif not form.partial_products:
        columns = [[of_a[i] * of_b[k - i] for i in range(k + 1)] for k in range(field.width)]
    else:
        numbers = [a * of_b[j] * 10**j for j in range(form.q)][: field.number + 1 or None]
        numbers = numbers if field.kind == "sum" else [a * of_b[j] * 10**j for j in range(form.q)]
        pair = [sum(numbers[:-1]), numbers[-1]]
        columns = [[n // 10**k % 10 for n in pair] for k in range(field.width)]
    carries = [0]
    for column in columns:
        carries.append((sum(column) + carries[-1]) // 10)
    return carries[1:]


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(("p", "q"), [(1, 1), (2, 2), (3, 4)])
def test_digits_are_those_of_the_text_and_carries_those_on_paper(
    style: Style, p: int, q: int
) -> None:
    form, rng = Format(style, p, q), np.random.default_rng(0)
    a, b = draw_numbers(rng, 40, p), draw_numbers(rng, 40, q)
    texts, _ = form.render(a, b)
    for field in form.written:
        for slot in field.positions:
            digit, carry = digit_and_carry(form, slot, a, b)
            assert (digit == texts[:, slot]).all(), (field.label, slot)
            pairs = zip(a.tolist(), b.tolist(), strict=True)
            expected = [carries_by_hand(form, field, *pair) for pair in pairs]
            assert carry.tolist() == [c[field.place(slot)] for c in expected], (field.label, slot)
    with pytest.raises(ValueError, match=f"token {p} is no digit that is written, but of '\\*'"):
        digit_and_carry(form, p, a, b)
