"""The measured figures of chapter 2, and the rows of its records in the words of the page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from components.ui.claims.claim import Claim, Table
from components.ui.claims.results import READ_BEFORE, census, times_that_of, training_tokens
from components.ui.words import shape
from lab.readings import Counts, Ratio, Row, Rows, errors_in, rows

GOAL, FINE_GOAL, FINEST_GOAL = 0.05, 0.01, 0.001

ROTARY_LIMITS = (32, 8)
"""Limits on the distance of tokens of which the page tells, for plain rotary positions."""

LIMIT = (3, 2)
"""Farthest place and line of the small coupled networks."""

RACE_BASES = (3, 10, 100, 1000, 10_000)
USUAL_BASE, BASE_SEEDS = 100, (1, 2, 3)

SETTINGS = {"fixed": "one width", "mixed": "one or two digits", "packed": "a stream"}
ENCODINGS = {"rotary": "rotary", "learned": "learned table", "none": "no positions"}
"""Kinds of text and of positions, and what the page calls them."""

REACH_ARMS = {
    "learned": (4,),
    "coupled": (3,),
    "coupled_slow": (4, 5),
    "coupled_clipped": (3, 4, 6),
    "coupled_slow_clipped": (6,),
}
"""Arms trained up to 3 by 3 digits, each with the digits of both numbers of which a sentence
speaks."""

FAR_ARMS = {
    "far_rotary": (5,),
    "far_coupled": (6, 7, 10),
    "far_clipped": (10,),
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


def at_base(base: int) -> Rows:
    """Rotary runs in the stream. Those of the usual base are the race's, of as many seeds."""
    if base != USUAL_BASE:
        return raced(part="base", base=float(base))
    return race("packed", "rotary").passing(lambda row: row["cell"]["seed"] in BASE_SEEDS)


def over_rotary(found: Rows) -> Ratio:
    """Steps of a learned table over those of rotary positions."""
    learned, rotary = (
        found.where(encoding=encoding).steps_to(GOAL) for encoding in ("learned", "rotary")
    )
    return learned.ratio_to(rotary)


def table_over_rotary(setting: str) -> Ratio:
    return over_rotary(raced(part="race", setting=setting))


def rows_of_arm(arm: str, **shape: int) -> Rows:
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
    return wrong(rows_of_arm(arm, p=size, q=size))


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


# ---------------------------------------------------------------- the race in words

GOALS = {"1 in 20": GOAL, "1 in 100": FINE_GOAL}
TRAINED_FURTHER = ("fixed", "packed")
RACE_OPTIONS = ("in all three", "only in the stream", "in none")


def race_points(record: Any, goal: float) -> list[dict[str, Any]]:
    """A point a run: setting, encoding, seed, steps (infinite for never), where it ended."""
    settings = [s for s in SETTINGS if goal == GOAL or s in TRAINED_FURTHER]
    return [
        {
            "setting": SETTINGS[setting],
            "encoding": words,
            "steps": steps,
            "ended": row["curve"][-1][0],
            "seed": row["cell"]["seed"],
        }
        for setting in settings
        for encoding, words in ENCODINGS.items()
        for row, steps in race(setting, encoding).steps_to(goal).points(record)
    ]


def where_rotary_leads(record: Any) -> str:
    """The option of the guess that the record bears out."""
    leads = {setting for setting in SETTINGS if table_over_rotary(setting).value(record) > 1}
    if leads == set(SETTINGS):
        return RACE_OPTIONS[0]
    return RACE_OPTIONS[1 if leads == {"packed"} else 2]


