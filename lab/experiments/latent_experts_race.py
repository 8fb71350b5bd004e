"""Latents and experts against what they replace: the race of four networks, and one change at a
time to the experts.

All read the same sums of up to 4 x 4 digits, equally many; none reads a longer one. 8 x 8 digits
are asked with a limit on distances, which no training knows of.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import median
from typing import Any, cast

import numpy as np

from lab.data.problems import BOUNDS, Field, Format, Integers, SplitName, sample_exact
from lab.data.samples import Sample
from lab.data.sources import Shapes
from lab.experiments.attention_residuals_race import held_out_loss, rounded
from lab.experiments.frontier import columns, evaluate_forced, is_product, line_of
from lab.experiments.lengths import clipped, problems_of_shape
from lab.experiments.sweep import Cell
from lab.interp.routing import choices, imbalance, shares_of_load, told_by, told_by_chance
from lab.model.config import DenseFFNConfig, FFNConfig, GPTConfig, MixtureOfExpertsConfig
from lab.model.cost import flops_per_token_forward, parameters_of
from lab.model.gpt import GPT
from lab.recipes.latent_experts import (
    FFNS,
    AttentionName,
    FFNName,
    network,
    on_sums_up_to_four,
)
from lab.records import RECORDS, read_lines, select
from lab.training.recipe import Recipe
from lab.training.state import TrainState
from lab.training.train import train

STEPS, BATCH, CHECK_EVERY = 1000, 32, 50
RATES: dict[AttentionName, tuple[float, ...]] = {
    "mha": (5e-4, 1e-3, 2e-3, 4e-3),
    "mla": (2.5e-4, 5e-4, 1e-3, 2e-3, 4e-3),
}
"""The grid of AdamW's rate; Muon's is five times it. It goes on where its lowest was best."""

SEEDS, CHANGE_SEEDS = range(1, 6), range(1, 4)
FAR, LIMIT = 8, (4, 3)
"""Digits of the long sums, and the farthest place and line that count there."""

N_ASKED, N_FAR, N_LOOKED_AT = 2000, 300, 256

RACERS: tuple[tuple[AttentionName, FFNName], ...] = (
    ("mha", "dense"),
    ("mha", "moe"),
    ("mla", "dense"),
    ("mla", "moe"),
)


def plan(model: GPTConfig, rate: float, seed: int) -> Recipe:
    recipe = on_sums_up_to_four("racer", model, STEPS)
    return replace(recipe, batch_size=BATCH, rate=rate, muon_rate=5 * rate, seed=seed)


# ---------------------------------------------------------------- one run


def measure(recipe: Recipe, split: SplitName) -> dict[str, Any]:
    """A run to its end: loads on the way, and errors at 4 x 4 and 8 x 8 digits after it."""
    state, curve = TrainState.start(recipe), list[list[Any]]()
    has_experts = isinstance(recipe.model.ffn, MixtureOfExpertsConfig)
    for done in train(recipe, state):
        if done.step % CHECK_EVERY == 0:
            uneven = unevenness(state.model, recipe) if has_experts else []
            curve.append([done.step, round(done.loss, 5), uneven])
    model = state.model.eval()
    return {
        "parameters": parameters_of(recipe.model),
        "flops_per_token": flops_per_token_forward(recipe.model, n_seen=64),
        "steps": recipe.steps,
        "tokens": state.tokens,
        "training_seconds": round(state.seconds, 1),
        "precision": recipe.precision,
        "rate": recipe.rate,
        "loss": held_out_loss(model, recipe, split),
        **errors_at(model, 4, N_ASKED, split),
        **errors_at(clipped(model, LIMIT), FAR, N_FAR, split),
        "curve": curve,
        **(experts_of(model, recipe) if has_experts else {}),
        **Sample("generator", f"{split} pairs of 4x4 and 8x8 digits", N_ASKED, 0).document(),
        "seeds": [recipe.seed],
    }


def errors_at(model: GPT, digits: int, n: int, split: SplitName) -> dict[str, int]:
    """Wrong texts of n, {"wrong_4x4": ..., "n_4x4": ...}."""
    a, b = problems_of_shape(digits, digits, n, split)
    wrong = evaluate_forced(model, Format("cot_reversed", digits, digits), a, b)["wrong"]
    shape = f"{digits}x{digits}"
    return {f"wrong_{shape}": wrong, f"n_{shape}": len(a)}


# ---------------------------------------------------------------- who is sent where


def sums_looked_at() -> tuple[Integers, Integers]:
    return sample_exact(np.random.default_rng(1), N_LOOKED_AT, 4, 4, *BOUNDS["validation"])


def looked_at(recipe: Recipe) -> tuple[Any, Any]:
    """Validation sums of 4 x 4 digits, (N, T) tokens, and which tokens a model writes next."""
    form = cast(Shapes, recipe.data).format
    texts, mask = Format(form.style, 4, 4).render(*sums_looked_at())
    return texts[:, :-1], mask[:, 1:]


def unevenness(model: GPT, recipe: Recipe) -> list[float]:
    """The largest load over the mean of every layer, of tokens before those that it writes."""
    texts, writes = looked_at(recipe)
    chosen = choices(model, texts)[:, writes]
    n_expert = cast(MixtureOfExpertsConfig, model.config.ffn).n_routed_experts
    return [rounded(x) for x in imbalance(shares_of_load(chosen, n_expert))]


def experts_of(model: GPT, recipe: Recipe) -> dict[str, Any]:
    """The loads at the end, and how much of what comes next is told by a token's first expert."""
    texts, writes = looked_at(recipe)
    chosen = choices(model, texts)[:, writes]
    n_expert = cast(MixtureOfExpertsConfig, model.config.ffn).n_routed_experts
    rng = np.random.default_rng(0)
    told: dict[str, list[list[float]]] = {}
    for name, labels in labels_of(texts, writes).items():
        known = labels >= 0
        first = chosen[:, known, 0]
        chance = [max(told_by_chance(layer, labels[known], rng)) for layer in first]
        found = [told_by(layer, labels[known]) for layer in first]
        told[name] = [[rounded(x), rounded(c)] for x, c in zip(found, chance, strict=True)]
    loads = shares_of_load(chosen, n_expert)
    return {"loads": [[rounded(x) for x in layer] for layer in loads], "told": told}


