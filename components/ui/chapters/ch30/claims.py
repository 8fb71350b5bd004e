"""The measured figures of chapter 3, and what is asked for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from components.ui.claims.claim import Claim, Table
from components.ui.claims.results import parameters, training_tokens
from lab.readings import (
    Counts,
    Measured,
    Row,
    Rows,
    Told,
    errors_in,
    result,
    rows,
    share_of,
)
from lab.statistics import lower_bound_95

BEFORE, AFTER = "curriculum_before", "curriculum_4x4"
"""The network unfinished, and finished."""

BASE = "two_digits_coupled"
"""The first of the small networks that know two digits."""


def summed(found: Rows, parts: Callable[[Row], Iterable[Sequence[int]]]) -> Counts:
    """Of several (n, wrong) that a row holds the sum."""
    return found.counts(
        lambda row: sum(wrong for _, wrong in parts(row)),
        lambda row: sum(n for n, _ in parts(row)),
    )


# ---------------------------------------------------------------- the runs


def wrong_at(run: str, digits: str) -> Told:
    """Sums of so many digits, in the latest reading of all of them, or else of the most."""
    readings = replace(result(run), part="readings")
    asked = readings.passing(lambda reading: f"--digits {digits} " in f"{reading['command']} ")
    return asked.told(wrong_in_widest)


def wrong_in_widest(readings: Sequence[Row]) -> Measured:
    whole = [reading for reading in readings if "--pairs all" in reading["command"]]
    widest = max(reversed(whole or readings), key=lambda reading: reading["n"])
    errors, n = widest["errors_strict"], widest["n"]
    bound = None if whole else lower_bound_95(errors, n)  # none of all there are
    return Measured(errors_in(errors, n), errors, n, bound)


# ---------------------------------------------------------------- the course and its parts

ARMS = {
    "the_course": "in stages",
    "all_at_once": "all at once",
    "reversed": "longest first",
    "no_padding": "no zeros in front",
    "no_carries": "no far carries",
    "rehearsal_5": "rehearsal 5 in 100",
    "rehearsal_0": "no rehearsal",
    "from_two_digits": "from base A",
}
"""Of `records/course.jsonl`, in the words of the page."""

BASES = ("base A", "base B", "base C")
"""The small networks that know two digits, in the words of the page; they differ in the seed."""

DRAWN = {
    "by_stages": "in stages",
    "at_random": "at random, no stages",
    "chosen": "hardest of eight, no stages",
}
"""Of `records/fewest.jsonl`, in the words of the page."""

FEW = (3_000, 30_000)
"""How many different problems there are; None stands for so many that hardly one comes twice."""

LONGEST = "4x4"

COURSE = rows("course")


def at_the_end(found: Rows, shape: str = LONGEST, stage: int = -1) -> Counts:
    """Sums of a shape wrong behind a stage, the last one unless said, a count a seed."""
    asked = f"stages.{stage}.shapes.{shape}"
    return found.counts(f"{asked}.1", f"{asked}.0").each()


def after_course(arm: str, shape: str = LONGEST) -> Counts:
    """Courses with another rate were read on test before the rates were chosen."""
    return at_the_end(COURSE.where(arm=arm).before_choice(), shape)


def after_few(drawn: str, problems: int | None) -> Counts:
    """After so many different problems; in stages, the course itself has so many as None."""
    if drawn == "by_stages" and problems is None:
        return after_course("the_course")
    return at_the_end(rows("fewest", drawn=drawn, problems=problems).before_choice())


def from_base(base: int) -> Rows:
    """The course begun with another network that knows two digits."""
    return rows("other_bases", part="course", base=base)


ALONE = rows("fewest_by_length", part="fewest", digits=4)
"""Networks trained on four by four digits and nothing shorter."""


def most_tried(row: Row) -> Row:
    """Of a search, the training with the most different problems."""
    return max(row["tried"], key=lambda one: one["problems"])


GOALS = ("95", "99")
"""Of a hundred problems, how many are to be right."""

LOOKS = rows("course_looks")


def until_half(row: Row) -> float:
    """Million tokens of a training until the first look that finds half of the longest right."""
    return next(
        look["tokens"] / 1e6
        for look in row["looks"]
        for n, wrong in [look["shapes"][LONGEST]]
        if 2 * wrong <= n
    )


LENGTHS = {
    "half": "half as long",
    "the_course": "as above",
    "twice": "twice as long",
}
"""Of the stages before the last, in the words of the page."""

FURTHER = rows("five_digits")


# ---------------------------------------------------------------- mistakes

MISTAKES = rows("mistakes")
UNFINISHED = MISTAKES.where(model=BEFORE)

NEAR, FAR = range(2), range(2, 10)
"""Columns that a carry passes."""


def wrong_by(measure: str, amounts: Iterable[int]) -> Counts:
    """Of the sums with such an amount, those that are wrong."""
    names = [str(amount) for amount in amounts]
    return summed(UNFINISHED, lambda row: [row[measure].get(name, (0, 0)) for name in names])


def chains(found: Rows, made: str, lengths: Iterable[int]) -> Counts:
    """Of the digits whose carry came through so many columns, those that are wrong first."""
    names = [f"{made} {length}" for length in lengths]
    return summed(found, lambda row: [row["by_chain"].get(name, (0, 0)) for name in names])


FAR_DIGITS = chains(UNFINISHED, "times", FAR)
"""Of a product, with a carry from afar."""

SUITES = rows("suites")


def nines_alike(row: Row) -> int:
    """Those that multiply 9299 by a number ending in 9; the record lists all, up to twenty."""
    return sum(a == 9299 and b % 10 == 9 for a, b in row["examples"])


# ---------------------------------------------------------------- pockets

POCKETS = rows("pockets")
NAMES_OF_POCKETS = {
    "ends_in_26": "ends in 26",
    "is_7299_or_9299": "7299 or 9299",
    "is_2602": "2602",
}
"""Values of a, as the record has them and in words."""

FETCHES_A = "2.0"
"""Of the finished network, the head that fetches a's digit; the record's transplants show it."""

ERRORS = replace(POCKETS.where(asked="errors"), part="failures")
"""All errors of the headline reading, one by one."""


def is_slip(error: Row) -> bool:
    """Is it the first product, times nine, at a digit with a 2 on its left, and right once the head
    looks at its digit alone?"""
    if error["number"] != 0 or not error.get("right_when_aimed"):
        return False
    return error["b"][-1] == "9" and error["a"][-2 - error["place"]] == "2"


def pocket(name: str) -> Rows:
    """A row for each digit of b that is the 9."""
    return POCKETS.where(asked="pocket", pocket=name)


FIRST_PRODUCTS = POCKETS.where(asked="first_products")

TRANSPLANTED = POCKETS.where(asked="transplants")
"""The failing problems of a pocket."""


TRANSPLANTS = {
    "aimed": (
        "right when head 2.0 looks at its digit alone",
        TRANSPLANTED.counts("aimed").right(),
    ),
    "repaired": (
        "right with the z of head 2.0 from a problem with another neighbour",
        TRANSPLANTED.counts(lambda row: row["repairs"][FETCHES_A]),
    ),
    "broken": (
        "whose z of head 2.0 makes the problem with another neighbour wrong",
        TRANSPLANTED.counts(lambda row: row["breaks"][FETCHES_A]),
    ),
    "broken_by_others": (
        "whose z of any other head makes the problem with another neighbour wrong",
        TRANSPLANTED.counts(
            lambda row: max(n for head, n in row["breaks"].items() if head != FETCHES_A)
        ),
    ),
    "another_digit": (
        "whose token follows the digit of the problem that gives its z of head 2.0",
        TRANSPLANTED.counts("another_digit"),
    ),
    "another_carry": (
        "right with the z of head 2.0 from a problem with the same digit and another carry",
        TRANSPLANTED.passing(lambda row: "another_carry" in row).counts(
            "another_carry.0", "another_carry.1"
        ),
    ),
}

# ---------------------------------------------------------------- the frontier

FRONTIER = rows("frontier")
FAILURES = replace(FRONTIER, part="failures")
"""Of every length, by their first wrong digit."""

TWENTY = FRONTIER.where(digits=20, split="test")
"""Read once, by a network of chapter 2 that has seen no sum of more than four digits."""

WRONG_AT_TWENTY = TWENTY.counts("wrong").bound()


def one_too_small(failure: Row) -> bool:
    """Nine for a zero counts as well: both as if no carry had come."""
    right, written = failure["right"], failure["written"]
    return right.isdigit() and written.isdigit() and (int(right) - int(written)) % 10 == 1


def from_afar(failure: Row) -> bool:
    """Is it a digit of a product, with a carry through two columns or more?"""
    company = failure["company"]
    return bool(company) and company["made_by"] == "times" and company["chain"] >= 2


def nine_and_nine(failure: Row) -> bool:
    company = failure["company"]
    added = bool(company) and company["made_by"] == "plus"
    return added and company["x"] == company["y"] == 9 and company["carry"] == 1


# ---------------------------------------------------------------- heads

TWINS = {
    "course_2x2_small": "2x2",
    "course_2x3_small": "2x3",
    "course_3x3_small": "3x3",
    "curriculum_before_small": "4x4",
}
"""The twin as each stage left it."""

THIRD, LAST_TWIN = list(TWINS)[-2:]

NUMBERS = {"product": ("partial product",), "sum": ("sum", "answer")}
"""Kinds of numbers that are made alike: of digits of both factors, or of two digits above."""

HEADS = rows("stage_heads")


def name_of_head(row: Row) -> str:
    """Of the one that is ablated, '1.3', or 'none'."""
    cell = row["cell"]
    return f"{cell['layer']}.{cell['head']}" if "head" in cell else "none"


def without(head: str, run: str = LAST_TWIN) -> Rows:
    return HEADS.where(run=run).passing(lambda row: name_of_head(row) == head)


def digits_wrong(found: Rows, kind: str) -> Counts:
    """Digits of a kind of number."""

    def parts(row: Row) -> list[Sequence[int]]:
        return [row["wrong"][number] for number in NUMBERS[kind] if number in row["wrong"]]

    return summed(found, parts).said(lambda wrong, n: f"{wrong / n:.0%}")


# ---------------------------------------------------------------- the reader's own run


USUAL_RATE = 5e-4


def tuned(rate: float, *, scratch: bool) -> Counts:
    """Validation problems wrong at the last check of the recorded runs."""
    runs = rows("fine_tuning", rate=rate, scratch=scratch)
    return runs.counts("curve.-1.1", "curve.-1.2").each()


CLAIMS: dict[str, Claim] = {
    **{
        f"curriculum.wrong_{digits}": Claim(
            f"Errors of the finished network of chapter 3 on {which} problems of {digits} digits.",
            wrong_at(AFTER, digits),
        )
        for which, digits in (("test", "4x4"), ("test", "3x3"), ("all", "2x2"))
    },
    "curriculum.first_stage": Claim(
        "Errors of the small twin of chapter 3 after its first stage on test problems of 2x2 "
        "digits.",
        wrong_at("course_2x2_small", "2x2"),
    ),
    "curriculum.parameters": Claim("Parameters of the network of chapter 3.", parameters(AFTER)),
    "curriculum.before": Claim(
        "Errors of the unfinished network of chapter 3 on validation problems of 4x4 digits.",
        UNFINISHED.counts("wrong").said(errors_in),
    ),
    "curriculum.rehearsed_1x1": Claim(
        "Test problems of 1x1 digits wrong at the end of the curriculum with five rehearsed "
        "problems in 100, of three seeds.",
        after_course("rehearsal_5", "1x1"),
    ),
    "curriculum.first_2x2": Claim(
        "Test problems of 2x2 digits wrong after the first stage, of three seeds: in stages.",
        at_the_end(COURSE.where(arm="the_course").before_choice(), "2x2", 0),
    ),
    "curriculum.alone_4x4": Claim(
        "Test problems of 4x4 digits wrong with the most problems of a search on 4x4 digits "
        "alone, of three seeds.",
        ALONE.counts(
            lambda row: most_tried(row)["test"][1], lambda row: most_tried(row)["test"][0]
        ).each(),
    ),
    "curriculum.third_base": Claim(
        "Test problems of 4x4 digits wrong at the end, of three seeds, begun with the third "
        "network that knows two digits: in stages.",
        at_the_end(from_base(2)),
    ),
    **{
        f"curriculum.few_{drawn}": Claim(
            f"Test problems of 4x4 digits wrong after training on 3,000 problems {words}, "
            "of three seeds.",
            after_few(drawn, FEW[0]),
        )
        for drawn, words in (
            ("by_stages", "in stages"),
            ("at_random", "of all lengths at random"),
        )
    },
    "curriculum.other_bases_begin": Claim(
        "Test problems of 2x2 digits that the second and the third network that know two digits "
        "get wrong before they are trained on longer ones.",
        rows("other_bases", part="course", seed=0)
        .counts("base_shapes.2x2.1", "base_shapes.2x2.0")
        .each(),
    ),
    "curriculum.base_tokens": Claim(
        "Tokens that a network that knows two digits was trained on before it is trained on longer "
        "problems.",
        training_tokens(BASE),
    ),
    "curriculum.looks_the_course": Claim(
        "Test problems of 4x4 digits wrong at the end of one run that was evaluated "
        "all along: in stages.",
        LOOKS.where(arm="the_course").counts("end.4x4.1", "end.4x4.0"),
    ),
    **{
        f"curriculum.half_{arm}": Claim(
            "Tokens trained on until half of the test problems of 4x4 digits are first "
            f"found right: {ARMS[arm]}.",
            LOOKS.where(arm=arm).numbers(until_half, "{:.1f}", "million tokens"),
        )
        for arm in ("the_course", "all_at_once", "reversed")
    },
    "curriculum.five_both": Claim(
        "Test problems of 5x5 digits wrong at the end of the four runs from random weights that "
        "were evaluated all along: in stages, all at once, longest first, no rehearsal.",
        FURTHER.where(p=5, q=5)
        .passing(lambda row: row["cell"]["arm"] != "from_two_digits")
        .counts("errors")
        .each(),
    ),
    "curriculum.frontier_20_test": Claim(
        "Test problems of 20x20 digits wrong: the network with clipped distances that "
        "was trained on up to 4x4.",
        WRONG_AT_TWENTY,
    ),
    "curriculum.one_too_small": Claim(
        "Problems of 12x12 digits and more that the network trained on up to 4x4 gets "
        "wrong: the first wrong digit is one too small.",
        FAILURES.those(one_too_small),
    ),
    "curriculum.from_afar": Claim(
        "Problems of 12x12 digits and more that the network trained on up to 4x4 gets "
        "wrong: the first wrong digit takes a product's carry through two columns or "
        "more.",
        FAILURES.those(from_afar),
    ),
    "curriculum.small_with_carry": Claim(
        "First wrong digits that are one too small, of the network trained on up to "
        "4x4, in problems of 12x12 digits and more: a carry comes into the digit.",
        FAILURES.passing(one_too_small).those(
            lambda failure: bool(failure["company"]) and failure["company"]["carry"] > 0
        ),
    ),
    "curriculum.nine_and_nine": Claim(
        "Problems of 12x12 digits and more that the network trained on up to 4x4 gets "
        "wrong: first where nine and nine are added and a carry comes in.",
        FAILURES.those(nine_and_nine),
    ),
    "curriculum.frontier_rate": Claim(
        "Tokens of a million that the network trained on up to 4x4 gets wrong, in "
        "problems of 12x12 digits and more.",
        FRONTIER.counts("wrong_tokens", "tokens").said(lambda wrong, n: f"{1e6 * wrong / n:.0f}"),
    ),
    "curriculum.frontier_tokens_20": Claim(
        "Tokens wrong in test problems of 20x20 digits: the network with clipped "
        "distances that was trained on up to 4x4.",
        TWENTY.counts("wrong_tokens", "tokens"),
    ),
    "curriculum.course_tokens": Claim(
        "Tokens that each curriculum of chapter 3 was trained on.",
        COURSE.numbers(lambda row: row["tokens"] / 1e6, "{:.1f}", "million tokens"),
    ),
    "curriculum.near_carry": Claim(
        "Validation problems of 4x4 digits whose carries pass one column at most, and "
        "that the unfinished network of chapter 3 gets wrong.",
        wrong_by("by_carry", NEAR),
    ),
    "curriculum.far_carry": Claim(
        "Validation problems of 4x4 digits with a carry through two columns or more, "
        "and that the unfinished network of chapter 3 gets wrong.",
        wrong_by("by_carry", FAR),
    ),
    "curriculum.chain_short": Claim(
        "Digits of partial products that the unfinished network of chapter 3 has wrong "
        "first, of all whose carry comes through one column at most.",
        chains(UNFINISHED, "times", NEAR),
    ),
    "curriculum.chain_far": Claim(
        "Digits of partial products that the unfinished network of chapter 3 has wrong "
        "first, of all whose carry comes through two columns or more.",
        FAR_DIGITS,
    ),
    "curriculum.failures_far": Claim(
        "Wrong texts of the unfinished network of chapter 3 whose first wrong digit "
        "takes a product's carry through two columns or more.",
        UNFINISHED.counts(FAR_DIGITS.part, "wrong"),
    ),
    "curriculum.digits_far": Claim(
        "Share of all written digits that take a product's carry through two columns "
        "or more: validation problems of 4x4 digits.",
        UNFINISHED.counts(
            FAR_DIGITS.n, lambda row: sum(n for n, _ in row["by_chain"].values())
        ).said(share_of),
    ),
    "curriculum.no_zeros": Claim(
        "Validation problems of 4x4 digits without a zero that the unfinished network "
        "of chapter 3 gets wrong.",
        wrong_by("by_zeros", [0]),
    ),
    "curriculum.some_zeros": Claim(
        "Validation problems of 4x4 digits with a zero or more that the unfinished "
        "network of chapter 3 gets wrong.",
        wrong_by("by_zeros", range(1, 9)),
    ),
    **{
        f"curriculum.without_{name}_{kind}": Claim(
            f"Digits of a {words} wrong with head {head} ablated: the small twin of chapter "
            "3 after its last stage.",
            digits_wrong(without(head), kind),
        )
        for name, head in (("a", "1.3"), ("sign", "1.2"), ("back", "1.1"), ("first", "0.1"))
        for kind, words in (("product", "partial product"), ("sum", "sum"))
        if kind == "sum" or name in ("a", "sign")
    },
    "curriculum.product_third": Claim(
        "Digits of partial products wrong with nothing ablated: the small twin of "
        "chapter 3 after its third stage.",
        digits_wrong(without("none", THIRD), "product"),
    ),
    **{
        f"curriculum.suite_{name}": Claim(
            f"Problems of nines that the {words} network of chapter 3 gets wrong.",
            SUITES.where(suite="nines", model=model).counts("wrong").bound(),
        )
        for name, words, model in (
            ("nines", "finished", AFTER),
            ("nines_before", "unfinished", BEFORE),
        )
    },
    "curriculum.nines_alike": Claim(
        "Problems of nines that the finished network of chapter 3 gets wrong: 9299 "
        "times a number that ends in 9.",
        SUITES.where(suite="nines", model=AFTER).counts(nines_alike, "wrong"),
    ),
    "curriculum.suites_others": Claim(
        "Problems of the six suites other than nines that the finished network of "
        "chapter 3 gets wrong.",
        SUITES.where(model=AFTER)
        .passing(lambda row: row["cell"]["suite"] != "nines")
        .counts("wrong")
        .bound(),
    ),
    "curriculum.errors_explained": Claim(
        "Errors of the finished network of chapter 3 on test, at a digit behind a 2 in "
        "a first product with 9, that are right once head 2.0 looks at its digit alone.",
        ERRORS.those(is_slip),
    ),
    **{
        f"curriculum.pocket_{name.rpartition('_')[-1]}": Claim(
            "Test problems in which b ends in 9 and whose first product the finished "
            f"network of chapter 3 gets wrong, a: {words}.",
            pocket(name).where(line=0).counts("wrong"),
        )
        for name, words in NAMES_OF_POCKETS.items()
    },
    "curriculum.pocket_later": Claim(
        "Problems 7299 or 9299 times b, with a 9 in b that is not its last digit: the "
        "finished network of chapter 3 gets the product with the 9 wrong.",
        pocket("is_7299_or_9299").passing(lambda row: row["cell"]["line"] > 0).counts("wrong"),
    ),
    **{
        f"curriculum.first_{name}": Claim(
            "First products that the finished network of chapter 3 gets wrong: every a of "
            f"four digits times one b that ends in {words}.",
            FIRST_PRODUCTS.where(nine=name == "nine").counts("wrong"),
        )
        for name, words in (("nine", "9"), ("others", "another digit"))
    },
    **{
        f"curriculum.digits_{kind}": Claim(
            "Digits that the finished network of chapter 3 gets wrong in first products, "
            f"every a of four digits: where head 2.0 has {kind}.",
            summed(FIRST_PRODUCTS, lambda row, kind=kind: row[kind]),
        )
        for kind in ("slipped", "held")
    },
    "curriculum.slips_to_two": Claim(
        "Digits of first products, every a of four digits, at which head 2.0 of the "
        "finished network slips: those with a 2 on their left.",
        FIRST_PRODUCTS.counts(
            lambda row: sum(counts[2] for counts in row["by_neighbour"]),
            lambda row: sum(map(sum, row["by_neighbour"])),
        ),
    ),
    **{
        f"curriculum.pocket_{name}": Claim(
            "First products with a 9 in b that the finished network of chapter 3 gets "
            f"wrong, {words}.",
            question,
        )
        for name, (words, question) in TRANSPLANTS.items()
    },
}

TABLES = {
    "curriculum.tuned": Table(
        "Network",
        {
            words: {
                "Wrong at the rate of your runs": tuned(USUAL_RATE, scratch=scratch),
                "Wrong at twice that rate": tuned(2 * USUAL_RATE, scratch=scratch),
            }
            for words, scratch in (("fine-tuned", False), ("from scratch", True))
        },
        about="Validation problems of up to two digits after a run on 2x2 digits, a count a seed",
    ),
}
