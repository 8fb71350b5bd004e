"""The records of chapter 2 as its figures show them: rows by arm, in the words of the page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from components.ui.chapters.ch20 import claims
from lab.records import select
from lab.statistics import spread, steps_until

Row = dict[str, Any]

# ---------------------------------------------------------------- the race

SETTINGS = {"fixed": "one width", "mixed": "one or two digits", "packed": "a stream"}
ENCODINGS = {"rotary": "rotary", "learned": "learned table", "none": "no positions"}
GOALS = {"1 in 20": claims.GOAL, "1 in 100": claims.FINE_GOAL}
TRAINED_FURTHER = ("fixed", "packed")
RACE_OPTIONS = ("in all three", "only in the stream", "in none")


def race_points(rows: Sequence[Row], goal: float) -> list[Row]:
    """A point a run: setting, encoding, seed, steps (infinite for never), where it ended."""
    settings = [s for s in SETTINGS if goal == claims.GOAL or s in TRAINED_FURTHER]
    return [
        {
            "setting": SETTINGS[setting],
            "encoding": words,
            "steps": steps_until(row["curve"], goal),
            "ended": row["curve"][-1][0],
            "seed": row["cell"]["seed"],
        }
        for setting in settings
        for encoding, words in ENCODINGS.items()
        for row in select(rows, setting=setting, encoding=encoding)
    ]


def where_rotary_leads(rows: Sequence[Row]) -> str:
    """The option of the guess that the record bears out."""
    leads = {s for s in SETTINGS if median_steps(rows, s, "rotary") < median_steps(rows, s)}
    if leads == set(SETTINGS):
        return RACE_OPTIONS[0]
    return RACE_OPTIONS[1 if leads == {"packed"} else 2]


def median_steps(rows: Sequence[Row], setting: str, encoding: str = "learned") -> float:
    seeds = select(rows, setting=setting, encoding=encoding)
    return spread(steps_until(row["curve"], claims.GOAL) for row in seeds).median


def middle_run(rows: Sequence[Row], setting: str, encoding: str) -> Row:
    """Of the seeds of an arm, the one of the median number of steps to the goal."""
    seeds = select(rows, setting=setting, encoding=encoding)
    by_steps = sorted(seeds, key=lambda row: steps_until(row["curve"], claims.GOAL))
    return by_steps[len(by_steps) // 2]


def middle_curves(rows: Sequence[Row], text: str, most_steps: int) -> list[Row]:
    """Loss and held-out share of the middle run of each encoding: run, step, what, value."""
    (setting,) = (setting for setting, words in SETTINGS.items() if words == text)
    curves = {
        f"{words}, recorded": middle_run(rows, setting, encoding)["curve"]
        for encoding, words in ENCODINGS.items()
    }
    return [
        {"run": name, "step": step, "what": what, "value": value}
        for name, curve in curves.items()
        for step, errors, n, loss in curve
        if step <= most_steps
        for what, value in (("loss", loss), ("held out", 1 - errors / n))
    ]


# ---------------------------------------------------------------- longer sums

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
    "coupled_clipped": "coupled, clipped",
    "coupled_slow_clipped": "coupled, slow clocks, clipped",
}
FAR = {
    "far_rotary": "rotary, full size",
    "far_coupled": "coupled, slow clocks, full size",
    "far_clipped": "coupled, slow clocks, clipped, full size",
}
MAPPED = {arm: SMALL[arm] for arm in ("learned", "rotary", "coupled", "coupled_slow")}
"""The small arms of the main path."""

MAPPED_DEEPER = {arm: words for arm, words in SMALL.items() if arm not in MAPPED}
LIMITED = {"coupled": "usual clocks", "coupled_slow": "slow clocks"}
KEPT = SMALL | CLIPPED | {name: FAR[name] for name in ("far_coupled", "far_clipped")}
"""Arms whose weights are in the book: a reader's own sum is given to them."""

ASKED_FIRST = ("learned", "rotary", "coupled", "coupled_clipped")
"""Of one size and one training: they differ in what they are told of positions."""

ASKED_FAR = ("far_coupled", "far_clipped")
"""Larger, and trained on longer sums."""

ASKED_FOLDED = tuple(arm for arm in KEPT if arm not in ASKED_FIRST + ASKED_FAR)


def cell_of_map(row: Row) -> Row:
    """Of a map of lengths, with both kinds of wrong ones for its tooltip."""
    kinds = {"wrong digit first": row["wrong_digit"], "wrong length first": row["wrong_length"]}
    shape = {axis: row["cell"][axis] for axis in ("p", "q")}
    return {**shape, "n": row["n"], "wrong": sum(kinds.values()), **kinds}


HOW_MANY = ("less than a fifth", "a fifth to four fifths", "more than four fifths")


def wrong_share(rows: Sequence[Row], arm: str, digits: int) -> float:
    """Of sums of `digits` by `digits`."""
    (row,) = select(rows, arm=arm, p=digits, q=digits)
    return (row["wrong_digit"] + row["wrong_length"]) / row["n"]


def how_many(wrong: float, options: Sequence[str] = HOW_MANY) -> str:
    """The option of a guess that a share of wrong sums bears out."""
    return options[0 if wrong < 0.2 else 2 if wrong > 0.8 else 1]


RIGHT, DIGIT, LENGTH = "right to the end", "a wrong digit first", "a wrong length first"


def kinds(n: int, wrong_digit: int, wrong_length: int) -> dict[str, int]:
    """How n sums end, in the words of the page."""
    return {
        RIGHT: n - wrong_digit - wrong_length,
        DIGIT: wrong_digit,
        LENGTH: wrong_length,
    }


def failures(found: Iterable[tuple[str, dict[str, int]]]) -> list[Row]:
    """Rows of the bars of `kinds`, an arm each."""
    return [
        {"arm": arm, "kind": kind, "n": n, "rank": rank}
        for arm, ends in found
        for rank, (kind, n) in enumerate(ends.items())
    ]


def recorded_failures(rows: Sequence[Row], digits: int) -> list[Row]:
    """Of every small arm, at sums of `digits` by `digits`."""
    found = failures(
        (words, kinds(row["n"], row["wrong_digit"], row["wrong_length"]))
        for arm, words in (SMALL | CLIPPED).items()
        for row in select(rows, arm=arm, p=digits, q=digits)
    )
    return [{"digits": digits, **row} for row in found]
