"""Key heads shared by groups of query heads: what a smaller cache costs in errors.

Twins on two-digit problems that differ in the number of their key heads alone. With fewer, W_K and
W_V have fewer rows, so such a twin has fewer parameters as well.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from lab.experiments.controls import SEEDS, train_and_score
from lab.experiments.sweep import Cell
from lab.model.config import GroupedQueryAttentionConfig
from lab.model.cost import cache_bytes_per_token
from lab.recipes.live import multiply
from lab.training.recipe import Recipe

KEY_HEADS = (4, 2, 1)
FRACTIONS = (0.10,)
"""Of the pairs: few, so that a twin makes errors that can be counted."""


def grouped_cells() -> list[Cell]:
    return [
        {"part": "grouped", "key_heads": heads, "fraction": fraction, "seed": seed}
        for fraction in FRACTIONS
        for seed in SEEDS
        for heads in KEY_HEADS
    ]


def grouped(key_heads: int, fraction: float = 0.30, seed: int = 0) -> Recipe:
    """The twin of chapter 1 with 4 query heads and `key_heads` key heads, in fp32."""
    usual = multiply(fraction=fraction, seed=seed)
    had = usual.model.heads
    attention = GroupedQueryAttentionConfig(had.n_head, had.head_dim, n_kv_head=key_heads)
    return replace(usual, model=replace(usual.model, attention=attention), precision="fp32")


def measure_grouped(cell: Cell) -> dict[str, Any]:
    """Errors of one twin among all pairs, by what was trained on, and what it keeps of a token."""
    recipe = grouped(cell["key_heads"], cell["fraction"], cell["seed"])
    return {
        "cache_bytes_per_token": cache_bytes_per_token(recipe.model, bytes_per_number=4),
        **train_and_score(recipe),
    }
