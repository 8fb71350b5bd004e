"""The records of page 01 as its figures show them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from components.ui.chapters.ch01 import claims
from components.ui.records import rows_of
from components.ui.runs import BOOK_RUN
from lab.data.vocabulary import VOCABULARY


def training_curve() -> list[dict[str, float]]:
    """The recorded training of the book's model, from the blind guess on."""
    rows = rows_of("history.jsonl", f"checkpoints/{BOOK_RUN}")
    start = {"tokens": 0, "loss": math.log(len(VOCABULARY))}
    return rows and [start, *({"tokens": r["tokens"], "loss": r["loss"]} for r in rows)]


@dataclass(frozen=True)
class Rightness:
    """Of a run's held-out sums: the share of tokens that are right, and of whole texts."""

    token: float
    text: float


def rightness(run: str) -> Rightness | None:
    """None, and a sentence, where the record is missing."""
    rows = rows_of("prices.jsonl")
    if not rows:
        return None
    row = claims.run_row(rows, run)
    return Rightness(1 - row["errors_tokens"] / row["n_tokens"], 1 - row["errors_texts"] / row["n"])
