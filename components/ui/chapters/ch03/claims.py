"""The measured figures of the page on one layer."""

from __future__ import annotations

from collections.abc import Sequence

from components.ui.claims.claim import Claim
from lab.readings import Measured, Row, part_of, rows

PARTS = rows("parts")
PART_NAMES = {"attn_out": "attention", "ffn_out": "FFN"}


def part_name(row: Row) -> str:
    return f"{PART_NAMES[row['cell']['part']]} {row['cell']['layer']}"


def missed_at_all(found: Sequence[Row]) -> str:
    return part_of(sum(row["errors_answer"] > 0 for row in found), len(found))


def missed_most(found: Sequence[Row]) -> Measured:
    """The attention or FFN without which most answers are wrong, or all that tie, and how many."""
    tied = missed_alike(found, max(row["errors_answer"] for row in found))
    return told_of(" and ".join(map(part_name, tied)), tied[0])


def missed_least(found: Sequence[Row]) -> Measured:
    """How many parts tie for the fewest wrong answers, and how many these are."""
    tied = missed_alike(found, min(row["errors_answer"] for row in found))
    return told_of(f"{len(tied)} parts", tied[0])


def errors_alone(found: Sequence[Row]) -> Measured:
    (row,) = found
    errors, n = row["errors_answer"], row["n"]
    return Measured(part_of(errors, n), errors, n)


def missed_alike(found: Sequence[Row], errors: int) -> list[Row]:
    return [row for row in found if row["errors_answer"] == errors]


def told_of(parts: str, row: Row) -> Measured:
    errors, n = row["errors_answer"], row["n"]
    return Measured(f"{parts} ({part_of(errors, n)} wrong)", errors, n)


def missed_more(found: Sequence[Row]) -> str:
    """In how many layers more answers go wrong without the FFN than without the attention, or
    fewer."""
    wrong = {part_name(row): row["errors_answer"] for row in found}
    n = len({row["cell"]["layer"] for row in found})
    leads = [wrong[f"FFN {layer}"] - wrong[f"attention {layer}"] for layer in range(n)]
    more, less = sum(lead > 0 for lead in leads), sum(lead < 0 for lead in leads)
    return f"{part_of(more, n)} layers, and less in {less}"


CLAIMS: dict[str, Claim] = {
    "one_block.parts_pairs": Claim(
        "Problems on which each attention and each FFN of the book's model is ablated.",
        PARTS.numbers("n"),
    ),
    "one_block.parts_that_matter": Claim(
        "Whole attentions and FFNs of the book's model whose ablation makes some answer wrong.",
        PARTS.told(missed_at_all),
    ),
    "one_block.most_missed": Claim(
        "The attention or FFN of the book's model whose ablation makes most answers wrong.",
        PARTS.told(missed_most),
    ),
    "one_block.long_bar_missed": Claim(
        "Answers of the book's model that are wrong with FFN 3 ablated, whose "
        "contribution is the longest bar on its page.",
        rows("parts", layer=3, part="ffn_out").told(errors_alone),
    ),
    "one_block.least_missed": Claim(
        "Attentions and FFNs of the book's model whose ablation makes fewest answers wrong.",
        PARTS.told(missed_least),
    ),
    "one_block.ffn_missed_more": Claim(
        "Layers of the book's model in which ablating the FFN makes more answers wrong "
        "than ablating the attention.",
        PARTS.told(missed_more),
    ),
}
