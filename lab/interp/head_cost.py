"""What an answer costs without one head; nothing here needs torch."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class HeadCost:
    """`nats`: by how much ln p of the answer falls without this head; below zero where it rises.
    `writes`: what the model writes without it, to its first `$` or as far as the answer goes."""

    layer: int
    head: int
    nats: float
    writes: str
