"""The worked numbers in the prose of chapter 5: computed by lab, by their names in the text."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from components.ui.chapters.ch50 import claims, probes
from components.ui.drawings.guess import Answer, Axis, Dragged
from components.ui.drawings.guess import Row as Line
from components.ui.lazily import lazily
from components.ui.words import band, spelled
from lab.by_hand.flash import (
    PROCESSORS,
    held,
    hide_later,
    most_rows,
    moved_by_flash,
    moved_by_plain,
    operations,
)
from lab.data.problems import Format
from lab.numerals import written

experiment = lazily("lab.experiments.attention_kernel_costs")
flash = lazily("lab.model.attention.flash")
torch = lazily("torch")

SUM = (37, 48)
LONG_TEXT, BYTES = 131_072, 2

SCORES, VALUES = (1.0, 3.0), (10.0, 4.0)
"""Two cards by hand."""

WIDTH = 64
"""Size of a key and of a value of the book's network."""

TIMES = (0.25, 0.5, 1, 2, 4, 8)
"""What all scores may be multiplied by."""

TILE_TOKENS = tuple(Format("cot_reversed", p, p).length - 1 for p in (2, 4, 10))
"""Of sums of two, four and ten digits, as a network reads them."""

FAST_MEMORIES, TILE_SIZES, WIDTHS = (
    (2560, 4096, 8192, 16_384, 32_768),
    (4, 8, 16, 32),
    (32, 64, 128),
)
FAST, COLUMNS = 8192, 16
"""Of the tiles, as they are drawn first: numbers in fast memory, and keys to a tile."""

LONG_TEXTS = (1024, 8192, 65_536)
TRAFFIC_COLUMNS, TRAFFIC_MEMORIES = 4, tuple(2**n for n in range(10, 18))
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
    """The smallest score, in tenths, whose exp is more than a number of 16 bits can say."""
    return f"{math.ceil(10 * math.log(float(np.finfo(np.float16).max))) / 10}"


def largest_score() -> float:
    return float(probes.cards_of(*SUM).scores.max())


def rows_of_cards(cards: probes.Cards) -> list[dict[str, Any]]:
    return [
        {"token": label, "score": float(score), **{f"v {i}": float(x) for i, x in enumerate(value)}}
        for label, score, value in zip(cards.labels, cards.scores, cards.values, strict=True)
    ]


BREAKS = ("2 times", "4 times", "8 times")
"""What links of before may say."""

BROKEN_FROM = Dragged(
    Axis("times as large", 1, 10, 0.1, " times"), "without m, softmax breaks from", start=1
)


def broken_from() -> float:
    """By how much all scores are multiplied when exp of the largest is too large for 16 bits."""
    return math.log(float(np.finfo(np.float16).max)) / largest_score()


PRODUCTS = Dragged(
    Axis.percent("% of plain attention's operations", high=200),
    "FlashAttention",
    given=[Line("plain attention", 100)],
    start=50,
)


def products_formed() -> Answer:
    """Both form the same products, and FlashAttention does a little besides."""
    return Answer(100, "as many, or a few more")


def breaking() -> float:
    """The first of the factors at which exp of the largest score is too large for 16 bits."""
    return min(times for times in TIMES if times > broken_from())


def held_at() -> float:
    """The last of the factors before that."""
    return max(times for times in TIMES if times < breaking())


def read(cards: probes.Cards, order: np.ndarray) -> np.ndarray:
    """The output when the cards come one by one in this order."""
    so_far = flash.nothing_seen(torch.zeros(1, 1, dtype=torch.float64), cards.values.shape[1])
    for card in order:
        so_far = so_far.add(
            torch.tensor([[cards.scores[card]]]), torch.from_numpy(cards.values[None, card])
        )
    return so_far.output().numpy()


# ---------------------------------------------------------------- 2. tiles


def rows_that_fit(n: int, fast: int, columns: int, width: int = WIDTH) -> int | None:
    """Queries to a tile of a text of `n` tokens: as many as find room; None if not one does."""
    if fast < held(1, columns, width, width):
        return None
    return min(n, most_rows(fast, columns, width, width))


def no_room(fast: int, columns: int, width: int) -> str:
    least = held(1, columns, width, width)
    return (
        f"One query and {columns} keys of {width} numbers take {least:,} numbers, and fast memory "
        f"holds {fast:,}. Choose more fast memory, fewer keys in a tile, or a smaller size of head."
    )


def drawn_tiles() -> int:
    """Tokens of the text whose tiles are drawn first."""
    return TILE_TOKENS[1]


def tiles_move() -> int:
    n = drawn_tiles()
    rows = most_rows(FAST, COLUMNS, WIDTH, WIDTH)
    return moved_by_flash(n, n, WIDTH, WIDTH, rows=min(n, rows))


