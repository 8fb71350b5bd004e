"""The runs of chapter 1: the same network with working and without, and one that saw too little."""

from __future__ import annotations

from dataclasses import replace

from lab.data.problems import Format
from lab.data.sources import Pairs
from lab.model.config import (
    DenseFFNConfig,
    GPTConfig,
    LearnedPositionsConfig,
    MultiHeadAttentionConfig,
)
from lab.training.recipe import Recipe

FULL_SIZE = GPTConfig(
    n_layer=6,
    d_model=256,
    position=LearnedPositionsConfig(max_length=64),
    attention=MultiHeadAttentionConfig(n_head=4, head_dim=64),
    ffn=DenseFFNConfig(d_ff=1024, activation="relu2"),
)

TWIN = replace(
    FULL_SIZE,
    n_layer=3,
    d_model=128,
    attention=MultiHeadAttentionConfig(n_head=2, head_dim=64),
    ffn=DenseFFNConfig(d_ff=512, activation="relu2"),
)


def chain_of_thought() -> Recipe:
    """The book's model: 4.7M parameters, working written out and back to front."""
    return Recipe(
        name="chain_of_thought",
        model=FULL_SIZE,
        data=Pairs(Format("cot_reversed"), fraction=0.30),
        steps=6500,
        batch_size=64,
        rate=1.5e-3,
        muon_rate=0.01,
        weight_decay=0.1,
        decay=0.8,
    )


def plain() -> Recipe:
    """The same network on the same pairs, learnt by heart; it must write the product at once."""
    return replace(
        chain_of_thought(),
        name="plain",
        data=Pairs(Format("plain"), fraction=0.30),
        steps=1200,
        batch_size=256,
        rate=3e-3,
        muon_rate=0.02,
        decay=0.4,
    )


def few_pairs() -> Recipe:
    """The twin with working, trained on one pair in twenty: most partial products it never saw."""
    return Recipe(
        name="few_pairs",
        model=TWIN,
        data=Pairs(Format("cot_reversed"), fraction=0.05),
        steps=700,
        batch_size=256,
    )
