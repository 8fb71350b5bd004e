"""Small networks that guess what the full-size one on problems of up to 4 x 4 digits will write."""

from __future__ import annotations

from dataclasses import replace

from lab.model.config import DenseFFNConfig, GPTConfig, MultiHeadAttentionConfig
from lab.recipes.reach import far_coupled
from lab.training.recipe import Recipe


def drafting(name: str, n_layer: int, d_model: int) -> Recipe:
    """The recipe of `far_coupled`, its texts and its positions, on a smaller network."""
    usual = far_coupled()
    small = GPTConfig(
        n_layer=n_layer,
        d_model=d_model,
        position=usual.model.position,
        attention=MultiHeadAttentionConfig(n_head=d_model // 32, head_dim=32),
        ffn=DenseFFNConfig(d_ff=4 * d_model),
    )
    return replace(usual, name=name, model=small)


def draft_tiny() -> Recipe:
    """One layer, 51,000 parameters: a hundredth of what it drafts for."""
    return drafting("draft_tiny", n_layer=1, d_model=64)


def draft_small() -> Recipe:
    """Two layers, 0.4M parameters: a twelfth."""
    return drafting("draft_small", n_layer=2, d_model=128)
