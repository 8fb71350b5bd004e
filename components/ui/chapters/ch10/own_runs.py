"""The runs that a reader trains on this page: their settings, their names, and what they show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from components.ui import training
from components.ui.chapter import Chapter
from components.ui.chapters.ch10.arms import STYLE_NAMES
from components.ui.claims import core
from components.ui.records import rows_of
from lab.data.coverage import Pair
from lab.data.problems import STYLES
from lab.records import select
from lab.statistics import spread

if TYPE_CHECKING:
    from components.ui.live import LiveRun

KEY = "ch10_live"
FRACTIONS = (0.02, 0.05, 0.10, 0.20, 0.30)
WIDTHS, LAYERS = (32, 64, 128, 192, 256), (1, 2, 3, 4, 5, 6)
RATES = (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 1.0)
OPTIMISERS = ("muon", "adamw")
MOST_STEPS = 2000

SETTINGS: Mapping[str, Callable[[Any], str]] = {
    "style": STYLE_NAMES.__getitem__,
    "fraction": lambda x: f"{training.per_cent(x)} of the pairs",
    "d_model": lambda x: f"width {x}",
    "n_layer": lambda x: f"{x} layer{'' if x == 1 else 's'}",
    "rate": lambda x: f"rate {x}",
    "optimiser": str,
    "steps": lambda x: f"{x} steps",
    "seed": lambda x: f"seed {x}",
}
"""What a reader may set, and the words for it in the name of a run."""


def ask_settings(page: Chapter) -> None:
    """The settings of the next run. Moving them changes no run that goes on."""
    style_words = STYLE_NAMES.__getitem__
    page.choose("style", "Format of the lines", STYLES, "cot_reversed", words=style_words)
    page.choose(
        "fraction",
        "Share of all pairs it may see",
        FRACTIONS,
        FRACTIONS[-1],
        words=training.per_cent,
    )
    page.prose("train_controls")
    with st.expander("More settings"):
        left, right = st.columns(2)
        with left:
            page.choose("d_model", "Width, d_model", WIDTHS, 128)
            page.choose("rate", "Learning rate", RATES, 0.003)
            page.number("steps", "Steps", 1, MOST_STEPS, 400, 50, typed=True)
        with right:
            page.choose("n_layer", "Layers", LAYERS, 2)
            page.choose("optimiser", "Optimiser", OPTIMISERS)
            page.number("seed", "Seed", 0, 9999, 0, 1, typed=True)
        page.prose("train_more")


def name_of(arguments: Mapping[str, Any]) -> str:
    """The format and what else a reader changed, in words: 'plain, seed 1'."""
    usual = training.defaults()
    said = [
        words(arguments.get(setting, usual[setting]))
        for setting, words in SETTINGS.items()
        if setting == "style" or arguments.get(setting, usual[setting]) != usual[setting]
    ]
    if arguments.get("pairs"):
        said.append(f"{len(arguments['pairs'])} pairs of your own")
    return ", ".join(said)


def train_as_set() -> None:
    """Start a run with what the controls say now."""
    training.launch(KEY, {setting: st.session_state[f"ch10_{setting}"] for setting in SETTINGS})


def train_on_pairs(pairs: list[Pair]) -> None:
    """A button under the list of an exercise: its run appears with the others, in section 3."""
    if st.button(
        "Train the twin on these pairs", key="ch10_ex_train", icon=":material/play_arrow:"
    ):
        training.launch(KEY, {"pairs": pairs})
        st.rerun()
    own = [run for run in training.runs_here(KEY) if run.spec.arguments.get("pairs")]
    if own:
        st.markdown(beat_random(own[-1]))


def beat_random(run: LiveRun) -> str:
    """A run on the reader's own pairs against the recorded ones on random pairs."""
    rows = select(rows_of("choice.jsonl"), choice="random")
    if run.goes_on:
        return "Your run goes on: it is shown with the others, in section 3 of this page."
    if run.phase != "done" or not rows:
        return "Your run has not come to its end, so there is nothing to compare yet."
    seen = run.checks[-1].check
    assert seen is not None
    mine = seen.errors_heldout / seen.n_heldout
    fewest, _, most = spread(row["errors_heldout"] / row["n_heldout"] for row in rows)
    verdict = "Your list lies among the random seeds, so this may be luck."
    if mine < fewest:
        verdict = "Your list beats every random seed. One run is still one roll of the dice."
    elif mine > most:
        verdict = "Your list leaves more errors than every random seed."
    return (
        f"On held-out pairs your list leaves {core.share(seen.errors_heldout, seen.n_heldout)} "
        f"wrong, random pairs {100 * fewest:.0f} to {100 * most:.0f} in 100 "
        f"({len(rows)} seeds). **{verdict}**"
    )
