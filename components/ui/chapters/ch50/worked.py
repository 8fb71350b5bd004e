"""The worked numbers in the prose of chapter 5: computed by lab, by their names in the text."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from components.ui.chapters.ch50 import claims, probes
from components.ui.computed_ahead import ahead
from components.ui.drawings.guess import Answer, Axis, Dragged
from components.ui.drawings.guess import Row as Line
from components.ui.drawings.tiles import Opened
from components.ui.lazily import lazily
from components.ui.words import band, size, spelled
from lab.by_hand.flash import (
    BANK_BYTES,
    H100_MEMORIES,
    H100_MULTIPROCESSORS,
    PROCESSORS,
    hide_later,
    most_rows,
    moved_by_flash,
    moved_by_plain,
    operations,
)
from lab.numerals import written

experiment = lazily(
    "lab.experiments.attention_kernel_costs",
    known=["MEMORY_LENGTHS", "N_HEAD", "REPEATS", "SPEED_LENGTHS", "THREADS", "TRITON_LENGTH"],
)
flash = lazily("lab.model.attention.flash")
torch = lazily("torch")

SUM = (4837, 2916)
LONG_TEXT, BYTES = 131_072, 2

SCORES, VALUES = (1.0, 3.0), (10.0, 4.0)
"""Two cards by hand."""

WIDTH = 64
"""Size of a key and of a value of the book's network."""

ROWS, COLUMNS = (8, 16, 32, 63), (8, 16, 32)
"""What a tile of the figure may have of queries, and of keys."""

FIRST = Opened(probes.ROW, 32, 16)
"""As it opens."""

FLOAT_BYTES = 4
"""Of a number of the figure, in float32."""

LONG_TEXTS = (1024, 8192, 65_536)
TRAFFIC_COLUMNS, TRAFFIC_MEMORIES = 4, tuple(2**n for n in range(10, 19))
EX_TOKENS = 4096


# ---------------------------------------------------------------- 1. two cards


@ahead
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


def slope_apart(card: int) -> float:
    """How far the slope of a share is from the mean slope of its row, where dO is one: dP - delta,
    and dP is the value."""
    return float(VALUES[card] - shares() @ VALUES)


def signed(x: float) -> str:
    return f"{x:.3f}".replace("-", "\N{MINUS SIGN}")


HALF_LIMIT = math.log(float(np.finfo(np.float16).max))
"""From this score on, exp is more than a number of 16 bits can say."""


def half_limit() -> str:
    """In tenths, rounded up."""
    return f"{math.ceil(10 * HALF_LIMIT) / 10}"


def largest_scores() -> np.ndarray:
    """Of each row, the largest score that its query may see."""
    table = probes.scores_of(*SUM).table
    return np.array([table[i, : i + 1].max() for i in range(len(table))])


def rows_of_scores(a: int, b: int) -> list[dict[str, Any]]:
    """Of the row that opens first."""
    scores = probes.row_of(a, b)
    return [
        {"key": key + 1, "token": token, "score": float(score)}
        for key, (token, score) in enumerate(zip(probes.tokens_of(a, b), scores, strict=False))
    ]


BREAKS = ("none", "some rows", "all rows")
"""What a link may say."""

BROKEN_ROWS = Dragged(
    Axis("of the rows above", 0, probes.n_token()), "without m, infinite in float16"
)


def broken_rows() -> int:
    """In how many rows exp of the largest score is too large for float16."""
    return int((largest_scores() > HALF_LIMIT).sum())


PRODUCTS = Dragged(
    Axis.percent("% of plain attention's operations", high=200),
    "FlashAttention",
    given=[Line("plain attention", 100)],
    start=50,
)


def products_formed() -> Answer:
    """Both form the same products, and FlashAttention does a little besides."""
    return Answer(100, "as many, or a few more")


# ---------------------------------------------------------------- 2. tiles


def moved_kb(numbers: int) -> str:
    return f"{numbers * FLOAT_BYTES / 1024:.0f}\N{NO-BREAK SPACE}KB"


def tiles_move(rows: int = FIRST.rows) -> str:
    n = probes.n_token()
    return moved_kb(moved_by_flash(n, n, WIDTH, WIDTH, rows=rows))


def plain_moves(*, hidden: bool = True) -> str:
    n = probes.n_token()
    return moved_kb(moved_by_plain(n, n, WIDTH, WIDTH, hidden=hidden))


def memories() -> str:
    """A table of those of an H100."""
    rows = [f"| {m.name} | {m.size} | {m.speed} |" for m in H100_MEMORIES]
    return "\n".join(["| Memory of an H100 | Size | Rate |", "|---|---:|---:|", *rows])


def all_operations(*, causal: bool = True) -> str:
    return f"{operations(probes.n_token(), probes.n_token(), WIDTH, WIDTH, causal=causal):,}"


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


