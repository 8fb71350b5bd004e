"""Heads that learn: recorded trainings, and those that a reader asks for, kept for all readers."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from components.ui.computed_ahead import ahead
from components.ui.lazily import lazily
from components.ui.loaded_models import BOOK_RUN, load_with_progress, use_one_thread
from lab.by_hand import learning_head as learning
from lab.by_hand.learning_head import FILMED, Film, Settings, film_path

safetensors = lazily("safetensors")
files = lazily("safetensors.numpy")
patterns = lazily("lab.interp.patterns")

SHORTER = ("one digit", "one on")
"""Texts in which a has one digit, the second read at the positions of training."""


def film_of(seed: int, never: int | None) -> Film:
    """A training: its record, if there is one, and otherwise the training itself."""
    recorded = film_in_record(seed) if never is None and seed in FILMED else None
    return recorded or trained(seed, never)


@ahead
@lru_cache(maxsize=64)
def attention_of(text: str) -> NDArray[np.float64]:
    """The attention weights of the book's model on a text. (n_layer, n_head, T, T)"""
    return patterns.patterns(load_with_progress(BOOK_RUN).model, text)


def counted_on(film: Film, read: str) -> tuple[Film, str]:
    """With the wrong ones among the problems that are read so, and what these are."""
    if read not in SHORTER:
        return film, "held-out problems"
    at = learning.MOVED_ON if read == "one on" else None
    return film.tried_on(learning.one_digit(), at), "problems with a one-digit a"


@lru_cache
def film_in_record(seed: int) -> Film | None:
    """None where the file is missing or damaged."""
    try:
        return learning.unpacked(files.load_file(film_path(seed)))
    except (OSError, ValueError, KeyError, safetensors.SafetensorError):
        return None


@st.cache_resource(max_entries=32, show_spinner="The head is in training ...")
def trained(seed: int, never: int | None) -> Film:
    """Less than a second, so that there is nothing to stop."""
    use_one_thread()
    return learning.film(Settings(seed=seed, never=never))
