"""A queue of problems served in the slots of a batch, by two policies over one axis of steps.

Nothing is scheduled here: `lab.inference.schedule` says what ran in which slot, and when.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from components.ui.drawings.drawing import digest, drawing, moments
from lab.data.vocabulary import decode

if TYPE_CHECKING:
    from lab.inference.schedule import Policy, Tick

MOST_SLOTS, MOST_STEPS = 16, 2000
"""With more, a row or a step is too small to be seen."""

STROKES = "M0 4L4 0M0 10L10 0M6 10L16 0M12 10L18 4"
TIMELINE = """
    <figure class="timeline">
      <figcaption class="title"></figcaption>
      <svg class="slots" role="img"></svg>
      <div class="totals"></div>
      <div class="running"></div>
    </figure>
"""
HTML = f"""
<div class="drawing queue">
  <div class="legend">
    <span>a row for each slot, a bar for each problem, decoding steps from left to right</span>
    <span><i class="few"></i>few tokens to write</span>
    <span><i class="many"></i>many</span>
    <span class="reads"><i></i>reads its prompt</span>
    <span><svg viewBox="0 0 18 10"><path class="idle" d="{STROKES}"/></svg>a slot that idles</span>
  </div>
  <div class="timelines">{TIMELINE}{TIMELINE}</div>
  <div class="pointed"></div>
  {moments()}
  <div class="said" role="status"></div>
</div>
"""

component = drawing("served_queue", "queue", HTML)


@dataclass(frozen=True)
class Bar:
    """A problem in a slot at the steps start, ..., end - 1; at the first `reading` of them, it
    writes nothing yet: it reads its prompt token by token. At every other step it writes a token.
    """

    slot: int
    start: int
    reading: int
    end: int
    text: str

    @property
    def written(self) -> int:
        """Tokens."""
        return self.end - self.start - self.reading


@dataclass(frozen=True)
class Timeline:
    """What one way of batching makes of a queue: `n_steps` steps of `n_slots` slots."""

    title: str
    bars: Sequence[Bar]
    n_steps: int
    n_slots: int

    @classmethod
    def of(
        cls,
        title: str,
        ticks: Sequence[Tick],
        n_given: Sequence[int],
        n_slots: int,
        policy: Policy,
    ) -> Timeline:
        """From all steps, and how many tokens of each prompt are given. A static batch reads its
        prompts in one step."""
        alone = policy == "continuous"
        bars = [
            Bar(
                one.row,
                one.begin,
                n_given[one.prompt] - 1 if alone else 0,
                one.end,
                decode(one.text),
            )
            for tick in ticks
            for one in tick.ended
        ]
        return cls(title, bars, len(ticks), n_slots)


def show_queue(key: str, timelines: Sequence[Timeline], *, alt: str) -> None:
    """One queue of problems, served in two ways, one above the other.

    Untouched it shows both when all is written. Raises ValueError for timelines of unlike
    problems, problems that share a slot at a step, and what lies outside slots and steps.
    """
    data = queue_data(timelines) | {"alt": alt}
    component(data=data | {"digest": digest(data)}, key=key)


def queue_data(timelines: Sequence[Timeline]) -> dict[str, Any]:
    if len(timelines) != 2:
        raise ValueError(f"{len(timelines)} timelines; the drawing compares two")
    for timeline in timelines:
        require_fit(timeline)
    first, second = timelines
    if count_written(first) != count_written(second):
        raise ValueError(
            f"{first.title!r} and {second.title!r} do not write the same problems at the same "
            "lengths"
        )
    return {"timelines": [timeline_data(timeline) for timeline in timelines]}


def require_fit(timeline: Timeline) -> None:
    """Raise ValueError for bars that the slots and steps of the timeline cannot hold."""
    title = timeline.title
    for name, n, most in (
        ("n_slots", timeline.n_slots, MOST_SLOTS),
        ("n_steps", timeline.n_steps, MOST_STEPS),
    ):
        if not 1 <= n <= most:
            raise ValueError(f"{name}={n} of {title!r}; 1 to {most} can be seen")
    if not timeline.bars:
        raise ValueError(f"{title!r} serves no problem; there is nothing to draw")
    for bar in timeline.bars:
        if not 0 <= bar.slot < timeline.n_slots:
            raise ValueError(f"{bar} of {title!r}: its slots are 0 to {timeline.n_slots - 1}")
        if not 0 <= bar.start < bar.end <= timeline.n_steps:
            raise ValueError(
                f"{bar} of {title!r}: 0 <= start < end <= {timeline.n_steps} is wanted"
            )
        if bar.reading < 0 or bar.written < 1:
            raise ValueError(f"{bar} of {title!r}: it reads at least 0 steps and writes 1")
    for bar, later in pairwise(sorted(timeline.bars, key=lambda bar: (bar.slot, bar.start))):
        if bar.slot == later.slot and later.start < bar.end:
            raise ValueError(f"{bar} and {later} of {title!r} share a slot at a step")


def count_written(timeline: Timeline) -> list[tuple[str, int]]:
    """Every text and how many tokens of it are written."""
    return sorted((bar.text, bar.written) for bar in timeline.bars)


def timeline_data(timeline: Timeline) -> dict[str, Any]:
    return {
        "title": timeline.title,
        "bars": [[bar.slot, bar.start, bar.reading, bar.end, bar.text] for bar in timeline.bars],
        "n_steps": timeline.n_steps,
        "n_slots": timeline.n_slots,
    }
