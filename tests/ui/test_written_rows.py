"""components.ui.written_rows: a shift by one token spoils its own row and no other."""

from __future__ import annotations

from components.ui.tokens import marks_of
from components.ui.written_rows import lines_of
from lab.data.problems import Format
from lab.records import RECORDS, read_lines

TWO = Format("cot_reversed", 2, 2)


def written(text: str) -> list[tuple[str, str]]:
    return [(line.tokens, line.marks) for line in lines_of(text, TWO, 79, 13)]


def test_a_token_too_many_or_too_few_leaves_the_rows_behind_it_as_they_are() -> None:
    right = "79*13=732+0970=7201$"
    assert right == TWO.text(79, 13)
    rest = [("0970", "rrrr"), ("7201", "rrrr")]
    cases = {
        right: [("732", "rrr"), *rest],
        "79*13=2732+0970=7201$": [("2732", "wlll"), *rest],
        "79*13=7832+0970=7201$": [("7832", "rwll"), *rest],
        "79*13=7328+0970=7201$": [("7328", "rrrw"), *rest],
        "79*13=32+0970=7201$": [("·32", "nll"), *rest],
        "79*13=7+0970=7201$": [("7··", "rnn"), *rest],
        "79*13=0+0970=7201$": [("0··", "wnn"), *rest],
    }
    assert {text: written(text) for text in cases} == cases


def test_signs_tell_numbers_apart_and_a_text_that_ends_is_not_wrong() -> None:
    assert written("79*13=732+09") == [("732", "rrr"), ("09··", "rrnn"), ("····", "nnnn")]
    assert written("79*13=732=7201$") == [("732", "rrr"), ("····", "nnnn"), ("7201", "rrrr")]
    assert written("79*13=732+0970$") == [("732", "rrr"), ("0970", "rrrr"), ("····", "nnnn")]
    assert written("79*13=00000000000000") == [("000", "www"), ("0000", "rwwr"), ("0000", "ffrf")]


def test_a_sum_of_wrong_numbers_follows_from_them() -> None:
    assert written("79*13=732+0870=7101$") == [("732", "rrr"), ("0870", "rwrr"), ("7101", "rfrr")]


def test_where_no_token_is_missing_marks_are_those_of_every_other_text() -> None:
    tried = 0
    for row in read_lines(RECORDS / "course_looks.jsonl"):
        for look in row["looks"]:
            for (a, b, _), text in zip(row["problems"], look["written"], strict=True):
                form = Format("cot_reversed", len(str(a)), len(str(b)))
                right = form.text(a, b)
                if [x.isdigit() for x in text] != [x.isdigit() for x in right]:
                    continue
                tried, marks = tried + 1, marks_of(text, form, a, b)
                for line in lines_of(text, form, a, b):
                    assert line.tokens == text[line.field.start : line.field.stop]
                    assert line.marks == "".join(
                        "f" if i in marks.follows else "w" if i in marks.wrong else "r"
                        for i in line.field.positions
                    )
    assert tried > 250


def test_a_product_one_token_too_long_does_not_make_the_next_one_wrong() -> None:
    """As the run from two digits writes the figure's own problem at one of its looks."""
    text = "4837*2916=222830+073842=256040+0092434=2158824+00063790+00091790"
    lines = lines_of(text, Format("cot_reversed", 4, 4), 4837, 2916)
    assert [line.tokens for line in lines[:2]] == ["222830", "073842"]
    assert [line.marks for line in lines[:2]] == ["rrwwww", "rrrrrw"]
