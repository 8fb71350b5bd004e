"""The tasks of page 02: what a query or a share must do, and the words for what an attempt did."""

from __future__ import annotations

import math
from dataclasses import dataclass

from components.ui.chapters.ch02.probes import graded as graded_at
from lab.by_hand import attention as hand
from lab.by_hand.attention import A_UNITS, B_UNITS, FORM, PLACES, Graded, Numbers

A, B = 37, 48
PROMPT = FORM.prompt_length
WANTED_DISTANCE = 0.45


@dataclass(frozen=True)
class QueryExercise:
    """What a query must do in every sum: at least `least` of the weight on each wanted token.

    `probe`: a length at which a good direction passes; it tells a bad direction from a bad length.
    `angle` and `length` are those of the query that stands there first.
    """

    wanted: tuple[int, ...]
    least: float
    probe: float
    angle: int
    length: float

    @property
    def query(self) -> Numbers:
        return hand.arrow(self.angle, self.length)


ONE = QueryExercise((B_UNITS,), 0.95, hand.LONGEST_QUERY, angle=45, length=2.5)
BOTH = QueryExercise((A_UNITS, B_UNITS), 0.30, 1.0, angle=62, length=5.0)


def prompt_of(a: int, b: int) -> str:
    return FORM.text(a, b)[:PROMPT]


def what_it_holds(graded: Graded) -> str:
    a, b = graded.hardest
    where = PLACES[graded.lacking]
    said = (
        f"Over all {len(hand.all_prompts()):,} problems, the mean weight is {graded.mean:.3f}; the "
        f"hardest is `{prompt_of(a, b)}`, with {math.floor(1000 * graded.worst) / 1000:.3f} on "
        f"**{where}**."
    )
    if graded.accepted:
        return f"Every problem has at least {graded.least:.2f}. {said}"
    return f"{graded.n_short:,} problems stay under {graded.least:.2f}. {said}"


def hint_for(graded: Graded, task: QueryExercise, angle: int, length: float) -> str:
    """Is it the direction or the length that falls short? One more grading tells."""
    probe = graded_at(angle, task.probe, task.wanted, task.least)
    if probe.accepted:
        change = "longer" if length < task.probe else "shorter"
        return f"Your direction is good enough. Make the query {change}."
    if graded.worst == 0 or length == 0:
        return "Give the query some length and turn it towards the circled keys."
    if len(task.wanted) == 2:
        return (
            f"**{PLACES[probe.lacking]}** gets too little even at length {task.probe:.0f}. Turn "
            "towards its arrow."
        )
    if graded.mean < 0.5:
        return f"Most weight goes to **{PLACES[graded.thief]}**. Turn towards the circled key."
    return f"Too much goes to **{PLACES[graded.thief]}**. Turn away from its arrow."


def share_hint(share: float) -> str:
    """Which blends lie too close: the swapped pair, or pairs that differ in the fainter digit."""
    if hand.blurs_the_order(share):
        return "7 then 8 and 8 then 7 look too much alike. Move away from one half."
    faint = min(share, 1 - share)
    return f"One digit arrives with a share of {faint:.2f} alone, so its changes hardly show."
