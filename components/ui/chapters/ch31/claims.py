"""The measured figures of chapter 3, second page, and what is asked for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from components.ui.claims.claim import Claim, Table
from lab.readings import Counts, Measured, Row, Rows, Told, join_words, rows, share_of

TRAINS_ON = {
    "two_agree": "any two agree",
    "sieve": "all three agree",
    "unfiltered": "all its labels",
    "short": "no labels",
    "true": "true labels",
}
"""Of `records/self_evolution.jsonl`, in the words of the page."""

FIRST, LAST = 4, 8
"""Digits of the longest problems of the first round and of the last."""

SIEVED = "two_agree"
"""The arm whose labels the sieve shows."""

DRAWN = 500
"""Of the labels that a row holds one by one, the first, which the sieve shows."""


def rounds(arm: str = SIEVED, **cell: int) -> Rows:
    """A row a round, of the networks that were trained first; later ones have their seed in the
    cell."""
    return rows("self_evolution", arm=arm, **cell).passing(lambda row: "seed" not in row["cell"])


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


def among(
    found: Rows, which: Callable[[Shown], bool], test: Callable[[Shown], bool], first: int | None
) -> Counts:
    """Of some of the labels, those that pass a test: of all that are on record one by one, or of
    the first."""

    def tested(row: Row) -> list[bool]:
        return [test(label) for label in labels_of(row)[:first] if which(label)]

    return found.counts(lambda row: sum(tested(row)), lambda row: len(tested(row)))


def is_wrong(label: Shown) -> bool:
    return not label.right


def ends_in_five_alone(label: Shown) -> bool:
    """Is all but the last digit right, and that is written as 5?"""
    return label.answer % 10 == 5 and label.a * label.b // 10 == label.answer // 10


def shorter(label: Shown) -> int:
    """Digits of the shorter number."""
    return min(len(str(label.a)), len(str(label.b)))


def is_lopsided(label: Shown) -> bool:
    """Has one number at most two digits?"""
    return shorter(label) <= 2


def passes_all(label: Shown) -> bool:
    return len(label.passes) == len(WITHOUT) + 1


def has_digits(label: Shown, digits: int) -> bool:
    """Both numbers."""
    return len(str(label.a)) == len(str(label.b)) == digits


WITHOUT = ("swap", "nine", "eleven")
"""The checks where there is no other network to vote."""


def wrong_labels(row: Row) -> int:
    return row["labels"] - row["right"]


def passed(check: str) -> Counts:
    """Of the wrong labels of all rounds, those that pass a check."""
    return rounds().counts(f"checks.{check}.wrong", wrong_labels)


def right_beyond_vote(row: Row) -> int:
    """Right labels that the vote keeps and another check holds back."""
    vote, every = row["checks"]["vote"], row["checks"]["all"]
    return vote["kept"] - vote["wrong"] - every["kept"] + every["wrong"]


def kept(found: Rows) -> Counts:
    """Wrong ones of the labels that pass all checks."""
    return found.counts("checks.all.wrong", "checks.all.kept")


def each_network(found: Rows, digits: int, *, read_before: bool = False) -> Told:
    """Problems of so many digits that are wrong, a count a network; errors of the worst."""

    def words(rows: list[Row]) -> Measured:
        networks = [shapes for row in rows for shapes in row["shapes"].values()]
        counts = [shapes[f"{digits}x{digits}"] for shapes in networks]
        n, worst = max(counts, key=lambda count: count[1])
        shown = f"{join_words([f'{wrong:,}' for _, wrong in counts])} of {n:,}"
        return Measured(shown, worst, n, read_before=read_before)

    return found.told(words)


def two_more(arm: str, **cell: int) -> Rows:
    """A row a round of each of the two networks that repeat an arm of one network."""
    return rows("self_evolution_seeds", part="round", arm=arm, **cell)


ASKED_LAST = {"two_agree": (1, 6), "unfiltered": (4,)}
"""Of the lengths after the last round, those that prose tells."""

ALONE = ("unfiltered", "short", "true")
"""Arms of one network each, which two more repeat."""

NETWORKS = ("one network", "another", "a third")
"""Of every arm, by the numbers of their seeds."""


def right_after_all(arm: str, seed: int, digits: int) -> Told:
    """How many problems of so many digits one network has right after the last round."""
    later = arm in ALONE and seed > 0
    found = two_more(arm, digits=LAST, seed=seed) if later else rounds(arm, digits=LAST)

    def words(rows: list[Row]) -> Measured:
        (row,) = rows
        n, wrong = row["shapes"][str(seed)][f"{digits}x{digits}"]
        return Measured(f"{n - wrong}", wrong, n, read_before=arm == SIEVED)

    return found.told(words)


SWAPPED = rounds(digits=7)
"""The round in which the swap keeps many labels that are wrong."""

FROM_FIVE = rounds().passing(lambda row: row["cell"]["digits"] >= 5)
"""Rounds in which both numbers can have five digits."""

WITHOUT_VOTE = rounds("true", digits=6)
"""A round of one network alone, in which labels are wrong that all other checks keep."""

CLAIMS: dict[str, Claim] = {
    "self_training.passed_all": Claim(
        "Wrong labels, of all rounds of self-training, that pass all four checks.", passed("all")
    ),
    "self_training.passed_vote": Claim(
        "Wrong labels, of all rounds of self-training, that pass the vote.", passed("vote")
    ),
    "self_training.right_beyond_vote": Claim(
        "Right labels, of all rounds of self-training, that pass the vote and fail another check.",
        rounds().numbers(right_beyond_vote).total(),
    ),
    "self_training.both_long": Claim(
        "Labels of all rounds of self-training with five digits or more in both "
        "numbers, kept singly on record, that pass all checks.",
        among(FROM_FIVE, lambda label: shorter(label) >= 5, passes_all, None),
    ),
    "self_training.lopsided_kept": Claim(
        "Labels of the last round of self-training that pass all checks, kept singly "
        "on record: one of the numbers has at most two digits.",
        among(rounds(digits=LAST), passes_all, is_lopsided, None),
    ),
    "self_training.lopsided": Claim(
        "Labels of the last round of self-training, kept singly on record: one of the "
        "numbers has at most two digits.",
        among(rounds(digits=LAST), lambda label: True, is_lopsided, None),
    ),
    "self_training.swap_7": Claim(
        "Labels drawn from those of the round of 7 digits that pass the swap, a*b = "
        "b*a: wrong ones.",
        among(SWAPPED, lambda label: "swap" in label.passes, is_wrong, DRAWN),
    ),
    "self_training.ends_alike": Claim(
        "Wrong labels drawn from those of the round of 7 digits that pass the swap: "
        "wrong in the last digit alone.",
        among(
            SWAPPED,
            lambda label: is_wrong(label) and "swap" in label.passes,
            ends_in_five_alone,
            DRAWN,
        ),
    ),
    "self_training.no_number_5": Claim(
        "Wrong labels of 5x5 digits in the round of 5 digits whose answer is no number.",
        among(
            rounds(digits=5),
            lambda label: is_wrong(label) and has_digits(label, 5),
            lambda label: label.answer < 0,
            None,
        ),
    ),
    "self_training.right_8": Claim(
        "Labels of the last round of self-training, of up to 8 digits, that are right.",
        rounds(digits=LAST).counts(wrong_labels, "labels").right(),
    ),
    **{
        f"self_training.{name}": Claim(
            "Labels of all rounds of self-training that pass all four checks, with a vote "
            f"in which {words} agree.",
            rounds(arm).numbers("checks.all.kept").total(),
        )
        for name, words, arm in (
            ("all_kept", "any two", SIEVED),
            ("all_kept_sieve", "all three", "sieve"),
        )
    },
    "self_training.kept_without_vote": Claim(
        "Wrong labels among those that pass the swap and both remainders, with no "
        "vote: one network trained on true labels, round of 6 digits.",
        kept(WITHOUT_VOTE),
    ),
    "self_training.working_alone": Claim(
        "Wrong labels, kept singly on record, that pass the swap and both remainders "
        "with no vote, round of 6 digits: the answer is right, the working wrong.",
        among(
            WITHOUT_VOTE,
            lambda label: is_wrong(label) and len(label.passes) == len(WITHOUT),
            lambda label: label.answer == label.a * label.b,
            None,
        ),
    ),
    "self_training.nine_numbers": Claim(
        "Wrong answers that are numbers, of the labels kept singly on record: the check "
        "modulo 9 lets them pass.",
        among(
            rounds(),
            lambda label: label.answer not in (-1, label.a * label.b),
            lambda label: label.answer % 9 == label.a * label.b % 9,
            None,
        ).said(share_of),
    ),
    **{
        f"self_training.after_{arm}_{digits}": Claim(
            f"Test problems of {digits}x{digits} digits wrong after the last round, a count "
            f"for each network, trained on labels: {TRAINS_ON[arm]}.",
            each_network(rounds(arm, digits=LAST), digits, read_before=arm == SIEVED),
        )
        for arm, lengths in ASKED_LAST.items()
        for digits in lengths
    },
    "self_training.more_unfiltered_4": Claim(
        "Test problems of 4x4 digits wrong after the last round in two more networks, trained on "
        f"labels: {TRAINS_ON['unfiltered']}.",
        each_network(two_more("unfiltered", digits=LAST), 4),
    ),
    "self_training.taught_4": Claim(
        "Test problems of 4x4 digits wrong in three networks before any round.",
        each_network(rows("self_evolution_seeds", part="voters"), 4),
    ),
    **{
        f"self_training.first_right_seed_{seed}": Claim(
            f"Labels of the round of {FIRST} digits that the network of seed {seed} writes before "
            "any round that are right.",
            found.counts(wrong_labels, "labels").right(),
        )
        for seed, found in (
            (0, rounds("unfiltered", digits=FIRST)),
            (2, two_more("unfiltered", digits=FIRST, seed=2)),
        )
    },
}

TABLES = {
    "self_training.ends": Table(
        "Trained on",
        {
            f"{words}, {digits} × {digits}": {
                name: right_after_all(arm, seed, digits) for seed, name in enumerate(NETWORKS)
            }
            for arm, words, digits in (
                *((arm, words, 5) for arm, words in TRAINS_ON.items()),
                ("true", TRAINS_ON["true"], LAST),
            )
        },
        about="Right of 200 test problems after the last round of self-training, a column a "
        "network, by what it trains on and the digits of both numbers",
    ),
}