def labels_of(texts: Any, writes: Any) -> dict[str, Any]:
    """Of the token that is written next: its place, its line, the carry into it if it is one of a
    partial product; -1 where it has none. And of the token that is read: what it is."""
    form = Format("cot_reversed", 4, 4)
    place, line, carry = (np.full(texts.shape, -1) for _ in range(3))
    for slot in range(1, texts.shape[1] + 1):
        field, before = form.field_at(slot), slot - 1
        if not field.holds_number:
            continue
        place[:, before] = field.place(slot)
        line[:, before] = 2 * line_of(form, field) + (not is_product(form, field))
        if is_product(form, field):
            carry[:, before] = carries_into(form, field, field.place(slot))
    labels = {"place": place, "line": line, "carry": carry, "token_read": texts}
    return {name: found[writes].astype(np.int64) for name, found in labels.items()}


def carries_into(form: Format, field: Field, place: int) -> list[int]:
    """Of one digit of a partial product, sum by sum."""
    pairs = zip(*(numbers.tolist() for numbers in sums_looked_at()), strict=True)
    return [columns(form, field, a, b)[place].carry for a, b in pairs]


# ---------------------------------------------------------------- the race


def race_cells() -> list[Cell]:
    """Of each network the rates, on validation and seed 0, then the race on test."""
    cells: list[Cell] = []
    for attention, ffn in RACERS:
        of = {"attention": attention, "ffn": ffn}
        cells += [{"part": "rate", **of, "rate": rate, "seed": 0} for rate in RATES[attention]]
        cells += [{"part": "race", **of, "seed": seed} for seed in SEEDS]
    return cells


def measure_race(cell: Cell) -> dict[str, Any]:
    attention, ffn = cell["attention"], cell["ffn"]
    model = network("small", attention, ffn)
    if cell["part"] == "rate":
        return measure(plan(model, cell["rate"], cell["seed"]), "validation")
    rows = read_lines(RECORDS / "latent_experts.jsonl")
    return measure(plan(model, best_rate(rows, attention, ffn), cell["seed"]), "test")


# ---------------------------------------------------------------- the race, parameters matched

EQUAL_RATES: dict[tuple[AttentionName, FFNName], tuple[float, ...]] = {
    ("mha", "dense"): (5e-4, 1e-3, 2e-3),
    ("mha", "moe"): (1e-3, 2e-3, 4e-3),
    ("mla", "dense"): (5e-4, 1e-3, 2e-3, 4e-3),
    ("mla", "moe"): (5e-4, 1e-3, 2e-3),
}
"""Three around the rate that was best with seed 0 before parameters were matched, and one more
where the highest of these was best."""

