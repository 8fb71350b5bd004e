"""The reader's own mix: what is in it, and two runs on it, one of them from random weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import streamlit as st

from components.ui import training
from components.ui.chapter import Chapter
from components.ui.chapters.ch30 import figures
from components.ui.lazily import lazily
from lab.data.difficulty import longest_carry, zeros
from lab.data.problems import Integers, read_operands
from lab.data.vocabulary import decode

live = lazily("lab.recipes.live")

KEY = "ch30_live"
N_DRAWN, N_SHOWN = 1000, 3

PARTS = {
    "random": ("Random two-digit sums", 40),
    "carries": ("Sums with long carries", 20),
    "zeros": ("Sums with zeros", 15),
    "rehearsed": ("Rehearsal of one digit", 25),
}
"""Of a mix, by their names in `Blend`: the words for each, and how much there is of it at first."""

IN_NAMES = {
    "random": "random sums",
    "carries": "long carries",
    "zeros": "zeros",
    "rehearsed": "rehearsal",
}
MEASURED = {"columns that a carry passes": longest_carry, "zeros in both numbers": zeros}

Mix = dict[str, int]
USUAL: Mix = {part: amount for part, (_, amount) in PARTS.items()}


def fine_tuning(page: Chapter) -> None:
    """Ask for a mix, show what is in it, and train on it, side by side."""
    left, right = st.columns(2)
    with left:
        asked = {
            part: page.number(f"mix_{part}", words, 0, 100, amount)
            for part, (words, amount) in PARTS.items()
        }
        seed = page.number("mix_draw", "Draw number", 0, 999, 0, typed=True)
        why_not = problem_with(asked)
        if why_not:
            st.warning(f"{why_not} What you see is the last mix that had something in it.")
    mix = last_good(asked, why_not)
    with right:
        show_mix(page, mix, seed)
    draw_buttons(asked, why_not)
    training.watch(KEY, run_name)


# ---------------------------------------------------------------- the mix


def problem_with(mix: Mix) -> str:
    """Why nothing can be trained on a mix, in a sentence; empty if it can."""
    try:
        live.fine_tune(**mix)
    except ValueError as error:
        said = str(error)
        return f"{said[:1].upper()}{said[1:]}."
    return ""


def last_good(mix: Mix, why_not: str) -> Mix:
    """The mix, or while it holds nothing the last that did: a slip empties no figure."""
    if not why_not:
        st.session_state[f"{KEY}_mix"] = mix
    return st.session_state.get(f"{KEY}_mix", USUAL)


def show_mix(page: Chapter, mix: Mix, seed: int) -> None:
    """Some of its lines, and how hard its sums are beside random ones."""
    lines, a, b = sums_of(mix, seed)
    _, random_a, random_b = sums_of({"random": 1, "carries": 0, "zeros": 0, "rehearsed": 0}, seed)
    st.code("\n".join(lines), language=None)
    for title, count in MEASURED.items():
        found = {figures.MIX: count(a, b), figures.RANDOM: count(random_a, random_b)}
        page.draw(
            figures.amounts_in_mix(found, title),
            alt=f"How many {title} there are, in the sums of this mix and in random ones",
        )


@st.cache_data(show_spinner=False, max_entries=64)
def sums_of(mix: Mix, seed: int) -> tuple[list[str], Integers, Integers]:
    """The first lines of a draw from a mix, and the numbers of all its sums, (N_DRAWN,) each."""
    source = live.fine_tune(**mix).data
    tokens, _ = source.draw(np.random.default_rng(seed), N_DRAWN)
    texts = [decode(row) for row in tokens]
    a, b = np.array([read_operands(text, source.format) for text in texts]).T
    return texts[:N_SHOWN], a, b


# ---------------------------------------------------------------- the runs


def draw_buttons(mix: Mix, why_not: str) -> None:
    with st.container(horizontal=True, gap="small"):
        for scratch, words in ((False, "Fine-tune the twin"), (True, "Train from scratch")):
            st.button(
                words,
                key=f"ch30_{'scratch' if scratch else 'tune'}",
                icon=":material/play_arrow:",
                disabled=bool(why_not),
                help=why_not or None,
                on_click=train_on,
                args=(mix, scratch),
            )


def train_on(mix: Mix, scratch: bool) -> None:
    training.launch(KEY, {**mix, "scratch": scratch}, recipe="fine_tune")


def run_name(arguments: Mapping[str, Any]) -> str:
    """How it began, and what is unusual in its mix: 'fine-tuned, no rehearsal, zeros 40'."""
    said = ["from scratch" if arguments.get("scratch") else "fine-tuned"]
    for part, words in IN_NAMES.items():
        amount = arguments.get(part, USUAL[part])
        if amount != USUAL[part]:
            said.append(f"{words} {amount}" if amount else f"no {words}")
    return ", ".join(said)
