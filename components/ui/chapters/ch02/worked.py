"""The worked numbers in the prose of page 02: computed by lab, by their names in the text."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st

from components.ui.chapters.ch02.tasks import BOTH, ONE, WANTED_DISTANCE, A, B, prompt_of
from components.ui.words import spelled
from lab.by_hand import attention as hand
from lab.by_hand.attention import A_UNITS, B_UNITS
from lab.data.vocabulary import encode
from lab.readings import part_of

SIZES = tuple(2**k for k in range(11))
SIZE_ASKED = 256


# ---------------------------------------------------------------- counted once, for all readers


@st.cache_data(show_spinner=False)
def average_right() -> int:
    return hand.right_from_average()


@st.cache_data(show_spinner=False, max_entries=2)
def peek_score(causal: bool) -> tuple[int, int]:
    return hand.peek_score(causal)


@st.cache_data(show_spinner=False)
def largest_by_size() -> dict[tuple[int, bool], float]:
    return {(d, rooted): hand.largest_weight(d, rooted) for d in SIZES for rooted in (True, False)}


@st.cache_data(show_spinner=False, max_entries=256)
def told(shares: Sequence[float], kind: hand.ValueKind) -> hand.Told:
    return hand.tell(shares, kind)


# ---------------------------------------------------------------- by their names in the text


def first_look() -> hand.Look:
    """At 37*48=, with the query as the figure first has it."""
    return hand.look_at(encode(prompt_of(A, B)), ONE.query)


def pair_of(numbers: np.ndarray) -> str:
    return f"({numbers[0]:.2f}, {numbers[1]:.2f})"


def half_told(what: str, kind: hand.ValueKind = "digit") -> str:
    """Of one head with half its weight on each digit."""
    return part_of(getattr(told((0.5,), kind), what), 100)


TASKS: dict[str, Callable[[], str]] = {
    "sums": lambda: f"{len(hand.all_prompts()):,}",
    "wanted": lambda: f"{100 * ONE.least:.0f}%",
    "each": lambda: f"{BOTH.least:.1f}",
    "distance": lambda: f"{WANTED_DISTANCE}",
}

ONE_LOOK: dict[str, Callable[[], str]] = {
    "angle": lambda: f"{ONE.angle}",
    "length": lambda: f"{ONE.length}",
    "q": lambda: pair_of(ONE.query),
    "k": lambda: pair_of(first_look().keys[B_UNITS]),
    "match": lambda: f"{first_look().matches[B_UNITS]:.2f}",
    "score": lambda: f"{first_look().scores[B_UNITS]:.2f}",
    "score_other": lambda: f"{first_look().scores[A_UNITS]:.2f}",
    "weight": lambda: f"{first_look().weights[B_UNITS]:.2f}",
    "weight_other": lambda: f"{first_look().weights[A_UNITS]:.2f}",
}

COUNTS: dict[str, Callable[[], str]] = {
    "average_right": lambda: part_of(average_right(), len(hand.all_prompts())),
    "size": lambda: f"{SIZE_ASKED}",
    "n_keys": lambda: spelled(hand.N_KEYS),
    "with_root": lambda: f"{largest_by_size()[SIZE_ASKED, True]:.2f}",
    "without_root": lambda: f"{largest_by_size()[SIZE_ASKED, False]:.2f}",
    "peek_open": lambda: part_of(*peek_score(False)),
    "peek_masked": lambda: part_of(*peek_score(True)),
    "times_half": lambda: half_told("products"),
    "minus_half": lambda: half_told("differences"),
    "times_size": lambda: half_told("products", "size"),
}

CALC = TASKS | ONE_LOOK | COUNTS
