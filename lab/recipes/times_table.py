"""The times table, learnt by heart: `7*8=56$`, in the book's size and in one where cells are big.

These two runs see all 100 products, held-out ones included, so they prove nothing about products
they have not seen: they are there to be looked into.
"""

from __future__ import annotations

from dataclasses import replace

from lab.data.problems import Format
from lab.data.sources import WholeTable
from lab.model.config import (
    DenseFFNConfig,
    GPTConfig,
    LearnedPositionsConfig,
    MultiHeadAttentionConfig,
)
from lab.recipes.chain_of_thought import FULL_SIZE
from lab.training.recipe import Recipe

LEGIBLE = GPTConfig(
    n_layer=3,
    d_model=48,
    position=LearnedPositionsConfig(max_length=8),
    attention=MultiHeadAttentionConfig(n_head=3, head_dim=16),
    ffn=DenseFFNConfig(d_ff=192, activation="relu2"),
)


def times_table() -> Recipe:
    """All one-digit products, in writing order, by the book's 4.7M parameters."""
    return Recipe(
        name="times_table",
        model=FULL_SIZE,
        data=WholeTable(Format("plain", p=1, q=1)),
        steps=150,
        batch_size=100,
        warmup=20,
        check_every=25,
    )


def times_table_small() -> Recipe:
    """The same by a model whose every number fits on a screen."""
    return replace(
        times_table(), name="times_table_small", model=LEGIBLE, steps=800, check_every=100
    )
