"""Is low rank a regulariser? Latent attention of several ranks, trained on few and on many pairs.

A network with a smaller latent has fewer parameters as well, so each rank is tried in two ways: all
else fixed, and with as many neurons more as make up for the matrices.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

from lab.experiments.controls import train_and_score
from lab.experiments.sweep import Cell
from lab.model.config import DenseFFNConfig, GPTConfig
from lab.model.cost import cache_bytes_per_token, parameters_of
from lab.recipes.latent_experts import absorbed, with_latents
from lab.recipes.live import multiply
from lab.training.recipe import Recipe

Rank = Literal[8, 32, 128]
FULL: Rank = 128
"""No latent of this network can have a higher rank: it is made from so many numbers."""

RANKS: tuple[Rank, ...] = (8, 32, FULL)
FEW, MANY = 0.1, 0.3
"""Parts of all pairs that are trained on: from a tenth nearly all others are wrong, from three
tenths nearly none."""

BETWEEN = (0.15, 0.2)
"""Parts with room to both sides, where a regulariser could show. Parameters are matched there."""

SEEDS = range(5)


def low_rank_cells() -> list[Cell]:
    """Seed by seed; `rank` 0 is multi-head attention, which needs no neurons to match itself."""
    both = ((0, False), *((rank, matched) for rank in RANKS for matched in (False, True)))
    alike = ((0, False), *((rank, True) for rank in RANKS))
    return [
        {"rank": rank, "matched": matched, "fraction": fraction, "seed": seed}
        for fractions, arms in (((FEW, MANY), both), (BETWEEN, alike))
        for seed in SEEDS
        for fraction in fractions
        for rank, matched in arms
    ]


def measure_low_rank(cell: Cell) -> dict[str, Any]:
    """One network: its errors by what was trained on, and what it keeps of a token."""
    recipe = ranked(cell["rank"], cell["matched"], cell["fraction"], cell["seed"])
    model = recipe.model
    kept = absorbed(model) if cell["rank"] else model
    return {
        "cache_bytes_per_token": cache_bytes_per_token(kept, bytes_per_number=4),
        "neurons": model.ffn.width if isinstance(model.ffn, DenseFFNConfig) else None,
        **train_and_score(recipe),
    }


def ranked(rank: int, matched: bool, fraction: float, seed: int) -> Recipe:
    """The twin of chapter 1 on rotary positions, its latents of this size; rank 0 has none.

    Queries are of full rank throughout, so that the latent of keys and values alone differs.
    """
    usual = multiply(fraction=fraction, seed=seed, encoding="rotary")
    if not rank:
        return replace(usual, precision="fp32")
    model = replace(usual.model, attention=with_latents(usual.model.heads, rank))
    if matched:
        model = with_neurons_for(model, parameters_of(usual.model))
    return replace(usual, model=model, precision="fp32")


def with_neurons_for(model: GPTConfig, parameters: int) -> GPTConfig:
    """As many neurons as bring the whole closest to so many parameters."""
    ffn = model.ffn
    assert isinstance(ffn, DenseFFNConfig)
    one = model.n_layer * 2 * model.d_model
    more = round((parameters - parameters_of(model)) / one)
    return replace(model, ffn=replace(ffn, d_ff=ffn.d_ff + more))
