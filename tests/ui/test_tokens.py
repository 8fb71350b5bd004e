"""Texts drawn as tokens say what is right and what is wrong."""

from __future__ import annotations

import pytest

from components.ui import tokens
from lab.data.problems import Format, Problem, partial_products

FORM = Format("cot_reversed")


def steps(text: str, a: int = 37, b: int = 48) -> list[tokens.WorkingLine]:
    return tokens.check_working(text, FORM, Problem(a, b, partial_products(a, b, 2), a * b))


def test_a_right_text_has_three_right_steps_read_the_right_way_round() -> None:
    found = steps(FORM.text(37, 48))
    assert [(s.what, s.written, s.right) for s in found] == [
        ("37 × 8", "296", True),
        ("37 × 40", "1480", True),
        ("37 × 48", "1776", True),
    ]


def test_the_steps_of_a_right_text_of_three_digits_are_right_and_hold_no_running_sum() -> None:
    form, a, b = Format("cot_reversed", 2, 3), 37, 481
    problem = Problem(a, b, partial_products(a, b, 3), a * b)
    found = tokens.check_working(form.text(a, b), form, problem)
    assert [s.what for s in found] == ["37 × 1", "37 × 80", "37 × 400", "37 × 481"]
    assert all(s.right for s in found)


def test_a_wrong_digit_makes_only_its_step_wrong_and_says_what_it_is() -> None:
    found = steps("37*48=692+0941=6771$")
    assert [s.right for s in found] == [True, False, True]
    assert "wrong: 1480 is right" in tokens.checks(found)
    assert "1490" in tokens.checks(found)


def test_a_sign_where_a_digit_belongs_is_wrong_and_no_crash() -> None:
    assert [s.right for s in steps("37*48=69++0841=677$$")] == [False, True, False]


@pytest.mark.parametrize("style", ["plain", "reversed", "cot", "cot_reversed", "dots"])
def test_every_token_is_drawn_once_with_its_role(style: str) -> None:
    form = Format(style)  # pyright: ignore[reportArgumentType]
    html = tokens.strip(form.text(37, 48), form, 37, 48)
    assert html.count('class="wb-token') == form.length
    assert html.count("wb-operand") == 4


def test_marks_land_on_their_tokens_alone() -> None:
    marks = tokens.Marks(wrong=[7], forged=[8], moved=[9], loss=[10, 11])
    html = tokens.strip(FORM.text(37, 48), FORM, 37, 48, marks=marks)
    for name, count in (("wb-bad", 1), ("wb-forged", 1), ("wb-moved", 1), ("wb-loss", 2)):
        assert html.count(name) == count


def test_probabilities_show_on_hover_of_the_tokens_they_belong_to() -> None:
    html = tokens.strip(
        FORM.text(37, 48), FORM, 37, 48, written_from=6, probabilities=[0.25] + [1.0] * 13
    )
    assert 'title="token 6, probability 0.2500"' in html
    assert 'title="token 5"' in html


def test_what_only_follows_from_an_earlier_error_is_marked_otherwise_and_explained() -> None:
    text = "37*48=692+0341=6271$"  # 1430 for 1480, and 296 + 1430 = 1726
    marks = tokens.marks_of(text, FORM, 37, 48)
    assert (marks.wrong, marks.follows) == ([11, 16], [16])
    html = tokens.strip(text, FORM, 37, 48, marks=marks)
    cells = html.partition('class="wb-key"')[0]
    assert (cells.count("wb-bad"), cells.count("wb-follows")) == (2, 1)
    assert "follows from an earlier error</span>" in html
    alone = tokens.marks_of("37*48=692+0841=6771$", FORM, 37, 48)
    assert "wb-follows" not in tokens.strip(FORM.text(37, 48), FORM, 37, 48, marks=alone)


def test_a_sum_that_is_added_wrongly_does_not_follow() -> None:
    marks = tokens.marks_of("37*48=692+0841=6871$", FORM, 37, 48)
    assert (marks.wrong, marks.follows) == ([16], [])
