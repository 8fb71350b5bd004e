"""components.ui.drawings.courses: every count and text travels; what is no training is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
from drawing_cases import Case, case
from refused import not_refused

from components.ui.drawings import courses
from components.ui.drawings.courses import (
    Band,
    Course,
    Number,
    Text,
    courses_data,
    read_asked,
)

# ---------------------------------------------------------------- what the front end is tried on

N = [200] * 15 + [1000]
LOOKS = 5


def wrong(seed: int) -> np.ndarray:
    """Fewer at each look, none and all of some shapes."""
    thrown = np.sort(np.random.default_rng(seed).integers(0, 200, (LOOKS, 16)), axis=0)[::-1]
    thrown[0], thrown[-1, :4] = N, 0
    thrown[1:, 15] *= 5
    return thrown


def text(step: int) -> Text:
    marks = "rrw" if step < 900 else "rrr"
    return Text(step, [Number("37 × 8", "692", marks), Number("answer", "6771", "rflr")])


def course(name: str, seed: int, *, stages: bool, last: int) -> Course:
    bands = [Band("2 × 2", 0, 0.4, [0, 5]), Band("4 × 4", 0.4, 1, [3, 15])]
    steps = np.linspace(0, last, LOOKS).astype(int).tolist()
    return Course(
        name,
        steps,
        [0, 250, 500, 750, 1000],
        bands if stages else [Band("all lengths", 0, 1, [])],
        wrong(seed),
        [(f"{look}×0=", "rehearsal") for look in range(LOOKS)],
        [text(step) for step in steps[:-1]] + [text(800)],
    )


def two_courses() -> list[Course]:
    return [
        course("in stages", 1, stages=True, last=900),
        course("all at once", 2, stages=False, last=800),
    ]


def in_hundred(count: int, n: int) -> str:
    share = 100 * (n - count) / n
    if share in (0, 100):
        return f"{share:.0f}"
    return "<1" if share < 1 else ">99" if share > 99 else f"{np.floor(share + 0.5):.0f}"


def trainings() -> Case:
    found = two_courses()
    return case(
        courses,
        lambda: courses.show_courses(
            "k", found, N, 0, (37, 48), headline="Both", alt="Maps", ask=lambda *_: None
        ),
        [
            [
                {"step": step, "of_100": [*map(in_hundred, look, N)]}
                for step, look in zip(one.steps, one.wrong.tolist(), strict=True)
            ]
            for one in found
        ],
    )


CASES = {"courses": trainings}


# ---------------------------------------------------------------- what Python sends


def test_every_count_and_text_travels() -> None:
    sent = courses_data(two_courses(), N)
    assert [(np.array(one["wrong"]) == wrong(i + 1)).all() for i, one in enumerate(sent["courses"])]
    first = sent["courses"][0]
    assert first["written"][0]["numbers"][0] == {"name": "37 × 8", "tokens": "692", "marks": "rrw"}
    assert (sent["n"], first["stages"][1]["new"]) == (N, [3, 15])


def test_what_does_not_fit_and_what_is_no_question_is_refused() -> None:
    (one, _) = two_courses()
    cases: list[tuple[Any, ...]] = [
        (one, N[1:], "n has 15 shapes; 16 are wanted"),
        (one._replace(wrong=one.wrong[1:]), N, r"wrong has shape \(4, 16\), 5 looks"),
        (one._replace(read=one.read[1:]), N, "texts of 4 looks, not of 5"),
        (one, [100] * 16, "more wrong than there were"),
        (one._replace(tokens=[0, 1, 1, 2, 3]), N, r"tokens=\[0, 1, 1, 2, 3\] do not rise"),
    ]
    assert not_refused(lambda course, n: courses_data([course], n), cases) == []
    sent: list[object] = [[1, 7, 9999], [2, 7, 8], [0, -1, 8], [0, 1], None, "0", [0, 1.5, 2]]
    assert [read_asked(one, 2) for one in sent] == [(1, (7, 9999)), *[None] * 6]
