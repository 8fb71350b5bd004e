"""Chapter 8, second page: look, break, patch. What a part of a network is enough for, and what it
is needed for."""

from __future__ import annotations

from components.ui.chapter import Chapter
from components.ui.chapters.ch81.worked import CALC

page = Chapter("81_look_inside", CALC)
page.open()

# ---------------------------------------------------------------- the smallest cut


@page.section("cut", told=False)
def the_smallest_cut() -> None:
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
