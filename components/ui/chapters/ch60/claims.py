"""The measured figures of chapter 6, first page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from components.ui.chapters.ch60 import probes, worked
from components.ui.claims.core import Claim, Measured, count, part_of, widest_reading
from components.ui.claims.readings import result_of
from lab.records import select
from lab.statistics import lower_bound_95

Rows = list[dict[str, Any]]

LONG = "records/long_sums.jsonl"
DIGITS = (4, 5, 6, 8, 10, 12, 16)


def of_digits(run: str, digits: int, limited: bool) -> Callable[[Rows], Measured]:
    """Wrong sums of so many digits by as many."""

    def pick(rows: Rows) -> Measured:
        (row,) = select(rows, run=run, digits=digits, limited=limited)
        errors, n = row["errors"], row["n"]
        return Measured(part_of(errors, n), errors, n, lower_bound_95(errors, n))

    return pick


def at_home(result: dict[str, Any]) -> Measured:
    """Of all the test sums that the run was asked.

    A network with smaller rotated keys, which this one replaced, had been asked a thousand of them.
    """
    found = widest_reading(result)
    errors, n = found["errors_strict"], found["n"]
    return Measured(count(errors, n), errors, n, read_before=True)


CLAIMS: dict[str, Claim] = {
    "ch6.mla_4x4": Claim(
        "Test sums of four by four digits wrong: latents and experts.",
        result_of(probes.RUN),
        at_home,
    ),
    **{
        f"ch6.long_{short}_{digits}{'' if limited else '_free'}": Claim(
            f"Test sums of {digits} x {digits} digits wrong: {worked.NETWORKS[run]}, "
            f"{'with' if limited else 'without'} a limit on distances.",
            LONG,
            of_digits(run, digits, limited),
        )
        for short, run in (("mla", "mla_moe"), ("heads", "far_coupled"))
        for digits in DIGITS
        for limited in (True, False)
    },
}
