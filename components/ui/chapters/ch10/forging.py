"""A digit of the working, forged: the reader's choice of one, and what the model made of it."""

from __future__ import annotations

import streamlit as st

from components.ui.chapter import Chapter
from components.ui.tokens import place_of
from lab.data.coverage import Pair
from lab.exercises.chain_of_thought import FORM, ForgedDigit

WORKING = [position for field in FORM.partial_products for position in field.positions]
BELIEVED = ("what the forgery implies", "the true product", "something else")


def ask_digit(page: Chapter, name: str, pair: Pair, first: int, *, bind: bool = False) -> int:
    """The digit of the working to forge, named in the numbers of the reader's sum.

    `bind`: in the link too. Its names change with the sum, so what a link says is not checked.
    """
    key = f"{page.prefix}{name}"
    page.link.knows(key)
    return st.selectbox(
        "Digit to forge",
        WORKING,
        WORKING.index(first),
        format_func=lambda position: place_of(position, FORM, *pair),
        key=key,
        bind="query-params" if bind else None,
    )


def believed(found: ForgedDigit, truth: int) -> tuple[str, str]:
    """What the model made of a forgery, one of `BELIEVED`, and the numbers behind it."""
    if found.change == 0:
        return BELIEVED[1], "That is the digit that stood there. Choose another."
    wrote = "something that is no number" if found.moved is None else truth + found.moved
    said = (
        f"The forgery implies {truth + found.implied}, the truth is {truth}, "
        f"and the model writes **{wrote}**"
    )
    if found.moved == found.implied:
        return BELIEVED[0], f"{said}: it believes its note."
    if found.moved == 0:
        return BELIEVED[1], f"{said}: it does not look at this digit, or mends it."
    return BELIEVED[2], f"{said}. See which later token moved."
