"""The measured figures of chapter 6, second page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from components.ui.chapters.ch61 import worked
from components.ui.claims.core import Claim, Measured, part_of
from components.ui.words import spelled
from lab.records import select
from lab.statistics import spread

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


RACE, CHANGES = "records/latent_experts.jsonl", "records/expert_changes.jsonl"


def uneven(**cell: Any) -> Callable[[Rows], Measured]:
    """The largest load over the mean at the end, of the least even layer: median and span."""

    def pick(rows: Rows) -> Measured:
        found = spread(worked.uneven_at_the_end(select(rows, **cell)))
        return Measured(f"{found.median:.2f} ({found.low:.2f} to {found.high:.2f})")

    return pick


def wrong_with(**cell: Any) -> Callable[[Rows], Measured]:
    """Sums of four by four digits wrong: median and span of the seeds."""

    def pick(rows: Rows) -> Measured:
        seeds = select(rows, **cell)
        found = spread(row["wrong_4x4"] for row in seeds)
        n = min(row["n_4x4"] for row in seeds)
        return Measured(f"{found.median:,.0f} ({found.low:,.0f} to {found.high:,.0f}) of {n:,}")

    return pick


def told(label: str, chance: bool = False) -> Callable[[Rows], Measured]:
    """Median over layers and seeds, of what is told or what chance shows."""

    def pick(rows: Rows) -> Measured:
        found = [r for r in worked.told_rows(rows) if r["label"] == worked.LABELS[label]]
        middle = spread(row["chance" if chance else "share"] for row in found).median
        return Measured(f"{middle:.1%}")

    return pick


EXPERTS = {"part": "race", "attention": "mla", "ffn": "moe"}

CLAIMS: dict[str, Claim] = {
    "ch6.uneven_with": Claim(
        "The largest load over the mean, biases even it out.", RACE, uneven(**EXPERTS)
    ),
    "ch6.uneven_without": Claim(
        "The largest load over the mean, no biases.", CHANGES, uneven(change="no bias updates")
    ),
    **{
        f"ch6.change_{name}": Claim(
            f"Test sums of four by four digits wrong: {change}.", CHANGES, wrong_with(change=change)
        )
        for name, change in {
            "4": "4 experts",
            "16": "16 experts",
            "no_bias": "no bias updates",
            "no_shared": "no shared expert",
            "dense_active": "dense, as many active",
        }.items()
    },
    **{
        f"ch6.told_{name}{'_chance' if chance else ''}": Claim(
            f"Of {worked.LABELS[label]}, what a token's expert tells"
            f"{', by chance' if chance else ''}.",
            RACE,
            told(label, chance),
        )
        for name, label in {"token": "token read", "place": "place", "line": "line"}.items()
        for chance in (False, True)
    },
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
