"""The measured figures of the page on attention by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from components.ui.claims.claim import Claim, Table, read_record
from components.ui.claims.results import without_a_head
from components.ui.loaded_models import BOOK_RUN
from lab.by_hand.learning_head import B_TENS, FILMED
from lab.readings import Row, Rows, Told, part_of, result, rows
from lab.records import ROOT
from lab.statistics import in_the_same_order

TWIN = "few_pairs"
HEADS, SHARPNESS = rows("heads"), rows("sharpness")
LEARNED = rows("learned_head").passing(lambda row: "never" not in row["cell"])
NEVER_MET = rows("learned_head").passing(lambda row: "never" in row["cell"])
ODD = FILMED[-1]
"""The seed whose head tells one digit without looking at it."""


def whole(run: str) -> Rows:
    """A model with nothing ablated."""
    return HEADS.passing(lambda row: row["cell"] == {"run": run})


def at_head(row: Row) -> tuple[int, int]:
    return row["cell"]["layer"], row["cell"]["head"]


def sharp_and_missed(sharp: Any, lost: Any, run: str) -> list[tuple[Row, int, int]]:
    """Of each head of a model: its row of sharpness, and the wrong answers without it of so many.
    From two records."""
    wrong = {at_head(row): (errors, n) for row, errors, n in without_a_head(run).points(lost)}
    return [(row, *wrong[at_head(row)]) for row in SHARPNESS.where(run=run).of(sharp)]


def same_order(sharp: Any, lost: Any, run: str) -> tuple[int, int]:
    """(pairs of heads in the same order by largest weight and by wrong answers, pairs counted)."""
    heads = sharp_and_missed(sharp, lost, run)
    return in_the_same_order([(row["largest_weight"], errors) for row, errors, _ in heads])


def alike(run: str) -> Told:
    """Of all pairs of heads of which one is missed more, in how many it is the sharper one.

    Heads that are missed alike have no order between them, so such pairs are not counted.
    """
    return SHARPNESS.told(
        lambda sharp: part_of(*same_order(sharp, read_record(ROOT / HEADS.path), run))
    )


def fewest_and_most(found: Sequence[Row]) -> str:
    """Wrong answers without a head of any layer but the first."""
    wrong = [row["errors_answer"] for row in found if row["cell"].get("layer", 0) > 0]
    return f"{min(wrong):,} to {max(wrong):,} of {found[0]['n']:,}"


def looks_at_every_digit(row: Row) -> bool:
    """Has the tens digit of b the largest weight, whichever it is?"""
    return set(row["looks_at"]) == {B_TENS}


def least_weight(row: Row) -> float:
    """Of the means for each digit."""
    return min(row["weight_by_digit"])


TESTS: dict[str, tuple[str, str]] = {
    "as it was trained": ("errors_heldout", "n"),
    "keys without the token": ("errors_keys_of_position", "n"),
    "keys without the position": ("errors_keys_of_token", "n"),
    "weight on the tens digit of b set to zero": ("errors_ablated", "n"),
    "first operand of one digit, without a zero": ("errors_one_digit", "n_one_digit"),
    "one digit, and every position shifted up by one": (
        "errors_one_digit_moved",
        "n_one_digit_moved",
    ),
}
"""What is done to a head that has learned: the fields of the record."""

TABLES = {
    "attention_by_hand.learned_tests": Table(
        "What is wrong",
        {
            test: {f"seed {seed}": LEARNED.where(seed=seed).counts(*fields) for seed in FILMED[:3]}
            for test, fields in TESTS.items()
        },
        about="Problems wrong of one head that learned to say the tens digit of b",
    ),
}

CLAIMS: dict[str, Claim] = {
    "attention_by_hand.learned_right": Claim(
        "Seeds with which one head learns to say the tens digit of b and has no "
        "held-out problem wrong.",
        LEARNED.those(lambda row: row["errors_heldout"] == 0),
    ),
    "attention_by_hand.learned_odd_weight": Claim(
        "Mean attention weight on the tens digit of b where it is a nine: the head of "
        f"seed {ODD}, which learned to say that digit.",
        LEARNED.where(seed=ODD).numbers(least_weight, "{:.3f}"),
    ),
    "attention_by_hand.learned_never_weight": Claim(
        "Mean attention weight on the tens digit of b where it is a seven, of heads "
        "that never met a b that begins with seven.",
        NEVER_MET.numbers("weight_by_digit.7", "{:.2f}"),
    ),
    "attention_by_hand.learned_never_wrong": Claim(
        "Seeds whose head never met a b that begins with seven and has every problem "
        "with the seven wrong.",
        NEVER_MET.those(lambda row: row["errors_never"] == row["n_never"]),
    ),
    **{
        f"attention_by_hand.order_{name}": Claim(
            "Pairs of heads in which the one whose ablation breaks more answers is also "
            f"the sharper one: {words}.",
            alike(run),
        )
        for name, words, run in (
            ("book", "the book's model", BOOK_RUN),
            ("twin", "the small twin", TWIN),
            ("rotary", "the rotary model of full size", "rope"),
        )
    },
    "attention_by_hand.twin_spare": Claim(
        "Wrong answers of the small twin with one head of its later layers ablated, "
        "from the least missed head to the most missed.",
        HEADS.where(run=TWIN).told(fewest_and_most),
    ),
    "attention_by_hand.twin_whole": Claim(
        "Wrong answers of the small twin with no head ablated.",
        whole(TWIN).counts("errors_answer"),
    ),
    "attention_by_hand.key_numbers": Claim(
        "Numbers in a key of the book's model.",
        result(BOOK_RUN).numbers("recipe.model.attention.head_dim"),
    ),
    "attention_by_hand.heads_pairs": Claim(
        "Problems on which each head of the book's model is ablated.",
        HEADS.where(run=BOOK_RUN).numbers("n"),
    ),
}