def plain_moves() -> int:
    return moved_by_plain(drawn_tiles(), drawn_tiles(), WIDTH, WIDTH)


def rows_of_traffic(n: int) -> list[dict[str, Any]]:
    """What both ways move of a text of `n` tokens, by the numbers that fast memory holds."""
    plain = moved_by_plain(n, n, WIDTH, WIDTH)
    out: list[dict[str, Any]] = []
    for fast in TRAFFIC_MEMORIES:
        rows = most_rows(fast, TRAFFIC_COLUMNS, WIDTH, WIDTH)
        moved = moved_by_flash(n, n, WIDTH, WIDTH, rows=rows)
        out.append({"way": "FlashAttention", "fast": fast, "moved": moved})
        out.append({"way": "plain attention", "fast": fast, "moved": plain})
    return out


def halving_memories() -> list[int]:
    """Those of the chart whose doubling leaves two to three fifths of what FlashAttention moves, of
    every text."""
    moved = [
        [row["moved"] for row in rows_of_traffic(n) if row["way"] == "FlashAttention"]
        for n in LONG_TEXTS
    ]
    return [
        fast
        for k, fast in enumerate(TRAFFIC_MEMORIES[:-1])
        if all(2 / 5 <= of[k + 1] / of[k] <= 3 / 5 for of in moved)
    ]


