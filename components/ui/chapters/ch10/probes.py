"""What the models of chapter 1 are asked, kept for readers that ask the same, and the runs that a
reader trains."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import streamlit as st

from components.ui.chapter import Chapter
from components.ui.chapters.ch10.claims import HEADS
from components.ui.chapters.ch10.worked import STYLE_NAMES
from components.ui.lazily import lazily
from components.ui.live import training
from components.ui.loaded_models import BOOK_RUN, load_with_progress, use_one_thread
from components.ui.tokens import place_of
from lab.data.problems import STYLES
from lab.exercises.chain_of_thought_exercises import FORM

if TYPE_CHECKING:
    from lab.training.checkpoint import Checkpoint

patterns = lazily("lab.interp.patterns")
prompted = lazily("lab.experiments.prompted")


@st.cache_data(show_spinner=False, max_entries=64)
def attention(text: str) -> np.ndarray:
    """The attention weights of the book's model on a text: (layer, head, T, T)."""
    return patterns.patterns(load_with_progress(BOOK_RUN).model, text)


class Fetch(NamedTuple):
    """Head `head` of layer 0 looks at token `source` with `share` of its weight."""

    head: int
    source: int
    share: float


def fetched(weights: np.ndarray, place: int) -> list[Fetch]:
    """Where each of `HEADS` looks hardest as token `place` is about to be written. `weights`
    (heads, T, T) of layer 0."""
    rows = {head: weights[head, place - 1, :place] for head in HEADS}
    return [Fetch(head, int(row.argmax()), float(row.max())) for head, row in rows.items()]


def fetched_in_words(found: Sequence[Fetch], place: int, a: int, b: int) -> str:
    looks = " and ".join(
        f"head 0.{head} looks at **{place_of(source, FORM, a, b)}** ({share:.2f} of its weight)"
        for head, source, share in found
    )
    return f"Before **{place_of(place, FORM, a, b)}** is written, {looks}."


def looks_before(text: str, place: int) -> tuple[np.ndarray, list[str]]:
    """Where all heads look before token `place` is written, (heads, place), and their names."""
    weights = attention(text)
    names = [f"{i}.{j}" for i in range(weights.shape[0]) for j in range(weights.shape[1])]
    return weights[:, :, place - 1, :place].reshape(-1, place), names


def strongest(shares: np.ndarray, names: list[str], a: int, b: int) -> str:
    """One line: the three heads with the largest share on one digit, and which digit that is."""
    digits = [i for i in range(shares.shape[1]) if FORM.field_at(i).role != "operator"]
    order = np.argsort(-shares[:, digits].max(axis=1))[:3]
    seen = [
        f"head {names[h]} on **{place_of(key, FORM, a, b)}** ({shares[h, key]:.2f})"
        for h in order
        for key in [digits[int(shares[h, digits].argmax())]]
    ]
    return "The largest weights on a digit: " + ", ".join(seen) + "."


# ---------------------------------------------------------------- the runs that a reader trains

LIVE_KEY = "ch10_live"
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
        "Share of all pairs to train on",
        FRACTIONS,
        FRACTIONS[-1],
        words=training.per_cent,
    )
    page.prose("train_controls")
    with st.popover("Width, layers, optimiser and seed"):
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


def run_name(arguments: Mapping[str, Any]) -> str:
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
    training.launch(
        LIVE_KEY, {setting: st.session_state[f"ch10_{setting}"] for setting in SETTINGS}
    )


@st.cache_resource(show_spinner=False)
def both_formats() -> Checkpoint:
    """The network that learned two formats. Its weights are a record of their own, not a run."""
    use_one_thread()
    return prompted.kept_network()


@st.cache_data(show_spinner=False, max_entries=64)
def prompted_texts(a: int, b: int, given: int) -> dict[str, str]:
    """What it writes behind either mark, `given` tokens of the working forced upon the plain."""
    return prompted.both_texts(both_formats().model, a, b, given)
