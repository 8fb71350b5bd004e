"""The measured figures of chapter 5, second page, and what is asked for them."""

from __future__ import annotations

from components.ui.chapters.ch51 import probes
from components.ui.claims.claim import Claim
from components.ui.words import spelled
from lab.readings import (
    Counts,
    Measured,
    Numbers,
    Row,
    Rows,
    Told,
    errors_in,
    part_of,
    result,
    rows,
)
from lab.statistics import lower_bound_95

ARMS = {"plain": "plain sum", "full": "attention over depth", "block": "over groups"}
RACERS = {**ARMS, "fixed": "one number a connection"}
"""Of the race of three layers."""


def last_reading(found: list[Row]) -> Measured:
    """Of test problems of three by three digits."""
    reading = found[0]["readings"][-1]
    errors, n = reading["errors_strict"], reading["n"]
    return Measured(errors_in(errors, n), errors, n, lower_bound_95(errors, n))


# ---------------------------------------------------------------- connections that are cut

CUT = rows("threads").passing(lambda row: "cut" in row)
"""A row a reading: each of its connections cut, or its shares pinned."""


def pinned(how: str) -> Counts:
    """Problems wrong with no reading pinned, or all in one way."""
    return rows("threads", pinned=how).errors()


def reader_of(row: Row) -> str:
    return probes.readers()[row["cell"]["reading"]]


def one_pinned(part: str, how: str) -> Counts:
    """Problems wrong with one reading pinned: of each that an FFN does, or attention, or the end.
    `how`: to even shares, or fixed to its own mean."""
    found = CUT.passing(lambda row: reader_of(row).startswith(part))
    return found.counts(f"{how}.errors")


def least_to_most(question: Counts) -> Told:
    """Of several readings, from the one that costs least."""

    def words(found: list[Row]) -> str:
        counts = [(wrong, n) for _, wrong, n in question.points(found)]
        (low, n), (high, _) = min(counts), max(counts)
        return part_of(low, n) if low == high else f"{low} to {part_of(high, n)}"

    return question.rows.told(words)


def threads_that_cost(least: float) -> Counts:
    """Connections without which at least this part of all problems is wrong, of all connections."""
    return CUT.counts(
        lambda row: sum(cut["errors"] >= least * row["n"] for cut in row["cut"]),
        lambda row: len(row["cut"]),
    )


# ---------------------------------------------------------------- the race

SHALLOW, DEEP = 3, 6
"""Layers. The race of three has a record of its own, `residuals_race`: there every check that
decides a goal asks all problems."""

SHALLOW_RACE = rows("residuals_race")
MAIN_GOAL, LAST_GOAL = 0.05, 0.001
"""The goal that prose compares by, and the one that a run goes on to."""

GOALS = {
    "steps to 1 wrong in 20": MAIN_GOAL,
    "steps to 1 wrong in 100": 0.01,
    "steps to 1 wrong in 1,000": LAST_GOAL,
}


def looked_at(n_layer: int, arm: str) -> Rows:
    """Runs of the first race, which were looked into layer by layer."""
    return rows("residuals", part="race", depth=n_layer, arm=arm)


def race(n_layer: int, arm: str) -> Rows:
    """The runs that are compared."""
    return SHALLOW_RACE.where(part="race", arm=arm) if n_layer == SHALLOW else looked_at(DEEP, arm)


def step_over_plain(found: Rows, arm: str) -> Numbers:
    """The median time of a step over that of the plain sum."""
    return found.numbers(
        lambda row: row["seconds"][arm][1] / row["seconds"]["plain"][1], "{:.2f}", "times"
    )


def growth(arm: str) -> Numbers:
    """Of the stream in six layers: of the last layer over the first."""
    name = "resid_post"
    return looked_at(DEEP, arm).numbers(lambda row: row[name][-1] / row[name][0], "{:.1f}", "times")


FULL_SIZE = rows("residuals_full")

CLAIMS: dict[str, Claim] = {
    "attention_residuals.depth_run": Claim(
        "Errors on test problems of three by three digits: the small network with "
        "attention over depth, whose connections are cut.",
        result(probes.RUN).told(last_reading),
    ),
    **{
        f"attention_residuals.stream_growth_{arm}": Claim(
            f"Size of the stream in the last of six layers over that in the first: {ARMS[arm]}.",
            growth(arm),
        )
        for arm in ("plain", "full")
    },
    **{
        f"attention_residuals.residual_cost_{arm}": Claim(
            f"Time of a training step over that of the plain sum, six layers: {ARMS[arm]}.",
            step_over_plain(rows("residuals_cost", network="six_layers"), arm),
        )
        for arm in ("full", "block")
    },
    "attention_residuals.residual_parameters_6": Claim(
        "Parameters of each kind of network in the race of residuals with six layers.",
        rows("residuals", depth=DEEP).numbers("parameters"),
    ),
    **{
        f"attention_residuals.residual_full_{arm}": Claim(
            f"Test problems wrong at full size, one run: {ARMS[arm]}.",
            FULL_SIZE.where(arm=arm).errors().bound(),
        )
        for arm in ("plain", "block")
    },
    "attention_residuals.residual_parameters_full": Claim(
        "Parameters of each of the two full-size networks, with a plain sum and with "
        "attention over groups.",
        FULL_SIZE.numbers("parameters"),
    ),
    "attention_residuals.residual_asked": Claim(
        "Problems that a check of the race of residuals evaluates.",
        rows("residuals").numbers(lambda row: max(check[2] for check in row["curve"])).largest(),
    ),
    **{
        f"attention_residuals.{how}_{part.lower()}": Claim(
            f"Problems wrong when one {part} of the small network with attention over depth "
            f"reads by {shares}: fewest and most.",
            least_to_most(one_pinned(part, how)),
        )
        for part in ("FFN", "attention")
        for how, shares in (("even", "equal shares"), ("fixed", "the mean of its own shares"))
    },
    "attention_residuals.fixed_all": Claim(
        "Problems wrong when every part of the small network with attention over depth "
        "reads by the mean of its own shares.",
        pinned("fixed"),
    ),
    "attention_residuals.threads_matter": Claim(
        "Connections of the small network with attention over depth that, cut alone, "
        "make at least one problem in ten wrong.",
        threads_that_cost(0.1),
    ),
    "attention_residuals.fatal_threads": Claim(
        "Connections of the small network with attention over depth that, cut alone, "
        "make every problem wrong.",
        threads_that_cost(1).said(lambda threads, n: spelled(threads)),
    ),
}
