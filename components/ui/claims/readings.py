"""How chapters read a figure: off the result of a run, off the rows of a sweep."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from components.ui.claims.core import read_record
from components.ui.runs import BOOK_RUN
from components.ui.words import spelled
from lab.readings import Measured, errors_in, part_of, share_of
from lab.records import ROOT, select
from lab.statistics import lower_bound_95, ratio_of_medians, spread, steps_until

HEADS = "records/heads.jsonl"
ENOUGH_SEEDS = 5
"""From so many on an interval is given."""

READ_BEFORE = (
    *("gaps", "coupled_clipped", "coupled_slow_clipped", "far_coupled", "far_clipped"),
    *("rope", "packed"),
)
"""Arms, a run and a race of which something was changed after a reading of test."""


# ---------------------------------------------------------------- the result of a run


def result_of(run: str) -> str:
    return f"checkpoints/{run}/result.json"


def full_reading(result: dict[str, Any]) -> dict[str, Any]:
    """The latest reading of a run over all 10,000 pairs."""
    return [r for r in result["readings"] if r["n"] == 10_000][-1]


def census(result: dict[str, Any]) -> Measured:
    reading = full_reading(result)
    errors, n = reading["errors_strict"], reading["n"]
    return Measured(errors_in(errors, n), errors, n, read_before=was_read_before(result))


def heldout(result: dict[str, Any]) -> Measured:
    reading, before = full_reading(result), was_read_before(result)
    errors, n = reading["errors_strict_heldout"], reading["n_heldout"]
    bound = None if before else reading["lower_bound_95_strict_heldout"]
    return Measured(errors_in(errors, n), errors, n, bound, before)


def was_read_before(result: dict[str, Any]) -> bool:
    """Was a run read on test, then changed?"""
    return len(recipes_read(result)) > 1 or result.get("run") in READ_BEFORE


def recipes_read(result: dict[str, Any]) -> dict[str, int]:
    """Of each recipe that was read on all pairs under a run's name, its errors there.

    Readings of a model that was not kept say in a note which it was.
    """
    whole = [reading for reading in result["readings"] if reading["n"] == 10_000]
    return {reading.get("note", "kept"): reading["errors_strict"] for reading in whole}


def training_tokens(result: dict[str, Any]) -> Measured:
    return Measured(f"{result['training_tokens'] / 1e6:.1f} million tokens")


def parameter_count(result: dict[str, Any]) -> Measured:
    return Measured(f"{result['parameters'] / 1e6:.2f} million")


def times_that_of(run: str, field: str) -> Callable[[dict[str, Any]], Measured]:
    """A number of a run's result as a multiple of the same of another run."""

    def pick(result: dict[str, Any]) -> Measured:
        other = read_record(ROOT / result_of(run))
        return Measured(f"{result[field] / other[field]:.2g} times")

    return pick


# ---------------------------------------------------------------- the rows of a sweep


def over_seeds(group: str = "heldout", **cell: Any) -> Callable[[list[dict[str, Any]]], Measured]:
    """Errors in a group of pairs, of all rows whose cell says `cell`: the median and the worst.

    The bound is that of the worst seed.
    """

    def pick(rows: list[dict[str, Any]]) -> Measured:
        seeds = select(rows, **cell)
        worst = max(seeds, key=lambda row: row[f"errors_{group}"] / row[f"n_{group}"])
        n = worst[f"n_{group}"]
        middle = spread(row[f"errors_{group}"] / row[f"n_{group}"] for row in seeds).median
        errors = worst[f"errors_{group}"]
        shown = (
            f"{share_of(round(middle * n), n)} wrong "
            f"(median of {len(seeds)} seeds; worst {part_of(errors, n)})"
        )
        return Measured(shown, errors, n, lower_bound_95(errors, n))

    return pick


