"""The table of parts: from the type of a configuration to what is built. A variant is one entry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from lab.model import config as configs
from lab.model.attention.clipped import ClippedPositions
from lab.model.attention.flash import FlashAttention
from lab.model.attention.kernels import math_attention, sdpa_attention
from lab.model.attention.mha import MultiHeadAttention
from lab.model.attention.mla import AbsorbedLatentAttention, LatentAttention
from lab.model.attention.sliding import SlidingWindowAttention
from lab.model.config import GPTConfig
from lab.model.ffn.dense import DenseFFN
from lab.model.ffn.moe import MixtureOfExperts
from lab.model.positions import (
    ALiBiPositions,
    LearnedPositions,
    NoPositions,
    RotaryPositions,
    coupled_frequencies,
    frequencies,
    yarn_frequencies,
    yarn_gain,
)
from lab.model.residual import AttentionResidual, PlainResidual


def part(name: str, config: GPTConfig) -> Any:
    """One part of a model, "position" or another of `lab.model.config.PARTS`, built."""
    own = getattr(config, name)
    # By the exact type: a configuration that inherits from another builds a part of its own.
    return TABLE[type(own)](own, config)


def rotary(own: configs.RotaryPositions, config: GPTConfig) -> RotaryPositions:
    return RotaryPositions(frequencies(config.attention.rotated_dim, own.base)[None], own.layout)


def interpolated(own: configs.InterpolatedRotaryPositions, config: GPTConfig) -> RotaryPositions:
    return RotaryPositions(frequencies(config.attention.rotated_dim, own.base)[None] / own.factor)


def yarn(own: configs.YarnRotaryPositions, config: GPTConfig) -> RotaryPositions:
    speeds = yarn_frequencies(config.attention.rotated_dim, **asdict(own))
    return RotaryPositions(speeds[None], gain=yarn_gain(own.factor))


def coupled(own: configs.CoupledRotaryPositions, config: GPTConfig) -> RotaryPositions:
    return RotaryPositions(coupled_frequencies(config.attention.rotated_dim, own.base) / own.factor)


def clipped(own: configs.ClippedRotaryPositions, config: GPTConfig) -> ClippedPositions:
    return ClippedPositions(
        frequencies(config.attention.rotated_dim, own.base)[None], (own.farthest,)
    )


def clipped_coupled(
    own: configs.ClippedCoupledRotaryPositions, config: GPTConfig
) -> ClippedPositions:
    speeds = coupled_frequencies(config.attention.rotated_dim, own.base) / own.factor
    return ClippedPositions(speeds, (own.farthest_place, own.farthest_line))


def multi_head(own: configs.MultiHeadAttention, config: GPTConfig) -> MultiHeadAttention:
    return MultiHeadAttention(own, config.d_model, config.norm_eps, part("kernel", config))


def sliding(own: configs.SlidingWindowAttention, config: GPTConfig) -> SlidingWindowAttention:
    return SlidingWindowAttention(own, config.d_model, config.norm_eps, part("kernel", config))


def latent(own: configs.LatentAttention, config: GPTConfig) -> LatentAttention:
    return LatentAttention(own, config.d_model, config.norm_eps, part("kernel", config))


def absorbed(own: configs.AbsorbedLatentAttention, config: GPTConfig) -> AbsorbedLatentAttention:
    return AbsorbedLatentAttention(own, config.d_model, config.norm_eps, part("kernel", config))


def depth(own: configs.AttentionResidual, config: GPTConfig) -> AttentionResidual:
    return AttentionResidual(
        config.n_layer, config.d_model, config.norm_eps, own.per_source(config)
    )


TABLE: dict[type, Callable[[Any, GPTConfig], Any]] = {
    configs.LearnedPositions: lambda own, whole: LearnedPositions(own.max_length, whole.d_model),
    configs.RotaryPositions: rotary,
    configs.InterpolatedRotaryPositions: interpolated,
    configs.YarnRotaryPositions: yarn,
    configs.CoupledRotaryPositions: coupled,
    configs.ClippedRotaryPositions: clipped,
    configs.ClippedCoupledRotaryPositions: clipped_coupled,
    configs.ALiBiPositions: lambda own, whole: ALiBiPositions(whole.attention.n_head),
    configs.NoPositions: lambda own, whole: NoPositions(),
    configs.MultiHeadAttention: multi_head,
    configs.GroupedQueryAttention: multi_head,
    configs.SlidingWindowAttention: sliding,
    configs.LatentAttention: latent,
    configs.AbsorbedLatentAttention: absorbed,
    configs.DenseFFN: lambda own, whole: DenseFFN(own, whole.d_model),
    configs.MixtureOfExperts: lambda own, whole: MixtureOfExperts(own, whole.d_model),
    configs.PlainResidual: lambda own, whole: PlainResidual(),
    configs.AttentionResidual: depth,
    configs.BlockAttentionResidual: depth,
    configs.MathKernel: lambda own, whole: math_attention,
    configs.SdpaKernel: lambda own, whole: sdpa_attention,
    configs.FlashKernel: lambda own, whole: FlashAttention(own.rows, own.columns),
}
