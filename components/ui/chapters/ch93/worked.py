"""The worked numbers in the prose of page 93, its guess, and what its tables and curves are made
of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import ceil, floor
from statistics import median
from typing import Any

from components.ui.chapters.ch93 import claims
from components.ui.chapters.ch93.claims import rungs_in
from components.ui.drawings.guess import Answer, Axis, Dragged, Row
from components.ui.plots.colours import RECORDED
from components.ui.plots.curves import HELD_OUT
from components.ui.words import spelled
from lab.data.problems import HELDOUT_FROM, all_pairs, split_values
from lab.readings import Row as Reading
from lab.readings import in_brackets, part_of
from lab.recipes.speedrun import ATTEMPTS, RUNGS, Rung
from lab.statistics import spread
from lab.training.recipe import differences

Record = Sequence[Reading]

ROUND = 10
"""Seconds: the axis of the ladder ends at a multiple."""


# ---------------------------------------------------------------- the ladder


def title_of(rung: Rung) -> str:
    """A rung by its number: '8. Two threads'."""
    return f"{RUNGS.index(rung) + 1}. {rung.title}"


def seconds_of(found: Record) -> list[float]:
    return [row["seconds"] for row in found]


def errors_of(found: Record) -> list[int]:
    return [row["all"]["errors"] for row in found]


def in_short(found: Record) -> str:
    """The errors beside a bar, with the seeds that missed."""
    said = f"{median(errors_of(found)):,.0f} wrong"
    n = sum(map(claims.missed, found))
    return f"{said}, {n}\N{NO-BREAK SPACE}missed" if n else said


def bar_of(rung: Rung, found: Record, hue: str) -> Row:
    """The first says of its seconds that they are a median, and of how many its errors are."""
    dots, note = seconds_of(found), in_short(found)
    words = f"{median(dots):.1f} s"
    if rung == RUNGS[0]:
        words = f"median {words}"
        note = note.replace(" wrong", f" of {found[0]['all']['n']:,} wrong", 1)
    return Row(title_of(rung), median(dots), words, dots, note=note, hue=hue)


def ladder(record: Record) -> Dragged:
    """The frame of the guess: the first rung alone."""
    (first, found), *rest = rungs_in(record)
    most = max(max(seconds_of(own)) for _, own in rungs_in(record))
    return Dragged(
        Axis("seconds", 0, ROUND * ceil(most / ROUND), 0.5, " s", more="slower", less="faster"),
        title_of(rest[-1][0]),
        [bar_of(first, found, "grey")],
        [title_of(rung) for rung, _ in rest[:-1]],
        last=True,
    )


def last_rung(record: Record) -> Answer:
    """With the rungs on the way there."""
    _, *between, (_, found) = rungs_in(record)
    dots = seconds_of(found)
    return Answer(
        median(dots),
        f"median {median(dots):.1f} s; {in_short(found)}",
        dots=dots,
        rows=[bar_of(rung, own, "teal") for rung, own in between],
    )


def as_rows(record: Record) -> list[dict[str, Any]]:
    """The ladder, a row a seed, to take along."""
    return [
        {"rung": rung.name, "seed": row["cell"]["seed"]}
        | {name: row[name] for name in ("seconds", "seconds_before", "ratio", "steps", "tokens")}
        | {"errors": row["all"]["errors"], "n": row["all"]["n"]}
        for rung, found in rungs_in(record)
        for row in found
    ]


def about(rung: Rung, record: Record) -> str:
    """What a rung changed, what that gained, and at what cost in errors."""
    at, measured = RUNGS.index(rung), by_name(record)
    found = measured[rung.name]
    took = f"It takes {in_brackets(spread(seconds_of(found)), '{:.1f}')} s"
    said = f"**{rung.idea}** {took} and gets {errors_in_words(found)}"
    if not at:
        return f"{said}."
    before = RUNGS[at - 1]
    if before.name in measured:
        said = f"{said}; before it, {errors_in_words(measured[before.name])}"
    said = f"{said}."
    if (by := claims.ratio(found)) is not None:
        said += (
            f" Timed in turns, at the median step of each, it takes {by:.2f} times as long as the "
            f"rung before it."
        )
    return f"{said}\n\nChanged (*there* is the rung before): {changes(before, rung)}."


def by_name(record: Record) -> Mapping[str, list[Reading]]:
    return {rung.name: found for rung, found in rungs_in(record)}


def errors_in_words(found: Record) -> str:
    counts = in_brackets(spread(errors_of(found)), "{:,.0f}")
    n, missed = found[0]["all"]["n"], sum(map(claims.missed, found))
    said = f"{counts} of {n:,} wrong"
    return f"{said} ({part_of(missed, len(found))} seeds missed)" if missed else said


def changes(before: Rung, rung: Rung) -> str:
    """The fields in which two recipes differ, and the threads."""
    said = differences(replace(before.recipe, name=rung.recipe.name), rung.recipe)
    if before.threads != rung.threads:
        threads = f"{before.threads} threads there and {rung.threads} here"
        said = f"{said}, {threads}" if said else threads
    return said or "nothing in its recipe; the code that runs it is another"


# ---------------------------------------------------------------- a run


def recorded(record: Record) -> list[dict[str, Any]]:
    """The first rung's first seed, in the rows of a live run's chart."""
    found = rungs_in(record)
    if not found:
        return []
    _, first = found[0]
    return [
        {
            "run": f"first rung{RECORDED}",
            "seconds": seconds,
            "step": step,
            "what": HELD_OUT,
            "value": 1 - errors / n,
        }
        for seconds, step, errors, n in first[0]["curve"]
    ]


def beside_the_ladder(record: Record, own: Mapping[str, tuple[float, int, int]]) -> list[Any]:
    """Rows of a table: the ends of the ladder, and a reader's runs by name, each with its seconds
    and its errors on held-out pairs of n."""
    rows = [
        {
            "run": title_of(rung),
            "seeds": f"{len(found)}",
            "seconds": f"{median(seconds_of(found)):.1f}",
            "held-out pairs wrong": part_of(
                round(median(row["heldout"]["errors"] for row in found)), found[0]["heldout"]["n"]
            ),
        }
        for rung, found in ends_of(record)
    ]
    yours = [
        {
            "run": f"yours: {name}",
            "seeds": "1",
            "seconds": f"{seconds:.1f}",
            "held-out pairs wrong": part_of(errors, n),
        }
        for name, (seconds, errors, n) in own.items()
    ]
    return [*rows, *yours]


def ends_of(record: Record) -> list[tuple[Rung, list[Reading]]]:
    found = rungs_in(record)
    return found[:1] + found[1:][-1:]


# ---------------------------------------------------------------- what failed


def attempts(tried: Record, record: Record) -> list[dict[str, str]]:
    """Rows of a table: each attempt beside the rung on which it was tried."""
    measured = by_name(record)
    number = {rung.name: f"{i}" for i, rung in enumerate(RUNGS, 1)}
    titles = {attempt.name: attempt.title for attempt in ATTEMPTS}
    rows: list[dict[str, str]] = []
    for name in dict.fromkeys(str(row["cell"]["attempt"]) for row in tried):
        found = [row for row in tried if row["cell"]["attempt"] == name]
        on = found[0]["on"]
        share = wrong_share([(x["validation"]["errors"], x["validation"]["n"]) for x in found])
        there = wrong_share([tuple(row["curve"][-1][2:4]) for row in measured.get(on, [])])
        times = median(row["ratio"] for row in found)
        rows.append(
            {
                "tried": titles.get(name, name.replace("_", " "))
                + f", on rung {number.get(on, on)}",
                "seconds": in_brackets(spread(seconds_of(found)), "{:.1f}"),
                "times as long": f"{times:.2f}",
                "validation wrong": " against ".join(map(in_hundred, (share, there))),
                "so": verdict(times, share, there),
            }
        )
    return rows


def wrong_share(counts: Sequence[tuple[int, int]]) -> float | None:
    """The median of the seeds."""
    return median(errors / n for errors, n in counts) if counts else None


def in_hundred(share: float | None) -> str:
    return "?" if share is None else f"{100 * share:.1f}%"


def verdict(times: float, share: float | None, there: float | None) -> str:
    """As far as it was measured."""
    slower = times >= 1
    worse = share is not None and there is not None and share > there
    said = ["slower"] * slower + ["more wrong"] * worse
    return " and ".join(said) or "faster, and no more wrong here"


def n_heldout() -> int:
    return int((split_values(*all_pairs()) >= HELDOUT_FROM).sum())


CALC = {
    "n_all": lambda: f"{len(all_pairs()[0]):,}",
    "n_rungs": lambda: spelled(len(RUNGS)),
    "threads": lambda: spelled(RUNGS[-1].threads),
    "most_wrong": lambda: spelled(floor(claims.MOST_WRONG * n_heldout())),
    "n_heldout": lambda: f"{n_heldout():,}",
    "share_right": lambda: f"{100 * (1 - claims.MOST_WRONG):.1f}%",
}
