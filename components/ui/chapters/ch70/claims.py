"""The measured figures of the page on the forward pass in 3D."""

from __future__ import annotations

from typing import Any

from components.ui.claims.core import Claim, Measured, count, widest_reading
from components.ui.claims.readings import parameter_count, result_of
from lab.published.models import LLAMA_2_7B

LLAMA = round(LLAMA_2_7B.parameters, -9)
"""Parameters of Llama 2 7B, in whole billions as its name has them."""


def as_llama(result: dict[str, Any]) -> Measured:
    return Measured(f"{round(LLAMA / result['parameters'], -2):,.0f} times")


def known_by_heart(result: dict[str, Any]) -> Measured:
    reading = widest_reading(result)
    return Measured(
        count(reading["errors_strict"], reading["n"]), reading["errors_strict"], reading["n"]
    )


CLAIMS: dict[str, Claim] = {
    "ch7.parameters": Claim(
        "Parameters of the times table run.", result_of("times_table"), parameter_count
    ),
    "ch7.llama": Claim(
        "Parameters of Llama 2 7B as a multiple of those of the times table run.",
        result_of("times_table"),
        as_llama,
    ),
    "ch7.errors": Claim(
        "The times table run on all hundred one-digit products, all of which it has seen.",
        result_of("times_table"),
        known_by_heart,
    ),
}
