"""The measured figures of chapter 3, second page, and what is asked for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from components.ui.claims.claim import Claim, Table
from lab.readings import Counts, Measured, Row, Rows, Told, join_words, rows

TRAINS_ON = {
    "two_agree": "own labels, sieved: any two agree",
    "sieve": "own labels, sieved: all three agree",
    "unfiltered": "own labels, all of them",
    "short": "no labels, short problems alone",
    "true": "true labels",
}
"""Of `records/self_evolution.jsonl`, in the words of the page."""

FIRST, LAST = 4, 8
"""Digits of the longest sums of the first round and of the last."""

SIEVED = "two_agree"
"""The arm whose labels the sieve shows."""


def rounds(arm: str = SIEVED, **cell: int) -> Rows:
    """A row a round."""
    return rows("self_evolution", arm=arm, **cell)


class Shown(NamedTuple):
    """A label that was drawn from a round, right if its whole text is; -1 is no answer."""

    a: int
    b: int
    answer: int
    right: bool
    passes: Sequence[str]


def labels_of(row: Row) -> list[Shown]:
    return [
        Shown(
            *label,
            right=bool(flags & 1),
            passes=[name for k, name in enumerate(row["names"], 1) if flags >> k & 1],
        )
        for label, flags in zip(row["sums"], row["flags"], strict=True)
    ]


def among(found: Rows, which: Callable[[Shown], bool], test: Callable[[Shown], bool]) -> Counts:
    """Of some of the labels drawn, those that pass a test."""

    def tested(row: Row) -> list[bool]:
        return [test(label) for label in labels_of(row) if which(label)]

    return found.counts(lambda row: sum(tested(row)), lambda row: len(tested(row)))


def is_wrong(label: Shown) -> bool:
    return not label.right


def wrong_of_kept(check: str, digits: int) -> Counts:
    """Of the labels drawn from a round that a check keeps."""
    return among(rounds(digits=digits), lambda label: check in label.passes, is_wrong)


def ends_in_five_alone(label: Shown) -> bool:
    """Is all but the last digit right, and that is written as 5?"""
    return label.answer % 10 == 5 and label.a * label.b // 10 == label.answer // 10


def wrong_labels(row: Row) -> int:
    return row["labels"] - row["right"]


def passed(check: str) -> Counts:
    """Of the wrong labels of all rounds, those that pass a check."""
    return rounds().counts(f"checks.{check}.wrong", wrong_labels)


def kept(found: Rows) -> Counts:
    """Wrong ones of the labels that pass all checks."""
    return found.counts("checks.all.wrong", "checks.all.kept")


def wrong_after(arm: str, digits: int) -> Counts:
    """Sums of so many digits that the first network gets wrong after the last round."""
    asked = f"shapes.0.{digits}x{digits}"
    return rounds(arm, digits=LAST).counts(f"{asked}.1", f"{asked}.0")


def each_network(arm: str, digits: int) -> Told:
    """The same, a count a network; errors of the worst."""

    def words(found: list[Row]) -> Measured:
        counts = [shapes[f"{digits}x{digits}"] for shapes in found[0]["shapes"].values()]
        n, worst = max(counts, key=lambda count: count[1])
        shown = f"{join_words([f'{wrong:,}' for _, wrong in counts])} of {n:,}"
        return Measured(shown, worst, n, read_before=arm == SIEVED)

    return rounds(arm, digits=LAST).told(words)


ASKED_LAST = {"two_agree": (1, 6), "unfiltered": (4,), "true": (8,)}
"""Of the lengths after the last round, those that prose tells; a table has the fifth."""

CLAIMS: dict[str, Claim] = {
    "self_training.passed_all": Claim("Wrong labels that pass all checks.", passed("all")),
    **{
        f"self_training.nine_{digits}": Claim(
            f"Labels of the round of {digits} digits that modulo 9 keeps and that are wrong.",
            wrong_of_kept("nine", digits),
        )
        for digits in (FIRST, LAST)
    },
    "self_training.swap_7": Claim(
        "Labels of the round of 7 digits that the swap keeps and that are wrong.",
        wrong_of_kept("swap", 7),
    ),
    "self_training.right_8": Claim(
        "Labels of the last round that are right.",
        rounds(digits=LAST).counts(wrong_labels, "labels").right(),
    ),
    "self_training.ends_alike": Claim(
        "Wrong labels shown of that round that pass the swap, wrong in the last digit alone.",
        among(
            rounds(digits=7),
            lambda label: is_wrong(label) and "swap" in label.passes,
            ends_in_five_alone,
        ),
    ),
    **{
        f"self_training.{name}": Claim(
            f"Labels that pass all four checks, {words} agree.",
            rounds(arm).numbers("checks.all.kept").total(),
        )
        for name, words, arm in (
            ("all_kept", "any two", SIEVED),
            ("all_kept_sieve", "all three", "sieve"),
        )
    },
    "self_training.kept_without_vote": Claim(
        "Labels that swap and both remainders keep without a vote, and the wrong ones: "
        "true labels, round of 6 digits.",
        kept(rounds("true", digits=6)),
    ),
    "self_training.nine_numbers": Claim(
        "Wrong labels shown with a number for an answer that modulo 9 lets pass.",
        among(
            rounds(),
            lambda label: label.answer not in (-1, label.a * label.b),
            lambda label: label.answer % 9 == label.a * label.b % 9,
        ),
    ),
    "self_training.longest_right": Claim(
        "Labels shown for problems of 5x5 digits in the round of 5 digits that are right.",
        among(
            rounds(digits=5),
            lambda label: len(str(label.a)) == len(str(label.b)) == 5,
            lambda label: label.right,
        ),
    ),
    **{
        f"self_training.after_{arm}_{digits}": Claim(
            f"Test problems of {digits}x{digits} digits wrong after the last round: "
            f"{TRAINS_ON[arm]}.",
            each_network(arm, digits),
        )
        for arm, lengths in ASKED_LAST.items()
        for digits in lengths
    },
}

TABLES = {
    "self_training.passed": Table(
        "Check",
        {
            words: {"Wrong labels that pass": passed(check)}
            for check, words in (
                ("vote", "vote"),
                ("swap", "swap"),
                ("nine", "modulo 9"),
                ("eleven", "modulo 11"),
            )
        },
    ),
    "self_training.after": Table(
        "Trained on", {words: {"Wrong": each_network(arm, 5)} for arm, words in TRAINS_ON.items()}
    ),
}
