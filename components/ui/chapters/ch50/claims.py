"""The measured figures of chapter 5, first page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from components.ui.claims.core import Claim
from components.ui.words import size
from lab.readings import Numbers, Row, rows

MEMORY, SPEED = rows("flash", part="memory"), rows("flash", part="speed")


def peaks(kernel: str) -> Numbers:
    """Bytes of forward and backward beyond the text, a row a length; the largest is that of the
    longest."""
    return MEMORY.where(kernel=kernel).numbers("peak_bytes").largest()


def plain_over_ours(record: Any) -> float:
    plain, ours = (peaks(kernel).value(record) for kernel in ("math", "flash"))
    return plain / ours


def growth(kernel: str) -> Callable[[Any], str]:
    """Bytes beyond the longest text over those beyond the shortest."""
    found = peaks(kernel)
    return lambda rows: f"{found.value(rows) / found.smallest().value(rows):.0f} times"


def seconds(row: Row, kernel: str) -> float:
    """Of a forward and a backward."""
    return row["seconds"][kernel]["both"]


def times_as_long(kernel: str, other: str, end: Callable[..., Row]) -> Callable[..., str]:
    """One kernel over another, at the shortest text or at the longest."""

    def told(found: Sequence[Row]) -> str:
        row = end(found, key=lambda row: row["cell"]["tokens"])
        return f"{seconds(row, kernel) / seconds(row, other):.1f} times"

    return told


CLAIMS: dict[str, Claim] = {
    **{
        f"flash_attention.memory_{kernel}": Claim(
            f"Memory of forward and backward beyond the longest text: {kernel}.",
            MEMORY.told(lambda found, kernel=kernel: size(peaks(kernel).value(found))),
        )
        for kernel in ("math", "flash")
    },
    "flash_attention.memory_over": Claim(
        "Memory of forward and backward beyond the longest text: math over flash.",
        MEMORY.told(lambda found: f"{plain_over_ours(found):.0f} times"),
    ),
    **{
        f"flash_attention.growth_{kernel}": Claim(
            f"Memory beyond the longest text over that beyond the shortest: {kernel}.",
            MEMORY.told(growth(kernel)),
        )
        for kernel in ("math", "flash")
    },
    **{
        f"flash_attention.{name}": Claim(
            f"Forward and backward of the {words} text: {kernel} over {other}.",
            SPEED.told(times_as_long(kernel, other, end)),
        )
        for name, words, end, kernel, other in (
            ("time_short", "shortest", min, "flash", "sdpa"),
            ("time_long", "longest", max, "flash", "sdpa"),
            ("plain_short", "shortest", min, "flash", "math"),
            ("plain_long", "longest", max, "math", "flash"),
        )
    },
    "flash_attention.machine": Claim(
        "The machine that took these times.", SPEED.told(lambda found: found[0]["cpu"])
    ),
    "flash_attention.triton": Claim(
        "How far Triton's output is from plain attention in double precision.",
        rows("flash", part="triton")
        .passing(lambda row: row["where"] == "interpreter")
        .numbers("largest_error", "{:.0e}")
        .largest(),
    ),
}