RATE_SEEDS = (0, 6, 7)
"""None of the seeds that race."""

WIDER: dict[FFNName, FFNConfig] = {
    "dense": DenseFFNConfig(d_ff=672),
    "moe": replace(cast(MixtureOfExpertsConfig, FFNS["small", "moe"]), moe_intermediate_size=75),
}
"""Of networks with latents, whose matrices are smaller: as many neurons more as bring the whole
closest to that with own heads, within one part in a hundred."""


def equal_cells() -> list[Cell]:
    """Of each network the rates, on validation by three seeds, then the race on test.

    Networks with own heads are those of the first race: it has their rates by seed 0, and their
    runs at the rate that is best by all three.
    """
    cells: list[Cell] = []
    for attention, ffn in sorted(RACERS, key=lambda racer: racer[1]):
        of = {"attention": attention, "ffn": ffn}
        seeds = RATE_SEEDS[1:] if attention == "mha" else RATE_SEEDS
        cells += [
            {"part": "rate", **of, "rate": rate, "seed": seed}
            for rate in EQUAL_RATES[attention, ffn]
            for seed in seeds
        ]
        if attention == "mla":
            cells += [{"part": "race", **of, "seed": seed} for seed in SEEDS]
    return cells


def measure_equal(cell: Cell) -> dict[str, Any]:
    attention, ffn = cell["attention"], cell["ffn"]
    model = of_equal_size(attention, ffn)
    if cell["part"] == "rate":
        return measure(plan(model, cell["rate"], cell["seed"]), "validation")
    return measure(plan(model, median_rate(equals(), attention, ffn), cell["seed"]), "test")


def equals() -> list[Cell]:
    """The rows of both races that are of networks of one size."""
    first = select(read_lines(RECORDS / "latent_experts.jsonl"), attention="mha")
    return [*first, *read_lines(RECORDS / "equal_latents.jsonl")]


def of_equal_size(attention: AttentionName, ffn: FFNName) -> GPTConfig:
    usual = network("small", attention, ffn)
    return replace(usual, ffn=WIDER[ffn]) if attention == "mla" else usual


def median_rate(rows: Sequence[Cell], attention: AttentionName, ffn: FFNName) -> float:
    """The rate whose median loss over the seeds is lowest."""
    grid = EQUAL_RATES[attention, ffn]
    losses = {
        rate: [
            row["loss"]
            for row in select(rows, part="rate", attention=attention, ffn=ffn, rate=rate)
        ]
        for rate in grid
    }
    if any(len(found) < len(RATE_SEEDS) for found in losses.values()):
        raise ValueError(f"not all of {grid} are measured by three seeds for {attention}, {ffn}")
    return min(grid, key=lambda rate: median(losses[rate]))


def best_rate(rows: Sequence[Cell], attention: AttentionName, ffn: FFNName) -> float:
    """The rate of the lowest loss at the end, of all that were tried."""
    tried = select(rows, part="rate", attention=attention, ffn=ffn)
    if len(tried) < len(grid := RATES[attention]):
        raise ValueError(f"{len(tried)} of {len(grid)} rates are measured for {attention}, {ffn}")
    return min(tried, key=lambda row: row["loss"])["cell"]["rate"]


# ---------------------------------------------------------------- one change at a time

BASE = cast(MixtureOfExpertsConfig, network("small", "mla", "moe").ffn)
CHANGES: dict[str, MixtureOfExpertsConfig | DenseFFNConfig] = {
    "experts_4": replace(BASE, n_routed_experts=4),
    "experts_16": replace(BASE, n_routed_experts=16),
    "no_bias_updates": replace(BASE, bias_update_speed=0.0),
    "no_shared_expert": replace(BASE, n_shared_experts=0),
    "dense_active": DenseFFNConfig(3 * BASE.moe_intermediate_size),
}
"""What stands in for the FFN of latents and experts; the race has dense with as many in all."""


def change_cells() -> list[Cell]:
    return [{"change": name, "seed": seed} for name in CHANGES for seed in CHANGE_SEEDS]


def measure_change(cell: Cell) -> dict[str, Any]:
    """At the rate of the network that it changes."""
    model = replace(network("small", "mla", "moe"), ffn=CHANGES[cell["change"]])
    rate = best_rate(read_lines(RECORDS / "latent_experts.jsonl"), "mla", "moe")
    return measure(plan(model, rate, cell["seed"]), "test")
