"""The exercises of chapter 6, third page: a neighbour of a mistake, and what asking costs."""

from __future__ import annotations

import streamlit as st

from components.ui.chapter import Chapter
from components.ui.chapters.ch62 import worked
from components.ui.exercise_verdict import show_verdict
from components.ui.page_records import FORM
from lab.data.neighbours import column_digits, neighbours, with_other_digit
from lab.data.problems import HELDOUT_FROM, split_value

ONE_IN, WANTED = 50, 100
"""One sum in so many is wrong, and so many mistakes are wanted."""

NEAR = 0.02


def a_neighbour(page: Chapter) -> None:
    """A sum that differs from a mistake in the digits of its wrong column, and no other."""
    left, right = st.columns(2)
    with left:
        a = page.number("like_a", "First number", 10, 99, worked.A, typed=True)
    with right:
        b = page.number("like_b", "Second number", 10, 99, worked.B, typed=True)
    good = (a, b) in neighbours(FORM, worked.A, worked.B, worked.slot_of_worked())
    why = "It has the digits of the mistake outside the wrong column, and may be trained on."
    show_verdict(good, f"{describe_split(a, b)} {why if good else ''}".strip(), hint_of(a, b))
    page.source("lab.data.neighbours.neighbours", "lab.data.neighbours.column_digits")


def describe_split(a: int, b: int) -> str:
    return f"{a} × {b} has a hash of {split_value(a, b):.2f}."


def hint_of(a: int, b: int) -> str:
    """What keeps a sum from being a neighbour."""
    if (a, b) == (worked.A, worked.B):
        return "That is the mistake itself. Change one of the digits that meet in the wrong column."
    of_a, of_b = column_digits(FORM, worked.slot_of_worked())
    for number, own, place, name in (
        (a, worked.A, of_a, "first"),
        (b, worked.B, of_b, "second"),
    ):
        if number not in with_other_digit(own, place):
            return f"In the {name} number a digit is changed that does not belong to that column."
    return f"It is held out: its hash is not below {HELDOUT_FROM:g}. Take another digit."


def what_asking_costs(page: Chapter) -> None:
    """How many sums must be asked until enough are wrong."""
    asked = page.number("asked", "Problems to evaluate", 1, 1_000_000, WANTED, typed=True)
    found = asked / ONE_IN
    said = f"Of {asked:,} problems about {found:,.0f} are wrong."
    show_verdict(
        abs(found - WANTED) <= NEAR * WANTED,
        said,
        "Too few: evaluate more."
        if found < WANTED
        else "More than are needed, and each costs a forward pass.",
    )
