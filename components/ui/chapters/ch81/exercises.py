"""The exercises of chapter 8, second page: they look at what a reader has set in its figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import streamlit as st

from components.ui.chapter import Chapter
from components.ui.chapters.ch81 import probes, worked
from components.ui.live import measuring
from components.ui.solved import Exercises
from lab.exercises import look_inside_exercises as grading
from lab.exercises.look_inside_exercises import Check

MOST = 4
"""Cells above layer 0."""


def asked(page: Chapter, name: str) -> bool:
    """Has the reader asked for a verdict? From then on there is one."""
    key = f"{page.prefix}asked_{name}"
    st.button(
        "Check it",
        key=f"{page.prefix}check_{name}",
        icon=":material/check:",
        on_click=partial(st.session_state.__setitem__, key, True),
    )
    if key not in st.session_state:
        Exercises(page, tuple(ALL)).tell(name)
    return key in st.session_state


def judge(page: Chapter, name: str, said: str, checks: Sequence[Check]) -> None:
    """The verdict; what is solved stays in the page's address."""
    hint = grading.first_failed(checks)
    Exercises(page, tuple(ALL)).judge(name, not hint, said, hint)


def copied_now(page: Chapter) -> tuple[str, list[int]]:
    """What the first figure writes with what is copied there, and the layers of that."""
    cells = worked.cells_in(st.session_state.get(f"{page.prefix}cut") or "")
    boards = worked.boards(probes.CELLS, cells)
    return boards.sets[cells].text, [boards.units[i].layer for i in cells]


def only_the_units(page: Chapter) -> None:
    if asked(page, "units"):
        text, layers = copied_now(page)
        target, source = probes.boards_of_record(probes.CELLS).writes
        said = f"With {worked.counted(len(layers), 'cell')} copied, it writes {text}."
        judge(page, "units", said, grading.only_units(text, target, source, layers))
    page.source("lab.exercises.look_inside_exercises.only_units")


def above_layer_0(page: Chapter) -> None:
    if asked(page, "above"):
        text, layers = copied_now(page)
        source = probes.boards_of_record(probes.CELLS).writes[1]
        said = f"With {worked.counted(len(layers), 'cell')} copied, it writes {text}."
        judge(page, "above", said, grading.above(text, source, layers, MOST))
    page.source("lab.exercises.look_inside_exercises.above")


def enough_and_not_needed(page: Chapter) -> None:
    if asked(page, "spare"):
        now = worked.patch_now(page)
        if now is None:
            st.markdown("Section 3 has no two problems now that can be compared.")
            return
        which, patch = now
        both = [probes.measured(which, replace(patch, needed=needed)) for needed in (False, True)]
        copied, broken = (found["patched"].says for found in both)
        said = (
            f"{worked.cell_said(patch, worked.cell_of(patch))}: with it alone copied the network "
            f"writes {copied}, and with it broken {broken}."
        )
        clean = both[0]["clean"].says
        checks = grading.spare(patch.name == "ffn_out", clean, copied, broken)
        judge(page, "spare", said, checks)
    page.source("lab.exercises.look_inside_exercises.spare")


def three_of_your_own(page: Chapter) -> None:
    target, source, beam = st.session_state.get(f"{page.prefix}own_now", ((6, 6), (6, 7), 1))
    measured = measuring.here(worked.search_key(target, source, beam))
    if asked(page, "own"):
        last = measured.seen[-1] if measured and measured.seen else None
        if last is None or not last.ended:
            st.markdown("Let the search of section 4 come to its end first.")
        else:
            boards = probes.boards_found(target, source, last.nodes)
            n = len(last.nodes)
            said = (
                f"Turning {probes.said_of(target)} into {probes.said_of(source)}: "
                f"{worked.counted(n, 'neuron')}, and {boards.turned} of {boards.n} sets "
                "elsewhere turn it."
            )
            ours = probes.is_of_record(target, source)
            checks = grading.few(n, last.score > 0, boards.turned, boards.n, ours)
            judge(page, "own", said, checks)
    page.source("lab.exercises.look_inside_exercises.few")


ALL = {
    "units": only_the_units,
    "above": above_layer_0,
    "spare": enough_and_not_needed,
    "own": three_of_your_own,
}
"""By their name in the progress, easier ones first."""
