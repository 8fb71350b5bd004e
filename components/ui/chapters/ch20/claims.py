"""The measured figures of chapter 2."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from components.ui.claims.core import Claim
from components.ui.claims.results import READ_BEFORE, census, times_that_of, training_tokens
from lab.readings import Counts, Ratio, Rows, errors_in, rows

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


# ---------------------------------------------------------------- what is asked


def raced(**cell: Any) -> Rows:
    """Runs of the race; in a stream it was run twice."""
    found = rows("rope", **cell)
    return found.before_choice() if cell.get("setting") in READ_BEFORE else found


MOST_STEPS = raced(part="race").numbers("most_steps").largest()
"""As far as any run of the race was trained."""


def race(setting: str, encoding: str) -> Rows:
    """The runs of one kind of text and of positions, a row a seed."""
    return raced(part="race", setting=setting, encoding=encoding)


def over_rotary(found: Rows) -> Ratio:
    """Steps of a learned table over those of rotary positions."""
    learned, rotary = (
        found.where(encoding=encoding).steps_to(GOAL) for encoding in ("learned", "rotary")
    )
    return learned.ratio_to(rotary)


def table_over_rotary(setting: str) -> Ratio:
    return over_rotary(raced(part="race", setting=setting))


def asked(arm: str, **shape: int) -> Rows:
    """Problems of the shapes p by q that an arm was asked."""
    found = rows("lengths", arm=arm, **shape)
    return found.before_choice() if arm in READ_BEFORE else found


def first_wrong(row: Mapping[str, Any]) -> int:
    """Problems with some first wrong token."""
    return row["wrong_digit"] + row["wrong_length"]


def wrong(found: Rows) -> Counts:
    return found.counts(first_wrong).said(errors_in).bound()


def wrong_at(arm: str, size: int) -> Counts:
    """Of problems of `size` by `size` digits."""
    return wrong(asked(arm, p=size, q=size))


def limited(run: str, *farthest: int, digits: int) -> Counts:
    """With distances clipped at `farthest`, on validation."""
    return wrong(rows("limits", run=run, farthest=list(farthest), digits=digits))


def is_longer(row: Mapping[str, Any]) -> bool:
    """Has either number more than four digits?"""
    return max(row["cell"]["p"], row["cell"]["q"]) > 4


def replaced(record: str, **cell: Any) -> Rows:
    """Rows that a record held before; they were read, and something was changed."""
    gone = rows("replaced", **cell).passing(lambda row: row["record"] == record)
    return gone.before_choice()


CLAIMS: dict[str, Claim] = {
    "rope.tokens": Claim(
        "Text that each of the small networks of chapter 2 read.", training_tokens("rope_small")
    ),
    **{
        f"rope.{name}_errors": Claim(
            f"The small network with {words} in a stream, on all 10,000 pairs.", census(run)
        )
        for name, words, run in (
            ("rotary", "rotary positions", "rope_small"),
            ("learned", "a learned table", "learned_small"),
            ("none", "no positions", "unordered_small"),
        )
    },
    "rope.full_errors": Claim(
        "The full-size network with rotary positions in a stream, on all 10,000 pairs.",
        census("rope"),
    ),
    "rope.full_tokens": Claim(
        "Text that the full-size network of chapter 2 read.", training_tokens("rope")
    ),
    **{
        f"rope.{name}": Claim(
            f"{what} of {run} as a multiple of the same of {other}.",
            times_that_of(run, other, field),
        )
        for name, what, run, other, field in (
            ("full_times", "Parameters", "rope", "rope_small", "parameters"),
            ("far_times", "Parameters", "far_coupled", "reach_coupled_slow", "parameters"),
            ("gaps_times", "Text", "reach_gaps", "reach_rotary", "training_tokens"),
        )
    },
    **{
        f"rope.{setting}_{encoding}": Claim(
            f"Steps until 1 in 20 test problems is wrong: {setting} text, {encoding} positions.",
            race(setting, encoding).steps_to(GOAL),
        )
        for setting in RACE_SETTINGS
        for encoding in RACE_ENCODINGS
    },
    **{
        f"rope.ratio_{setting}": Claim(
            f"Steps of a learned table as a multiple of those of rotary positions, {setting} text.",
            table_over_rotary(setting),
        )
        for setting in RACE_SETTINGS
    },
    **{
        f"rope.{name}_{setting}_{encoding}": Claim(
            f"Steps until 1 in {words} test problems is wrong: {setting} text, {encoding}.",
            race(setting, encoding).steps_to(goal),
        )
        for name, words, goal, settings in (
            ("hundred", "100", FINE_GOAL, ("fixed", "packed")),
            ("thousand", "1,000", FINEST_GOAL, ("packed",)),
        )
        for setting in settings
        for encoding in ("rotary", "learned")
    },
    **{
        f"rope.full_{encoding}": Claim(
            f"Steps until 1 in 20 test problems is wrong in the stream, at full size: {encoding}.",
            raced(part="full_size", encoding=encoding).steps_to(GOAL),
        )
        for encoding in ("rotary", "learned")
    },
    **{
        f"rope.base_{base}": Claim(
            f"Steps until 1 in 20 test problems is wrong in the stream: rotary, base {base}.",
            raced(part="base", base=float(base)).steps_to(GOAL),
        )
        for base in RACE_BASES
    },
    **{
        f"rope.{arm}_{size}x{size}": Claim(
            f"Test problems of {size} by {size} digits after training up to {most}: {arm}.",
            wrong_at(arm, size),
        )
        for most, arms in (("3 by 3", REACH_ARMS), ("4 by 4", FAR_ARMS))
        for arm, sizes in arms.items()
        for size in sizes
    },
    **{
        f"rope.limit_{name}_{digits}x{digits}": Claim(
            f"Validation problems of {digits} by {digits} digits: rotary, no distance over "
            f"{ROTARY_LIMITS[name]}.",
            limited("reach_rotary", ROTARY_LIMITS[name], digits=digits),
        )
        for name, digits in (("short", 3), ("long", 3), ("long", 4))
    },
    "rope.limit_wider_4x4": Claim(
        "Validation problems of 4 by 4 digits: coupled, one place more than the limit.",
        limited("reach_coupled", LIMIT[0] + 1, LIMIT[1], digits=4),
    ),
    "rope.limit_gaps_4x4": Claim(
        "Validation problems of 4 by 4 digits: coupled with gaps, at the limit of the others.",
        limited("reach_coupled_gaps", *LIMIT, digits=4),
    ),
    "rope.far_clipped_longer": Claim(
        "Test problems with a number of 5 to 10 digits, trained up to 4 by 4: far_clipped.",
        wrong(asked("far_clipped").passing(is_longer)),
    ),
    **{
        f"rope.far_coupled_digits_{p}x{q}": Claim(
            f"Test problems of {p} by {q} digits whose first wrong token is a digit: far_coupled.",
            asked("far_coupled", p=p, q=q).counts("wrong_digit"),
        )
        for p, q in ((1, 6), (1, 7), (8, 3), (9, 3), (10, 3))
    },
    "rope.coupled_slow_1x5": Claim(
        "Test problems of 1 by 5 digits after training up to 3 by 3: coupled_slow.",
        wrong(asked("coupled_slow", p=1, q=5)),
    ),
    "rope.far_coupled_all": Claim(
        "Test problems of 1 to 10 digits by 1 to 10, all shapes together: far_coupled.",
        wrong(asked("far_coupled")),
    ),
    **{
        f"rope.replaced_{name}": Claim(
            f"The same as it was first read, before it was trained for longer: {arm}.",
            wrong(replaced("lengths", arm=arm)),
        )
        for name, arm in (("far", "far_coupled"), ("gaps", "gaps"))
    },
    "rope.replaced_rope": Claim(
        "The full-size network with rotary positions before it was trained on, on all pairs.",
        replaced("checkpoints/rope").counts("errors_strict").said(errors_in),
    ),
    "rope.replaced_ratio": Claim(
        "Steps of a learned table as a multiple of rotary's, packed text, as first measured.",
        over_rotary(replaced("rope", part="race", setting="packed")),
    ),
    "rope.coupled_slow_ends_5x5": Claim(
        "Test problems of 5 by 5 digits whose first wrong token is one of length: coupled_slow.",
        asked("coupled_slow", p=5, q=5).counts("wrong_length"),
    ),
}
