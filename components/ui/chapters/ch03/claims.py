"""The measured figures of the page on one block."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from components.ui.claims.core import Claim
from components.ui.claims.readings import pairs_asked, parts_that_matter, wrong_answers
from lab.readings import Measured, part_of

PARTS = "records/parts.jsonl"

PART_NAMES = {"attn_out": "attention", "ffn_out": "FFN"}


def part_name(row: Mapping[str, Any]) -> str:
    return f"{PART_NAMES[row['cell']['part']]} {row['cell']['layer']}"


def missed_most(rows: list[dict[str, Any]]) -> Measured:
    """The attention or FFN without which most answers are wrong, or all that tie, and how many."""
    tied = at_the_same_place(rows, max(row["errors_answer"] for row in rows))
    wrong = wrong_answers(tied[0])
    names = " and ".join(part_name(row) for row in tied)
    return Measured(f"{names} ({wrong.shown} wrong)", wrong.errors, wrong.n)


def missed_least(rows: list[dict[str, Any]]) -> Measured:
    """How many parts tie for the fewest wrong answers, and how many these are."""
    tied = at_the_same_place(rows, min(row["errors_answer"] for row in rows))
    wrong = wrong_answers(tied[0])
    return Measured(f"{len(tied)} parts ({wrong.shown} wrong)", wrong.errors, wrong.n)


def at_the_same_place(rows: list[dict[str, Any]], errors: int) -> list[dict[str, Any]]:
    return [row for row in rows if row["errors_answer"] == errors]


def missed_more(rows: list[dict[str, Any]]) -> Measured:
    """In how many blocks more answers go wrong without the FFN than without the attention, or
    fewer."""
    wrong = {part_name(row): row["errors_answer"] for row in rows}
    n = len({row["cell"]["layer"] for row in rows})
    leads = [wrong[f"FFN {layer}"] - wrong[f"attention {layer}"] for layer in range(n)]
    more, less = sum(lead > 0 for lead in leads), sum(lead < 0 for lead in leads)
    return Measured(f"{part_of(more, n)} blocks, and less in {less}")


CLAIMS: dict[str, Claim] = {
    "one_block.parts_pairs": Claim(
        "Pairs on which each attention and each FFN is pulled out.", PARTS, pairs_asked
    ),
    "one_block.parts_that_matter": Claim(
        "Whole attentions and FFNs of the book's model without which some answer is wrong.",
        PARTS,
        parts_that_matter,
    ),
    "one_block.most_missed": Claim(
        "The attention or FFN without which most answers are wrong.", PARTS, missed_most
    ),
    "one_block.least_missed": Claim(
        "Attentions and FFNs without which fewest answers are wrong.", PARTS, missed_least
    ),
    "one_block.ffn_missed_more": Claim(
        "Blocks whose FFN is missed more than their attention.", PARTS, missed_more
    ),
}
