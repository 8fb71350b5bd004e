"""The measured figures of chapter 6, second page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from components.ui.chapters.ch61 import worked
from components.ui.claims.core import Claim, Measured, part_of
from components.ui.words import spelled

Rows = list[dict[str, Any]]

SHUT = "records/shut_experts.jsonl"


def that_matter(how: str) -> Callable[[Rows], Measured]:
    """Experts that, shut or forced, spoil at least one sum in ten."""

    def pick(rows: Rows) -> Measured:
        found = worked.shut_map(rows, how)
        return Measured(part_of(int((found >= worked.MANY).sum()), found.size))

    return pick


def without_effect(rows: Rows) -> Measured:
    """Experts that, shut, spoil no sum."""
    found = worked.shut_map(rows, "shut")
    return Measured(part_of(int((found == 0).sum()), found.size))


def in_the_last_layers(rows: Rows) -> Measured:
    """Of the experts that matter, how many are in the last two layers."""
    found = worked.shut_map(rows, "shut") >= worked.MANY
    return Measured(spelled(int(found[-2:].sum())))


CLAIMS: dict[str, Claim] = {
    "ch6.shut_matter": Claim(
        "Experts that, shut alone, spoil at least one sum in ten.", SHUT, that_matter("shut")
    ),
    "ch6.forced_matter": Claim(
        "Experts that, forced on every token, spoil at least one sum in ten.",
        SHUT,
        that_matter("forced"),
    ),
    "ch6.shut_nothing": Claim("Experts that, shut alone, spoil no sum.", SHUT, without_effect),
    "ch6.shut_late": Claim(
        "Of the experts that matter, how many are in the last two layers.",
        SHUT,
        in_the_last_layers,
    ),
}
