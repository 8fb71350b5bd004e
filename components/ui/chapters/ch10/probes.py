"""What the models of chapter 1 are asked, kept for readers that ask the same, and the runs that a
reader trains."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from components.ui.chapter import Chapter
from components.ui.chapters.ch10.claims import BY, PLAIN, ROWS, wrong_without
from components.ui.chapters.ch10.worked import STYLE_NAMES
from components.ui.computed_ahead import ahead
from components.ui.computed_apart import apart
from components.ui.drawings.lanes import Ablated, TwoLanes
from components.ui.lazily import lazily
from components.ui.live import training
from components.ui.loaded_models import BOOK_RUN, loaded_run, write_sum
from components.ui.page_records import opening, rows_of
from lab.data.problems import STYLES
from lab.data.vocabulary import decode
from lab.exercises.chain_of_thought_exercises import FORM
from lab.recipes.live import FAST

if TYPE_CHECKING:
    from lab.inference.transcript import Transcript
    from lab.live.protocol import RunSpec, Weights
    from lab.training.checkpoint import Checkpoint

patterns = lazily("lab.interp.patterns")
prompted = lazily("lab.experiments.prompted")
tamper = lazily("lab.interp.tamper")
transcripts = lazily("lab.inference.transcript")


@apart
def attention(run: str, text: str) -> np.ndarray:
    """The attention weights of a run before each token that it writes: (layer, head, written,
    T - 1)."""
    loaded = loaded_run(run)
    given = loaded.format.prompt_length
    return patterns.patterns(loaded.model, text)[:, :, given - 1 : -1, :-1]


@ahead
def tokens_given(given: int) -> int:
    """Up to where the text stands once so many partial products are handed over."""
    return tamper.tokens_given(FORM, given)


def two_lanes(a: int, b: int) -> TwoLanes | None:
    """The problem as both models write it. That of the records asks no model."""
    ablated, plain = rows_of("fetched.jsonl"), rows_of("lanes.jsonl")
    if not ablated or not plain:
        return None
    heads = [
        Ablated(name, row, {by: wrong_without(ablated, name, by) for by in BY})
        for name, row in zip(ROWS, (3, 2, 0, 1, None), strict=True)
    ]
    known = opening(BOOK_RUN)
    if known is not None and (known.a, known.b) == (a, b):
        given, text = known.written.given, known.written.text
        both = (
            plain[0]["text"],
            np.array(plain[0]["patterns"]),
            text,
            known.weights[:, given - 1 : -1, :-1],
        )
    else:
        texts = [write_sum(run, a, b).text for run in (PLAIN, BOOK_RUN)]
        looks = [attention(run, text) for run, text in zip((PLAIN, BOOK_RUN), texts, strict=True)]
        both = texts[0], looks[0], texts[1], looks[1][0]
    return TwoLanes(a, b, *both, heads, ablated[0]["n"])


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
            page.choose("d_model", "Width, d_model", WIDTHS, FAST["d_model"])
            page.choose("rate", "Learning rate", RATES, 0.003)
            page.number("steps", "Steps", 1, MOST_STEPS, 400, 50, typed=True)
        with right:
            page.choose("n_layer", "Layers", LAYERS, 2)
            page.choose("optimiser", "Optimiser", OPTIMISERS)
            page.number("seed", "Seed", 0, 9999, 0, 1, typed=True)
        page.prose("train_more")


def run_name(arguments: Mapping[str, Any]) -> str:
    """The format and what else a reader changed, in words: 'plain, seed 1'."""
    usual = training.defaults() | FAST
    said = [
        words(arguments.get(setting, usual[setting]))
        for setting, words in SETTINGS.items()
        if setting == "style" or arguments.get(setting, usual[setting]) != usual[setting]
    ]
    return ", ".join(said)


def train_as_set() -> None:
    """Start a run with what the controls say now."""
    training.launch(
        LIVE_KEY, FAST | {setting: st.session_state[f"ch10_{setting}"] for setting in SETTINGS}
    )


@apart
def written_by(weights: Weights, spec: RunSpec, a: int, b: int) -> Transcript:
    """A problem as the network writes it that a run left."""
    loaded = training.network_of(weights, spec)
    form = loaded.format
    prompt = decode(form.prompt(a, b)[0])
    likely = form.text_from(prompt)
    return transcripts.transcribe(loaded.model, prompt, form.length, likely=likely)


@lru_cache(maxsize=1)
def both_formats() -> Checkpoint:
    """The network that learned two formats. Its weights are a record of their own, not a run."""
    return prompted.kept_network()


@apart
def prompted_texts(a: int, b: int, given: int) -> dict[str, str]:
    """What it writes behind either mark, `given` tokens of the working forced upon the plain."""
    return prompted.both_texts(both_formats().model, a, b, given)
