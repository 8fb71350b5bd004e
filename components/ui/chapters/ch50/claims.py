"""The measured figures of chapter 5, first page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from components.ui.claims.core import Claim, Measured
from components.ui.words import size
from lab.records import select

Row = dict[str, Any]
Rows = list[Row]

FLASH = "records/flash.jsonl"


def peaks(rows: Rows, kernel: str) -> dict[int, int]:
    """Bytes beyond the text, by its tokens."""
    found = select(rows, part="memory", kernel=kernel)
    return {row["cell"]["tokens"]: row["peak_bytes"] for row in found}


def memory_at_the_longest(kernel: str) -> Callable[[Rows], Measured]:
    def pick(rows: Rows) -> Measured:
        by_length = peaks(rows, kernel)
        return Measured(size(by_length[max(by_length)]))

    return pick


def plain_over_ours(rows: Rows) -> Measured:
    """Of the longest text, the memory of plain attention over that of ours."""
    plain, ours = (peaks(rows, kernel) for kernel in ("math", "flash"))
    return Measured(f"{plain[max(plain)] / ours[max(ours)]:.0f} times")


def growth_of_memory(kernel: str) -> Callable[[Rows], Measured]:
    """Bytes beyond the longest text over those beyond the shortest."""

    def pick(rows: Rows) -> Measured:
        by_length = peaks(rows, kernel)
        return Measured(f"{by_length[max(by_length)] / by_length[min(by_length)]:.0f} times")

    return pick


def times_as_long(rows: Rows, tokens: int, kernel: str, other: str) -> float:
    """Forward and backward of one kernel over those of another."""
    (row,) = select(rows, part="speed", tokens=tokens)
    return row["seconds"][kernel]["both"] / row["seconds"][other]["both"]


def time_at(
    which: Callable[[list[int]], int], kernel: str, other: str
) -> Callable[[Rows], Measured]:
    """Of the shortest or the longest text, one kernel over another."""

    def pick(rows: Rows) -> Measured:
        lengths = [row["cell"]["tokens"] for row in select(rows, part="speed")]
        return Measured(f"{times_as_long(rows, which(lengths), kernel, other):.1f} times")

    return pick


def machine_of_seconds(rows: Rows) -> Measured:
    return Measured(select(rows, part="speed")[0]["cpu"])


def error_of_triton(rows: Rows) -> Measured:
    """In the interpreter."""
    found = [r for r in select(rows, part="triton") if r["where"] == "interpreter"]
    return Measured(f"{max(row['largest_error'] for row in found):.0e}")


CLAIMS: dict[str, Claim] = {
    **{
        f"ch5.memory_{kernel}": Claim(
            f"Memory of forward and backward beyond the longest text: {kernel}.",
            FLASH,
            memory_at_the_longest(kernel),
        )
        for kernel in ("math", "flash")
    },
    "ch5.memory_over": Claim(
        "Memory of forward and backward beyond the longest text: math over flash.",
        FLASH,
        plain_over_ours,
    ),
    **{
        f"ch5.growth_{kernel}": Claim(
            f"Memory beyond the longest text over that beyond the shortest: {kernel}.",
            FLASH,
            growth_of_memory(kernel),
        )
        for kernel in ("math", "flash")
    },
    **{
        f"ch5.{name}": Claim(
            f"Forward and backward of the {words} text: {kernel} over {other}.",
            FLASH,
            time_at(which, kernel, other),
        )
        for name, words, which, kernel, other in (
            ("time_short", "shortest", min, "flash", "sdpa"),
            ("time_long", "longest", max, "flash", "sdpa"),
            ("plain_short", "shortest", min, "flash", "math"),
            ("plain_long", "longest", max, "math", "flash"),
        )
    },
    "ch5.machine": Claim("The machine that took these times.", FLASH, machine_of_seconds),
    "ch5.triton": Claim(
        "How far Triton's output is from plain attention in double precision.",
        FLASH,
        error_of_triton,
    ),
}
