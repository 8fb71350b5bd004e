"""The measured figures of chapter 5, second page."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from components.ui.chapters.ch51 import probes, worked
from components.ui.claims.core import Claim, Measured, count, part_of
from components.ui.claims.readings import ratio_of_seeds
from components.ui.words import spelled
from lab.records import select
from lab.statistics import lower_bound_95

Row = dict[str, Any]
Rows = list[Row]

RACE, SHALLOW_RACE, COST, FULL, THREADS = (
    f"records/{name}.jsonl"
    for name in ("residuals", "residuals_race", "residuals_cost", "residuals_full", "threads")
)


def steps_ratio(depth: int, arm: str, goal: float = worked.MAIN_GOAL) -> Callable[[Rows], Measured]:
    """How many times the steps of the plain sum an arm takes to a goal."""

    def pick(rows: Rows) -> Measured:
        one, plain = (worked.steps_of(rows, depth, name, goal) for name in (arm, "plain"))
        return Measured(ratio_of_seeds(one, plain))

    return pick


def time_ratio(arm: str) -> Callable[[Rows], Measured]:
    """The same in time, with three layers: steps, each as long as one took beside the others."""

    def pick(rows: Rows) -> Measured:
        (cost,) = select(rows, part="cost")
        steps = {a: worked.steps_of(rows, 3, a, worked.MAIN_GOAL) for a in (arm, "plain")}
        seconds = {a: [cost["seconds"][a][1] * n for n in found] for a, found in steps.items()}
        return Measured(ratio_of_seeds(seconds[arm], seconds["plain"]))

    return pick


def step_ratio(arm: str) -> Callable[[Rows], Measured]:
    """A step of an arm over one of the plain sum, three layers, medians, taken by turns."""

    def pick(rows: Rows) -> Measured:
        (cost,) = select(rows, part="cost")
        median = {name: seconds[1] for name, seconds in cost["seconds"].items()}
        return Measured(f"{median[arm] / median['plain']:.2f} times")

    return pick


def came(depth: int, arm: str) -> Callable[[Rows], Measured]:
    """Runs that came to the last goal."""

    def pick(rows: Rows) -> Measured:
        found = worked.steps_of(rows, depth, arm, worked.LAST_GOAL)
        return Measured(part_of(sum(map(math.isfinite, found)), len(found)))

    return pick


def growth(arm: str, look: str) -> Callable[[Rows], Measured]:
    """In six layers: of the last layer over the first, the median of the seeds."""
    return lambda rows: Measured(f"{worked.growth(rows, arm, look):.1f} times")


def dearer(network: str, arm: str) -> Callable[[Rows], Measured]:
    """A step of an arm over one of the plain sum, medians, taken by turns."""

    def pick(rows: Rows) -> Measured:
        (row,) = select(rows, network=network)
        median = {name: seconds[1] for name, seconds in row["seconds"].items()}
        return Measured(f"{median[arm] / median['plain']:.2f} times")

    return pick


def pinned(which: str) -> Callable[[Rows], Measured]:
    """Sums of three by three digits wrong with no reading pinned, or all in one way."""

    def pick(rows: Rows) -> Measured:
        (row,) = select(rows, pinned=which)
        return Measured(part_of(row["errors"], row["n"]), row["errors"], row["n"])

    return pick


def pinned_each(part: str, how: str) -> Callable[[Rows], Measured]:
    """Sums wrong with one reading pinned, from the least to the most of those that a part does."""

    def pick(rows: Rows) -> Measured:
        found, n = worked.pinned_one(rows, part, how), rows[0]["n"]
        low, high = min(found), max(found)
        return Measured(part_of(low, n) if low == high else f"{low} to {part_of(high, n)}")

    return pick


def threads_that_matter(rows: Rows) -> Measured:
    """Threads without which at least one sum in ten is wrong, of all."""
    asked = [one for row in rows for one in row.get("cut", [])]
    many = rows[0]["n"] / 10
    return Measured(part_of(sum(one["errors"] >= many for one in asked), len(asked)))


def fatal_threads(rows: Rows) -> Measured:
    """Threads without which no sum is right."""
    found = [one["errors"] == row["n"] for row in rows for one in row.get("cut", [])]
    return Measured(spelled(sum(found)))


def parameters(depth: int) -> Callable[[Rows], Measured]:
    """The same in every arm."""

    def pick(rows: Rows) -> Measured:
        (n,) = {row["parameters"] for row in select(rows, depth=depth)}
        return Measured(f"{n:,}")

    return pick


def at_full_size(arm: str) -> Callable[[Rows], Measured]:
    """Test texts of all shapes that are wrong, of the one run of an arm."""

    def pick(rows: Rows) -> Measured:
        (row,) = select(rows, arm=arm)
        errors, n = row["errors"], row["n"]
        return Measured(part_of(errors, n), errors, n, lower_bound_95(errors, n))

    return pick


def goal_of(rows: Rows) -> Measured:
    """How many sums a check asks."""
    return Measured(f"{max(check[2] for check in rows[0]['curve']):,}")


def last_reading(result: dict[str, Any]) -> Measured:
    """Of test sums of three by three digits."""
    reading = result["readings"][-1]
    errors, n = reading["errors_strict"], reading["n"]
    return Measured(count(errors, n), errors, n, lower_bound_95(errors, n))


CLAIMS: dict[str, Claim] = {
    "ch5.depth_run": Claim(
        "Sums of three by three digits wrong: the network whose depth is shown.",
        f"checkpoints/{probes.RUN}/result.json",
        last_reading,
    ),
    **{
        f"ch5.residual_steps_{arm}_6": Claim(
            f"Steps to the goal, {worked.ARMS[arm]} over the plain sum, 6 layers.",
            RACE,
            steps_ratio(6, arm),
        )
        for arm in ("full", "block")
    },
    "ch5.residual_steps_block_3_first": Claim(
        "One wrong in twenty, in blocks over the plain sum, 3 layers, decided on few problems.",
        RACE,
        steps_ratio(3, "block"),
    ),
    **{
        f"ch5.residual_steps_{arm}_3_{short}": Claim(
            f"{goal}, {worked.RACERS[arm]} over the plain sum, 3 layers.".capitalize(),
            SHALLOW_RACE,
            steps_ratio(3, arm, worked.GOALS[goal]),
        )
        for arm in ("full", "block", "fixed")
        for short, goal in zip(("20", "100"), worked.GOALS, strict=False)
    },
    **{
        f"ch5.residual_{name}_{arm}_3": Claim(
            f"{words}, {worked.RACERS[arm]} over the plain sum, 3 layers.", SHALLOW_RACE, of(arm)
        )
        for arm in ("full", "block", "fixed")
        for name, words, of in (
            ("step", "Time of a step", step_ratio),
            ("time", "Time to one wrong in twenty", time_ratio),
        )
    },
    **{
        f"ch5.residual_came_{arm}_3": Claim(
            f"Runs that came to one wrong in a thousand, 3 layers: {words}.",
            SHALLOW_RACE,
            came(3, arm),
        )
        for arm, words in worked.RACERS.items()
    },
    **{
        f"ch5.{name}_growth_{arm}": Claim(
            f"{look[:1].upper()}{look[1:]}, the last of six layers over the first: "
            f"{worked.ARMS[arm]}.",
            RACE,
            growth(arm, look),
        )
        for name, look, arm in (
            ("stream", "the stream", "plain"),
            ("stream", "the stream", "full"),
            ("stream", "the stream", "block"),
            ("note", "the FFN's note", "plain"),
            ("note", "the FFN's note", "full"),
            ("attention", "attention's note", "plain"),
        )
    },
    **{
        f"ch5.residual_cost_{arm}": Claim(
            f"Time of a step over that of the plain sum, six layers: {worked.ARMS[arm]}.",
            COST,
            dearer("6 layers", arm),
        )
        for arm in ("full", "block")
    },
    **{
        f"ch5.residual_parameters_{depth}": Claim(
            f"Parameters of every arm of the race, {depth} layers.", RACE, parameters(depth)
        )
        for depth in (3, 6)
    },
    **{
        f"ch5.residual_full_{arm}": Claim(
            f"Test texts wrong, one run of 4.7M parameters: {worked.ARMS[arm]}.",
            FULL,
            at_full_size(arm),
        )
        for arm in ("plain", "block")
    },
    "ch5.residual_parameters_full": Claim(
        "Parameters of both runs at full size.",
        FULL,
        lambda rows: Measured(f"{rows[0]['parameters']:,}"),
    ),
    "ch5.residual_asked": Claim("Sums that a check of the race asks.", RACE, goal_of),
    **{
        f"ch5.pinned_{how}": Claim(
            f"Sums wrong with all readings pinned: {how}.", THREADS, pinned(how)
        )
        for how in ("none", "even", "fixed")
    },
    **{
        f"ch5.{how}_{part.lower()}": Claim(
            f"Sums wrong with one reading pinned ({how} shares): {part}.",
            THREADS,
            pinned_each(part, how),
        )
        for how, part in (
            ("even", "FFN"),
            ("even", "attention"),
            ("even", "end"),
            ("fixed", "FFN"),
            ("fixed", "attention"),
        )
    },
    "ch5.threads_matter": Claim(
        "Threads without which at least one sum in ten is wrong.", THREADS, threads_that_matter
    ),
    "ch5.fatal_threads": Claim("Threads that cost every sum.", THREADS, fatal_threads),
}
