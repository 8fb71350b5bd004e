"""Graphics cards to hold a model and its cache."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Card:
    """A graphics card by its name, and its memory in bytes; makers of memory count by 1,024."""

    name: str
    memory: int
    source: str


CARDS = (
    Card("RTX 3090", 24 * 2**30, "https://huggingface.co/hardware/rtx-3090"),
    Card("H100", 80 * 2**30, "https://huggingface.co/hardware/h100"),
)
