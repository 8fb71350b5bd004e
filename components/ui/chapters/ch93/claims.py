"""The measured figures of page 93: seconds and errors of every rung of the ladder, and of what was
tried and not kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from statistics import median

from components.ui.claims.claim import Claim, Table
from components.ui.words import spelled
from lab.readings import Numbers, Question, Row, Rows, rows
from lab.recipes.speedrun import RUNGS, Rung

LADDER = rows("speedrun")
TRIED = rows("speedrun_attempts")
FIRST, LAST = RUNGS[0].name, RUNGS[-1].name
MOST_WRONG = 0.001
"""Of held-out problems a seed may get so many wrong; with more it has missed."""


def of(rung: str) -> Rows:
    return LADDER.where(rung=rung)


def seconds(rung: str) -> Numbers:
    """Told as the median of the seeds, with the fastest and the slowest."""
    return of(rung).numbers("seconds", "{:.1f}", "seconds")


def at_the_end(rung: str) -> Mapping[str, Question]:
    """A row of the table of both ends."""
    return {
        "seconds": of(rung).numbers("seconds", "{:.1f}"),
        "threads": of(rung).numbers("threads"),
        "parameters": of(rung).numbers("parameters"),
        "tokens": of(rung).numbers("tokens"),
        "held-out pairs wrong": of(rung).counts("heldout.errors", "heldout.n").median().bound(),
        "seeds that missed": of(rung).those(missed),
    }


def missed(row: Row) -> bool:
    return row["heldout"]["errors"] > MOST_WRONG * row["heldout"]["n"]


def rungs_in(record: Sequence[Row]) -> list[tuple[Rung, list[Row]]]:
    """The rungs that were measured, from the first to the last, and the seeds of each."""
    found = ((rung, [x for x in record if x["cell"]["rung"] == rung.name]) for rung in RUNGS)
    return [(rung, own) for rung, own in found if own]


def ratio(found: Sequence[Row]) -> float | None:
    """Seconds over those of the rung before it, both from one measurement: the median of the seeds;
    None of the first rung."""
    known = [row["ratio"] for row in found if row["seconds_before"] is not None]
    return median(known) if known else None


def times_faster(found: Sequence[Row]) -> str:
    """The ratios of all rungs, multiplied."""
    ratios = filter(None, (ratio(own) for _, own in rungs_in(found)))
    return f"{1 / prod(ratios):.1f} times"


def count_seeds(found: Sequence[Row]) -> str:
    return spelled(len({row["cell"]["seed"] for row in found}))


def count_attempts(found: Sequence[Row]) -> str:
    return spelled(len({row["cell"]["attempt"] for row in found}))


ENDS = {
    "first": (FIRST, "the first rung of the ladder, the default as it stood"),
    "last": (LAST, "the last rung of the ladder"),
}

CLAIMS: dict[str, Claim] = {
    **{
        f"speedrun.{end}_seconds": Claim(
            f"Seconds in which {words} is trained; evaluation is left out.", seconds(rung)
        )
        for end, (rung, words) in ENDS.items()
    },
    "speedrun.times_faster": Claim(
        "How many times faster the last rung of the ladder is trained than the first: the ratios "
        "of all rungs to the rung before them, each from one measurement, multiplied.",
        LADDER.told(times_faster),
    ),
    "speedrun.missed": Claim(
        "Runs of the ladder, of all rungs and seeds, that got more than one held-out problem in a "
        "thousand wrong.",
        LADDER.those(missed),
    ),
    "speedrun.seeds": Claim("Seeds of each rung of the ladder.", LADDER.told(count_seeds)),
    "speedrun.attempts": Claim(
        "What was tried to make the training of the ladder faster, and not kept.",
        TRIED.told(count_attempts),
    ),
}

TABLES: dict[str, Table] = {
    "speedrun.ends": Table(
        "Rung",
        {end: at_the_end(rung) for end, (rung, _) in ENDS.items()},
        about="Of the ladder of faster trainings the first and the last rung",
    ),
}
