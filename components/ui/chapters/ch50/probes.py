"""What the book's network is asked in chapter 5, kept for readers that ask the same."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from components.ui.computed_ahead import ahead
from components.ui.computed_apart import apart_each_time
from components.ui.lazily import lazily
from components.ui.live.measuring import Measuring, Slices
from components.ui.loaded_models import loaded_run
from lab.by_hand.flash import (
    Numbers,
    SlowMemory,
    TileGradients,
    flash_attention,
    hide_later,
    tile_gradients,
    tiles_of,
)
from lab.data.problems import Format

if TYPE_CHECKING:
    from lab.interp.head_gradients import HeadGradient

experiment = lazily("lab.experiments.attention_kernel_costs")
gradients = lazily("lab.interp.head_gradients")

RUN = "curriculum_4x4"
FORM = Format("cot_reversed", 4, 4)
LAYER, HEAD = 1, 1
"""The head whose table of scores is shown: few of its rows give one key nearly everything."""

ROW = 50
"""The row that is open at first; its largest score rises twice while tiles of sixteen keys come."""

SHOWN = 8
"""Of the numbers of a value, so many are drawn."""

ROWS, COLUMNS = 8, 8
"""Of the tiles whose gradients are followed."""


@st.cache_data(show_spinner=False, max_entries=50)
def head_of(a: int, b: int) -> HeadGradient:
    """The head as the network reads the right text of a problem, all but its last token."""
    model = loaded_run(RUN).model
    return gradients.head_gradient(model, FORM.text(a, b), LAYER, HEAD)


@dataclass(frozen=True)
class Scores:
    """The whole table (N, N), also of keys that a query may not see, and of each value some
    numbers."""

    table: NDArray[np.float32]
    values: NDArray[np.float32]


@ahead
def scores_of(a: int, b: int) -> Scores:
    head = head_of(a, b)
    table = head.q @ head.k.T * scale()
    return Scores(table.astype(np.float32), head.v[:, :SHOWN].astype(np.float32))


def row_of(a: int, b: int, row: int = ROW) -> NDArray[np.float32]:
    """The scores that one query may see."""
    return scores_of(a, b).table[row, : row + 1]


def tokens_of(a: int, b: int) -> str:
    """Nobody reads the last one."""
    return FORM.text(a, b)[:-1]


def parts_of(a: int, b: int) -> list[tuple[str, int, int]]:
    """Problem, partial products, sums and answer: each with its first token and the one behind its
    last."""
    text, ends = tokens_of(a, b), [FORM.prompt_length]
    ends += [i + 1 for i in range(ends[0], len(text)) if text[i] in "+="] + [len(text)]
    digits = f"{b:0{FORM.q}d}"[::-1]
    names = ["problem", f"× {digits[0]}"]
    for k in range(1, FORM.q):
        names += [f"× {int(digits[k]) * 10**k}", "sum" if k < FORM.q - 1 else "answer"]
    return [*zip(names, [0, *ends], ends, strict=False)]


def scale() -> float:
    return loaded_run(RUN).model.config.heads.head_dim ** -0.5


def n_token() -> int:
    """Of a problem, as the network reads it: nobody reads the last one."""
    return FORM.length - 1


# ---------------------------------------------------------------- the backward of one tile


@dataclass(frozen=True)
class Followed:
    """One tile: the queries and keys that meet in it, and what they do to the gradients."""

    queries: slice
    keys: slice
    gradients: TileGradients


def visible_tiles() -> list[tuple[slice, slice]]:
    """Queries and keys of every tile that is not hidden as a whole."""
    return [(i, j) for i in tiles_of(n_token(), ROWS) for j in tiles_of(i.stop, COLUMNS)]


@ahead
def follow(a: int, b: int, tile: int) -> Followed:
    """The gradients of one of the visible tiles."""
    head, (i, j) = head_of(a, b), visible_tiles()[tile]
    O, L = output_of(a, b)
    delta = (head.dz * O).sum(axis=1, keepdims=True)
    S = hide_later(scale() * head.q[i] @ head.k[j].T, i, j)
    found = tile_gradients(
        S, L[i, None], delta[i], head.dz[i], head.q[i], head.k[j], head.v[j], scale()
    )
    return Followed(i, j, found)


def output_of(a: int, b: int) -> tuple[Numbers, Numbers]:
    """Of the head, tile by tile: O and L."""
    head = head_of(a, b)
    return flash_attention(
        head.q, head.k, head.v, scale=scale(), rows=ROWS, columns=COLUMNS, memory=SlowMemory()
    )


@ahead
def largest_row_sum(a: int, b: int) -> float:
    """Of dS over all keys, the farthest from zero, in parts of its largest number."""
    every = [(f.queries, f.gradients.dS) for f in all_tiles(a, b)]
    sums = np.zeros(n_token())
    for queries, dS in every:
        sums[queries] += dS.sum(axis=1)
    return float(np.abs(sums).max() / max(np.abs(dS).max() for _, dS in every))


def all_tiles(a: int, b: int) -> list[Followed]:
    return [follow(a, b, tile) for tile in range(len(visible_tiles()))]


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
    return Measuring(Slices(timed, len(PIECES)), len(PIECES), MOST_SECONDS)


PIECES = [(kernel, n) for n in LENGTHS for _ in range(REPEATS) for kernel in KERNELS]
"""Kernels by turns, from short texts to long."""


def timed(number: int) -> Timed:
    kernel, n = PIECES[number]
    return Timed(kernel, n, seconds_of(kernel, n))


@apart_each_time
def seconds_of(kernel: str, n: int) -> float:
    """Of a text of `n` tokens."""
    return experiment.seconds_there_and_back(kernel, text_of(n))


@lru_cache(maxsize=1)
def text_of(n: int) -> Any:
    return experiment.some_text(n)
