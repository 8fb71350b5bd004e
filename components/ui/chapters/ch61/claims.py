"""The measured figures of chapter 6, second page."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from components.ui.chapters.ch61 import worked
from components.ui.claims.core import Claim, Measured, part_of, read_record
from components.ui.words import span, spelled
from lab.records import ROOT, select
from lab.statistics import spread

Rows = list[dict[str, Any]]

SHUT, LOADS = "records/shut_experts.jsonl", "records/expert_loads.jsonl"


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


def visited_without_effect(rows: Rows) -> Measured:
    """The same of those to which tokens are sent."""
    visited = ~worked.is_idle(worked.loads_of(read_record(ROOT / LOADS)))
    found = worked.shut_map(rows, "shut")
    return Measured(part_of(int(((found == 0) & visited).sum()), int(visited.sum())))


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


def first_race(rows: Rows) -> Measured:
    """With latents and one FFN, in a race at twice the rate: median of the seeds and their span."""
    gone = [row for row in rows if row["record"] == "latent_experts"]
    return Measured(span(spread(row["wrong_4x4"] for row in gone)))


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


# ---------------------------------------------------------------- the loads of the book's network


def problems_counted(digits: int) -> Callable[[Rows], Measured]:
    """Problems of which loads were counted."""
    return lambda rows: Measured(f"{worked.loads_of(rows, digits=digits)['n']:,}")


def idle_experts(**cell: Any) -> Callable[[Rows], Measured]:
    """Experts to which no token is sent."""

    def pick(rows: Rows) -> Measured:
        idle = worked.is_idle(worked.loads_of(rows, **cell))
        return Measured(part_of(int(idle.sum()), idle.size))

    return pick


EARLY, LATE = slice(0, 2), slice(2, None)
"""The layers whose routers hardly tell tokens apart, and the others."""


def busiest(layers: slice) -> Callable[[Rows], Measured]:
    """The largest load over the mean of each of some layers, the least and the most."""

    def pick(rows: Rows) -> Measured:
        sent = worked.sent_share(worked.loads_of(rows))[layers]
        return Measured(between(sent.max(1) / sent.mean(1), ".1f"))

    return pick


def between(found: Any, form: str) -> str:
    """The least and the most of some numbers."""
    low, high = format(min(found), form), format(max(found), form)
    return low if low == high else f"{low} to {high}"


def field_of(name: str, layers: slice) -> Callable[[Rows], Any]:
    """Of some layers, a field of every expert: (L, E)."""

    def read(rows: Rows) -> Any:
        return np.array([layer[name] for layer in worked.loads_of(rows)["layers"][layers]])

    return read


def biases_apart(rows: Rows) -> Measured:
    """The largest bias less the smallest, in each of the first two layers."""
    bias = field_of("bias", EARLY)(rows)
    return Measured(between(bias.max(1) - bias.min(1), ".2f"))


def favourite_scores(rows: Rows) -> Measured:
    """The mean score of the expert whose mean score is largest, in each of these layers."""
    return Measured(between(field_of("score", EARLY)(rows).max(1), ".3f"))


def idle_raised(rows: Rows) -> Measured:
    """The share of tokens that an idle expert would get if its bias stood one step higher."""
    row = worked.loads_of(rows)
    up = np.array([layer["step_up"] for layer in row["layers"]]) / row["tokens"]
    return Measured(between(up[worked.is_idle(row)], ".0%"))


def moved_by_a_step(rows: Rows) -> Measured:
    """In the other layers, the most of the tokens that one step of one bias brings or takes."""
    tokens = worked.loads_of(rows)["tokens"]
    load, up, down = (field_of(name, LATE)(rows) for name in ("load", "step_up", "step_down"))
    return Measured(f"{max((up - load).max(), (load - down).max()) / tokens:.1%}")


def most_errors(**cell: Any) -> Callable[[Rows], Measured]:
    """Problems that go wrong under other biases, the most of some settings of them."""

    def pick(rows: Rows) -> Measured:
        row = max(select(rows, **cell), key=lambda row: row["errors"])
        return Measured(part_of(row["errors"], row["n"]))

    return pick


def idle_without_biases(rows: Rows) -> Measured:
    """Experts without a token when every bias is zero."""
    (row,) = select(rows, part="zero", layer=None)
    loads = np.array(row["loads"])
    return Measured(part_of(int((loads == 0).sum()), loads.size))


def alone(rows: Rows, speed: float) -> dict[str, Any]:
    (row,) = select(rows, part="alone", speed=speed)
    return row


def working_alone(rows: Rows) -> Measured:
    """In how many of the steps those get a token that get none without steps."""
    row, idle = alone(rows, STEP), worked.is_idle(worked.loads_of(rows))
    working = row["steps"] - np.array(row["idle_steps"])[idle]
    return Measured(f"{between(working, 'd')} of {row['steps']}")


def uneven_alone(field: str, speed: float) -> Callable[[Rows], Measured]:
    """The largest load over the mean in each of the first two layers."""
    return lambda rows: Measured(between(alone(rows, speed)[field][EARLY], ".1f"))


def idle_small(**cell: Any) -> Callable[[Rows], Measured]:
    """Experts of a small network without a token at the end, the fewest and most of the seeds."""

    def pick(rows: Rows) -> Measured:
        seeds = select(rows, **cell)
        n = np.array(seeds[0]["loads"]).size
        return Measured(f"{between(worked.idle_at_the_end(seeds), 'd')} of {n}")

    return pick


def told_in_book(label: str, layer: int) -> Callable[[Rows], Measured]:
    """Of a label, what a token's first expert tells in a layer of the book's network."""
    return lambda rows: Measured(f"{worked.told_in_book(rows)[label][layer][0]:.0%}")


def told_in_book_by_lot(rows: Rows) -> Measured:
    """The most that carries dealt out anew among equal tokens, or places, show in any layer."""
    found = worked.told_in_book(rows)
    most = max(chance for name in (GIVEN, WHERE) for _, chance in found[name])
    return Measured(f"{math.ceil(100 * most)}%")


GIVEN, WHERE = "carry, given the token", "carry, given place and line"
STEP, FINER = 0.001, 0.0001
"""By which biases moved in training, and a tenth of it."""

MOVED = {"alone": (STEP, "steps as in training"), "finer": (FINER, "steps a tenth as large")}

TOLD = {"token": "token read", "place": "place", "line": "line", "carry": "carry"}
EXPERTS = {"part": "race", "attention": "mla", "ffn": "moe"}

CLAIMS: dict[str, Claim] = {
    **{
        f"ch6.pays_{name}": Claim(
            f"Test problems of four by four digits wrong, latents and {words}.",
            RACE,
            wrong_with(part="race", attention="mla", ffn=ffn),
        )
        for name, words, ffn in (
            ("eight", "eight experts", "moe"),
            ("dense", "one FFN with as many neurons", "dense"),
        )
    },
    "ch6.pays_dense_first": Claim(
        "The same with one FFN at the rate of the others, in a race before.",
        "records/replaced.jsonl",
        first_race,
    ),
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
    "ch6.shut_nothing_visited": Claim(
        "Of the experts to which tokens are sent, those that, shut alone, spoil no sum.",
        SHUT,
        visited_without_effect,
    ),
    "ch6.loads_problems": Claim(
        "Problems of four by four digits of which loads were counted.", LOADS, problems_counted(4)
    ),
    "ch6.loads_problems_far": Claim(
        "Problems of eight by eight digits of which loads were counted.", LOADS, problems_counted(8)
    ),
    "ch6.idle": Claim(
        "Experts that get no token of these four by four digits.", LOADS, idle_experts()
    ),
    "ch6.idle_far": Claim(
        "Experts that get no token of these eight by eight digits.", LOADS, idle_experts(digits=8)
    ),
    "ch6.idle_before": Claim(
        "The same of four by four digits, before the network went on with longer ones.",
        LOADS,
        idle_experts(run="mla_moe_before"),
    ),
    "ch6.busiest_early": Claim(
        "The largest load over the mean, in the first two layers.", LOADS, busiest(EARLY)
    ),
    "ch6.busiest_late": Claim(
        "The largest load over the mean, in the other four.", LOADS, busiest(LATE)
    ),
    "ch6.biases_apart": Claim(
        "How far biases lie apart in the first two layers.", LOADS, biases_apart
    ),
    "ch6.favourite_scores": Claim(
        "The mean score of the expert that scores highest, in the first two layers.",
        LOADS,
        favourite_scores,
    ),
    "ch6.idle_raised": Claim(
        "Tokens that an idle expert would get with its bias one step higher.", LOADS, idle_raised
    ),
    "ch6.moved_by_a_step": Claim(
        "Tokens that one step of a bias moves at most, in the other four layers.",
        LOADS,
        moved_by_a_step,
    ),
    "ch6.zero_errors": Claim(
        "Problems wrong without the biases of one layer or of all, at most.",
        LOADS,
        most_errors(part="zero"),
    ),
    "ch6.zero_idle": Claim(
        "Experts that get no token when all biases are zero.", LOADS, idle_without_biases
    ),
    "ch6.raised_errors": Claim(
        "Problems wrong with the bias of an idle expert one step higher, at most.",
        LOADS,
        most_errors(part="raised"),
    ),
    "ch6.alone_working": Claim(
        "Steps, while biases alone move, in which experts that were idle get tokens.",
        LOADS,
        working_alone,
    ),
    **{
        f"ch6.{name}_{how}": Claim(
            f"The largest load over the mean while biases alone move in {steps}, first two layers, "
            f"{of}.",
            LOADS,
            uneven_alone(field, speed),
        )
        for name, (speed, steps) in MOVED.items()
        for how, field, of in (
            ("each", "uneven_step", "in the median step"),
            ("together", "uneven_all", "in all steps together"),
        )
    },
    "ch6.idle_small_with": Claim(
        "Experts of a small network without a token, biases even out the loads.",
        RACE,
        idle_small(**EXPERTS),
    ),
    "ch6.idle_small_without": Claim(
        "Experts of a small network without a token, no biases.",
        CHANGES,
        idle_small(change="no bias updates"),
    ),
    **{
        f"ch6.book_told_{name}_{layer}": Claim(
            f"Of the {label}, what a token's first expert tells in layer {layer}.",
            LOADS,
            told_in_book(label, layer),
        )
        for name, label in {"carry": "carry", "beyond": GIVEN, "where": WHERE}.items()
        for layer in range(6)
    },
    "ch6.book_told_by_lot": Claim(
        "The most that carries dealt out anew among equal tokens, or places, show.",
        LOADS,
        told_in_book_by_lot,
    ),
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
