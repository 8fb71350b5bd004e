"""What heads deliver, and the records of real heads, as the figures of page 02 show them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from components.ui.chapters.ch02 import claims
from components.ui.claims import readings
from components.ui.runs import BOOK_RUN
from lab.by_hand import attention as hand
from lab.data.vocabulary import VOCABULARY
from lab.records import select

DIGITS = list(VOCABULARY[:10])

LOOKED_INTO = {
    BOOK_RUN: "the book's model",
    "few_pairs": "the small twin",
    "rope": "rotary, full size",
}


def delivered_rows(shares: Sequence[float], kind: hand.ValueKind) -> dict[str, hand.Numbers]:
    """A row for each head and each of the two orders of 7 and 8."""
    z = hand.deliver(np.array([7, 8]), np.array([8, 7]), shares, kind)
    z = z.reshape(2, len(shares), -1)
    name = "{order}" if len(shares) == 1 else "{order}, head {head}"
    return {
        name.format(order=order, head=head + 1): z[row, head]
        for row, order in enumerate(("7 then 8", "8 then 7"))
        for head in range(len(shares))
    }


def columns_of(kind: hand.ValueKind) -> list[str]:
    if kind == "size":
        return ["size"]
    return DIGITS if kind == "digit" else [*DIGITS, *(f"{i}′" for i in DIGITS)]


def sharp_and_missed(
    sharp: Sequence[dict[str, Any]], lost: Sequence[dict[str, Any]], run: str
) -> list[dict[str, Any]]:
    """Of each head of a model: how sharp it is, and the share and number of wrong answers."""
    wrong = {claims.at_head(row): row for row in readings.without_a_head(lost, run)}
    return [
        {
            "head": "{}.{}".format(*claims.at_head(row)),
            "largest": row["largest_weight"],
            "share": without["errors_answer"] / without["n"],
            "errors": readings.wrong_answers(without).shown,
        }
        for row in select(sharp, run=run)
        for without in [wrong[claims.at_head(row)]]
    ]
