"""Networks that are built otherwise than the book's, small enough to train while one looks on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from lab.data.problems import Format
from lab.data.sources import Pairs
from lab.model.config import (
    CrossLayerAttentionConfig,
    DenseFFNConfig,
    GPTConfig,
    GroupedQueryAttentionConfig,
    LayerPattern,
    LearnedPositionsConfig,
    MultiHeadAttentionConfig,
    ParallelBlockConfig,
    SlidingWindowAttentionConfig,
)
from lab.recipes.latent_experts import with_experts
from lab.training.recipe import Recipe

STEPS = 40
WINDOW = 8
"""Tokens that a local layer sees: a partial product with its sign, and no more."""


HEADS = MultiHeadAttentionConfig(n_head=4, head_dim=32)
DENSE = DenseFFNConfig(d_ff=512)
USUAL = GPTConfig(
    n_layer=4,
    d_model=128,
    position=LearnedPositionsConfig(max_length=32),
    attention=HEADS,
    ffn=DENSE,
)


def variant(name: str, **parts: Any) -> Recipe:
    """A small network of four layers, some of its parts replaced."""
    return Recipe(
        name=name,
        model=replace(USUAL, **parts),
        data=Pairs(Format("cot_reversed"), fraction=0.30),
        steps=STEPS,
        batch_size=64,
        rate=2e-3,
        muon_rate=0.01,
        decay=0.8,
        check_every=10,
    )


def parallel_block() -> Recipe:
    """Attention and FFN read the same norm, and both add to the stream (arXiv:2204.02311)."""
    return variant("parallel_block", block=ParallelBlockConfig())


def cross_layer_attention() -> Recipe:
    """Every second layer reads keys and values of the layer below (arXiv:2405.12981)."""
    grouped = GroupedQueryAttentionConfig(n_head=4, head_dim=32, n_kv_head=2)
    cross = CrossLayerAttentionConfig(n_head=4, head_dim=32, n_kv_head=2)
    return variant("cross_layer_attention", attention=LayerPattern((grouped, cross)))


def first_layer_dense() -> Recipe:
    """One dense FFN, and experts in all layers above it, as in DeepSeek-V3 (arXiv:2412.19437)."""
    experts = with_experts(DENSE.d_ff, 8, True)
    return variant("first_layer_dense", ffn=LayerPattern((experts,), first=(DENSE,)))


def local_and_global_attention() -> Recipe:
    """Layers that see a few tokens, and layers that see all, in turn (arXiv:2408.00118)."""
    local = SlidingWindowAttentionConfig(HEADS.n_head, HEADS.head_dim, window=WINDOW)
    return variant("local_and_global_attention", attention=LayerPattern((local, HEADS)))
