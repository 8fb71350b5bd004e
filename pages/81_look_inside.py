"""Chapter 8, second page: look, break, patch. What a part of a network is enough for, and what it
is needed for."""

from __future__ import annotations

import streamlit as st

from components.ui.chapter import Chapter
from components.ui.chapters.ch81 import probes, worked
from components.ui.chapters.ch81.worked import CALC
from components.ui.drawings.cut import Cells, show_cut

page = Chapter("81_look_inside", CALC)
page.open()

# ---------------------------------------------------------------- the smallest cut


def copied(name: str, units: str) -> Cells:
    """The cells that a reader has copied: as left or linked, or none."""
    said = page.kept(f"{page.prefix}{name}", *worked.cells_allowed(units))
    return worked.cells_in(said or "")


def keep_copied(name: str):
    def keep(cells: Cells) -> None:
        st.session_state[f"{page.prefix}{name}"] = worked.cells_said(cells)

    return keep


@page.section("cut", told=False)
def the_smallest_cut() -> None:
    chosen = copied("cut", probes.CELLS)
    show_cut(
        "ch81_cut_drawing",
        worked.boards(probes.CELLS, chosen),
        chosen,
        alt="Two runs of one network as grids of cells, and the run that cells were copied into",
        on_change=keep_copied("cut"),
    )
    page.source()


page.prose("opening")

# ---------------------------------------------------------------- 1. look

# ---------------------------------------------------------------- 2. break

# ---------------------------------------------------------------- 3. patch


@page.section("patch")
def patch_one_run_into_another() -> None:
    page.source()


# ---------------------------------------------------------------- 4. search


@page.section("search")
def search_for_a_cut() -> None:
    page.source()


# ---------------------------------------------------------------- 5. two networks


@page.section("two")
def two_networks() -> None:
    page.source()


# ---------------------------------------------------------------- exercises

page.prose("exercises")

page.close("end", "read")