def rows_of_times(n: int) -> list[dict[str, str]]:
    """Of one head and a text of `n` tokens, what processors take at their published peaks."""
    work = operations(n, n, WIDTH, WIDTH)
    out: list[dict[str, str]] = []
    for processor in PROCESSORS:
        rows = most_rows(processor.fast_bytes // BYTES, TRAFFIC_COLUMNS, WIDTH, WIDTH)
        moved = {
            "plain attention": moved_by_plain(n, n, WIDTH, WIDTH),
            "FlashAttention": moved_by_flash(n, n, WIDTH, WIDTH, rows=min(n, rows)),
        }
        times = {way: processor.seconds(numbers, work) for way, numbers in moved.items()}
        shown = {way: duration(seconds) for way, seconds in times.items()}
        out.append({"processor": processor.name, **shown})
    return out


def duration(seconds: float) -> str:
    return f"{1e3 * seconds:.1f} ms" if seconds >= 1e-3 else f"{1e6 * seconds:.1f} µs"


def fast_memories() -> dict[str, int]:
    """In numbers of two bytes, by the name of the processor."""
    return {processor.name: processor.fast_bytes // BYTES for processor in PROCESSORS}


def moved_in_tiles_of(rows: int) -> int:
    """What FlashAttention moves of the text of the exercise."""
    return moved_by_flash(EX_TOKENS, EX_TOKENS, WIDTH, WIDTH, rows=rows)


def exercise_plain() -> int:
    return moved_by_plain(EX_TOKENS, EX_TOKENS, WIDTH, WIDTH)


# ---------------------------------------------------------------- 3. backward


def name_of_tile(queries: slice, keys: slice) -> str:
    return f"queries {queries.start} to {queries.stop - 1}, keys {keys.start} to {keys.stop - 1}"


def named(text: str, tokens: slice) -> list[str]:
    """Tokens of a text with their places, which tell equal ones apart."""
    return [f"{place} {text[place]}" for place in range(tokens.start, tokens.stop)]


def seen(values: np.ndarray, followed: probes.Followed) -> np.ndarray:
    """A map of a tile, empty where a query may not look."""
    return np.where(np.isinf(hide_later(values, followed.queries, followed.keys)), np.nan, values)


# ---------------------------------------------------------------- 4. what it saves

EDGES = (3, 30)
FACTORS = (
    f"less than {EDGES[0]} times ours",
    f"{EDGES[0]} to {EDGES[1]} times ours",
    f"more than {EDGES[1]} times ours",
)
RECORDED, NOW = "recorded", "here and now"


def plain_over_ours(record: Any) -> str:
    """The option of the guess that the record bears out."""
    return band(claims.PLAIN_OVER_OURS.value(record), EDGES, FACTORS)


OUR_MEMORY = Dragged(
    Axis("times the memory of ours", 1, 10_000, log=True, less="less"),
    "plain attention",
    given=[Line("ours", 1)],
)
"""The frame of the guess."""


def times_our_memory(record: Any) -> Answer:
    value = claims.PLAIN_OVER_OURS.value(record)
    return Answer(value, f"{value:.0f} times ours")


def memory_rows(record: Any) -> list[dict[str, Any]]:
    return [
        {
            "kernel": words,
            "tokens": row["cell"]["tokens"],
            "megabytes": peak / 2**20,
            "when": RECORDED,
        }
        for kernel, words in probes.KERNELS.items()
        for row, peak in claims.peaks(kernel).points(record)
    ]


def recorded_times(record: Any) -> list[dict[str, Any]]:
    """Milliseconds of each kernel, medians."""
    return [
        time_row(kernel, row["cell"]["tokens"], claims.seconds(row, kernel), RECORDED)
        for row in claims.SPEED.of(record)
        for kernel in probes.KERNELS
    ]


def times_here(now: Sequence[probes.Timed]) -> list[dict[str, Any]]:
    """The quickest of what was measured, of each kernel and length."""
    quickest: dict[tuple[str, int], float] = {}
    for timed in now:
        at = timed.kernel, timed.tokens
        quickest[at] = min(timed.seconds, quickest.get(at, math.inf))
    return [time_row(*at, seconds, NOW) for at, seconds in sorted(quickest.items())]


def time_row(kernel: str, tokens: int, seconds: float, when: str) -> dict[str, Any]:
    return {
        "kernel": probes.KERNELS[kernel],
        "tokens": tokens,
        "milliseconds": 1e3 * seconds,
        "when": when,
    }


CALC: dict[str, Callable[[], str]] = {
    "long_text": lambda: f"{LONG_TEXT:,}",
    "long_scores": lambda: f"{LONG_TEXT**2 / 1e9:.0f} billion",
    "long_bytes": lambda: f"{BYTES * LONG_TEXT**2 / 1e9:.0f} billion",
    "half_most": lambda: f"{np.finfo(np.float16).max:,.0f}",
    "half_limit": half_limit,
    "largest_score": lambda: f"{largest_score():.2f}",
    "times_held": lambda: spelled(int(held_at())),
    "score_held": lambda: f"{held_at() * largest_score():.2f}",
    "times_broken": lambda: spelled(int(breaking())),
    "score_broken": lambda: f"{breaking() * largest_score():.2f}",
    "hand_s_0": lambda: f"{SCORES[0]:g}",
    "hand_s_1": lambda: f"{SCORES[1]:g}",
    "hand_v_0": lambda: f"{VALUES[0]:g}",
    "hand_v_1": lambda: f"{VALUES[1]:g}",
    "hand_shrink": lambda: f"{math.exp(SCORES[0] - SCORES[1]):.3f}",
    "hand_l": lambda: f"{by_hand()[0]:.3f}",
    "hand_o": lambda: f"{by_hand()[1]:.3f}",
    "hand_out": lambda: f"{by_hand()[1] / by_hand()[0]:.3f}",
    "hand_p_0": lambda: f"{shares()[0]:.3f}",
    "hand_p_1": lambda: f"{shares()[1]:.3f}",
    "hand_plain": lambda: f"{shares() @ VALUES:.3f}",
    "tile_tokens": lambda: f"{drawn_tiles()}",
    "tile_all_operations": lambda: (
        f"{operations(drawn_tiles(), drawn_tiles(), WIDTH, WIDTH, causal=False):,}"
    ),
    "tile_operations": lambda: f"{operations(drawn_tiles(), drawn_tiles(), WIDTH, WIDTH):,}",
    "tile_plain": lambda: f"{plain_moves():,}",
    "tile_flash": lambda: f"{tiles_move():,}",
    "traffic_width": lambda: f"{WIDTH}",
    "halved_from": lambda: f"{halving_memories()[0]:,}",
    "halved_to": lambda: f"{2 * halving_memories()[-1]:,}",
    "kept_anyway": lambda: f"{4 * WIDTH}",
    "backward_row": lambda: written(probes.largest_row_sum(*SUM), "{:.0e}"),
    "short": lambda: f"{experiment.SPEED_LENGTHS[0]}",
    "long": lambda: f"{experiment.SPEED_LENGTHS[-1]:,}",
    "longest": lambda: f"{experiment.MEMORY_LENGTHS[-1]:,}",
    "heads_timed": lambda: f"{experiment.N_HEAD}",
    "repeats": lambda: f"{experiment.REPEATS}",
    "repeats_here": lambda: f"{probes.REPEATS}",
    "threads": lambda: f"{experiment.THREADS}",
    "longer": lambda: f"{experiment.MEMORY_LENGTHS[-1] // experiment.MEMORY_LENGTHS[0]}",
    "shortest_memory": lambda: f"{experiment.MEMORY_LENGTHS[0]}",
    "triton_tokens": lambda: f"{experiment.TRITON_LENGTH}",
    "ex_tokens": lambda: f"{EX_TOKENS:,}",
    "ex_width": lambda: f"{WIDTH}",
}
