"""The table of parts: from the type of a configuration to what is built. A variant is one entry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from lab.model import config as configs
from lab.model.attention.cross_layer import CrossLayerAttention
from lab.model.attention.flash import FlashAttention
from lab.model.attention.kernels import math_attention, sdpa_attention
from lab.model.attention.mha import MultiHeadAttention
from lab.model.attention.mla import AbsorbedLatentAttention, LatentAttention
from lab.model.attention.sliding import SlidingWindowAttention
from lab.model.block import ParallelBlock, PostNormBlock, SequentialBlock
from lab.model.clipped_positions import ClippedPositions
from lab.model.config import GPTConfig, LayerConfig, alike
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


def part(name: str, place: GPTConfig | LayerConfig) -> Any:
    """One part of a model or of a layer, built; `name` is one of `lab.model.config.PARTS`."""
    own = getattr(place, name)
    # By the exact type: a configuration that inherits from another builds a part of its own.
    return TABLE[type(own)](own, place)


def rotary(own: configs.RotaryPositionsConfig, config: GPTConfig) -> RotaryPositions:
    return RotaryPositions(frequencies(rotated_dim(own, config), own.base)[None], own.layout)


def interpolated(
    own: configs.InterpolatedRotaryPositionsConfig, config: GPTConfig
) -> RotaryPositions:
    return RotaryPositions(frequencies(rotated_dim(own, config), own.base)[None] / own.factor)


def yarn(own: configs.YarnRotaryPositionsConfig, config: GPTConfig) -> RotaryPositions:
    speeds = yarn_frequencies(rotated_dim(own, config), **asdict(own))
    return RotaryPositions(speeds[None], gain=yarn_gain(own.factor))


def coupled(own: configs.CoupledRotaryPositionsConfig, config: GPTConfig) -> RotaryPositions:
    return RotaryPositions(coupled_frequencies(rotated_dim(own, config), own.base) / own.factor)


def clipped(own: configs.ClippedRotaryPositionsConfig, config: GPTConfig) -> ClippedPositions:
    return ClippedPositions(frequencies(rotated_dim(own, config), own.base)[None], (own.farthest,))


def clipped_coupled(
    own: configs.ClippedCoupledRotaryPositionsConfig, config: GPTConfig
) -> ClippedPositions:
    speeds = coupled_frequencies(rotated_dim(own, config), own.base) / own.factor
    return ClippedPositions(speeds, (own.farthest_place, own.farthest_line))


def rotated_dim(own: configs.PositionConfig, config: GPTConfig) -> int:
    return alike(config, "rotated_dim", own)


def sizes_of(layer: LayerConfig) -> tuple[int, float]:
    """What norms are made of."""
    return layer.whole.d_model, layer.whole.norm_eps


def sequential(own: configs.SequentialBlockConfig, layer: LayerConfig) -> SequentialBlock:
    return SequentialBlock(*sizes_of(layer), part("attention", layer), part("ffn", layer))


def parallel(own: configs.ParallelBlockConfig, layer: LayerConfig) -> ParallelBlock:
    return ParallelBlock(*sizes_of(layer), part("attention", layer), part("ffn", layer))


def post_norm(own: configs.PostNormBlockConfig, layer: LayerConfig) -> PostNormBlock:
    return PostNormBlock(*sizes_of(layer), part("attention", layer), part("ffn", layer))


def multi_head(own: configs.MultiHeadAttentionConfig, layer: LayerConfig) -> MultiHeadAttention:
    return MultiHeadAttention(own, *sizes_of(layer), part("kernel", layer.whole))


def sliding(
    own: configs.SlidingWindowAttentionConfig, layer: LayerConfig
) -> SlidingWindowAttention:
    return SlidingWindowAttention(own, *sizes_of(layer), part("kernel", layer.whole))


def cross_layer(own: configs.CrossLayerAttentionConfig, layer: LayerConfig) -> CrossLayerAttention:
    kernel = part("kernel", layer.whole)
    return CrossLayerAttention(own, *sizes_of(layer), kernel, own.source(layer))


def latent(own: configs.LatentAttentionConfig, layer: LayerConfig) -> LatentAttention:
    return LatentAttention(own, *sizes_of(layer), part("kernel", layer.whole))


def absorbed(
    own: configs.AbsorbedLatentAttentionConfig, layer: LayerConfig
) -> AbsorbedLatentAttention:
    return AbsorbedLatentAttention(own, *sizes_of(layer), part("kernel", layer.whole))


def depth(own: configs.AttentionResidualConfig, config: GPTConfig) -> AttentionResidual:
    return AttentionResidual(config, own)


TABLE: dict[type, Callable[[Any, Any], Any]] = {
    configs.LearnedPositionsConfig: lambda own, whole: LearnedPositions(
        own.max_length, whole.d_model
    ),
    configs.RotaryPositionsConfig: rotary,
    configs.InterpolatedRotaryPositionsConfig: interpolated,
    configs.YarnRotaryPositionsConfig: yarn,
    configs.CoupledRotaryPositionsConfig: coupled,
    configs.ClippedRotaryPositionsConfig: clipped,
    configs.ClippedCoupledRotaryPositionsConfig: clipped_coupled,
    configs.ALiBiPositionsConfig: lambda own, whole: ALiBiPositions(alike(whole, "n_head", own)),
    configs.NoPositionsConfig: lambda own, whole: NoPositions(),
    configs.SequentialBlockConfig: sequential,
    configs.ParallelBlockConfig: parallel,
    configs.PostNormBlockConfig: post_norm,
    configs.MultiHeadAttentionConfig: multi_head,
    configs.GroupedQueryAttentionConfig: multi_head,
    configs.SlidingWindowAttentionConfig: sliding,
    configs.CrossLayerAttentionConfig: cross_layer,
    configs.LatentAttentionConfig: latent,
    configs.AbsorbedLatentAttentionConfig: absorbed,
    configs.DenseFFNConfig: lambda own, layer: DenseFFN(own, layer.whole.d_model),
    configs.MixtureOfExpertsConfig: lambda own, layer: MixtureOfExperts(own, layer.whole.d_model),
    configs.PlainResidualConfig: lambda own, whole: PlainResidual(whole),
    configs.AttentionResidualConfig: depth,
    configs.BlockAttentionResidualConfig: depth,
    configs.MathKernelConfig: lambda own, whole: math_attention,
    configs.SdpaKernelConfig: lambda own, whole: sdpa_attention,
    configs.FlashKernelConfig: lambda own, whole: FlashAttention(own.rows, own.columns),
}
