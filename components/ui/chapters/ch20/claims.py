"""The measured figures of chapter 2."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from components.ui.claims.core import Claim, Measured, count, part_of
from components.ui.claims.readings import (
    READ_BEFORE,
    census,
    ratio_of_seeds,
    result_of,
    steps_of,
    times_that_of,
    training_tokens,
)
from lab.records import select
from lab.statistics import lower_bound_95, steps_until

ROPE, LENGTHS = "records/rope.jsonl", "records/lengths.jsonl"
LIMITS, REPLACED = "records/limits.jsonl", "records/replaced.jsonl"

GOAL, FINE_GOAL, FINEST_GOAL = 0.05, 0.01, 0.001

ROTARY_LIMITS = {"short": 8, "long": 32}
"""Limits on the distance of tokens that prose names, for plain rotary positions."""

LIMIT = (3, 2)
"""Farthest place and line of the small coupled networks."""

RACE_BASES = (3, 10, 1000, 10_000)

RACE_SETTINGS, RACE_ENCODINGS = ("fixed", "mixed", "packed"), ("rotary", "learned", "none")

REACH_ARMS = {
    "learned": (4,),
    "none": (4,),
    "rotary": (3, 4),
    "interpolated": (4,),
    "yarn": (4,),
    "gaps": (3, 4),
    "coupled": (3, 4),
    "coupled_gaps": (3, 4),
    "coupled_slow": (4, 5),
    "coupled_clipped": (3, 4, 6),
    "coupled_slow_clipped": (6,),
}
"""Arms trained up to 3 by 3 digits, each with the digits of both numbers that prose speaks of."""

FAR_ARMS = {
    "far_rotary": (4, 5),
    "far_coupled": (4, 5, 6, 7, 10),
    "far_clipped": (6, 8, 10),
}
"""The same of arms trained up to 4 by 4."""


def steps_ratio(goal: float, setting: str) -> Callable[[list[dict[str, Any]]], Measured]:
    """How many times the steps of rotary positions a learned table takes; the middle 95% of a
    bootstrap over seeds."""

    def pick(rows: list[dict[str, Any]]) -> Measured:
        raced = select(rows, part="race", setting=setting)
        learned, rotary = (
            [steps_until(row["curve"], goal) for row in select(raced, encoding=encoding)]
            for encoding in ("learned", "rotary")
        )
        return Measured(ratio_of_seeds(learned, rotary), read_before=setting in READ_BEFORE)

    return pick


def misses(arm_name: str, p: int, q: int) -> Callable[[list[dict[str, Any]]], Measured]:
    """Sums of p by q digits that an arm of `records/lengths.jsonl` gets wrong."""
    return wrong_first(arm=arm_name, p=p, q=q)


def limited_misses(
    run: str, farthest: list[int], digits: int
) -> Callable[[list[dict[str, Any]]], Measured]:
    """Sums that a run of `records/limits.jsonl` gets wrong with distances clipped at `farthest`."""
    return wrong_first(run=run, farthest=farthest, digits=digits)


def wrong_first(**cell: Any) -> Callable[[list[dict[str, Any]]], Measured]:
    """Sums with some first wrong token, in the one row whose cell says `cell`."""

    def pick(rows: list[dict[str, Any]]) -> Measured:
        (row,) = select(rows, **cell)
        return first_wrong_of([row], cell.get("arm") in READ_BEFORE)

    return pick


def all_misses(arm_name: str) -> Callable[[list[dict[str, Any]]], Measured]:
    """Sums of all shapes together that an arm gets wrong."""
    return lambda rows: first_wrong_of(select(rows, arm=arm_name), read_before=True)


def longer_misses(arm_name: str, trained: int) -> Callable[[list[dict[str, Any]]], Measured]:
    """Sums with a number of more than `trained` digits, all shapes together."""

    def pick(rows: list[dict[str, Any]]) -> Measured:
        longer = [
            row
            for row in select(rows, arm=arm_name)
            if max(row["cell"]["p"], row["cell"]["q"]) > trained
        ]
        return first_wrong_of(longer, arm_name in READ_BEFORE)

    return pick


def first_wrong_of(rows: Sequence[dict[str, Any]], read_before: bool) -> Measured:
    """Sums with some first wrong token, all rows together."""
    wrong = sum(row["wrong_digit"] + row["wrong_length"] for row in rows)
    n = sum(row["n"] for row in rows)
    bound = None if read_before else lower_bound_95(wrong, n)
    return Measured(count(wrong, n), wrong, n, bound, read_before)


def wrong_digits(arm_name: str, p: int, q: int) -> Callable[[list[dict[str, Any]]], Measured]:
    """Sums whose first wrong token is a digit."""

    def pick(rows: list[dict[str, Any]]) -> Measured:
        (row,) = select(rows, arm=arm_name, p=p, q=q)
        errors, n = row["wrong_digit"], row["n"]
        return Measured(part_of(errors, n), errors, n, read_before=arm_name in READ_BEFORE)

    return pick


def ends_amiss(arm_name: str, p: int, q: int) -> Callable[[list[dict[str, Any]]], Measured]:
    """Sums whose first wrong token is one of length."""

    def pick(rows: list[dict[str, Any]]) -> Measured:
        (row,) = select(rows, arm=arm_name, p=p, q=q)
        return Measured(part_of(row["wrong_length"], row["n"]))

    return pick


def replaced(pick: Callable[[list[dict[str, Any]]], Measured], record: str) -> Callable[..., Any]:
    """The same figure as it was before: read off the rows of a record that were replaced."""

    def pick_replaced(rows: list[dict[str, Any]]) -> Measured:
        return replace(
            pick([row for row in rows if row["record"] == record]), bound=None, read_before=True
        )

    return pick_replaced


def replaced_census(run: str) -> Callable[[list[dict[str, Any]]], Measured]:
    """A run on all pairs as it was first read, before it was trained on."""

    def pick(rows: list[dict[str, Any]]) -> Measured:
        (row,) = [row for row in rows if row["record"] == f"checkpoints/{run}"]
        errors, n = row["errors_strict"], row["n"]
        return Measured(count(errors, n), errors, n, read_before=True)

    return pick


CLAIMS: dict[str, Claim] = {
    "ch2.tokens": Claim(
        "Text that each of the small networks of chapter 2 read.",
        result_of("rope_small"),
        training_tokens,
    ),
    **{
        f"ch2.{name}_errors": Claim(
            f"The small network with {words} in a stream, on all 10,000 pairs.",
            result_of(run),
            census,
        )
        for name, words, run in (
            ("rotary", "rotary positions", "rope_small"),
            ("learned", "a learned table", "learned_small"),
            ("none", "no positions", "unordered_small"),
        )
    },
    "ch2.full_errors": Claim(
        "The full-size network with rotary positions in a stream, on all 10,000 pairs.",
        result_of("rope"),
        census,
    ),
    "ch2.full_tokens": Claim(
        "Text that the full-size network of chapter 2 read.",
        result_of("rope"),
        training_tokens,
    ),
    **{
        f"ch2.{name}": Claim(
            f"{what} as a multiple of the same of {other}.",
            result_of(run),
            times_that_of(other, field),
        )
        for name, what, run, other, field in (
            ("full_times", "Parameters of rope", "rope", "rope_small", "parameters"),
            (
                "far_times",
                "Parameters of far_coupled",
                "far_coupled",
                "reach_coupled_slow",
                "parameters",
            ),
            (
                "gaps_times",
                "Text read by reach_gaps",
                "reach_gaps",
                "reach_rotary",
                "training_tokens",
            ),
        )
    },
    **{
        f"ch2.{setting}_{encoding}": Claim(
            f"Steps until 1 in 20 test sums is wrong: {setting} text, {encoding} positions.",
            ROPE,
            steps_of(GOAL, part="race", setting=setting, encoding=encoding),
        )
        for setting in RACE_SETTINGS
        for encoding in RACE_ENCODINGS
    },
    **{
        f"ch2.ratio_{setting}": Claim(
            f"Steps of a learned table as a multiple of those of rotary positions, {setting} text.",
            ROPE,
            steps_ratio(GOAL, setting),
        )
        for setting in RACE_SETTINGS
    },
    **{
        f"ch2.{name}_{setting}_{encoding}": Claim(
            f"Steps until 1 in {words} test sums is wrong: {setting} text, {encoding} positions.",
            ROPE,
            steps_of(goal, part="race", setting=setting, encoding=encoding),
        )
        for name, words, goal, settings in (
            ("hundred", "100", FINE_GOAL, ("fixed", "packed")),
            ("thousand", "1,000", FINEST_GOAL, ("packed",)),
        )
        for setting in settings
        for encoding in ("rotary", "learned")
    },
    **{
        f"ch2.full_{encoding}": Claim(
            f"Steps until 1 in 20 test sums is wrong in the stream, at full size: {encoding}.",
            ROPE,
            steps_of(GOAL, part="full size", encoding=encoding),
        )
        for encoding in ("rotary", "learned")
    },
    **{
        f"ch2.base_{base}": Claim(
            f"Steps until 1 in 20 test sums is wrong in the stream: rotary, base {base}.",
            ROPE,
            steps_of(GOAL, part="base", base=float(base)),
        )
        for base in RACE_BASES
    },
    **{
        f"ch2.{name}_{size}x{size}": Claim(
            f"Test sums of {size} by {size} digits after training up to 3 by 3: {name}.",
            LENGTHS,
            misses(name, size, size),
        )
        for name, sizes in REACH_ARMS.items()
        for size in sizes
    },
    **{
        f"ch2.{name}_{size}x{size}": Claim(
            f"Test sums of {size} by {size} digits after training up to 4 by 4: {name}.",
            LENGTHS,
            misses(name, size, size),
        )
        for name, sizes in FAR_ARMS.items()
        for size in sizes
    },
    **{
        f"ch2.limit_{name}_{digits}x{digits}": Claim(
            f"Validation sums of {digits} by {digits} digits: rotary, no distance over "
            f"{ROTARY_LIMITS[name]}.",
            LIMITS,
            limited_misses("reach_rotary", [ROTARY_LIMITS[name]], digits),
        )
        for name, digits in (("short", 3), ("long", 3), ("long", 4))
    },
    "ch2.limit_wider_4x4": Claim(
        "Validation sums of 4 by 4 digits: coupled, one place more than the limit.",
        LIMITS,
        limited_misses("reach_coupled", [LIMIT[0] + 1, LIMIT[1]], 4),
    ),
    "ch2.limit_gaps_4x4": Claim(
        "Validation sums of 4 by 4 digits: coupled with gaps, at the limit of the others.",
        LIMITS,
        limited_misses("reach_coupled_gaps", list(LIMIT), 4),
    ),
    "ch2.far_clipped_longer": Claim(
        "Test sums with a number of 5 to 10 digits after training up to 4 by 4: far_clipped.",
        LENGTHS,
        longer_misses("far_clipped", 4),
    ),
    **{
        f"ch2.far_coupled_digits_{p}x{q}": Claim(
            f"Test sums of {p} by {q} digits whose first wrong token is a digit: far_coupled.",
            LENGTHS,
            wrong_digits("far_coupled", p, q),
        )
        for p, q in ((1, 6), (1, 7), (8, 3), (9, 3), (10, 3))
    },
    "ch2.coupled_slow_1x5": Claim(
        "Test sums of 1 by 5 digits after training up to 3 by 3: coupled_slow.",
        LENGTHS,
        misses("coupled_slow", 1, 5),
    ),
    "ch2.far_coupled_all": Claim(
        "Test sums of 1 to 10 digits by 1 to 10, all shapes together: far_coupled.",
        LENGTHS,
        all_misses("far_coupled"),
    ),
    **{
        f"ch2.replaced_{name}": Claim(
            f"The same as it was first read, before it was trained for longer: {arm_name}.",
            REPLACED,
            replaced(all_misses(arm_name), "lengths"),
        )
        for name, arm_name in (("far", "far_coupled"), ("gaps", "gaps"))
    },
    "ch2.replaced_rope": Claim(
        "The full-size network with rotary positions before it was trained on, on all pairs.",
        REPLACED,
        replaced_census("rope"),
    ),
    "ch2.replaced_ratio": Claim(
        "Steps of a learned table as a multiple of rotary's, packed text, as first measured.",
        REPLACED,
        replaced(steps_ratio(GOAL, "packed"), "rope"),
    ),
    "ch2.coupled_slow_ends_5x5": Claim(
        "Test sums of 5 by 5 digits whose first wrong token is one of length: coupled_slow.",
        LENGTHS,
        ends_amiss("coupled_slow", 5, 5),
    ),
}
