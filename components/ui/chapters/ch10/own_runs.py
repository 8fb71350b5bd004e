"""The runs that a reader trains on this page: their settings, their names, and what they show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from components.ui.chapter import Chapter
from components.ui.chapters.ch10.worked import STYLE_NAMES
from components.ui.live import training
from lab.data.problems import STYLES

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
    return ", ".join(said)


def train_as_set() -> None:
    """Start a run with what the controls say now."""
    training.launch(KEY, {setting: st.session_state[f"ch10_{setting}"] for setting in SETTINGS})
