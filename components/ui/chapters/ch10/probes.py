"""What the models of chapter 1 are asked, kept for readers that ask the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import streamlit as st

from components.ui.chapters.ch10.claims import HEADS
from components.ui.lazily import lazily
from components.ui.runs import BOOK_RUN, take_with_progress
from components.ui.tokens import place_of
from lab.exercises.chain_of_thought import FORM

patterns = lazily("lab.interp.patterns")


@st.cache_data(show_spinner=False, max_entries=64)
def attention(text: str) -> np.ndarray:
    """The attention weights of the book's model on a text: (layer, head, T, T)."""
    return patterns.patterns(take_with_progress(BOOK_RUN).model, text)


class Fetch(NamedTuple):
    """Head `head` of block 0 looks at token `source` with `share` of its weight."""

    head: int
    source: int
    share: float


def fetched(weights: np.ndarray, place: int) -> list[Fetch]:
    """Where each of `HEADS` looks hardest as token `place` is about to be written. `weights`
    (heads, T, T) of block 0."""
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
    return "The strongest looks at a digit: " + ", ".join(seen) + "."
