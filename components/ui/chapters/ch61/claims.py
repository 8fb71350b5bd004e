"""The measured figures of chapter 6, second page."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from components.ui.chapters.ch61 import worked
from components.ui.claims.core import Claim, Measured, part_of
from components.ui.words import span, spelled
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


def worst(rows: Rows) -> dict[str, Any]:
    """The row of the expert that spoils most when it is shut."""
    return max((row for row in rows if "shut" in row), key=lambda row: row["shut"]["errors"])


def worst_shut(rows: Rows) -> Measured:
    """Of that expert: sums that go wrong."""
    return Measured(part_of(worst(rows)["shut"]["errors"], worst(rows)["n"]))


def digits_of_worst(rows: Rows) -> Measured:
    """Of the same: digits that go wrong, of all numbers together."""
    return Measured(digits_wrong(worst(rows)["shut"]))


def digits_wrong(found: dict[str, Any]) -> str:
    n, wrong = np.sum(list(found["wrong"].values()), axis=0)
    return part_of(int(wrong), int(n))


def left_out(part: str) -> Callable[[Rows], Measured]:
    """Sums that go wrong without this part of the FFN in any layer."""

    def pick(rows: Rows) -> Measured:
        (row,) = select(rows, without=part, layer=None)
        return Measured(part_of(row["silent"]["errors"], row["n"]))

    return pick


def digits_without_chosen(rows: Rows) -> Measured:
    (row,) = select(rows, without="routed", layer=None)
    return Measured(digits_wrong(row["silent"]))


def layers_that_lose(part: str) -> Callable[[Rows], Measured]:
    """Layers that spoil a sum at all when this part of their FFN is left out."""

    def pick(rows: Rows) -> Measured:
        alone = [r for r in select(rows, without=part) if r["cell"]["layer"] is not None]
        spoil = sum(row["silent"]["errors"] > 0 for row in alone)
        return Measured(f"{spelled(spoil)} of {spelled(len(alone))}")

    return pick


RACE, CHANGES = "records/latent_experts.jsonl", "records/expert_changes.jsonl"


def uneven(**cell: Any) -> Callable[[Rows], Measured]:
    """The largest load over the mean at the end, of the least even layer: median and span."""

    def pick(rows: Rows) -> Measured:
        found = spread(worked.uneven_at_the_end(select(rows, **cell)))
        return Measured(span(found, ".2f"))

    return pick


def wrong_with(**cell: Any) -> Callable[[Rows], Measured]:
    """Sums of four by four digits wrong: median and span of the seeds."""

    def pick(rows: Rows) -> Measured:
        seeds = select(rows, **cell)
        found = spread(row["wrong_4x4"] for row in seeds)
        n = min(row["n_4x4"] for row in seeds)
        return Measured(f"{span(found)} of {n:,}")

    return pick


def operations_of_experts(rows: Rows) -> Measured:
    """A share of what one dense FFN with as many neurons takes, both with latents."""
    eight, dense = (
        select(rows, part="race", attention="mla", ffn=ffn)[0]["flops_per_token"]
        for ffn in ("moe", "dense")
    )
    return Measured(f"{eight / dense:.0%}")


def told(label: str, layer: int) -> Callable[[Rows], Measured]:
    """Of a label, what a token's expert in a layer tells: median over the seeds."""

    def pick(rows: Rows) -> Measured:
        found = [
            row["share"]
            for row in worked.told_rows(rows)
            if (row["label"], row["layer"]) == (worked.LABELS[label], layer)
        ]
        return Measured(f"{spread(found).median:.0%}")

    return pick


def told_by_lot(rows: Rows) -> Measured:
    """The most that labels dealt out anew show, of any label, layer and seed."""
    most = max(row["chance"] for row in worked.told_rows(rows))
    return Measured(f"{math.ceil(1000 * most) / 1000:.1%}")


TOLD = {"token": "token read", "place": "place", "line": "line", "carry": "carry"}
EXPERTS = {"part": "race", "attention": "mla", "ffn": "moe"}

CLAIMS: dict[str, Claim] = {
    "ch6.pays_operations": Claim(
        "Operations of a token with latents and eight experts, of those with one dense FFN.",
        RACE,
        operations_of_experts,
    ),
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
        f"ch6.told_{name}_{layer}": Claim(
            f"Of {worked.LABELS[label]}, what a token's expert in layer {layer} tells.",
            RACE,
            told(label, layer),
        )
        for name, label in TOLD.items()
        for layer in range(3)
    },
    "ch6.told_by_lot": Claim(
        "The most that labels dealt out anew show of any label and layer.", RACE, told_by_lot
    ),
    "ch6.shut_matter": Claim(
        "Experts that, shut alone, spoil at least one sum in ten.", SHUT, that_matter("shut")
    ),
    "ch6.forced_matter": Claim(
        "Experts that, forced on every token, spoil at least one sum in ten.",
        SHUT,
        that_matter("forced"),
    ),
    "ch6.shut_nothing": Claim("Experts that, shut alone, spoil no sum.", SHUT, without_effect),
    "ch6.shut_worst": Claim("Sums that the worst expert spoils, shut alone.", SHUT, worst_shut),
    "ch6.shut_worst_digits": Claim(
        "Digits of all numbers that are wrong with that expert shut.", SHUT, digits_of_worst
    ),
    "ch6.without_routed": Claim(
        "Sums wrong with nothing of what routers chose, in any layer.", SHUT, left_out("routed")
    ),
    "ch6.without_shared": Claim(
        "Sums wrong without the shared expert of any layer.", SHUT, left_out("shared")
    ),
    "ch6.without_routed_digits": Claim(
        "Digits of all numbers wrong with nothing of what routers chose.",
        SHUT,
        digits_without_chosen,
    ),
    "ch6.layers_lose_shared": Claim(
        "Layers that spoil a sum without their shared expert.", SHUT, layers_that_lose("shared")
    ),
    "ch6.layers_lose_routed": Claim(
        "Layers that spoil a sum without what their router chose.",
        SHUT,
        layers_that_lose("routed"),
    ),
}
