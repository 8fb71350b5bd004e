"""A small network that can multiply, and the few problems it goes on with, far past the end."""

from __future__ import annotations

from typing import Literal

import numpy as np

from lab.data.problems import BOUNDS, Format, sample_pairs
from lab.data.sources import ListedPairs, Pairs
from lab.model.config import (
    AttentionResidualConfig,
    CoupledRotaryPositionsConfig,
    DenseFFNConfig,
    GPTConfig,
    MultiHeadAttentionConfig,
    PlainResidualConfig,
    ResidualConfig,
)
from lab.recipes.reach import SLOW_BASE
from lab.training.recipe import Recipe

Stream = Literal["plain", "attention"]
STREAMS: dict[Stream, ResidualConfig] = {
    "plain": PlainResidualConfig(),
    "attention": AttentionResidualConfig(),
}

FORM = Format("cot_reversed")
BASE_STEPS = 1000
RATE, BATCH, STEPS = 3e-4, 16, 10_000
"""With which it goes on: AdamW's rate, and Muon's is five times it."""

N_PAIR = 64
"""Unordered pairs that it goes on with, both ways round."""


def knows_two_digits(stream: Stream = "plain", seed: int = 0) -> Recipe:
    """Three layers of 64, on all problems of two by two digits that may be trained on."""
    return Recipe(
        name="knows_two_digits",
        model=GPTConfig(
            n_layer=3,
            d_model=64,
            position=CoupledRotaryPositionsConfig(SLOW_BASE),
            attention=MultiHeadAttentionConfig(n_head=4, head_dim=16),
            ffn=DenseFFNConfig(d_ff=256),
            residual=STREAMS[stream],
        ),
        data=Pairs(FORM),
        steps=BASE_STEPS,
        batch_size=32,
        rate=2e-3,
        muon_rate=1e-2,
        precision="fp32",
        seed=seed,
    )


def few_pairs(n: int, seed: int) -> ListedPairs:
    """So many unordered pairs, drawn by the seed from those that may be trained on."""
    a, b = sample_pairs(np.random.default_rng(seed), 4 * n, 2, 2, *BOUNDS["train"])
    drawn = {(int(min(p)), int(max(p))): None for p in zip(a, b, strict=True)}
    return ListedPairs(FORM, tuple(list(drawn)[:n]))
