"""Questions that several chapters ask: of the result of a run, and of heads ablated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from components.ui.claims.claim import read_record
from components.ui.loaded_models import BOOK_RUN
from lab.readings import Counts, Measured, Row, Told, errors_in, result, rows
from lab.records import ROOT

READ_BEFORE = (
    *("gaps", "coupled_clipped", "coupled_slow_clipped", "far_coupled", "far_clipped"),
    *("rope", "packed"),
)
"""Arms, a run and a race of which something was changed after a reading of test."""


def parameters(run: str) -> Told:
    return result(run).told(lambda found: f"{found[0]['parameters'] / 1e6:.2f} million")


def training_tokens(run: str) -> Told:
    return result(run).told(lambda found: f"{found[0]['training_tokens'] / 1e6:.1f} million tokens")


def times_that_of(run: str, other: str, field: str) -> Told:
    """A number of a run's result as a multiple of the same of another run."""

    def ratio(found: Any) -> str:
        return f"{found[0][field] / read_record(ROOT / result(other).path)[field]:.2g} times"

    return result(run).told(ratio)


# ---------------------------------------------------------------- readings of all 10,000 pairs


def census(run: str) -> Told:
    """All of them wrong."""
    return result(run).told(census_of)


def heldout(run: str) -> Told:
    """Those wrong that were held out from the run, with their bound."""
    return result(run).told(heldout_of)


def census_of(found: Sequence[Row]) -> Measured:
    reading, before = full_reading(found[0]), was_read_before(found[0])
    errors, n = reading["errors_strict"], reading["n"]
    return Measured(errors_in(errors, n), errors, n, read_before=before)


def heldout_of(found: Sequence[Row]) -> Measured:
    reading, before = full_reading(found[0]), was_read_before(found[0])
    errors, n = reading["errors_strict_heldout"], reading["n_heldout"]
    bound = None if before else reading["lower_bound_95_strict_heldout"]
    return Measured(errors_in(errors, n), errors, n, bound, before)


def full_reading(document: Row) -> Row:
    """The latest reading of a run over all 10,000 pairs."""
    return [r for r in document["readings"] if r["n"] == 10_000][-1]


def was_read_before(document: Row) -> bool:
    """Was a run read on test, then changed?"""
    return len(recipes_read(document)) > 1 or document.get("run") in READ_BEFORE


def recipes_read(document: Row) -> dict[str, int]:
    """Of each recipe that was read on all pairs under a run's name, its errors there.

    Readings of a model that was not kept say in a note which it was.
    """
    whole = [reading for reading in document["readings"] if reading["n"] == 10_000]
    return {reading.get("note", "kept"): reading["errors_strict"] for reading in whole}


# ---------------------------------------------------------------- heads that are ablated


def without_a_head(run: str = BOOK_RUN) -> Counts:
    """Wrong answers of a model with one head ablated, a row a head."""
    found = rows("heads", run=run).passing(lambda row: "head" in row["cell"])
    return found.counts("errors_answer")


def most_missed_head() -> tuple[int, int]:
    """(layer, head) of the book's model without which most answers are wrong; (0, 0) unrecorded."""
    question = without_a_head()
    try:
        missed = question.points(read_record(ROOT / question.path))
    except (FileNotFoundError, LookupError, TypeError, ValueError):
        return 0, 0
    cell = max(missed, key=lambda point: point[1])[0]["cell"]
    return cell["layer"], cell["head"]