def pooled(group: str, **cell: Any) -> Callable[[list[dict[str, Any]]], Measured]:
    """Errors in a group of cells, all rows whose cell says `cell` together."""

    def pick(rows: list[dict[str, Any]]) -> Measured:
        seeds = select(rows, **cell)
        errors, n = (sum(row[f"{kind}_{group}"] for row in seeds) for kind in ("errors", "n"))
        return Measured(part_of(errors, n), errors, n)

    return pick


def pooled_right(group: str, **cell: Any) -> Callable[[list[dict[str, Any]]], Measured]:
    """The same, told by how many are right."""

    def pick(rows: list[dict[str, Any]]) -> Measured:
        wrong = pooled(group, **cell)(rows)
        assert wrong.errors is not None and wrong.n is not None
        return replace(wrong, shown=part_of(wrong.n - wrong.errors, wrong.n))

    return pick


def count_seeds(rows: list[dict[str, Any]]) -> Measured:
    return Measured(spelled(len({row["cell"]["seed"] for row in rows})))


def steps_of(goal: float, **cell: Any) -> Callable[[list[dict[str, Any]]], Measured]:
    """Steps to a goal of all rows whose cell says `cell`: the median and the span of the seeds."""
    before = cell.get("setting") in READ_BEFORE
    return lambda rows: Measured(steps_in_words(select(rows, **cell), goal), read_before=before)


def steps_in_words(seeds: Sequence[dict[str, Any]], goal: float) -> str:
    steps = [steps_until(row["curve"], goal) for row in seeds]
    most = max(row["curve"][-1][0] for row in seeds)
    first, middle, last = spread(steps)
    if math.isinf(first):
        return f"in none of {len(steps)} seeds within {most:,} steps"
    if len(steps) == 1:
        return f"{first:,.0f} steps (one seed)"
    if math.isinf(last):
        arrived = sum(x < math.inf for x in steps)
        some = f"{part_of(arrived, len(steps))} seeds arrive, the first after {first:,.0f}"
        return f"{some} steps" if math.isinf(middle) else f"{middle:,.0f} steps ({some})"
    return f"{middle:,.0f} steps ({first:,.0f} to {last:,.0f})"


# ---------------------------------------------------------------- parts pulled out


def wrong_answers(row: dict[str, Any]) -> Measured:
    return Measured(part_of(row["errors_answer"], row["n"]), row["errors_answer"], row["n"])


def pairs_asked(rows: list[dict[str, Any]]) -> Measured:
    return Measured(f"{rows[0]['n']:,}")


def parts_that_matter(rows: list[dict[str, Any]]) -> Measured:
    return Measured(part_of(sum(row["errors_answer"] > 0 for row in rows), len(rows)))


def without_a_head(rows: Sequence[dict[str, Any]], run: str = BOOK_RUN) -> list[dict[str, Any]]:
    """The rows of a model with one head pulled out."""
    return [row for row in select(rows, run=run) if "head" in row["cell"]]


def most_missed_head(path: Path | None = None) -> tuple[int, int]:
    """(layer, head) of the book's model without which most answers are wrong; (0, 0) unrecorded."""
    try:
        rows = without_a_head(read_record(path or ROOT / HEADS))
        cell = max(rows, key=lambda row: row["errors_answer"])["cell"]
    except (FileNotFoundError, ValueError):
        return 0, 0
    return cell["layer"], cell["head"]


def ratio_of_seeds(a: Sequence[float], b: Sequence[float]) -> str:
    """median(a) / median(b) with the middle 95% of a bootstrap over seeds, which has no lower end
    where too many of b never arrived. Of fewer than five seeds without, since so few say nothing of
    chance."""
    found = ratio_of_medians(a, b)
    if min(len(a), len(b)) < ENOUGH_SEEDS:
        return f"{found.ratio:.2f} times (medians of {spelled(min(len(a), len(b)))} seeds)"
    high = f"{found.high:.2f}" if math.isfinite(found.high) else "no end in sight"
    interval = f"{found.low:.2f} to {high}" if found.low else f"at most {high}"
    seeds = " and ".join(sorted({f"{len(values)}" for values in (a, b)}))
    return f"{found.ratio:.2f} times (95%, {seeds} seeds: {interval})"
