"""The measured figures of page 93: seconds and errors of every rung of the ladder, and of what was
tried and not kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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


def missed(row: Row) -> bool:
    return row["heldout"]["errors"] > MOST_WRONG * row["heldout"]["n"]


def rungs_in(record: Sequence[Row]) -> list[tuple[Rung, list[Row]]]:
    """The rungs that were measured, from the first to the last, and the seeds of each."""
    found = ((rung, [x for x in record if x["cell"]["rung"] == rung.name]) for rung in RUNGS)
    return [(rung, own) for rung, own in found if own]


def ratio(found: Sequence[Row]) -> float | None:
    """Over the training that it took turns with, each its median step times its number of steps:
    the median of the seeds; None of the first rung. The quotient of two bars is another number."""
    known = [row["ratio"] for row in found if row["ratio"] is not None]
    return median(known) if known else None


def times_faster(found: Sequence[Row]) -> str:
    """`LookupError` unless both ends are there."""
    return f"{seconds(FIRST).ratio_to(seconds(LAST)).value(found):.1f} times"


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
        "How many times as fast the last rung of the ladder is trained as the first: the median "
        "seconds of the first over the median seconds of the last. These are the seconds of all "
        "steps, evaluation left out; the two did not take turns.",
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

IN_TABLE: Mapping[str, Callable[[Rows], Question]] = {
    "seconds": lambda rung: rung.numbers("seconds", "{:.1f}"),
    "threads": lambda rung: rung.numbers("threads"),
    "parameters": lambda rung: rung.numbers("parameters"),
    "tokens": lambda rung: rung.numbers("tokens"),
    "held-out pairs wrong": lambda rung: (
        rung.counts("heldout.errors", "heldout.n").median().bound()
    ),
    "seeds that missed": lambda rung: rung.those(missed),
}
"""What is asked of both ends: a row each, since a phone has no room for so many columns."""

TABLES: dict[str, Table] = {
    "speedrun.ends": Table(
        "Rung",
        {
            what: {end: ask(of(rung)) for end, (rung, _) in ENDS.items()}
            for what, ask in IN_TABLE.items()
        },
        about="Of the ladder of faster trainings the first and the last rung",
    ),
}
