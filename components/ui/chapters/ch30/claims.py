"""The measured figures of chapter 3."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from components.ui.chapters.ch30 import courses, evolution
from components.ui.claims.core import Claim, Measured, count, part_of, share
from components.ui.claims.readings import parameter_count, result_of
from components.ui.words import listed
from lab.records import select
from lab.statistics import lower_bound_95

Row = dict[str, Any]
Rows = list[Row]

COURSE, BASES, OTHER_BASES, FEWEST = (
    f"records/{name}.jsonl" for name in ("course", "bases", "other_bases", "fewest")
)
MISTAKES, SUITES, FRONTIER, POCKETS = (
    f"records/{name}.jsonl" for name in ("mistakes", "suites", "frontier", "pockets")
)
EVOLUTION, HEADS, TUNED = (
    f"records/{name}.jsonl" for name in ("self_evolution", "stage_heads", "fine_tuning")
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
        seeds = listed([f"{wrong:,}" for _, wrong in found])
        return Measured(f"{seeds} of {n:,}", errors, n, read_before=True)

    return pick


def from_another_base(base: int) -> Callable[[Rows], Measured]:
    """The same of the course begun with another network that knows two digits."""

    def pick(rows: Rows) -> Measured:
        found = [courses.at_the_end(row, "4x4") for row in select(rows, part="course", base=base)]
        n, errors = max(found, key=courses.wrong_share_of)
        return Measured(f"{listed([f'{wrong:,}' for _, wrong in found])} of {n:,}", errors, n)

    return pick


def known_before(base: int) -> Callable[[Rows], Measured]:
    """Test problems of 2x2 that such a network gets wrong before the course."""

    def pick(rows: Rows) -> Measured:
        n, errors = select(rows, part="course", base=base)[0]["base_shapes"]["2x2"]
        return Measured(part_of(errors, n), errors, n)

    return pick


def tokens_of_a_run(rows: Rows) -> Measured:
    return Measured(f"{rows[0]['tokens'] / 1e6:.1f} million tokens")


def best_of(base: str) -> Callable[[Rows], Measured]:
    """Validation sums of 4x4 wrong at the best of a beginning's rates."""

    def pick(rows: Rows) -> Measured:
        n, errors = courses.at_the_end(courses.best_of(rows, base))
        return Measured(f"{errors:,} of {n:,}", errors, n)

    return pick


BASES_NAMED = {
    base.replace(", ", "_").replace(" ", "_"): (base, words)
    for base, words in courses.BEGINNINGS.items()
}

