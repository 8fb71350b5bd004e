"""Chapter 3, second page: a network that marks its own work. Labels fall through a sieve of checks,
and round after round the network is trained on what is left."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from components.ui import tokens
from components.ui.chapter import Chapter
from components.ui.chapters.ch31 import claims, exercises, worked
from components.ui.chapters.ch31.claims import TRAINS_ON
from components.ui.chapters.ch31.worked import CALC
from components.ui.drawings.sieve import Label, show_sieve
from components.ui.link import one_of
from components.ui.page_records import rows_of
from components.ui.plots import dots
from components.ui.plots.colours import apart
from components.ui.plots.ends import shares
from lab.data.problems import Format

RECORD, MORE = "self_evolution.jsonl", "self_evolution_seeds.jsonl"

page = Chapter("31_self_training", CALC)
page.open()


def networks() -> worked.Record:
    """Rows of every network; none where a record is missing."""
    first, more = rows_of(RECORD), rows_of(MORE)
    return worked.all_networks(first, more) if first and more else []


def switch(checks: Sequence[Label]) -> None:
    """What a reader switched on, kept as guesses are: here, and in the address."""
    st.session_state["ch31_on"] = worked.named(checks)


@page.section("sieve", told=False)
def the_sieve() -> None:
    rows = rows_of(RECORD)
    if not rows:
        return
    on = page.kept("ch31_on", *one_of(worked.EVERY_SET)) or worked.named([Label.NINE])
    show_sieve(
        f"{page.prefix}sieve",
        worked.rounds_of_labels(rows),
        on=worked.checks_in(st.session_state.setdefault("ch31_on_first", on)),
        alt="The labels of a round, right and wrong, and the checks that hold some of them back",
        on_switch=switch,
    )
    page.source(
        "lab.inference.pseudo_labels.agreed",
        "lab.inference.pseudo_labels.same_when_swapped",
        "lab.inference.pseudo_labels.agrees_modulo",
    )


page.prose("opening")
page.three_from_before("before_text", "before_rehearsal", "before_agree")

# ---------------------------------------------------------------- 1. checks


@page.section("checks")
def checks_that_need_no_answer() -> None:
    (a, b), text = worked.NO_NUMBER
    form = Format("cot_reversed", len(str(a)), len(str(b)))
    st.html(tokens.strip(text, form, a, b, marks=tokens.marks_of(text, form, a, b), small=True))
    page.notice()


# ---------------------------------------------------------------- 2. what it gains


def dots_of_networks(name: str, lengths: Sequence[int], first: int) -> None:
    """A length, at `first` this one, and a round to choose, and every network as a dot."""
    left, right = st.columns(2)
    with left:
        digits = page.choose(
            f"{name}_length",
            "Test problems",
            lengths,
            first,
            words=lambda n: f"{n} × {n}",
            kind="segments",
        )
    with right:
        after = page.choose(
            f"{name}_round",
            "After the round of so many digits",
            worked.ROUNDS,
            claims.LAST,
        )
    dots_after(digits, after)


def dots_after(digits: int, after: int) -> None:
    rows = networks()
    page.draw(
        dots.seeds(
            worked.right_after(rows, after, digits),
            f"right of {digits} by {digits} digits",
            shares(),
            tones=apart(TRAINS_ON.values()),
            said=["wrong"],
        ),
        alt="The share of test problems right, a dot a network, by what it trains on",
    )
    st.caption(worked.networks(rows))


@page.section("longer")
def what_it_gains() -> None:
    rows = networks()
    if not rows:
        return
    dots_after(worked.LONGER[0], claims.LAST)
    page.notice()
    page.source(
        "lab.experiments.self_evolution.measure_evolution",
        "lab.experiments.self_evolution.texts_to_read",
    )


@page.section("gains", was=["rounds"])
def where_it_ends() -> None:
    rows = networks()
    if not rows or not page.guess(
        "Of the three networks where any two agree, take the median: how many test problems of "
        "six by six digits are wrong after the last round?",
        worked.SIX_OPTIONS,
        lambda: worked.sixes_left(rows),
        frame=worked.sixes(rows),
    ):
        return
    dots_of_networks("gains", worked.LONGER, worked.LONGER[1])
    page.notice()
    page.source("lab.experiments.self_evolution.evaluate_lengths")


# ---------------------------------------------------------------- 3. what it loses


@page.section("rot")
def without_a_sieve() -> None:
    rows = networks()
    if rows and page.guess(
        "Without a sieve a network trains on every label. "
        "What becomes of the problems it was taught? Take the median of three networks.",
        worked.ROT_OPTIONS,
        lambda: worked.left_to_rot(rows),
        frame=worked.rotting(rows),
    ):
        page.source("lab.experiments.self_evolution.parts_to_read")


@page.section("loses")
def what_it_loses() -> None:
    rows = networks()
    if not rows or not page.guess(
        "One of the three lost problems that it had right before. Of which length?",
        worked.LENGTHS_LOST,
        lambda: worked.most_lost(rows),
        frame=worked.which_is_lost(rows),
    ):
        return
    dots_of_networks("loses", worked.KNOWN, worked.KNOWN[0])
    page.notice()
    page.source("lab.experiments.self_evolution.evaluate_lengths")


# ---------------------------------------------------------------- exercises

page.prose("exercises")


@page.section("ex_label")
def slip_through() -> None:
    exercises.slip_through(page)


page.close("end", "read")
