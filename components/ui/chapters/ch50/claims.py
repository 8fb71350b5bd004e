"""The measured figures of chapter 5, first page."""

from __future__ import annotations

from collections.abc import Sequence

from components.ui.claims.claim import Claim, Table
from components.ui.words import size
from lab.numerals import written
from lab.readings import Numbers, Ratio, Row, Told, rows

SHORT, LONG = 64, 4096
"""Tokens of the texts whose times are told; a test holds them to the record."""

MOST = 8192
"""Tokens of the longest text whose memory is told."""

MEMORY, SPEED = rows("flash", part="memory"), rows("flash", part="speed")


def peaks(kernel: str) -> Numbers:
    """Bytes of forward and backward beyond the text, a row a length; the largest is that of the
    longest."""
    return MEMORY.where(kernel=kernel).numbers("peak_bytes").largest()


PLAIN_OVER_OURS = peaks("math").ratio_to(peaks("flash"))


def growth(kernel: str) -> Ratio:
    """Bytes beyond the longest text over those beyond the shortest."""
    return peaks(kernel).ratio_to(peaks(kernel).smallest())


def in_times(ratio: Ratio) -> Told:
    return MEMORY.told(lambda found: f"{ratio.value(found):.0f} times")


def seconds(row: Row, kernel: str) -> float:
    """Of a forward and a backward."""
    return row["seconds"][kernel]["both"]


def milliseconds(kernel: str, tokens: int) -> Told:
    """Of a forward and a backward of a text of so many tokens."""

    def told(found: Sequence[Row]) -> str:
        (row,) = (row for row in found if row["cell"]["tokens"] == tokens)
        return f"{written(1e3 * seconds(row, kernel), '{:.2g}')} ms"

    return SPEED.told(told)


CLAIMS: dict[str, Claim] = {
    "flash_attention.memory_over": Claim(
        "Memory of forward and backward at the longest text, inputs not counted: plain "
        "attention over our FlashAttention.",
        in_times(PLAIN_OVER_OURS),
    ),
    "flash_attention.machine": Claim(
        "The machine on which the kernels of chapter 5 were timed.",
        SPEED.told(lambda found: found[0]["cpu"]),
    ),
    "flash_attention.triton": Claim(
        "The largest difference of the Triton kernel's output from plain attention in float64.",
        rows("flash", part="triton")
        .passing(lambda row: row["where"] == "interpreter")
        .numbers("largest_error", "{:.0e}")
        .largest(),
    ),
}

TABLES = {
    "flash_attention.memory": Table(
        "Kernel",
        {
            words: {
                f"At {MOST:,} tokens": MEMORY.told(
                    lambda found, kernel=kernel: size(peaks(kernel).value(found))
                ),
                "Growth from the shortest text": in_times(growth(kernel)),
            }
            for kernel, words in (("math", "plain"), ("flash", "ours"))
        },
        about="Memory of attention, forward and backward, by kernel",
    ),
    "flash_attention.time": Table(
        "Kernel",
        {
            words: {f"{n:,} tokens": milliseconds(kernel, n) for n in (SHORT, LONG)}
            for kernel, words in (("math", "plain"), ("flash", "ours"), ("sdpa", "torch's"))
        },
        about="Time of attention, forward and backward, by kernel",
    ),
}
