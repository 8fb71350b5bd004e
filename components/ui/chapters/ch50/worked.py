"""The worked numbers in the prose of chapter 5: computed by lab, by their names in the text."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np

from components.ui.chapters.ch50 import probes
from components.ui.lazily import lazily
from components.ui.words import size
from lab.by_hand.flash import most_rows, moved_by_flash, moved_by_plain, operations

experiment = lazily("lab.experiments.flash")
flash = lazily("lab.model.attention.flash")
torch = lazily("torch")

SUM = (37, 48)
LONG_TEXT, BYTES = 131_072, 2

SCORES, VALUES = (1.0, 3.0), (10.0, 4.0)
"""Two cards by hand."""

WIDTH = 64
"""Size of a key and of a value of the book's network."""

FAST, COLUMNS = 2048, 4
"""Of the tiles, as they are drawn first: numbers in fast memory, and keys a block."""

TRAFFIC_TOKENS, TRAFFIC_COLUMNS = 8192, 64
EX_TOKENS = 4096


# ---------------------------------------------------------------- 1. two cards


@lru_cache
def by_hand() -> tuple[float, float]:
    """l and O when both cards have come."""
    so_far = flash.nothing_seen(torch.zeros(1, 1, dtype=torch.float64), 1)
    for score, value in zip(SCORES, VALUES, strict=True):
        so_far = so_far.add(
            torch.tensor([[score]], dtype=torch.float64), torch.tensor([[value]]).double()
        )
    return float(so_far.l), float(so_far.O)


def shares() -> np.ndarray:
    weights = np.exp(SCORES)
    return weights / weights.sum()


def half_limit() -> str:
    """The smallest whole score whose exp is more than a number of 16 bits can say."""
    return f"{math.ceil(math.log(float(np.finfo(np.float16).max)))}"


# ---------------------------------------------------------------- 2. tiles


def rows_that_fit(fast: int, columns: int) -> int:
    """Queries a block, for a sum of the book: as many as find room, and no more than there are."""
    return min(probes.n_token(), most_rows(fast, columns, WIDTH, WIDTH))


def tiles_move() -> int:
    rows = rows_that_fit(FAST, COLUMNS)
    return moved_by_flash(probes.n_token(), probes.n_token(), WIDTH, WIDTH, rows=rows)


def plain_moves() -> int:
    return moved_by_plain(probes.n_token(), probes.n_token(), WIDTH, WIDTH)


def fewest_rows_that_pay(n: int, width: int) -> int:
    """Of a block, so that FlashAttention moves fewer numbers than plain attention."""
    plain = moved_by_plain(n, n, width, width)
    return next(
        rows for rows in range(1, n + 1) if moved_by_flash(n, n, width, width, rows=rows) < plain
    )


CALC: dict[str, Callable[[], str]] = {
    "long_text": lambda: f"{LONG_TEXT:,}",
    "long_scores": lambda: f"{LONG_TEXT**2 / 1e9:.0f} billion",
    "long_bytes": lambda: size(BYTES * LONG_TEXT**2),
    "half_limit": half_limit,
    "hand_s_0": lambda: f"{SCORES[0]:g}",
    "hand_s_1": lambda: f"{SCORES[1]:g}",
    "hand_v_0": lambda: f"{VALUES[0]:g}",
    "hand_v_1": lambda: f"{VALUES[1]:g}",
    "hand_gap": lambda: f"{SCORES[1] - SCORES[0]:g}",
    "hand_shrink": lambda: f"{math.exp(SCORES[0] - SCORES[1]):.3f}",
    "hand_l": lambda: f"{by_hand()[0]:.3f}",
    "hand_O": lambda: f"{by_hand()[1]:.3f}",
    "hand_out": lambda: f"{by_hand()[1] / by_hand()[0]:.3f}",
    "hand_p_0": lambda: f"{shares()[0]:.3f}",
    "hand_p_1": lambda: f"{shares()[1]:.3f}",
    "hand_plain": lambda: f"{shares() @ VALUES:.3f}",
    "tile_operations": lambda: f"{operations(probes.n_token(), probes.n_token(), WIDTH, WIDTH):,}",
    "tile_plain": lambda: f"{plain_moves():,}",
    "tile_flash": lambda: f"{tiles_move():,}",
    "traffic_width": lambda: f"{WIDTH}",
    "backward_row": lambda: f"{probes.largest_row_sum(*SUM):.0e}",
    "short": lambda: f"{experiment.SPEED_LENGTHS[0]}",
    "long": lambda: f"{experiment.SPEED_LENGTHS[-1]:,}",
    "longest": lambda: f"{experiment.MEMORY_LENGTHS[-1]:,}",
    "shortest_memory": lambda: f"{experiment.MEMORY_LENGTHS[0]}",
    "triton_tokens": lambda: f"{experiment.TRITON_LENGTH}",
    "ex_tokens": lambda: f"{EX_TOKENS:,}",
    "ex_width": lambda: f"{WIDTH}",
}
