"""The exercises of chapter 2, drawn: the reader's attempt, and what networks made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from components.ui.chapter import Chapter
from components.ui.chapters.ch20 import probes
from components.ui.computed_ahead import ahead
from components.ui.exercise_verdict import show_verdict
from components.ui.lazily import lazily
from lab.numerals import written

if TYPE_CHECKING:
    from lab.exercises.rope_exercises import Slip

grading = lazily("lab.exercises.rope_exercises")

HEAD = 8
WANTED = (2, 1)
"""The hundreds of a, the tens of b: (place, line)."""

SLIPS: dict[Slip, str] = {
    "none": "",
    "torn": "Rows 0 and 1 were trained as a pair. Where do the two numbers of a pair stand now?",
    "other clock": "The pairs are right. The first of them has to turn with the fastest clock.",
    "mirrored": "Pairs and clocks are right, but a pair the other way round turns the other way.",
}


def tell_the_sign(page: Chapter) -> None:
    """A place and a line for the first `=`, by which the network begins with another product."""
    left, right = st.columns(2)
    with left:
        place = page.number("ex_place", "Place of the =", -1, 4, 0, typed=True)
    with right:
        line = page.number("ex_line", "Line of the =", -1, 3, 0, typed=True)
    begun, n = probes.begun_with(WANTED, (place, line)), probes.N_TOLD
    told = f"place {written(place)} and line {written(line)}"
    said = f"Told {told}, it begins {begun} of {n} problems with that digit."
    hint = (
        "Place and line are each one of your two digits, but which is which?"
        if {place, line} == set(WANTED)
        else "Look under the digits of a and b above: what says which digit of a, what which of b?"
    )
    show_verdict(begun > n / 2, said, hint)
    page.source(
        "lab.interp.position_probes.begins_with", "lab.interp.position_probes.digits_that_meet"
    )


def order_the_rows(page: Chapter) -> None:
    """Rows trained as neighbours, in an order that suits a reader of halves."""
    numbered = " ".join(str(row) for row in range(HEAD))
    page.link.knows(f"{page.prefix}ex_rows")
    typed = st.text_input(
        "Rows, in their new order", numbered, key=f"{page.prefix}ex_rows", bind="query-params"
    )
    try:
        change, slip = in_order(typed or "")
    except ValueError as error:
        st.warning(f"Rows: {error}.")
        return
    solved = slip == "none"
    said = (
        "Every score is what it was, up to rounding."
        if solved
        else f"Scores of arrows drawn at random change by up to {change:.1f}."
    )
    show_verdict(solved, said, SLIPS[slip])
    page.source("lab.exercises.rope_exercises.grade_order", "lab.interp.pair_layouts.rows_for")


@ahead
def in_order(typed: str) -> tuple[float, Slip]:
    """How much scores change with the rows so, and what is amiss. `ValueError` for no order."""
    found = grading.grade_order(grading.read_order(typed, HEAD), "interleaved", "half")
    return found.change, found.slip


def turn_the_cache(page: Chapter) -> None:
    """So many places that kept keys are turned by, once the text in front of them is gone."""
    turned_by = page.number("ex_turn", "Turn the kept keys by", -64, 64, 0, typed=True)
    n = probes.N_KEPT
    right = n - probes.errors_without_the_front(turned_by)
    said = f"Turned by {written(turned_by)} positions, {right} of {n} problems come out right."
    hint = (
        "Turn them the other way: the count is smaller than it was."
        if turned_by > 0
        else f"Where does the `=` stand in the old count, behind a problem of "
        f"{len(probes.SUM)} tokens, and where in the new?"
    )
    show_verdict(right == n, said, hint)
    page.source("lab.measure.spoiled_cache.without_the_front", "lab.measure.spoiled_cache.turn_on")
