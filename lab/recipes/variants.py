"""Networks that are built otherwise than the book's, small enough to train while one looks on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from lab.model.config import (
    CrossLayerAttentionConfig,
    DenseFFNConfig,
    GroupedQueryAttentionConfig,
    LayerPattern,
    ParallelBlockConfig,
    SlidingWindowAttentionConfig,
)
from lab.recipes.latent_experts import with_experts
from lab.recipes.live import multiply
from lab.training.recipe import Recipe

STEPS = 40
WINDOW = 8
"""Tokens that a local layer sees: a partial product with its sign, and no more."""


def variant(name: str, **parts: Any) -> Recipe:
    """The twin with four layers, some of its parts replaced."""
    usual = multiply(n_layer=4, rate=2e-3, batch=64, steps=STEPS)
    return replace(usual, name=name, model=replace(usual.model, **parts))


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
    dense, experts = DenseFFNConfig(4 * 128), with_experts(4 * 128, 8, True)
    return variant("first_layer_dense", ffn=LayerPattern((experts,), first=(dense,)))


def local_and_global_attention() -> Recipe:
    """Layers that see a few tokens, and layers that see all, in turn (arXiv:2408.00118)."""
    heads = multiply().model.heads
    local = SlidingWindowAttentionConfig(heads.n_head, heads.head_dim, window=WINDOW)
    return variant("local_and_global_attention", attention=LayerPattern((local, heads)))
