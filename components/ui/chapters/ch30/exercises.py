"""The exercises of chapter 3, drawn: the attempt, and what the checks or the network say."""

from __future__ import annotations

import streamlit as st

from components.ui.chapter import Chapter
from components.ui.chapters.ch30 import probes
from components.ui.chapters.ch30.claims import AFTER
from components.ui.exercise_verdict import show_verdict
from components.ui.operand_boxes import last_allowed
from components.ui.tokens import check_working, checks, marks_of, strip
from lab.data.problems import Problem, partial_products
from lab.exercises.curriculum_exercises import FAR, Carry

BEGUN = (12, 34)
"""What stands in the boxes of the second exercise before anybody has tried."""

HINT = (
    "A carry starts where two digits make more than nine, and goes on where they make nine. "
    "Multiply by `11`, and every digit meets its neighbour."
)


def far_carry(page: Chapter) -> None:
    """A sum whose working holds a carry that goes far; the network writes it."""
    typed = page.pair("ex_far", probes.MOST_DIGITS, *map(str, BEGUN))
    pair = last_allowed(f"{page.prefix}last_ex_far", typed, BEGUN)
    if typed is None:
        st.caption("What stands below is still {} × {}.".format(*pair))
    found = Carry(*pair)
    columns = "one column" if found.columns == 1 else f"{found.columns} columns"
    hint = "" if pair == BEGUN else HINT
    said = f"Its farthest carry goes through {columns}; at least {FAR} are wanted."
    show_verdict(found.solved, said, hint)
    form = probes.form_of(*pair)
    text = probes.write_without_head(AFTER, *pair).text
    marks = marks_of(text, form, *pair)
    st.html(strip(text, form, *pair, marks=marks, small=True))
    a, b = pair
    problem = Problem(a, b, partial_products(a, b, form.q), a * b)
    st.html(checks(check_working(text, form, problem)))
    page.source("lab.data.difficulty.longest_carry")
