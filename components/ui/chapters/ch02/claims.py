"""The measured figures of the page on attention by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from components.ui.claims.core import Claim, read_record
from components.ui.claims.readings import (
    HEADS,
    pairs_asked,
    result_of,
    without_a_head,
    wrong_answers,
)
from components.ui.runs import BOOK_RUN
from lab.readings import Measured, part_of
from lab.records import ROOT, select
from lab.statistics import in_the_same_order

SHARPNESS = "records/sharpness.jsonl"


def alike(run: str) -> Callable[[list[dict[str, Any]]], Measured]:
    """Of all pairs of heads of which one is missed more, in how many it is the sharper one.

    Heads that are missed alike have no order between them, so such pairs are not counted.
    """
    return lambda rows: Measured(part_of(*same_order(rows, read_record(ROOT / HEADS), run)))


def same_order(
    sharp: Sequence[dict[str, Any]], lost: Sequence[dict[str, Any]], run: str
) -> tuple[int, int]:
    """(pairs of heads in the same order by largest weight and by wrong answers, pairs counted)."""
    errors = {at_head(row): row["errors_answer"] for row in without_a_head(lost, run)}
    heads = [(row["largest_weight"], errors[at_head(row)]) for row in select(sharp, run=run)]
    return in_the_same_order(heads)


def at_head(row: Mapping[str, Any]) -> tuple[int, int]:
    return row["cell"]["layer"], row["cell"]["head"]


def whole_model(run: str) -> Callable[[list[dict[str, Any]]], Measured]:
    """Wrong answers of a model with nothing pulled out."""
    return lambda rows: wrong_answers(next(row for row in rows if row["cell"] == {"run": run}))


def without_the_others(run: str) -> Callable[[list[dict[str, Any]]], Measured]:
    """Fewest and most wrong answers without a head of any layer but the first."""

    def pick(rows: list[dict[str, Any]]) -> Measured:
        later = [row for row in without_a_head(rows, run) if row["cell"]["layer"] > 0]
        wrong = sorted(row["errors_answer"] for row in later)
        return Measured(f"{wrong[0]:,} to {wrong[-1]:,} of {later[0]['n']:,}")

    return pick


def numbers_of_a_key(result: dict[str, Any]) -> Measured:
    return Measured(f"{result['recipe']['model']['attention']['head_dim']}")


CLAIMS: dict[str, Claim] = {
    **{
        f"attention_by_hand.order_{name}": Claim(
            f"Pairs of heads of which one is missed more: it is the sharper one, {words}.",
            SHARPNESS,
            alike(run),
        )
        for name, words, run in (
            ("book", "the book's model", BOOK_RUN),
            ("twin", "the small twin", "few_pairs"),
            ("rotary", "the rotary model of full size", "rope"),
        )
    },
    "attention_by_hand.twin_spare": Claim(
        "Wrong answers of the small twin without one head of its later layers.",
        HEADS,
        without_the_others("few_pairs"),
    ),
    "attention_by_hand.twin_whole": Claim(
        "Wrong answers of the small twin with every head in place.", HEADS, whole_model("few_pairs")
    ),
    "attention_by_hand.key_numbers": Claim(
        "Numbers of a key of the book's model.", result_of(BOOK_RUN), numbers_of_a_key
    ),
    "attention_by_hand.heads_pairs": Claim(
        "Pairs on which each head is pulled out.", HEADS, pairs_asked
    ),
}