def middle_run(record: Any, setting: str, encoding: str) -> tuple[Row, float]:
    """Of the seeds of an arm, the one of the median number of steps to the goal, and these."""
    seeds = race(setting, encoding).steps_to(GOAL).points(record)
    return sorted(seeds, key=lambda seed: seed[1])[len(seeds) // 2]


def middle_curves(record: Any, text: str, most_steps: int) -> list[dict[str, Any]]:
    """Loss and held-out share of the middle run of each encoding: run, step, what, value."""
    (setting,) = (setting for setting, words in SETTINGS.items() if words == text)
    curves = {
        f"{words}, recorded": middle_run(record, setting, encoding)[0]["curve"]
        for encoding, words in ENCODINGS.items()
    }
    return [
        {"run": name, "step": step, "what": what, "value": value}
        for name, curve in curves.items()
        for step, errors, n, loss in curve
        if step <= most_steps
        for what, value in (("loss", loss), ("held out", 1 - errors / n))
    ]


# ---------------------------------------------------------------- longer sums in words

SMALL = {
    "learned": "learned table",
    "none": "no positions",
    "rotary": "rotary",
    "interpolated": "rotary, interpolated",
    "yarn": "rotary, YaRN",
    "gaps": "rotary, gaps in training",
    "coupled": "coupled rotary",
    "coupled_gaps": "coupled, gaps in training",
    "coupled_slow": "coupled, slow clocks",
}
CLIPPED = {
    "rotary_clipped": "rotary, clipped",
    "coupled_clipped": "coupled, clipped",
    "coupled_slow_clipped": "coupled, slow clocks, clipped",
}
LIMITED = {"coupled": "usual clocks", "coupled_slow": "slow clocks"}

SWITCHED = {
    "rotary": (0, 0),
    "rotary_clipped": (0, 1),
    "coupled": (1, 0),
    "coupled_clipped": (1, 1),
}
"""Arms of one size and one training: two counts or one, and a limit on distances or none."""


def counted_by_digits(record: Any, arm: str) -> dict[int, tuple[int, int]]:
    """Wrong test problems of so many digits by as many, and how many there are."""
    found = wrong(rows_of_arm(arm)).points(record)
    return {row["cell"]["p"]: (wrong, n) for row, wrong, n in found if is_square(row)}


def is_square(row: Mapping[str, Any]) -> bool:
    return row["cell"]["p"] == row["cell"]["q"]


HOW_MANY = ("less than a fifth", "a fifth to four fifths", "more than four fifths")
"""Words for a share of problems that links of before may say."""


RIGHT, DIGIT, LENGTH = "right to the end", "a wrong digit first", "a wrong length first"


def kinds(n: int, wrong_digit: int, wrong_length: int) -> dict[str, int]:
    """How n sums end, in the words of the page."""
    return {
        RIGHT: n - wrong_digit - wrong_length,
        DIGIT: wrong_digit,
        LENGTH: wrong_length,
    }


def failures(found: Iterable[tuple[str, dict[str, int]]]) -> list[dict[str, Any]]:
    """Rows of the bars of `kinds`, an arm each."""
    return [
        {"arm": arm, "kind": kind, "n": n, "rank": rank}
        for arm, ends in found
        for rank, (kind, n) in enumerate(ends.items())
    ]


def recorded_failures(record: Any, digits: int) -> list[dict[str, Any]]:
    """Of every small arm, at sums of `digits` by `digits`."""
    found = failures(
        (words, kinds(row["n"], row["wrong_digit"], row["wrong_length"]))
        for arm, words in (SMALL | CLIPPED).items()
        for row in rows_of_arm(arm, p=digits, q=digits).of(record)
    )
    return [{"digits": digits, **row} for row in found]


POSITIONS = (
    SMALL
    | CLIPPED
    | {
        "far_rotary": "rotary, full size",
        "far_coupled": "coupled rotary, full size",
        "far_clipped": "coupled, clipped, full size",
    }
)
"""Of every arm, in the words of the list of claims."""

# ---------------------------------------------------------------- what is claimed

CLAIMS: dict[str, Claim] = {
    "rope.tokens": Claim(
        "Text that each of the small networks of chapter 2 was trained on.",
        training_tokens("rope_small"),
    ),
    **{
        f"rope.{name}_errors": Claim(
            f"Errors of the small network with {words}, trained in a stream, on all 10,000 pairs.",
            census(run),
        )
        for name, words, run in (
            ("rotary", "rotary positions", "rope_small"),
            ("learned", "a learned table", "learned_small"),
            ("none", "no positions", "unordered_small"),
        )
    },
    "rope.full_errors": Claim(
        "Errors of the full-size network with rotary positions, trained in a stream, "
        "on all 10,000 pairs.",
        census("rope"),
    ),
    "rope.full_tokens": Claim(
        "Text that the full-size network of chapter 2 was trained on.", training_tokens("rope")
    ),
    **{
        f"rope.{name}": Claim(
            f"{what}, runs {run} and {other}.",
            times_that_of(run, other, field),
        )
        for name, what, run, other, field in (
            ("full_times", "Full size over small, parameters", "rope", "rope_small", "parameters"),
            (
                "far_times",
                "Full size over small, parameters",
                "far_coupled",
                "reach_coupled_slow",
                "parameters",
            ),
            (
                "gaps_times",
                "With gaps over without, text trained on",
                "reach_gaps",
                "reach_rotary",
                "training_tokens",
            ),
        )
    },
    **{
        f"rope.full_{encoding}": Claim(
            "Training steps until 1 in 20 test problems is wrong, full-size network in a "
            f"stream: {ENCODINGS[encoding]}.",
            raced(part="full_size", encoding=encoding).steps_to(GOAL),
        )
        for encoding in ("rotary", "learned")
    },
    **{
        f"rope.{arm}_{size}x{size}": Claim(
            f"Test problems of {size} by {size} digits wrong after training on up to "
            f"{most}: {POSITIONS[arm]}.",
            wrong_at(arm, size),
        )
        for most, arms in (("3 by 3", REACH_ARMS), ("4 by 4", FAR_ARMS))
        for arm, sizes in arms.items()
        for size in sizes
    },
    "rope.limit_wider_4x4": Claim(
        "Validation problems of 4 by 4 digits wrong: coupled rotary, distances clipped "
        "one place beyond the chosen limit.",
        limited("reach_coupled", LIMIT[0] + 1, LIMIT[1], digits=4),
    ),
    "rope.far_clipped_longer": Claim(
        "Test problems with a number of 5 to 10 digits wrong after training on up to 4 "
        "by 4: coupled, clipped, full size.",
        wrong(rows_of_arm("far_clipped").passing(is_longer)),
    ),
    "rope.coupled_slow_1x5": Claim(
        "Test problems of 1 by 5 digits wrong after training on up to 3 by 3: coupled, "
        "slow clocks.",
        wrong(rows_of_arm("coupled_slow", p=1, q=5)),
    ),
    "rope.far_coupled_all": Claim(
        "Test problems of 1 to 10 digits by 1 to 10 wrong, all shapes together, after "
        "training on up to 4 by 4: coupled rotary, full size.",
        wrong(rows_of_arm("far_coupled")),
    ),
    **{
        f"rope.replaced_{name}": Claim(
            "Test problems of all shapes wrong at the first evaluation, before the network "
            f"was trained for longer: {POSITIONS[arm]}.",
            wrong(replaced("lengths", arm=arm)),
        )
        for name, arm in (("far", "far_coupled"), ("gaps", "gaps"))
    },
    "rope.replaced_rope": Claim(
        "Errors of the full-size rotary network on all 10,000 pairs at the first "
        "evaluation, before it was trained for longer.",
        replaced("checkpoints/rope").counts("errors_strict").said(errors_in),
    ),
    "rope.replaced_ratio": Claim(
        "Training steps of a learned table until 1 in 20 is wrong, over those of "
        "rotary positions, in a stream: the first race, since replaced.",
        over_rotary(replaced("rope", part="race", setting="packed")),
    ),
    "rope.coupled_slow_ends_5x5": Claim(
        "Test problems of 5 by 5 digits whose first wrong token is one of length, "
        "after training on up to 3 by 3: coupled, slow clocks.",
        rows_of_arm("coupled_slow", p=5, q=5).counts("wrong_length"),
    ),
}

TABLES: dict[str, Table] = {
    "rope.ratios": Table(
        "Text",
        {
            words: {"steps of the learned table over those of rotary": table_over_rotary(setting)}
            for setting, words in SETTINGS.items()
        },
        about="Positions raced in chapter 2 until 1 in 20 is wrong, by training text",
    ),
    "rope.goals": Table(
        "Goal, text",
        {
            f"{goal}, {SETTINGS[setting]}": {
                ENCODINGS[encoding]: race(setting, encoding).steps_to(share)
                for encoding in ("rotary", "learned")
            }
            for goal, share, settings in (
                ("1 in 100", FINE_GOAL, TRAINED_FURTHER),
                ("1 in 1,000", FINEST_GOAL, ("packed",)),
            )
            for setting in settings
        },
        about="Training steps until so few test problems are wrong, by goal and training text",
    ),
    "rope.bases": Table(
        "Base",
        {
            f"{base:,}": {"until 1 in 20 is wrong": at_base(base).steps_to(GOAL)}
            for base in RACE_BASES
        },
        about="Training steps with rotary positions in a stream, by the base of their speeds",
    ),
    "rope.cures": Table(
        "Positions",
        {
            words: {shape(size, size): wrong_at(arm, size) for size in (3, 4)}
            for arm, words in SMALL.items()
        },
        about="Test problems wrong after training on up to 3 by 3 digits, by kind of positions",
    ),
    "rope.limits": Table(
        "Limit",
        {
            words: {
                shape(digits, digits): limited(run, *farthest, digits=digits) for digits in (3, 4)
            }
            for words, run, farthest in (
                *(
                    (f"rotary, {tokens} tokens", "reach_rotary", (tokens,))
                    for tokens in ROTARY_LIMITS
                ),
                (
                    f"coupled with gaps, {LIMIT[0]} places and {LIMIT[1]} lines",
                    "reach_coupled_gaps",
                    LIMIT,
                ),
            )
        },
        about="Validation problems wrong after training on up to 3 by 3, distances clipped at",
    ),
    "rope.edges": Table(
        "Digits of a and b",
        {
            shape(p, q): {DIGIT: rows_of_arm("far_coupled", p=p, q=q).counts("wrong_digit")}
            for p, q in ((1, 6), (1, 7), (8, 3), (9, 3), (10, 3))
        },
        about="Test problems of the full-size coupled network by how they end, digits of a and b",
    ),
}
