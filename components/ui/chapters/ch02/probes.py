"""Heads that learn, and heads that are constructed: recorded trainings, what torch computes, and
what a reader asks for, kept for all readers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from components.ui.computed_ahead import ahead
from components.ui.computed_apart import apart_each_time
from components.ui.lazily import lazily
from components.ui.loaded_models import BOOK_RUN, loaded_run
from lab.by_hand import attention as hand
from lab.by_hand import learning_head as learning
from lab.by_hand.learning_head import FILMED, Film, Settings, film_path
from lab.data.vocabulary import encode

safetensors = lazily("safetensors")
files = lazily("safetensors.numpy")
patterns = lazily("lab.interp.patterns")

SHORTER = ("one digit", "one on")
"""Texts in which a has one digit, the second read at the positions of training."""


# ---------------------------------------------------------------- heads that are constructed


@ahead
@lru_cache(maxsize=64)
def look_at(prompt: str, angle: float, length: float) -> hand.AttentionSteps:
    """What the last token of one prompt makes of the others with this query."""
    return hand.look_at(encode(prompt), hand.arrow(angle, length))


@ahead
@lru_cache(maxsize=256)
def graded(angle: float, length: float, wanted: Sequence[int], least: float) -> hand.Graded:
    """A query on all sums."""
    return hand.grade(hand.arrow(angle, length), wanted, least)


@ahead
@lru_cache(maxsize=64)
def random_weights(d: int, rooted: bool) -> hand.Numbers:
    """Of one random query."""
    return hand.random_weights(d, rooted)[0]


@ahead
@lru_cache
def largest_weight(d: int, rooted: bool) -> float:
    return hand.largest_weight(d, rooted)


@ahead
@lru_cache(maxsize=64)
def peek(text: str, causal: bool) -> hand.Numbers:
    """The weights of a head that looks for the token to its right."""
    return hand.peek(encode(text)[None], causal)[0]


@ahead
@lru_cache(maxsize=2)
def peek_score(causal: bool) -> tuple[int, int]:
    return hand.peek_score(causal)


@ahead
@lru_cache(maxsize=256)
def told(shares: Sequence[float], kind: hand.ValueKind) -> hand.Recovered:
    return hand.tell(shares, kind)


@ahead
@lru_cache(maxsize=256)
def delivered(shares: Sequence[float], kind: hand.ValueKind) -> hand.Numbers:
    """What the heads hand on of 7 then 8, and of 8 then 7, (2, H, W)."""
    z = hand.deliver(np.array([7, 8]), np.array([8, 7]), shares, kind)
    return z.reshape(2, len(shares), -1)


# ---------------------------------------------------------------- heads that learn


def film_of(seed: int, never: int | None) -> Film:
    """A training: its record, if there is one, and otherwise the training itself."""
    recorded = film_in_record(seed) if never is None and seed in FILMED else None
    return recorded or trained(seed, never)


@ahead
@lru_cache(maxsize=64)
def attention_of(text: str) -> NDArray[np.float64]:
    """The attention weights of the book's model on a text. (n_layer, n_head, T, T)"""
    return patterns.patterns(loaded_run(BOOK_RUN).model, text)


@ahead
@lru_cache(maxsize=64)
def looks_hardest(text: str, query: int, key: int) -> tuple[int, int, float]:
    """Layer, head and weight of the head of the book's model that looks hardest."""
    layer, head, weight = patterns.looks_hardest(attention_of(text), query, key)
    return layer, head, weight


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
    return filmed(seed, never)


@apart_each_time
def filmed(seed: int, never: int | None) -> Film:
    return learning.film(Settings(seed=seed, never=never))
