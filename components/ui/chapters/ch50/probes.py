"""What the book's network is asked in chapter 5, kept for readers that ask the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from components.ui.lazily import lazily
from components.ui.live.measuring import Measuring
from components.ui.loaded_models import BOOK_RUN, load_with_progress
from lab.by_hand.flash import (
    BlockGradients,
    Numbers,
    SlowMemory,
    block_gradients,
    blocks,
    flash_attention,
    hide_later,
)
from lab.data.problems import Format

if TYPE_CHECKING:
    from lab.interp.head_gradients import HeadGradient

experiment = lazily("lab.experiments.attention_kernel_costs")
gradients = lazily("lab.interp.head_gradients")

FORM = Format("cot_reversed")
LAYER, HEAD = 1, 0
"""The head whose cards are shown."""

SHOWN = 2
"""Of the numbers of a value, so many are drawn."""

ROWS, COLUMNS = 5, 5
"""Of the blocks whose gradients are followed."""


@st.cache_data(show_spinner=False, max_entries=50)
def head_of(a: int, b: int) -> HeadGradient:
    """The head as the network reads the right text of a sum, all but its last token."""
    model = load_with_progress(BOOK_RUN).model
    return gradients.head_gradient(model, FORM.text(a, b), LAYER, HEAD)


@dataclass(frozen=True)
class Cards:
    """The keys that one query reads: a label and a score each, and some numbers of its value."""

    labels: list[str]
    scores: Numbers
    values: Numbers


def cards_of(a: int, b: int) -> Cards:
    """For the first token that is written: its query, asked by the `=`, and the keys before it."""
    head, n = head_of(a, b), FORM.prompt_length
    scores = head.k[:n] @ head.q[n - 1] * scale()
    return Cards(list(FORM.text(a, b)[:n]), scores, head.v[:n, :SHOWN])


def scale() -> float:
    return load_with_progress(BOOK_RUN).model.config.heads.head_dim ** -0.5


def n_token() -> int:
    """Of a sum, as the network reads it: nobody reads the last one."""
    return FORM.length - 1


# ---------------------------------------------------------------- the backward of one block


@dataclass(frozen=True)
class Followed:
    """One block of queries and one of keys: where they stand, and what they do to the gradients."""

    queries: slice
    keys: slice
    gradients: BlockGradients


def visible_blocks() -> list[tuple[slice, slice]]:
    """Queries and keys of every block that is not hidden as a whole."""
    return [(i, j) for i in blocks(n_token(), ROWS) for j in blocks(i.stop, COLUMNS)]


def follow(a: int, b: int, block: int) -> Followed:
    """The gradients of one of the visible blocks."""
    head, (i, j) = head_of(a, b), visible_blocks()[block]
    O, L = output_of(a, b)
    delta = (head.dz * O).sum(axis=1, keepdims=True)
    S = hide_later(scale() * head.q[i] @ head.k[j].T, i, j)
    found = block_gradients(
        S, L[i, None], delta[i], head.dz[i], head.q[i], head.k[j], head.v[j], scale()
    )
    return Followed(i, j, found)


def output_of(a: int, b: int) -> tuple[Numbers, Numbers]:
    """Of the head, block by block: O and L."""
    head = head_of(a, b)
    return flash_attention(
        head.q, head.k, head.v, scale=scale(), rows=ROWS, columns=COLUMNS, memory=SlowMemory()
    )


def largest_row_sum(a: int, b: int) -> float:
    """Of dS over all keys, the farthest from zero, in parts of its largest number."""
    every = [(f.queries, f.gradients.dS) for f in all_blocks(a, b)]
    sums = np.zeros(n_token())
    for queries, dS in every:
        sums[queries] += dS.sum(axis=1)
    return float(np.abs(sums).max() / max(np.abs(dS).max() for _, dS in every))


def all_blocks(a: int, b: int) -> list[Followed]:
    return [follow(a, b, block) for block in range(len(visible_blocks()))]


# ---------------------------------------------------------------- measured here and now

KERNELS = {"math": "plain", "flash": "ours", "sdpa": "torch's"}
LENGTHS, REPEATS = (64, 128, 256, 512, 1024), 3
MOST_SECONDS = 12.0


@dataclass(frozen=True)
class Timed:
    """Seconds of a forward and a backward, once."""

    kernel: str
    tokens: int
    seconds: float


def start() -> Measuring[Timed]:
    return Measuring(pieces(), len(LENGTHS) * REPEATS * len(KERNELS), MOST_SECONDS)


def pieces() -> Iterator[Timed]:
    """Kernels by turns, from short texts to long."""
    for n in LENGTHS:
        text = experiment.some_text(n)
        for _ in range(REPEATS):
            for kernel in KERNELS:
                seconds = experiment.seconds_there_and_back(kernel, text)
                yield Timed(kernel, n, seconds)
