"""The measured figures of the page on the forward pass in 3D."""

from __future__ import annotations

from typing import Any

from components.ui.claims.core import Claim, widest_reading
from components.ui.claims.readings import parameter_count, result_of
from lab.readings import Measured, errors_in

LLAMA = 7e9
"""Parameters of Llama 2 7B (arXiv:2307.09288)."""


def as_llama(result: dict[str, Any]) -> Measured:
    return Measured(f"{round(LLAMA / result['parameters'], -2):,.0f} times")


def known_by_heart(result: dict[str, Any]) -> Measured:
    reading = widest_reading(result)
    return Measured(
        errors_in(reading["errors_strict"], reading["n"]), reading["errors_strict"], reading["n"]
    )


CLAIMS: dict[str, Claim] = {
    "forward_pass_3d.parameters": Claim(
        "Parameters of the times table run.", result_of("times_table"), parameter_count
    ),
    "forward_pass_3d.llama": Claim(
        "Parameters of Llama 2 7B as a multiple of those of the times table run.",
        result_of("times_table"),
        as_llama,
    ),
    "forward_pass_3d.errors": Claim(
        "The times table run on all hundred one-digit products, all of which it has seen.",
        result_of("times_table"),
        known_by_heart,
    ),
}
