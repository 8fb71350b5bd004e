"""Section 4 of chapter 5's first page: memory and time of three kernels, recorded, and here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from components.ui.lazily import lazily
from components.ui.measuring import Measuring
from components.ui.words import band
from lab.records import select

experiment = lazily("lab.experiments.flash")

Row = dict[str, Any]
Rows = Sequence[Row]

NAMES = {"math": "plain", "flash": "this page's", "sdpa": "torch's"}
LENGTHS, REPEATS = (64, 128, 256, 512, 1024), 3
MOST_SECONDS = 12.0

EDGES = (3, 30)
FACTORS = (
    f"less than {EDGES[0]} times ours",
    f"{EDGES[0]} to {EDGES[1]} times ours",
    f"more than {EDGES[1]} times ours",
)


@dataclass(frozen=True)
class Timed:
    """Seconds of a forward and a backward, once."""

    kernel: str
    tokens: int
    seconds: float


def start() -> Measuring[Timed]:
    return Measuring(pieces(), len(LENGTHS) * REPEATS * len(NAMES), MOST_SECONDS)


def pieces() -> Iterator[Timed]:
    """Kernels by turns, from short texts to long."""
    for n in LENGTHS:
        text = experiment.some_text(n)
        for _ in range(REPEATS):
            for kernel in NAMES:
                seconds = experiment.seconds_there_and_back(kernel, text)
                yield Timed(kernel, n, seconds)


def memory_rows(rows: Rows) -> list[Row]:
    return [
        {
            "kernel": NAMES[row["cell"]["kernel"]],
            "tokens": row["cell"]["tokens"],
            "megabytes": row["peak_bytes"] / 2**20,
            "when": "recorded",
        }
        for row in select(rows, part="memory")
    ]


def time_rows(rows: Rows, now: Sequence[Timed]) -> list[Row]:
    """Milliseconds of each kernel: the record's medians, and the quickest of what was measured."""
    recorded = [
        row_of(kernel, row["cell"]["tokens"], row["seconds"][kernel]["both"], "recorded")
        for row in select(rows, part="speed")
        for kernel in NAMES
    ]
    seen = {(timed.kernel, timed.tokens) for timed in now}
    measured = [
        row_of(kernel, n, min(t.seconds for t in now if (t.kernel, t.tokens) == (kernel, n)), NOW)
        for kernel, n in sorted(seen)
    ]
    return [*recorded, *measured]


NOW = "here and now"


def row_of(kernel: str, tokens: int, seconds: float, when: str) -> Row:
    return {"kernel": NAMES[kernel], "tokens": tokens, "milliseconds": 1e3 * seconds, "when": when}


def plain_over_ours(rows: Rows) -> str:
    """Of the longest text, the memory of plain attention over that of ours."""
    peaks = {
        row["cell"]["kernel"]: row["peak_bytes"]
        for row in select(rows, part="memory", tokens=experiment.MEMORY_LENGTHS[-1])
    }
    return band(peaks["math"] / peaks["flash"], EDGES, FACTORS)
