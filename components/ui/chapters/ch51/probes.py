"""What the network with attention over depth is asked, kept for readers that ask the same."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from components.ui.lazily import lazily
from components.ui.loaded_models import load_with_progress
from lab.data.problems import BOUNDS, Format, sample_exact

depth = lazily("lab.interp.depth")
transcripts = lazily("lab.inference.transcript")

RUN = "attention_residuals_small"
MOST_DIGITS = 3
ASKED = 100
"""Sums that are asked when thin threads are cut."""

Numbers = NDArray[np.float64]
Thread = tuple[int, int]
"""A reading and a source, as `depth_shares` counts them."""


def form_of(a: int, b: int) -> Format:
    """How a sum is written without zeros in front."""
    return Format("cot_reversed", len(str(a)), len(str(b)))


def config() -> Any:
    return load_with_progress(RUN).model.config


@dataclass(frozen=True)
class Shares:
    """Of one text: its tokens, who is read, who reads, and the share of every one at every token,
    (T, R, N), not a number where a source is not there yet; `amounts` are shares by length."""

    tokens: str
    sources: list[str]
    readers: list[str]
    shares: Numbers
    amounts: Numbers


@st.cache_data(show_spinner=False, max_entries=64)
def shares_of(a: int, b: int) -> Shares:
    """While the network reads the right text of a sum, all but its last token."""
    text, own = form_of(a, b).text(a, b)[:-1], config()
    shares, amounts = (
        look(load_with_progress(RUN).model, text)
        for look in (depth.depth_shares, depth.depth_amounts)
    )
    return Shares(text, depth.sources_of(own), depth.readers_of(own), shares, amounts)


@lru_cache(maxsize=256)
def write_with_cut(a: int, b: int, thread: Thread | None = None) -> Any:
    """The network's own text, with one thread cut or none."""
    form, loaded = form_of(a, b), load_with_progress(RUN)
    prompt = form.text(a, b)[: form.prompt_length]
    edits = [depth.cut(loaded.model.config, *thread)] if thread else []
    return transcripts.transcribe(loaded.model, prompt, form.length, edits)


@st.cache_data(show_spinner=False, max_entries=64)
def thinned(below: float, by_length: bool) -> Any:
    """The network without shares or amounts under `below`, on validation sums of 3 x 3 digits."""
    form = Format("cot_reversed", MOST_DIGITS, MOST_DIGITS)
    a, b = sample_exact(np.random.default_rng(1), ASKED, form.p, form.q, *BOUNDS["validation"])
    return depth.thinned(
        load_with_progress(RUN).model, *form.render(a, b), below, by_length=by_length
    )
