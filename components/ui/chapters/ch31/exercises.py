"""The exercise of page 31, drawn: the attempt, and what the checks say."""

from __future__ import annotations

import streamlit as st

from components.ui.chapter import Chapter
from components.ui.exercise_verdict import show_verdict
from components.ui.link import LONGEST, text_up_to
from lab.data.problems import read_operand
from lab.exercises.self_training_exercises import Label

SUM = (37, 48)

MOST_DIGITS = 4
WIDE = 220
"""Pixels of the box: its words in one line."""


def slip_through(page: Chapter) -> None:
    """A wrong answer that neither remainder gives away."""
    a, b = SUM
    key = f"{page.prefix}ex_label"
    page.link.take(key, *text_up_to(LONGEST + MOST_DIGITS))
    typed = st.text_input(f"Your label for {a} × {b}", key=key, bind="query-params", width=WIDE)
    if typed:
        judge(key, typed)
    page.source("lab.data.remainders.remainders_agree")


def judge(key: str, typed: str) -> None:
    """What is no number gets a sentence, and no verdict stays that speaks of another."""
    try:
        label = Label(*SUM, read_operand(typed, MOST_DIGITS))
    except ValueError as error:
        with st.container(key=f"refused_{key}"):  # `names.js` ties it to its box
            st.warning(str(error))
    else:
        show_verdict(label.solved, said_of_label(label), hint_for(label))


def said_of_label(label: Label) -> str:
    if label.right:
        return f"{label.answer:,} is right, so every check should let it pass."
    verdicts = (f"modulo {m} {'lets it pass' if label.passes(m) else 'stops it'}" for m in (9, 11))
    return f"{label.answer:,} is wrong: {' and '.join(verdicts)}."


def hint_for(label: Label) -> str:
    if label.right:
        return "Write one that is wrong."
    caught = [str(m) for m in (9, 11) if not label.passes(m)]
    return (
        f"It is off by {label.off_by:,}. A check sees no difference that its number divides, and "
        f"{label.off_by:,} is no multiple of {' nor of '.join(caught)}."
    )
