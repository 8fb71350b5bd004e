"""The exercises of chapter 8, third page: a digit predicted, a pair swapped, a carry that runs
on."""

from __future__ import annotations

import streamlit as st

from components.ui.chapter import Chapter
from components.ui.chapters.ch82 import probes, worked
from components.ui.lazily import lazily
from components.ui.solved import Exercises

carries = lazily("lab.interp.carries")

GIVEN, SOURCE = (64, 57), (29, 38)
"""Of the first exercise: written, and copied from."""

NAMES = ("digit", "fair", "on")
"""Of the exercises, easier ones first, as the page's address says that they are solved."""

NONE = "–"


def a_digit_predicted(page: Chapter) -> None:
    """The hundreds digit of the sum, with the head that carries as it is in another problem."""
    a, b = GIVEN
    c, d = SOURCE
    st.markdown(
        f"The network writes ${a} \\times {b}$, with head `{probes.LAYER}.{probes.HEAD}` as it is "
        f"in ${c} \\times {d}$. Which hundreds digit of the sum do you predict?"
    )
    with st.columns(3)[0]:
        said = page.choose("ex_digit", "Hundreds digit", (NONE, *"0123456789"), kind="list")
    exercises = Exercises(page, NAMES)
    if said == NONE:
        return exercises.tell("digit")
    found = worked.expected("sum", GIVEN, SOURCE)
    hints = {
        int(found.nothing[0]): "That is the digit as it was: the old carry is still in it.",
        int(found.digit[0]): "That is the whole digit of the other problem, not its carry alone.",
        int(found.column[0]): "That is the other problem’s column with the old carry.",
    }
    right = int(found.carry[0])
    way = (
        f"{worked.addition(GIVEN)} has the hundreds {worked.column_of(GIVEN)}, and in "
        f"{worked.addition(SOURCE)} the tens, {worked.tens_of(SOURCE)}, carry "
        f"{worked.carry_of(SOURCE)}"
    )
    solved = int(said) == right
    exercises.judge(
        "digit",
        solved,
        f"{way}: the digit is {right}." if solved else f"{said} is not it.",
        hints.get(int(said), WRONG),
    )
    page.source("lab.interp.carries.predicted")


def a_fair_pair(page: Chapter) -> None:
    """A second problem with which the carry can be told from the whole digit; the digit that a
    reader predicts, and then the swap itself, run."""
    one = worked.FAIR
    other = page.pair("ex_fair", a=str(one[0]), b=str(one[1]))
    exercises = Exercises(page, NAMES)
    if other is None:
        return
    if other == one:
        st.caption("The second problem is still the first one: change a number.")
        return exercises.tell("fair")
    carry = carries.CARRIES["sum"]
    x, y = worked.texts_of(one), worked.texts_of(other)
    found = worked.expected("sum", one, other)
    same_carry = bool((carry.into(x) == carry.into(y))[0])
    same_column = bool((carry.column(x) % 10 == carry.column(y) % 10)[0])
    text = f"{one[0]} × {one[1]} with head 0.1 of {other[0]} × {other[1]}"
    if not bool(carries.meets(carry, x, y, "both differ")[0]):
        alike = not bool(carries.apart(carry, x, y)[0])
        hint = unfair(same_carry, same_column, alike)
        return exercises.judge("fair", False, f"{text}: this pair cannot tell.", hint)
    st.caption("A fair pair. Which hundreds digit will be written, if the carry moves?")
    said = predicted_before(page, "fair", "Hundreds digit")
    if said is None:
        return exercises.tell("fair")
    predicted, written = str(int(found.carry[0])), probes.with_head_of(one, other)
    told = f"{text}: you predicted {said}, written {written}."
    hint = WRONG if written == predicted else FAILED
    exercises.judge("fair", said == written == predicted, told, hint)
    page.source("lab.experiments.carry_swaps.swapped")


WRONG = "Take the column of the first problem and the carry of the second."
FAILED = "With the carry moved, another digit would be written. Keep the pair: a counterexample."


def predicted_before(page: Chapter, name: str, label: str) -> str | None:
    """The digit that a reader predicts, once the head is to be copied; None before."""
    with st.columns(3)[0]:
        said = page.choose(f"ex_{name}_said", label, (NONE, *"0123456789"), kind="list")
    if said == NONE:
        return None
    is_run = st.button("Copy the head", key=f"ch82_ex_{name}_run", icon=":material/play_arrow:")
    return said if is_run else None


def unfair(same_carry: bool, same_column: bool, alike: bool) -> str:
    if same_carry:
        return "Both have the same carry into the hundreds: there is nothing to move."
    if same_column:
        return "Both have the same column: the carry alone and the whole digit look alike."
    if alike:
        return "A tens digit stands in both: copying the other one alone would look like the carry."
    return "Two of the four outcomes would write the same digit."


def a_carry_that_runs_on(page: Chapter) -> None:
    """Two problems such that the carry that the head brings runs on into the thousands; then the
    swap itself, and what the network writes behind it."""
    st.caption("The problem that is written")
    one = page.pair("ex_on")
    st.caption("The problem that the head is copied from")
    (c, d) = worked.OTHER
    other = page.pair("ex_on_from", a=str(c), b=str(d))
    exercises = Exercises(page, NAMES)
    if one is None or other is None:
        return
    text = f"{one[0]} × {one[1]} with head 0.1 of {other[0]} × {other[1]}"
    if hint := stops(one, other):
        return exercises.judge("on", False, f"{text}: no carry runs on.", hint)
    wanted = f"{one[0] * one[1] + 100:04d}"
    st.caption("If the carry is brought, it runs on. Which thousands digit will be written?")
    said = predicted_before(page, "on", "Thousands digit")
    if said is None:
        return exercises.tell("on")
    written = probes.goes_on(one, other)
    told = f"{text}: you predicted {said}, and {written} is written."
    hint = "The answer grows by a hundred." if written == wanted else FAILED
    exercises.judge("on", written == wanted and said == wanted[0], told, hint)
    page.source("components.ui.chapters.ch82.probes.goes_on")


def stops(one: probes.Pair, other: probes.Pair) -> str:
    """Why no carry is brought that runs on: the first check that fails, or nothing."""
    carry = carries.CARRIES["sum"]
    x, y = worked.texts_of(one), worked.texts_of(other)
    if carry.into(x)[0]:
        return "The first problem has a carry into its hundreds already: none can be brought."
    if carry.column(x)[0] % 10 != 9:
        return f"Its hundreds are {worked.column_of(one)}. A carry runs on where they come to nine."
    if not carry.into(y)[0]:
        return "The second problem has no carry into its hundreds, so there is none to bring."
    return ""
