"""components.ui.drawings.guess: the frame travels, the answer only once it is told, and the browser
places and writes numbers as Python does."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from drawing_cases import Case, case
from refused import not_refused

from components.ui.drawings import guess
from components.ui.drawings.guess import (
    Answer,
    Axis,
    Dragged,
    Picked,
    Row,
    drag_data,
    pick_data,
    show_drag,
    show_pick,
)

COUNT = Axis("wrong of 10,000", 0, 160)
AXES = (
    COUNT,
    Axis("share", 0, 1, 0.05),
    Axis("right", -20, 100, 5, "%", more="higher", less="lower"),
    Axis("steps", 1, 20_000, unit=" steps", log=True),
)
FRAME = Dragged(
    COUNT,
    "studies its mistakes",
    given=[Row("at the start", 159), Row("random pairs", 122)],
    later=["studies what it is least sure of"],
    start=159,
)
ANSWER = Answer(
    62,
    "median 62",
    dots=(52, 61, 62, 63, 79),
    rows=[Row("seed 1", dots=(63,), others=(76,), note="13 fewer")],
)
LINE = Dragged(
    Axis.percent("% wrong"),
    "held out",
    given=[Row("trained on", points=[(0, 100), (50, 20), (100, 0)])],
    later=["with working"],
    across=Axis("steps", 0, 100),
    begun=[(0, 100), (20, 90)],
)
REST = Answer(85, points=[(60, 87)], rows=[Row("with working", 0, points=[(100, 0)], hue="teal")])
PICKED = Picked(COUNT, lambda: {"one": 30, "two": 20}, given=[Row("at the start", 159)])


def nothing(*_: object) -> None: ...


HANDS: dict[str, Any] = {"on_guess": nothing, "on_show": nothing, "on_again": nothing}


# ---------------------------------------------------------------- what the front end is tried on


def dragged() -> Case:
    expected = [
        {
            "axis": axis.as_data(),
            "seen": [
                {"value": value, "share": share_of(axis, value), "words": axis.written(value)}
                for value in (axis.low, *axis.ticks(), axis.high)
            ],
        }
        for axis in AXES
    ]
    return case(
        guess,
        lambda: show_drag("k", FRAME, None, None, alt="How many?", again=False, **HANDS),
        expected,
    )


def share_of(axis: Axis, value: float) -> float:
    import math

    if axis.log:
        return (math.log10(value) - math.log10(axis.low)) / (
            math.log10(axis.high) - math.log10(axis.low)
        )
    return (value - axis.low) / (axis.high - axis.low)


def told() -> Case:
    return case(
        guess,
        lambda: show_drag("k", FRAME, 110, ANSWER, alt="How many?", again=True, **HANDS),
        None,
    )


def picked() -> Case:
    options = ("one", "two", "not told")
    return case(
        guess,
        lambda: show_pick("k", PICKED, options, "one", "two", alt="Which?", again=True, **HANDS),
        None,
    )


def line() -> Case:
    return case(
        guess,
        lambda: show_drag("k", LINE, None, None, alt="Where does it end?", again=False, **HANDS),
        None,
    )


def line_told() -> Case:
    return case(
        guess,
        lambda: show_drag("k", LINE, 60, REST, alt="Where does it end?", again=True, **HANDS),
        None,
    )


CASES = {
    "guess": dragged,
    "guess_told": told,
    "guess_picked": picked,
    "guess_line": line,
    "guess_line_told": line_told,
}


# ---------------------------------------------------------------- what Python sends


def test_nothing_of_the_answer_travels_before_it_is_told() -> None:
    def never() -> dict[str, float]:
        raise AssertionError("the values are computed when they are told")

    open_ = json.dumps(drag_data(FRAME, None, None))
    assert "62" not in open_ and "median" not in open_ and "seed 1" not in open_
    assert drag_data(FRAME, 110, ANSWER)["rows"][2]["words"] == "median 62"
    sent = pick_data(Picked(COUNT, never), ("one", "two"), None, None)
    assert not any(row["right"] or row["value"] for row in sent["rows"])


def test_an_asked_row_that_is_the_last_stands_below_what_comes_with_the_answer() -> None:
    frame = replace(FRAME, last=True)
    for answer in (None, ANSWER):
        rows = drag_data(frame, None, answer)["rows"]
        usual = drag_data(FRAME, None, answer)["rows"]
        assert [row["part"] for row in rows][-1] == "asked" != [row["part"] for row in usual][-1]
        assert [row for row in rows if row["part"] != "asked"] == [
            row for row in usual if row["part"] != "asked"
        ]


def test_of_a_line_the_rest_travels_with_the_answer_and_ends_where_the_mark_stands() -> None:
    open_, told = drag_data(LINE, None, None), drag_data(LINE, 60, REST)
    assert "87" not in json.dumps(open_) and "85" not in json.dumps(open_)
    assert open_["rows"][1]["points"] == [[0, 100], [20, 90]] and open_["from"] == [20, 90]
    assert told["rows"][1]["points"] == [[0, 100], [20, 90], [60, 87], [100, 85]]


def test_the_gap_is_named_in_the_words_of_its_axis() -> None:
    count, share, percent, steps = AXES
    assert count.gap(110, 62) == "48 fewer than you said"
    assert count.gap(62, 110) == "48 more than you said"
    assert share.gap(0.5, 0.25) == "0.25 fewer than you said"
    assert percent.gap(30, 75) == "45 points higher than you said"
    assert steps.gap(100, 400) == "4 times more than you said"
    assert count.same(62, 62.3) and not count.same(62, 63)


@pytest.mark.parametrize("axis", AXES, ids=lambda axis: axis.label)
def test_ticks_are_few_and_lie_on_the_axis(axis: Axis) -> None:
    ticks = axis.ticks()
    assert 3 <= len(ticks) <= 7 and ticks == sorted(set(ticks))
    assert axis.low <= ticks[0] and ticks[-1] <= axis.high * (1 + 1e-9)


def test_what_does_not_lie_on_the_axis_is_refused() -> None:
    far = Dragged(COUNT, "asked", given=[Row("at the start", 161)])
    cases: list[tuple[Any, ...]] = [
        (lambda: drag_data(far, None, None), "161 is not on the axis from 0 to 160"),
        (lambda: drag_data(FRAME, None, Answer(-1)), "-1 is not on the axis"),
        (lambda: drag_data(Dragged(COUNT, "x", start=200), None, None), "start=200 is not within"),
        (
            lambda: drag_data(Dragged(COUNT, "x", given=[Row("one", points=[(0, 1)])]), None, None),
            "a line, and no axis that it runs across",
        ),
        (
            lambda: drag_data(replace(LINE, given=[Row("one", 20)]), None, None),
            "a bar, in a frame where lines are drawn",
        ),
        (
            lambda: drag_data(replace(LINE, begun=[(101, 20)]), None, None),
            "101 is not on the axis from 0 to 100",
        ),
        (lambda: Axis("x", 1, 1), "low < high is wanted"),
        (lambda: Axis("x", 0, 1, log=True), "more than 0 is wanted"),
        (lambda: Axis("x", 0, 1, 0), "step=0"),
        (
            lambda: pick_data(Picked(COUNT, lambda: {"three": 1}), ("one",), None, "one"),
            "values of .'three'., which are no options",
        ),
    ]
    assert not_refused(lambda made: made(), cases) == []


def test_ticks_are_written_without_zeros_that_say_nothing() -> None:
    ticks = Axis("cosine", -1, 1, 0.01).as_data()["ticks"]
    assert [words for _, words in ticks] == ["\u22121", "\u22120.5", "0", "0.5", "1"]
    assert [words for _, words in Axis("pairs", 0, 2000).as_data()["ticks"]][-1] == "2,000"
