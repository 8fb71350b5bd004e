"""The measured figures of the page from table to text."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from components.ui.claims.core import Claim
from components.ui.claims.readings import parameter_count, result_of
from components.ui.runs import BOOK_RUN
from components.ui.words import spelled
from lab.readings import Measured, share_of

PRICES = "records/prices.jsonl"


def run_row(rows: list[dict[str, Any]], run: str) -> dict[str, Any]:
    return next(row for row in rows if row["cell"]["run"] == run)


def right_of(what: str, run: str) -> Callable[[list[dict[str, Any]]], Measured]:
    """How many tokens, or whole texts, of a run's held-out sums come out right."""
    n_of = {"tokens": "n_tokens", "texts": "n"}[what]

    def pick(rows: list[dict[str, Any]]) -> Measured:
        row = run_row(rows, run)
        errors, n = row[f"errors_{what}"], row[n_of]
        return Measured(share_of(n - errors, n), errors, n)

    return pick


def share_in_ten(result: dict[str, Any]) -> Measured:
    return Measured(f"{spelled(round(10 * result['recipe']['fraction']))} pairs in ten")


CLAIMS: dict[str, Claim] = {
    "from_table_to_text.book_share": Claim(
        "Pairs that the book's model is trained on.", result_of(BOOK_RUN), share_in_ten
    ),
    "from_table_to_text.twin_parameters": Claim(
        "Parameters of the small twin.", result_of("few_pairs"), parameter_count
    ),
    "from_table_to_text.perplexity": Claim(
        "Perplexity of the book's model on held-out sums, less one.",
        PRICES,
        lambda rows: Measured(
            f"{math.expm1(run_row(rows, BOOK_RUN)['loss']) * 1e9:.0f} billionths"
        ),
    ),
    "from_table_to_text.few_tokens": Claim(
        "Tokens of held-out sums right, the small twin, teacher forced.",
        PRICES,
        right_of("tokens", "few_pairs"),
    ),
    "from_table_to_text.few_texts": Claim(
        "Held-out sums right in every token, the small twin.",
        PRICES,
        right_of("texts", "few_pairs"),
    ),
}
