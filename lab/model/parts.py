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


def rotary(own: configs.RotaryPositionsConfig, config: GPTConfig) -> RotaryPositions:
    return RotaryPositions(frequencies(config.attention.rotated_dim, own.base)[None], own.layout)


def interpolated(
    own: configs.InterpolatedRotaryPositionsConfig, config: GPTConfig
) -> RotaryPositions:
    return RotaryPositions(frequencies(config.attention.rotated_dim, own.base)[None] / own.factor)


def yarn(own: configs.YarnRotaryPositionsConfig, config: GPTConfig) -> RotaryPositions:
    speeds = yarn_frequencies(config.attention.rotated_dim, **asdict(own))
    return RotaryPositions(speeds[None], gain=yarn_gain(own.factor))


def coupled(own: configs.CoupledRotaryPositionsConfig, config: GPTConfig) -> RotaryPositions:
    return RotaryPositions(coupled_frequencies(config.attention.rotated_dim, own.base) / own.factor)


def clipped(own: configs.ClippedRotaryPositionsConfig, config: GPTConfig) -> ClippedPositions:
    return ClippedPositions(
        frequencies(config.attention.rotated_dim, own.base)[None], (own.farthest,)
    )


def clipped_coupled(
    own: configs.ClippedCoupledRotaryPositionsConfig, config: GPTConfig
) -> ClippedPositions:
    speeds = coupled_frequencies(config.attention.rotated_dim, own.base) / own.factor
    return ClippedPositions(speeds, (own.farthest_place, own.farthest_line))


def multi_head(own: configs.MultiHeadAttentionConfig, config: GPTConfig) -> MultiHeadAttention:
    return MultiHeadAttention(own, config.d_model, config.norm_eps, part("kernel", config))


def sliding(own: configs.SlidingWindowAttentionConfig, config: GPTConfig) -> SlidingWindowAttention:
    return SlidingWindowAttention(own, config.d_model, config.norm_eps, part("kernel", config))


def latent(own: configs.LatentAttentionConfig, config: GPTConfig) -> LatentAttention:
    return LatentAttention(own, config.d_model, config.norm_eps, part("kernel", config))


def absorbed(
    own: configs.AbsorbedLatentAttentionConfig, config: GPTConfig
) -> AbsorbedLatentAttention:
    return AbsorbedLatentAttention(own, config.d_model, config.norm_eps, part("kernel", config))


def depth(own: configs.AttentionResidualConfig, config: GPTConfig) -> AttentionResidual:
    return AttentionResidual(
        config.n_layer, config.d_model, config.norm_eps, own.per_source(config)
    )


TABLE: dict[type, Callable[[Any, GPTConfig], Any]] = {
    configs.LearnedPositionsConfig: lambda own, whole: LearnedPositions(
        own.max_length, whole.d_model
    ),
    configs.RotaryPositionsConfig: rotary,
    configs.InterpolatedRotaryPositionsConfig: interpolated,
    configs.YarnRotaryPositionsConfig: yarn,
    configs.CoupledRotaryPositionsConfig: coupled,
    configs.ClippedRotaryPositionsConfig: clipped,
    configs.ClippedCoupledRotaryPositionsConfig: clipped_coupled,
    configs.ALiBiPositionsConfig: lambda own, whole: ALiBiPositions(whole.attention.n_head),
    configs.NoPositionsConfig: lambda own, whole: NoPositions(),
    configs.MultiHeadAttentionConfig: multi_head,
    configs.GroupedQueryAttentionConfig: multi_head,
    configs.SlidingWindowAttentionConfig: sliding,
    configs.LatentAttentionConfig: latent,
    configs.AbsorbedLatentAttentionConfig: absorbed,
    configs.DenseFFNConfig: lambda own, whole: DenseFFN(own, whole.d_model),
    configs.MixtureOfExpertsConfig: lambda own, whole: MixtureOfExperts(own, whole.d_model),
    configs.PlainResidualConfig: lambda own, whole: PlainResidual(),
    configs.AttentionResidualConfig: depth,
    configs.BlockAttentionResidualConfig: depth,
    configs.MathKernelConfig: lambda own, whole: math_attention,
    configs.SdpaKernelConfig: lambda own, whole: sdpa_attention,
    configs.FlashKernelConfig: lambda own, whole: FlashAttention(own.rows, own.columns),
}