RETAINED = {
    **{f"rehearsal_0_{shape}": ("rehearsal 0", shape) for shape in ("1x1", "2x1", "2x2")},
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


def nines_alike(rows: Rows) -> Measured:
    """Of the sums of nines that are wrong, those that multiply 9299 by a number ending in 9.

    The record lists them all, up to twenty.
    """
    (row,) = select(rows, model=courses.AFTER, suite="nines")
    alike = [a == 9299 and b % 10 == 9 for a, b in row["examples"]]
    return Measured(part_of(sum(alike), row["wrong"]), sum(alike), row["wrong"])


def other_suites(suite: str, model: str) -> Callable[[Rows], Measured]:
    """Wrong ones of all suites but one."""

    def pick(rows: Rows) -> Measured:
        found = [row for row in select(rows, model=model) if row["cell"]["suite"] != suite]
        wrong, n = sum(row["wrong"] for row in found), sum(row["n"] for row in found)
        return Measured(part_of(wrong, n), wrong, n, lower_bound_95(wrong, n))

    return pick


# ---------------------------------------------------------------- pockets


def counted(*parts: Sequence[int]) -> Measured:
    """Of several (n, wrong) the sum."""
    n, wrong = (sum(column) for column in zip(*parts, strict=True))
    return Measured(part_of(wrong, n), wrong, n)


def errors_explained(rows: Rows) -> Measured:
    """Of the errors on record, those at a digit where the head slipped to a 2 and that are right
    once it looks at its own digit: all in the first partial product, times nine."""
    errors = courses.errors_listed(rows)
    like = [courses.is_slip(error) for error in errors]
    return Measured(part_of(sum(like), len(like)), sum(like), len(like))


def of_pocket(name: str) -> Callable[[Rows], Measured]:
    def pick(rows: Rows) -> Measured:
        (row,) = select(rows, asked="pocket", pocket=name, line=0)
        return counted((row["n"], row["wrong"]))

    return pick


def in_later_lines(name: str) -> Callable[[Rows], Measured]:
    """The same products where the 9 is another digit of b."""

    def pick(rows: Rows) -> Measured:
        asked = select(rows, asked="pocket", pocket=name)
        found = [row for row in asked if row["cell"]["line"] > 0]
        return counted(*((row["n"], row["wrong"]) for row in found))

    return pick


def first_products(*, nine: bool) -> Callable[[Rows], Measured]:
    def pick(rows: Rows) -> Measured:
        (row,) = select(rows, asked="first products", nine=nine)
        return counted((row["n"], row["wrong"]))

    return pick


def digits_that(kind: str) -> Callable[[Rows], Measured]:
    """Digits of first products where the head has slipped, or held, and those that are wrong."""

    def pick(rows: Rows) -> Measured:
        found = select(rows, asked="first products")
        return counted(*(part for row in found for part in row[kind]))

    return pick


def slips_to_a_two(rows: Rows) -> Measured:
    """Of the digits where the head slips, those with a 2 on their left."""
    found = [
        counts for row in select(rows, asked="first products") for counts in row["by_neighbour"]
    ]
    return counted(*((sum(counts), counts[2]) for counts in found))


def transplanted(what: Callable[[Row], tuple[int, int]]) -> Callable[[Rows], Measured]:
    """Of the failing problems of all pockets (n, those with which it went as told)."""

    def pick(rows: Rows) -> Measured:
        return counted(*(what(row) for row in select(rows, asked="transplants")))

    return pick


def with_other_heads(row: Row) -> tuple[int, int]:
    """The most that any other head breaks."""
    return row["n"], max(n for head, n in row["breaks"].items() if head != courses.FETCHES_A)


TRANSPLANTS: dict[str, tuple[str, Callable[[Row], tuple[int, int]]]] = {
    "aimed": (
        "that are right when the head looks at its digit alone",
        lambda row: (row["n"], row["n"] - row["aimed"]),
    ),
    "repaired": (
        "that are right with the head's z from a problem with another neighbour",
        lambda row: (row["n"], row["repairs"][courses.FETCHES_A]),
    ),
    "broken": (
        "whose z makes that problem wrong",
        lambda row: (row["n"], row["breaks"][courses.FETCHES_A]),
    ),
    "broken_by_others": ("whose z makes it wrong, of any other head", with_other_heads),
    "another_digit": (
        "whose token becomes that of the donor's digit",
        lambda row: (row["n"], row["another_digit"]),
    ),
    "another_carry": (
        "whose token stays right with the same digit from a donor with another carry",
        lambda row: tuple(reversed(row.get("another_carry", (0, 0)))),
    ),
}

# ---------------------------------------------------------------- the frontier


def wrong_at_twenty(rows: Rows) -> Measured:
    """On test, once; a network of chapter 2 that has seen no sum of more than four digits."""
    (row,) = select(rows, digits=20, split="test")
    wrong, n = row["wrong"], row["n"]
    return Measured(part_of(wrong, n), wrong, n, lower_bound_95(wrong, n))


def wrong_tokens_at_twenty(rows: Rows) -> Measured:
    """Of these, each asked behind the right ones before it."""
    (row,) = select(rows, digits=20, split="test")
    wrong, n = row["wrong_tokens"], row["tokens"]
    return Measured(f"{wrong:,} of {n:,}", wrong, n)


def one_too_small(failure: Row) -> bool:
    """Nine for a zero counts as well: both as if no carry had come."""
    right, written = failure["right"], failure["written"]
    return right.isdigit() and written.isdigit() and (int(right) - int(written)) % 10 == 1


def from_afar(failure: Row) -> bool:
    """Is it a digit of a product, with a carry through two columns or more?"""
    company = failure["company"]
    return company is not None and company["made_by"] == "times" and company["chain"] >= 2


def nine_and_nine(failure: Row) -> bool:
    company = failure["company"]
    if company is None or company["made_by"] != "plus":
        return False
    return company["x"] == company["y"] == 9 and company["carry"] == 1


def small_with_carry(rows: Rows) -> Measured:
    """Of the first wrong digits that are one too small, those into which a carry comes."""
    small = [failure for failure in courses.all_failures(rows) if one_too_small(failure)]
    carried = [
        failure["company"] is not None and failure["company"]["carry"] > 0 for failure in small
    ]
    return Measured(part_of(sum(carried), len(carried)), sum(carried), len(carried))


def wrong_in_a_million(rows: Rows) -> Measured:
    """Tokens, over all lengths and both splits."""
    wrong, n = (sum(row[name] for row in rows) for name in ("wrong_tokens", "tokens"))
    return Measured(f"{1e6 * wrong / n:.0f}", wrong, n)


def of_all_failures(like: Callable[[Row], bool]) -> Callable[[Rows], Measured]:
    """Of the sums that go wrong, at every length, those whose first wrong digit is so."""

    def pick(rows: Rows) -> Measured:
        found = [like(failure) for failure in courses.all_failures(rows)]
        return Measured(part_of(sum(found), len(found)), sum(found), len(found))

    return pick


# ---------------------------------------------------------------- heads


def digits_without(head: str, kind: str) -> Callable[[Rows], Measured]:
    """Digits of a kind that the last twin writes wrong without a head."""

    def pick(rows: Rows) -> Measured:
        return Measured(f"{courses.share_of_digits(courses.without(rows, head), kind):.0%}")

    return pick


def product_after_third(rows: Rows) -> Measured:
    """Of the twin with all its heads."""
    *_, third, _ = courses.TWINS
    whole = courses.without(rows, "none", third)
    return Measured(f"{courses.share_of_digits(whole, 'product'):.0%}")


# ---------------------------------------------------------------- the reader's own run


def at_the_last_check(rate: float, *, scratch: bool) -> Callable[[Rows], Measured]:
    """Validation sums wrong at the end of the recorded runs, seed by seed; errors of the worst."""

    def pick(rows: Rows) -> Measured:
        ends = [row["curve"][-1] for row in select(rows, rate=rate, scratch=scratch)]
        most, n = max((errors, n) for _, errors, n, _ in ends)
        seeds = listed([f"{errors:,}" for _, errors, _, _ in ends])
        return Measured(f"{seeds} of {n:,}", most, n)

    return pick


# ---------------------------------------------------------------- own labels


def kept_by(check: str) -> Callable[[Rows], Measured]:
    """Wrong labels that a check lets pass, of all that are wrong, in all rounds."""

    def pick(rows: Rows) -> Measured:
        found = select(rows, arm=evolution.SIEVED)
        passed = sum(row["checks"][check]["wrong"] for row in found)
        wrong = sum(row["labels"] - row["right"] for row in found)
        return Measured(part_of(passed, wrong), passed, wrong)

    return pick


def wrong_among(check: str, digits: int) -> Callable[[Rows], Measured]:
    """Wrong ones of the labels that a check keeps in a round, of those that are drawn."""

    def pick(rows: Rows) -> Measured:
        row = evolution.round_of(rows, evolution.SIEVED, digits)
        wrong = [not right for _, right in evolution.kept_by(row, check)]
        return Measured(part_of(sum(wrong), len(wrong)), sum(wrong), len(wrong))

    return pick


def kept_in_all(arm: str) -> Callable[[Rows], Measured]:
    """Labels that pass all checks, in all rounds together."""

    def pick(rows: Rows) -> Measured:
        found = [row["checks"]["all"]["kept"] for row in select(rows, arm=arm)]
        return Measured(f"{sum(found):,}")

    return pick


def kept_without_vote(rows: Rows) -> Measured:
    """Wrong labels of one network alone, on which its own three checks agree."""
    kept, wrong = evolution.kept_of(evolution.round_of(rows, "true", 6))
    return Measured(part_of(wrong, kept), wrong, kept)


def nine_of_numbers(rows: Rows) -> Measured:
    """Of the wrong labels shown that end in a number, those that modulo 9 lets pass."""
    passed = [
        answer % 9 == a * b % 9
        for row in select(rows, arm=evolution.SIEVED)
        for a, b, answer in row["sums"]
        if answer >= 0 and answer != a * b
    ]
    return Measured(part_of(sum(passed), len(passed)), sum(passed), len(passed))


def right_at_last(rows: Rows) -> Measured:
    row = evolution.round_of(rows, evolution.SIEVED, evolution.LAST)
    return Measured(part_of(row["right"], row["labels"]))


def ends_alike(rows: Rows) -> Measured:
    """Of the wrong labels shown of the round of 7 digits that pass the swap, those of which all but
    the last digit is right, and that is written as 5."""
    row = evolution.round_of(rows, evolution.SIEVED, 7)
    wrong = [label for label, right in evolution.kept_by(row, "swap") if not right]
    alike = [answer % 10 == 5 and a * b // 10 == answer // 10 for a, b, answer in wrong]
    return Measured(part_of(sum(alike), len(alike)), sum(alike), len(alike))


def longest_right(rows: Rows) -> Measured:
    """Of the labels for the longest sums of the second round, those that are right."""
    row = evolution.round_of(rows, evolution.SIEVED, 5)
    right = [
        flag & 1
        for (a, b, _), flag in zip(row["sums"], row["flags"], strict=True)
        if len(str(a)) == len(str(b)) == 5
    ]
    return Measured(part_of(sum(right), len(right)), sum(right), len(right))


def wrong_after(arm: str, digits: int) -> Callable[[Rows], Measured]:
    """Sums of so many digits wrong after the last round, a count a network; errors of the worst."""

    def pick(rows: Rows) -> Measured:
        row = evolution.round_of(rows, arm, evolution.LAST)
        found = [evolution.wrong_after(row, digits, seed) for seed in row["shapes"]]
        n, errors = max(found, key=courses.wrong_share_of)
        networks = listed([f"{wrong:,}" for _, wrong in found])
        return Measured(f"{networks} of {n:,}", errors, n, read_before=arm == evolution.SIEVED)

    return pick


ASKED_LAST = {"two agree": (1, 5, 6), "unfiltered": (4, 5), "true": (5, 8)}
"""Of the lengths after the last round, those that the page tells; of the other arms the fifth."""

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
        f"ch3.course_from_base_{base}": Claim(
            f"Test problems of 4x4 digits wrong, begun with a network of seed {base}.",
            OTHER_BASES,
            from_another_base(base),
        )
        for base in (1, 2)
    },
    "ch3.known_by_base_0": Claim(
        "Test problems of 2x2 digits wrong before the course: the committed base.",
        result_of("two_digits_coupled"),
        wrong_at("2x2"),
    ),
    **{
        f"ch3.known_by_base_{base}": Claim(
            f"Test problems of 2x2 digits wrong before the course: the base of seed {base}.",
            OTHER_BASES,
            known_before(base),
        )
        for base in (1, 2)
    },
    **{
        f"ch3.kept_{name}": Claim(
            f"Test sums of {shape} digits wrong at the end: {arm}.",
            COURSE,
            over_seeds_at(shape, arm=arm),
        )
        for name, (arm, shape) in RETAINED.items()
    },
    **{
        f"ch3.base_{name}": Claim(
            f"Validation sums of 4x4 digits wrong at the best of its rates: {words}.",
            BASES,
            best_of(base),
        )
        for name, (base, words) in BASES_NAMED.items()
    },
    **{
        f"ch3.fewest_{drawn.replace(' ', '_')}_{n or 'once'}": Claim(
            f"Test sums of 4x4 digits wrong, {n or 'no'} problems again and again, {words}.",
            FEWEST,
            over_seeds_at("4x4", drawn=drawn, problems=n),
        )
        for drawn, words in courses.DRAWN.items()
        for n in (*courses.FEW, None)
        if n or drawn != "by stages"
    },
    "ch3.frontier_20_test": Claim("Test sums of 20x20 digits wrong.", FRONTIER, wrong_at_twenty),
    "ch3.one_too_small": Claim(
        "Sums wrong at the frontier whose first wrong digit is one too small.",
        FRONTIER,
        of_all_failures(one_too_small),
    ),
    "ch3.from_afar": Claim(
        "Sums wrong at the frontier whose first wrong digit takes a product's carry from afar.",
        FRONTIER,
        of_all_failures(from_afar),
    ),
    "ch3.small_with_carry": Claim(
        "First wrong digits that are one too small into which a carry comes.",
        FRONTIER,
        small_with_carry,
    ),
    "ch3.nine_and_nine": Claim(
        "Sums wrong at the frontier first where nine and nine are added and a carry comes in.",
        FRONTIER,
        of_all_failures(nine_and_nine),
    ),
    "ch3.frontier_rate": Claim(
        "Tokens of a million that are wrong at the frontier.", FRONTIER, wrong_in_a_million
    ),
    "ch3.frontier_tokens_20": Claim(
        "Tokens of 20x20 digits wrong, of test.", FRONTIER, wrong_tokens_at_twenty
    ),
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
        for name, head in (("a", "1.3"), ("sign", "1.2"), ("back", "1.1"), ("first", "0.1"))
        for kind, words in (("product", "partial product"), ("sum", "sum"))
        if kind == "sum" or name in ("a", "sign")
    },
    "ch3.product_third": Claim(
        "Digits of partial products wrong after the third stage.", HEADS, product_after_third
    ),
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
    "ch3.suite_nines_before": Claim(
        "Sums of nines wrong: unfinished network.", SUITES, suite_of("nines", courses.BEFORE)
    ),
    "ch3.nines_alike": Claim(
        "Of these, those that multiply 9299 by a number that ends in 9.",
        SUITES,
        nines_alike,
    ),
    "ch3.suites_others": Claim(
        "Sums of the other six suites wrong: finished network.",
        SUITES,
        other_suites("nines", courses.AFTER),
    ),
    "ch3.errors_explained": Claim(
        "Errors of the finished network on test, right once head 2.0 looks at its digit alone.",
        POCKETS,
        errors_explained,
    ),
    **{
        f"ch3.pocket_{name.split()[-1]}": Claim(
            f"Test problems wrong in the first product, b ends in 9, a: {name}.",
            POCKETS,
            of_pocket(name),
        )
        for name in courses.POCKETS
    },
    "ch3.pocket_later": Claim(
        "7299 or 9299 times b, wrong where the 9 of b is not its last digit.",
        POCKETS,
        in_later_lines("7299 or 9299"),
    ),
    "ch3.first_nine": Claim(
        "Every a times one b that ends in 9: first products wrong.",
        POCKETS,
        first_products(nine=True),
    ),
    "ch3.first_others": Claim(
        "Every a times one b that ends in another digit: first products wrong.",
        POCKETS,
        first_products(nine=False),
    ),
    **{
        f"ch3.digits_{kind}": Claim(
            f"Digits of these products where the head has {kind}: wrong ones.",
            POCKETS,
            digits_that(kind),
        )
        for kind in ("slipped", "held")
    },
    "ch3.slips_to_two": Claim(
        "Of the digits where the head slips, those with a 2 on their left.", POCKETS, slips_to_a_two
    ),
    **{
        f"ch3.pocket_{name}": Claim(
            f"Failing problems of the pockets {words}.", POCKETS, transplanted(what)
        )
        for name, (words, what) in TRANSPLANTS.items()
    },
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
        for digits in (4, 8)
    },
    "ch3.swap_7": Claim(
        "Labels of the round of 7 digits that the swap keeps and that are wrong.",
        EVOLUTION,
        wrong_among("swap", 7),
    ),
    "ch3.right_8": Claim("Labels of the last round that are right.", EVOLUTION, right_at_last),
    "ch3.ends_alike": Claim(
        "Wrong labels shown of that round that pass the swap, wrong in the last digit alone.",
        EVOLUTION,
        ends_alike,
    ),
    "ch3.all_kept": Claim(
        "Labels that pass all four checks, any two agree.",
        EVOLUTION,
        kept_in_all(evolution.SIEVED),
    ),
    "ch3.all_kept_sieve": Claim(
        "Labels that pass all four checks, all three agree.", EVOLUTION, kept_in_all("sieve")
    ),
    "ch3.kept_without_vote": Claim(
        "Labels that swap and both remainders keep without a vote, and the wrong ones: "
        "true labels, round of 6 digits.",
        EVOLUTION,
        kept_without_vote,
    ),
    "ch3.nine_numbers": Claim(
        "Wrong labels shown with a number for an answer that modulo 9 lets pass.",
        EVOLUTION,
        nine_of_numbers,
    ),
    "ch3.longest_right": Claim(
        "Labels shown for sums of 5x5 digits in the round of 5 digits that are right.",
        EVOLUTION,
        longest_right,
    ),
    **{
        f"ch3.after_{arm.replace(' ', '_')}_{digits}": Claim(
            f"Test sums of {digits}x{digits} digits wrong after the last round: {words}.",
            EVOLUTION,
            wrong_after(arm, digits),
        )
        for arm, words in evolution.ARMS.items()
        for digits in ASKED_LAST.get(arm, (5,))
    },
}
