"""The measured figures of chapter 3."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from components.ui.chapters.ch30 import courses, evolution
from components.ui.claims.core import Claim, Measured, count, part_of, share
from components.ui.claims.readings import parameter_count, result_of
from lab.records import select
from lab.statistics import lower_bound_95

Row = dict[str, Any]
Rows = list[Row]

COURSE, MISTAKES, SUITES, EVOLUTION, HEADS, TUNED = (
    f"records/{name}.jsonl"
    for name in ("course", "mistakes", "suites", "self_evolution", "stage_heads", "fine_tuning")
)

# ---------------------------------------------------------------- the runs


def reading_of(digits: str) -> Callable[[Row], Row]:
    """The reading of a run on all sums of so many digits, or its widest on some of them."""

    def pick(result: Row) -> Row:
        asked = [r for r in result["readings"] if f"--digits {digits} " in f"{r['command']} "]
        whole = [reading for reading in asked if "--pairs all" in reading["command"]]
        return max(reversed(whole or asked), key=lambda reading: reading["n"])

    return pick


def wrong_at(digits: str) -> Callable[[Row], Measured]:
    def pick(result: Row) -> Measured:
        reading = reading_of(digits)(result)
        errors, n = reading["errors_strict"], reading["n"]
        return Measured(count(errors, n), errors, n, lower_bound_95(errors, n))

    return pick


# ---------------------------------------------------------------- the course and its parts


def over_seeds_at(shape: str, **cell: Any) -> Callable[[Rows], Measured]:
    """Sums of a shape wrong at the end, seed by seed; errors and n are those of the worst.

    Courses with another rate were read on test before the rates were chosen, so there is no bound.
    """

    def pick(rows: Rows) -> Measured:
        found = [courses.at_the_end(row, shape) for row in select(rows, **cell)]
        n, errors = max(found, key=courses.wrong_share_of)
        seeds = " and ".join(f"{wrong:,}" for _, wrong in found)
        return Measured(f"{seeds} of {n:,}", errors, n, read_before=True)

    return pick


def tokens_of_a_run(rows: Rows) -> Measured:
    return Measured(f"{rows[0]['tokens'] / 1e6:.1f} million tokens")


RETAINED = {
    **{f"rehearsal_0_{shape}": ("rehearsal 0", shape) for shape in ("1x1", "1x2", "2x1", "2x2")},
    "the_course_1x1": ("the course", "1x1"),
}

# ---------------------------------------------------------------- mistakes


def wrong_by(measure: str, amounts: Sequence[int], model: str) -> Callable[[Rows], Measured]:
    """Of the sums with such an amount, those that are wrong."""

    def pick(rows: Rows) -> Measured:
        (row,) = select(rows, model=model)
        found = [row[measure].get(str(amount), (0, 0)) for amount in amounts]
        n, wrong = (sum(column) for column in zip(*found, strict=True))
        return Measured(part_of(wrong, n), wrong, n)

    return pick


def wrong_digits(made: str, chain: range, model: str) -> Callable[[Rows], Measured]:
    """Of the digits whose carry came through so many columns, those that are wrong first."""

    def pick(rows: Rows) -> Measured:
        (row,) = select(rows, model=model)
        n, wrong = courses.chains(row, made, chain)
        return Measured(f"{wrong:,} of {n:,}", wrong, n)

    return pick


def failures_at(chain: range, model: str) -> Callable[[Rows], Measured]:
    """Of the wrong texts, those whose first wrong digit is of a product with so far a carry."""

    def pick(rows: Rows) -> Measured:
        (row,) = select(rows, model=model)
        _, wrong = courses.chains(row, "times", chain)
        return Measured(part_of(wrong, row["wrong"]), wrong, row["wrong"])

    return pick


def share_at(chain: range, model: str) -> Callable[[Rows], Measured]:
    """Of all digits that are written, those of a product with so far a carry."""

    def pick(rows: Rows) -> Measured:
        (row,) = select(rows, model=model)
        n, _ = courses.chains(row, "times", chain)
        return Measured(share(n, sum(count for count, _ in row["by_chain"].values())))

    return pick


def wrong_of(model: str) -> Callable[[Rows], Measured]:
    def pick(rows: Rows) -> Measured:
        (row,) = select(rows, model=model)
        return Measured(count(row["wrong"], row["n"]), row["wrong"], row["n"])

    return pick


def suite_of(suite: str, model: str) -> Callable[[Rows], Measured]:
    def pick(rows: Rows) -> Measured:
        (row,) = select(rows, model=model, suite=suite)
        wrong, n = row["wrong"], row["n"]
        return Measured(part_of(wrong, n), wrong, n, lower_bound_95(wrong, n))

    return pick


def other_suites(suite: str, model: str) -> Callable[[Rows], Measured]:
    """Wrong ones of all suites but one."""

    def pick(rows: Rows) -> Measured:
        found = [row for row in select(rows, model=model) if row["cell"]["suite"] != suite]
        wrong, n = sum(row["wrong"] for row in found), sum(row["n"] for row in found)
        return Measured(part_of(wrong, n), wrong, n, lower_bound_95(wrong, n))

    return pick


# ---------------------------------------------------------------- heads


def digits_without(head: str, kind: str) -> Callable[[Rows], Measured]:
    """Digits of a kind that the last twin writes wrong without a head."""

    def pick(rows: Rows) -> Measured:
        return Measured(f"{courses.share_of_digits(courses.without(rows, head), kind):.0%}")

    return pick


# ---------------------------------------------------------------- the reader's own run


def at_the_last_check(rate: float, *, scratch: bool) -> Callable[[Rows], Measured]:
    """Validation sums wrong at the end of a recorded run."""

    def pick(rows: Rows) -> Measured:
        (row,) = select(rows, rate=rate, scratch=scratch)
        _, errors, n, _ = row["curve"][-1]
        return Measured(part_of(errors, n), errors, n)

    return pick


# ---------------------------------------------------------------- own labels


def kept_by(check: str) -> Callable[[Rows], Measured]:
    """Wrong labels that a check lets pass, of all that are wrong, in all rounds."""

    def pick(rows: Rows) -> Measured:
        found = select(rows, arm="sieve")
        passed = sum(row["checks"][check]["wrong"] for row in found)
        wrong = sum(row["labels"] - row["right"] for row in found)
        return Measured(part_of(passed, wrong), passed, wrong)

    return pick


def wrong_among(check: str, digits: int) -> Callable[[Rows], Measured]:
    """Wrong ones of the labels that a check keeps in a round."""

    def pick(rows: Rows) -> Measured:
        found = evolution.round_of(rows, "sieve", digits)["checks"][check]
        return Measured(part_of(found["wrong"], found["kept"]), found["wrong"], found["kept"])

    return pick


def right_kept(check: str, digits: int) -> Callable[[Rows], Measured]:
    """Of the right labels of a round, those that a check keeps."""

    def pick(rows: Rows) -> Measured:
        row = evolution.round_of(rows, "sieve", digits)
        found = row["checks"][check]
        return Measured(part_of(found["kept"] - found["wrong"], row["right"]))

    return pick


def kept_in_all(rows: Rows) -> Measured:
    """Labels that pass all checks, in all rounds together."""
    found = [row["checks"]["all"]["kept"] for row in select(rows, arm="sieve")]
    return Measured(f"{sum(found):,}")


def nine_of_numbers(rows: Rows) -> Measured:
    """Of the wrong labels shown that end in a number, those that modulo 9 lets pass."""
    passed = [
        answer % 9 == a * b % 9
        for row in select(rows, arm="sieve")
        for a, b, answer in row["sums"]
        if answer >= 0 and answer != a * b
    ]
    return Measured(part_of(sum(passed), len(passed)), sum(passed), len(passed))


def longest_right(rows: Rows) -> Measured:
    """Of the labels for the longest sums of the second round, those that are right."""
    row = evolution.round_of(rows, "sieve", 5)
    right = [
        flag & 1
        for (a, b, _), flag in zip(row["sums"], row["flags"], strict=True)
        if len(str(a)) == len(str(b)) == 5
    ]
    return Measured(part_of(sum(right), len(right)), sum(right), len(right))


def wrong_after(arm: str, digits: int, last: int = evolution.LAST) -> Callable[[Rows], Measured]:
    """Sums of so many digits wrong after the round `last`."""

    def pick(rows: Rows) -> Measured:
        n, errors = evolution.wrong_after(evolution.round_of(rows, arm, last), digits)
        return Measured(part_of(errors, n), errors, n, lower_bound_95(errors, n))

    return pick


CLAIMS: dict[str, Claim] = {
    **{
        f"ch3.wrong_{digits}": Claim(
            f"The finished network on test sums of {digits} digits.",
            result_of(courses.AFTER),
            wrong_at(digits),
        )
        for digits in ("4x4", "3x3", "2x2")
    },
    "ch3.parameters": Claim(
        "Parameters of the network of chapter 3.", result_of(courses.AFTER), parameter_count
    ),
    "ch3.before": Claim(
        "The unfinished network on validation sums of 4x4 digits.",
        MISTAKES,
        wrong_of(courses.BEFORE),
    ),
    **{
        f"ch3.course_{name}": Claim(
            f"Test sums of 4x4 digits wrong at the end: {arm}.",
            COURSE,
            over_seeds_at("4x4", arm=arm),
        )
        for name, arm in ((arm.replace(" ", "_"), arm) for arm in courses.ARMS)
    },
    **{
        f"ch3.kept_{name}": Claim(
            f"Test sums of {shape} digits wrong at the end: {arm}.",
            COURSE,
            over_seeds_at(shape, arm=arm),
        )
        for name, (arm, shape) in RETAINED.items()
    },
    "ch3.course_tokens": Claim("Text that each course read.", COURSE, tokens_of_a_run),
    "ch3.near_carry": Claim(
        "Validation sums wrong whose carries pass one column at most: unfinished network.",
        MISTAKES,
        wrong_by("by_carry", (0, 1), courses.BEFORE),
    ),
    "ch3.far_carry": Claim(
        "Validation sums wrong with a carry through two columns or more: unfinished network.",
        MISTAKES,
        wrong_by("by_carry", range(2, 9), courses.BEFORE),
    ),
    **{
        f"ch3.chain_{name}": Claim(
            f"Digits of products wrong first, carry through {name} columns: unfinished network.",
            MISTAKES,
            wrong_digits("times", chain, courses.BEFORE),
        )
        for name, chain in (("short", range(2)), ("far", range(2, 9)))
    },
    "ch3.failures_far": Claim(
        "Wrong texts whose first wrong digit takes a carry from two columns or more of a product.",
        MISTAKES,
        failures_at(range(2, 9), courses.BEFORE),
    ),
    "ch3.digits_far": Claim(
        "Share of such digits of all that are written.",
        MISTAKES,
        share_at(range(2, 9), courses.BEFORE),
    ),
    "ch3.no_zeros": Claim(
        "Validation sums wrong without a zero: unfinished network.",
        MISTAKES,
        wrong_by("by_zeros", (0,), courses.BEFORE),
    ),
    "ch3.some_zeros": Claim(
        "Validation sums wrong with a zero or more: unfinished network.",
        MISTAKES,
        wrong_by("by_zeros", range(1, 9), courses.BEFORE),
    ),
    **{
        f"ch3.without_{name}_{kind}": Claim(
            f"Digits of a {words} wrong without head {head}.", HEADS, digits_without(head, kind)
        )
        for name, head in (("a", "1.3"), ("sign", "1.2"), ("back", "1.1"))
        for kind, words in (("product", "partial product"), ("sum", "sum"))
        if (name, kind) != ("back", "product")
    },
    **{
        f"ch3.{begun}_{pace}": Claim(
            f"Validation sums of up to two digits wrong, {begun}, at a rate of {rate:g}.",
            TUNED,
            at_the_last_check(rate, scratch=begun == "scratch"),
        )
        for begun in ("tuned", "scratch")
        for pace, rate in (("usual", 5e-4), ("fast", 1e-3))
    },
    "ch3.suite_nines": Claim(
        "Sums of nines wrong: finished network.", SUITES, suite_of("nines", courses.AFTER)
    ),
    "ch3.suites_others": Claim(
        "Sums of the other six suites wrong: finished network.",
        SUITES,
        other_suites("nines", courses.AFTER),
    ),
    **{
        f"ch3.passed_{check}": Claim(f"Wrong labels that pass: {check}.", EVOLUTION, kept_by(check))
        for check in ("vote", "swap", "nine", "eleven", "all")
    },
    **{
        f"ch3.nine_{digits}": Claim(
            f"Labels of the round of {digits} digits that modulo 9 keeps and that are wrong.",
            EVOLUTION,
            wrong_among("nine", digits),
        )
        for digits in (4, 7)
    },
    "ch3.vote_7": Claim(
        "Right labels of the round of 7 digits that the vote keeps.",
        EVOLUTION,
        right_kept("vote", 7),
    ),
    "ch3.all_kept": Claim("Labels that pass all four checks.", EVOLUTION, kept_in_all),
    "ch3.nine_numbers": Claim(
        "Wrong labels with a number for an answer that modulo 9 lets pass.",
        EVOLUTION,
        nine_of_numbers,
    ),
    "ch3.longest_right": Claim(
        "Labels shown for sums of 5x5 digits in the round of 5 digits that are right.",
        EVOLUTION,
        longest_right,
    ),
    "ch3.after_unfiltered_4": Claim(
        "Test sums of 4x4 digits wrong after the last round: unfiltered.",
        EVOLUTION,
        wrong_after("unfiltered", 4),
    ),
    "ch3.true_5": Claim(
        "Test sums of 5x5 digits wrong after the round of 5 digits: true labels.",
        EVOLUTION,
        wrong_after("true", 5, last=5),
    ),
    "ch3.after_true_8": Claim(
        "Test sums of 8x8 digits wrong after the last round: true labels.",
        EVOLUTION,
        wrong_after("true", 8),
    ),
    **{
        f"ch3.after_{arm}_5": Claim(
            f"Test sums of 5x5 digits wrong after the last round: {arm}.",
            EVOLUTION,
            wrong_after(arm, 5),
        )
        for arm in evolution.ARMS
    },
}