def crossing() -> tuple[int, int]:
    """Neighbours of the chart between which FlashAttention begins to move less, with every text."""
    least = {
        min(
            row["fast"]
            for row in rows_of_traffic(n)
            if row["way"] == "FlashAttention" and row["moved"] < moved_by_plain(n, n, WIDTH, WIDTH)
        )
        for n in LONG_TEXTS
    }
    (first,) = least
    return first // 2, first


def rows_of_times(n: int) -> list[dict[str, str]]:
    """Of one head and a text of `n` tokens, what processors take at their published peaks."""
    work = operations(n, n, WIDTH, WIDTH)
    out: list[dict[str, str]] = []
    for processor in PROCESSORS:
        rows = most_rows(processor.fast_bytes // BYTES, TRAFFIC_COLUMNS, WIDTH, WIDTH)
        moved = {
            "plain attention": moved_by_plain(n, n, WIDTH, WIDTH),
            "plain, seen half alone": moved_by_plain(n, n, WIDTH, WIDTH, hidden=False),
            "FlashAttention": moved_by_flash(n, n, WIDTH, WIDTH, rows=min(n, rows)),
        }
        times = {way: processor.seconds(numbers, work) for way, numbers in moved.items()}
        shown = {way: duration(seconds) for way, seconds in times.items()}
        out.append({"processor": processor.name, **shown})
    return out


def duration(seconds: float) -> str:
    return f"{1e3 * seconds:.1f} ms" if seconds >= 1e-3 else f"{1e6 * seconds:.1f} µs"


def shared_memory(name: str) -> str:
    """Of one multiprocessor of a graphics card."""
    (found,) = (processor for processor in PROCESSORS if processor.name == name)
    return size(found.fast_bytes)


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
    """Its first and last tokens, counted from one."""
    return f"queries {queries.start + 1} to {queries.stop}, keys {keys.start + 1} to {keys.stop}"


def first_tile() -> str:
    """The one where the row that is open above meets its largest card."""
    key = int(probes.row_of(*SUM).argmax())
    for queries, keys in probes.visible_tiles():
        if queries.start <= probes.ROW < queries.stop and keys.start <= key < keys.stop:
            return name_of_tile(queries, keys)
    raise LookupError(f"no tile holds query {probes.ROW} and key {key}")


def named(text: str, tokens: slice) -> list[str]:
    """Tokens of a text with their places, which tell equal ones apart."""
    return [f"{place + 1} {text[place]}" for place in range(tokens.start, tokens.stop)]


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
    "largest_score": lambda: f"{largest_scores().max():.1f}",
    "open_row": lambda: f"{probes.ROW + 1}",
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
    **{f"hand_apart_{k}": lambda k=k: signed(slope_apart(k)) for k in range(2)},
    **{f"hand_ds_{k}": lambda k=k: signed(shares()[k] * slope_apart(k)) for k in range(2)},
    "drawn": lambda: spelled(probes.SHOWN),
    "tile_tokens": lambda: f"{probes.n_token()}",
    "tile_all_operations": lambda: all_operations(causal=False),
    "tile_operations": all_operations,
    "tile_plain": plain_moves,
    "tile_plain_numbers": lambda: (
        f"{moved_by_plain(probes.n_token(), probes.n_token(), WIDTH, WIDTH):,}".replace(",", "{,}")
    ),
    "tile_plain_seen": lambda: plain_moves(hidden=False),
    "tile_flash": tiles_move,
    "tile_small": lambda: tiles_move(ROWS[0]),
    "tile_rows_small": lambda: spelled(ROWS[0]),
    "h100_memories": memories,
    "bank_bytes": lambda: f"{BANK_BYTES}",
    "multiprocessors": lambda: f"{H100_MULTIPROCESSORS}",
    "traffic_width": lambda: f"{WIDTH}",
    "card_meet": lambda: f"{PROCESSORS[1].flops / PROCESSORS[1].bandwidth:.0f}",
    "shared_a100": lambda: shared_memory("A100"),
    "shared_h100": lambda: shared_memory("H100"),
    "crossed_from": lambda: f"{crossing()[0]:,}",
    "crossed_to": lambda: f"{crossing()[1]:,}",
    "halved_from": lambda: f"{halving_memories()[0]:,}",
    "halved_to": lambda: f"{2 * halving_memories()[-1]:,}",
    "kept_anyway": lambda: f"{4 * WIDTH}",
    "backward_row": lambda: written(probes.largest_row_sum(*SUM), "{:.0e}"),
    "short": lambda: f"{experiment.SPEED_LENGTHS[0]}",
    "long": lambda: f"{experiment.SPEED_LENGTHS[-1]:,}",
    "longest_here": lambda: f"{probes.LENGTHS[-1]:,}",
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
