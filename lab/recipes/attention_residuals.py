"""Networks that choose what they read of earlier layers, beside one that sums them."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, get_args

from lab.model.config import (
    AttentionResidual,
    BlockAttentionResidual,
    CoupledRotaryPositions,
    DenseFFN,
    GPTConfig,
    MultiHeadAttention,
)
from lab.recipes.chain_of_thought import FULL_SIZE
from lab.recipes.reach import SLOW_BASE

Arm = Literal["plain", "full", "block"]
ARMS: tuple[Arm, ...] = get_args(Arm)

N_BLOCK = 3
"""Blocks of layers of the block form, whatever the depth."""


def twin(depth: int) -> GPTConfig:
    """A small network of so many layers, 96 numbers wide."""
    return GPTConfig(
        n_layer=depth,
        d_model=96,
        position=CoupledRotaryPositions(SLOW_BASE),
        attention=MultiHeadAttention(n_head=4, head_dim=24),
        ffn=DenseFFN(d_ff=384),
    )


def full_size() -> GPTConfig:
    return replace(FULL_SIZE, position=CoupledRotaryPositions(SLOW_BASE))


def with_arm(plain: GPTConfig, arm: Arm) -> GPTConfig:
    """A network with these residual connections, and exactly as many parameters in every arm.

    Two queries a layer are 2 D numbers, and so is one more neuron of an FFN, which the plain arm
    gets.
    """
    match arm:
        case "plain":
            return replace(plain, ffn=DenseFFN(plain.ffn.d_ff + 1))
        case "full":
            return replace(plain, residual=AttentionResidual())
        case "block":
            return replace(plain, residual=BlockAttentionResidual(plain.n_layer // N_BLOCK))
