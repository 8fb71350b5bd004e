"""A guess in the figure: its frame and what gives nothing away stand there, and the reader drags a
mark to a number, or the end of a line, or picks a row. The answer comes later, and grows past what
was said.

Nothing of the answer is among the data before it is told.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from components.ui.drawings.drawing import digest, drawing, sent_by
from components.ui.link import number_within
from lab.numerals import written

PER_DECADE = 20
"""Places of the mark between a number and ten times as much, on an axis of logarithms."""

MOST_TICKS = 6
MOST_ROWS = 16
"""With more, the frame no longer fits on a screen."""

HTML = """
<div class="drawing guess" role="group">
  <div class="rows"></div>
  <div class="foot"><div class="ticks" aria-hidden="true"></div><div class="unit"></div></div>
  <div class="said" role="status"></div>
</div>
"""

component = drawing("guess_in_figure", "guess", HTML)

Points = Sequence[tuple[float, float]]
"""Of a line: what lies along the horizontal axis, and the number there."""


@dataclass(frozen=True)
class Axis:
    """From `low` to `high`, in steps of `step`; with `log` in logarithms, whose steps are a share.

    `unit` follows every number ("%", " times"). `more` and `less` say how an answer differs.
    """

    label: str
    low: float
    high: float
    step: float = 1
    unit: str = ""
    log: bool = False
    more: str = "more"
    less: str = "fewer"

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise ValueError(f"axis from {self.low} to {self.high}; low < high is wanted")
        if self.log and self.low <= 0:
            raise ValueError(f"axis of logarithms from {self.low}; more than 0 is wanted")
        if not self.step > 0:
            raise ValueError(f"step={self.step}; more than 0 is wanted")

    @classmethod
    def percent(cls, label: str, high: float = 100, step: float = 1) -> Axis:
        return cls(label, 0, high, step, "%", more="higher", less="lower")

    @property
    def places(self) -> int:
        """Behind the decimal point."""
        return max(0, -math.floor(math.log10(self.step) + 1e-9))

    def number(self, value: float) -> str:
        if self.log:
            text = f"{value:,.0f}" if value >= 10 else f"{value:,.1f}".removesuffix(".0")
        else:
            text = f"{value:,.{self.places}f}"
        return text.replace("-", "\u2212")

    def written(self, value: float) -> str:
        return f"{self.number(value)}{self.unit}"

    def ticks(self) -> list[float]:
        if self.log:
            first, last = math.ceil(math.log10(self.low)), math.floor(math.log10(self.high))
            every = max(1, math.ceil((last - first + 1) / MOST_TICKS))
            return [10.0**power for power in range(first, last + 1, every)]
        least = (self.high - self.low) / (MOST_TICKS - 1)
        power = 10.0 ** math.floor(math.log10(least))
        every = next(n * power for n in (1, 2, 2.5, 5, 10) if n * power >= 0.999 * least)
        first = math.ceil(self.low / every)
        last = math.floor(self.high / every + 1e-9)
        return [round(n * every, 9) for n in range(first, last + 1)]

    def gap(self, said: float, answer: float) -> str:
        """How far the answer is from what was said: '48 fewer than you said'."""
        if self.log:
            factor = max(said, answer) / min(said, answer)
            times = written(factor, "{:.2g}") if factor < 100 else f"{factor:,.0f}"
            return f"{times} times {self.more if answer > said else self.less} than you said"
        apart = self.number(abs(answer - said))
        unit = " points" if self.unit == "%" else self.unit
        return f"{apart}{unit} {self.more if answer > said else self.less} than you said"

    def same(self, said: float, answer: float) -> bool:
        return self.written(said) == self.written(answer)

    def allows(self) -> tuple[Callable[[str], bool], str]:
        """What a link may say of a guess, and the words for it."""
        whole = all(float(edge).is_integer() for edge in (self.low, self.high, self.step))
        if whole and not self.log:
            return number_within(int(self.low), int(self.high))
        return number_within(float(self.low), float(self.high))

    def as_data(self) -> dict[str, Any]:
        ticks = [[value, short(self.number(value))] for value in self.ticks()]
        return {**asdict(self), "places": self.places, "ticks": ticks}


def short(number: str) -> str:
    """Without zeros behind the decimal point, which would run over the edge of a phone."""
    return number.rstrip("0").rstrip(".") if "." in number else number


@dataclass(frozen=True)
class Row:
    """A row of the frame: a bar to `value`, if it has one, and a mark for each of `dots`, whose
    median it is if there are several; or, with `points`, a line in the plot of a frame that has
    one.

    `others` are marks of what it is compared with. `words` stand at its end, the value unless they
    say otherwise, and `note` at the right. `hue` and `other_hue` are names of the book's
    colours.
    """

    name: str
    value: float | None = None
    words: str = ""
    dots: Sequence[float] = ()
    others: Sequence[float] = ()
    note: str = ""
    hue: str = "grey"
    other_hue: str = "ochre"
    points: Points = ()


@dataclass(frozen=True)
class Answer:
    """A number, what the verdict calls it and says after it, and the rows that come with it; of a
    line the `points` on the way there, which begin where the asked line stopped."""

    value: float
    words: str = ""
    then: str = ""
    dots: Sequence[float] = ()
    rows: Sequence[Row] = ()
    points: Points = ()


@dataclass(frozen=True)
class Dragged:
    """A mark to be dragged along the row `asked`, from `start`, below the rows `given`.

    `later` names the rows that come with the answer: below the asked row, or above it, which is
    the `last` one then. With an axis `across`, the mark is the end of a line that has `begun`: it
    stands at the end of that axis, and is dragged up and down.
    """

    axis: Axis
    asked: str
    given: Sequence[Row] = ()
    later: Sequence[str] = ()
    start: float | None = None
    hue: str = "violet"
    across: Axis | None = None
    begun: Points = ()
    last: bool = False


@dataclass(frozen=True)
class Picked:
    """A row for each option, to be picked. `values`, once it is told, says what each comes to; an
    option that it leaves out has no bar."""

    axis: Axis
    values: Callable[[], Mapping[str, float]]
    given: Sequence[Row] = ()
    hues: Mapping[str, str] = field(default_factory=dict)


def show_drag(
    key: str,
    frame: Dragged,
    said: float | None,
    answer: Answer | None,
    *,
    alt: str,
    again: bool,
    on_guess: Callable[[float], None],
    on_show: Callable[[], None],
    on_again: Callable[[], None],
) -> None:
    """The frame with its mark, or what was `said` and the `answer`. `again` sets it back."""
    data = drag_data(frame, said, answer) | {"alt": alt, "again": again}
    mounted(key, data, lambda sent: on_guess(float(sent)), on_show, on_again)


def show_pick(
    key: str,
    frame: Picked,
    options: Sequence[str],
    said: str | None,
    answer: str | None,
    *,
    alt: str,
    again: bool,
    on_guess: Callable[[str], None],
    on_show: Callable[[], None],
    on_again: Callable[[], None],
) -> None:
    """A row an option, to be picked, or the one that was and all their bars."""
    data = pick_data(frame, options, said, answer) | {"alt": alt, "again": again}
    mounted(key, data, lambda sent: on_guess(options[int(sent)]), on_show, on_again)


def mounted(
    key: str,
    data: dict[str, Any],
    on_guess: Callable[[Any], None],
    on_show: Callable[[], None],
    on_again: Callable[[], None],
) -> None:
    def guessed() -> None:
        if (sent := sent_by(key, "guess")) is not None:
            on_guess(sent)

    component(
        data=data | {"digest": digest(data)},
        key=key,
        on_guess_change=guessed,
        on_show_change=on_show,
        on_again_change=on_again,
    )


def drag_data(frame: Dragged, said: float | None, answer: Answer | None) -> dict[str, Any]:
    """What the browser needs. Raises ValueError for what does not lie on the axis."""
    axis, across = frame.axis, frame.across
    rows = [row_data(axis, row, "given", across) for row in frame.given]
    begun = tuple(frame.begun)
    if answer is None:
        own = Row(frame.asked, hue=frame.hue, points=begun)
        rows.append(row_data(axis, own, "asked", across))
        rows += [row_data(axis, Row(name), "later") for name in frame.later]
    else:
        words = answer.words or written_of(axis, answer.value, answer.dots)
        points = () if across is None else (*begun, *answer.points, (across.high, answer.value))
        own = Row(frame.asked, answer.value, words, answer.dots, hue=frame.hue, points=points)
        rows.append(row_data(axis, own, "asked", across))
        rows += [row_data(axis, row, "come", across) for row in answer.rows]
    if frame.last:
        rows.sort(key=lambda row: row["part"] == "asked")
    start = frame.start
    if start is None:
        start = math.sqrt(axis.low * axis.high) if axis.log else (axis.low + axis.high) / 2
    if not axis.low <= start <= axis.high:
        raise ValueError(f"start={start} is not within {axis.low} to {axis.high}")
    far = "" if said is None or answer is None else axis.gap(said, answer.value)
    return {
        "kind": "drag",
        "axis": axis.as_data(),
        "across": None if across is None else across.as_data(),
        "from": list(begun[-1]) if begun else None,
        "rows": within(rows),
        "start": start,
        "said": said,
        "told": answer is not None,
        "gap": far,
    }


def pick_data(
    frame: Picked, options: Sequence[str], said: str | None, answer: str | None
) -> dict[str, Any]:
    """What the browser needs. Raises ValueError for what does not lie on the axis."""
    axis = frame.axis
    values = {} if answer is None else frame.values()
    if unknown := set(values) - set(options):
        raise ValueError(f"values of {sorted(unknown)}, which are no options of {list(options)}")
    rows = [row_data(axis, row, "given") for row in frame.given]
    for option in options:
        row = Row(option, values.get(option), hue=frame.hues.get(option, "violet"))
        rows.append(row_data(axis, row, "option") | {"right": option == answer})
    return {
        "kind": "pick",
        "axis": axis.as_data(),
        "across": None,
        "from": None,
        "rows": within(rows),
        "start": axis.low,
        "said": None if said is None else list(options).index(said),
        "told": answer is not None,
        "gap": "",
    }


def written_of(axis: Axis, value: float, dots: Sequence[float]) -> str:
    """A value that stands beside its dots says that it is their median."""
    return f"median {axis.written(value)}" if len(dots) > 1 else axis.written(value)


def row_data(axis: Axis, row: Row, part: str, across: Axis | None = None) -> dict[str, Any]:
    if row.points and across is None:
        raise ValueError(f"{row.name!r}: a line, and no axis that it runs across")
    if across is not None and part in ("given", "come") and not row.points:
        raise ValueError(f"{row.name!r}: a bar, in a frame where lines are drawn")
    values = [*([] if row.value is None else [row.value]), *row.dots, *row.others]
    require_on(axis, row.name, [*values, *(y for _, y in row.points)])
    if across is not None:
        require_on(across, row.name, [x for x, _ in row.points])
    name, words = row.name, row.words
    if row.value is not None and not words:
        words = written_of(axis, row.value, row.dots)
    if part in ("given", "come") and len(row.dots) > 1 and words:
        # Behind the last dot it would be read as that dot's.
        name, words = f"{name}, {words}", ""
    return {
        "name": name,
        "value": row.value,
        "words": words,
        "dots": list(row.dots),
        "others": list(row.others),
        "note": row.note,
        "hue": row.hue,
        "other_hue": row.other_hue,
        "points": [list(point) for point in row.points],
        "part": part,
    }


def require_on(axis: Axis, name: str, values: Sequence[float]) -> None:
    for value in values:
        if not axis.low <= value <= axis.high:
            raise ValueError(f"{name!r}: {value} is not on the axis from {axis.low} to {axis.high}")


def within(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if len(rows) > MOST_ROWS:
        raise ValueError(f"{len(rows)} rows; up to {MOST_ROWS} can be shown")
    return rows
