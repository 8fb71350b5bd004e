"""Several trainings of one network side by side: at each look how much of every shape is right,
what was being read, and how one problem was written.

The browser goes over the tokens read, which are the same for all, and shows the nearest look. The
problem's texts come for the training that is chosen.

Shapes: `K` looks, `S` shapes, row by row of a square.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from components.ui.drawings.drawing import digest, drawing, moments, sent_by

SHAPES = 16

HTML = f"""
<div class="drawing courses">
  <p class="headline"></p>
  <div class="above">
    <span><span class="ways">One network, taught in five ways.</span>
      Choose a run, drag the time, type a problem.</span>
    <span class="unit">Right of 100 at 4 × 4 digits</span>
  </div>
  <div class="arms" role="group" aria-label="Training"></div>
  <div class="view">
    <div class="now">
      <div class="title">Right of 100, by length
        <small class="fresh"><i></i>new in this stage</small></div>
      <div class="map" role="img"></div>
    </div>
    <div class="own">
      <div class="title">Your problem, as it is written then
        <small><span class="when"></span>back to front</small></div>
      <form class="ask" novalidate>
        <input class="a" inputmode="numeric" autocomplete="off" aria-label="First number">
        <span>×</span>
        <input class="b" inputmode="numeric" autocomplete="off" aria-label="Second number">
        <button>Write it</button>
        <span class="refused" role="alert"></span>
      </form>
      <div class="text">
        <div class="numbers"></div>
        <div class="legend"><span><i class="wrong"></i>wrong in itself</span>
          <span><i class="follows"></i>follows from a wrong one above</span>
          <span class="late"><i></i>right, but shifted</span>
          <span class="cut"><i>·</i>not written</span></div>
      </div>
    </div>
  </div>
  <div class="curves">
    <div class="key"><b>Right over time</b>
      <span><i class="others"></i>4 × 4, other runs</span></div>
    <svg class="plot" role="img"></svg>
  </div>
  {moments("Share of the training text that is read")}
  <div class="reads"><b>Being read</b> <code class="read"></code> <span class="kind"></span></div>
  <div class="said" role="status"></div>
</div>
"""

component = drawing("five_courses", "courses", HTML)


class Band(NamedTuple):
    """A stage: from and to which share of all tokens, and the shapes that are new in it."""

    name: str
    begin: float
    end: float
    new: Sequence[int]


class Number(NamedTuple):
    """A number that was written: its name, its tokens, and what each is: `r`ight, right but `l`ate
    or early, `w`rong in itself, `f` for right given what stands before it, `n` for not written."""

    name: str
    tokens: str
    marks: str


class Text(NamedTuple):
    """A problem as it was written after step `step`."""

    step: int
    numbers: Sequence[Number]


class Course(NamedTuple):
    """A training: after how many `steps` and `tokens` each look came, (K,), how many problems of
    each shape were wrong, (K, S), and a problem that was being read, with its kind. `written` holds
    a text a look, or nothing where it has not been asked for."""

    name: str
    steps: Sequence[int]
    tokens: Sequence[int]
    stages: Sequence[Band]
    wrong: NDArray[np.integer[Any]]
    read: Sequence[tuple[str, str]]
    written: Sequence[Text]


def show_courses(
    key: str,
    courses: Sequence[Course],
    n: Sequence[int],
    chosen: int,
    pair: tuple[int, int],
    *,
    headline: str,
    alt: str,
    ask: Callable[[int, tuple[int, int]], None],
    seconds: float = 9.0,
) -> None:
    """`n`, (S,), is how many problems of each shape were evaluated. `headline` stands above all,
    and what has gone wrong in it between two `**`. `ask` is called of the course and the pair that
    a reader chooses. Raises ValueError for what `courses_data` refuses."""
    data = courses_data(courses, n) | {"headline": headline, "alt": alt, "seconds": seconds}
    data |= {"chosen": chosen, "pair": [*pair]}

    def asked() -> None:
        if (read := read_asked(sent_by(key, "asked"), len(courses))) is not None:
            ask(*read)

    component(data=data | {"digest": digest(data)}, key=key, on_asked_change=asked)


def read_asked(sent: object, n: int) -> tuple[int, tuple[int, int]] | None:
    """Which of `n` courses, and two numbers up to 9,999; None for all else."""
    match sent:
        case [int(chosen), int(a), int(b)] if 0 <= chosen < n and all(
            0 <= one <= 9999 for one in (a, b)
        ):
            return chosen, (a, b)
        case _:
            return None


def courses_data(courses: Sequence[Course], n: Sequence[int]) -> dict[str, Any]:
    """What the browser needs, as plain numbers.

    Raises ValueError for looks and shapes that do not fit, for more wrong problems than there were,
    and for tokens that do not rise from 0.
    """
    if len(n) != SHAPES:
        raise ValueError(f"n has {len(n)} shapes; {SHAPES} are wanted")
    for course in courses:
        looks = len(course.tokens)
        if course.wrong.shape != (looks, SHAPES) or len(course.steps) != looks:
            raise ValueError(f"{course.name}: wrong has shape {course.wrong.shape}, {looks} looks")
        if len(course.read) != looks or len(course.written) not in (0, looks):
            raise ValueError(f"{course.name}: texts of {len(course.read)} looks, not of {looks}")
        if not ((course.wrong >= 0) & (course.wrong <= np.array(n))).all():
            raise ValueError(f"{course.name}: more wrong than there were, or fewer than none")
        if looks < 2 or course.tokens[0] != 0 or (np.diff(course.tokens) <= 0).any():
            raise ValueError(f"{course.name}: tokens={[*course.tokens]} do not rise from 0")
    return {
        "n": [*n],
        "courses": [
            course._asdict()
            | {
                "wrong": course.wrong.tolist(),
                "stages": [stage._asdict() for stage in course.stages],
                "written": [
                    {"step": text.step, "numbers": [one._asdict() for one in text.numbers]}
                    for text in course.written
                ],
            }
            for course in courses
        ],
    }
