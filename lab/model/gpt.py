"""The model: embedding, blocks of attention and FFN around one stream, unembedding.

Shapes: `B` batch, `T` tokens of this call, `D` d_model, `V` vocabulary.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import cast

import torch
from torch import Tensor, nn

from lab.model import config as configs
from lab.model.attention.clipped import ClippedAttention
from lab.model.attention.kernels import Kernel, math_attention, sdpa_attention
from lab.model.attention.mha import MultiHeadAttention
from lab.model.cache import NO_CACHE, CacheLike
from lab.model.config import GPTConfig
from lab.model.ffn.dense import DenseFFN
from lab.model.norm import RMSNorm
from lab.model.positions import (
    CarriedPositions,
    LearnedPositions,
    NoPositions,
    RotaryPositions,
    coupled_frequencies,
    frequencies,
    yarn_frequencies,
    yarn_gain,
)
from lab.model.residual import PlainStream
from lab.model.trace import NO_TRACE, TraceLike

Position = LearnedPositions | RotaryPositions | NoPositions


class Block(nn.Module):
    """Read, attend, write; read, think, write. It never adds: the stream does."""

    def __init__(self, config: GPTConfig, position: Position) -> None:
        super().__init__()
        self.attn_norm = RMSNorm(config.d_model, config.norm_eps)
        self.attention = build_attention(config, position)
        self.ffn_norm = RMSNorm(config.d_model, config.norm_eps)
        self.ffn = DenseFFN(config.ffn, config.d_model)

    def forward(
        self,
        stream: PlainStream,
        *,
        layer: int,
        positions: Tensor,
        start: int,
        lengths: Tensor | None,
        cache: CacheLike,
        trace: TraceLike,
    ) -> None:
        x = trace("attn_norm", self.attn_norm(stream.read("resid_pre", trace)))
        out = self.attention(
            x,
            layer=layer,
            positions=positions,
            start=start,
            lengths=lengths,
            cache=cache,
            trace=trace,
        )
        stream.write(trace("attn_out", out))
        x = trace("ffn_norm", self.ffn_norm(stream.read("resid_mid", trace)))
        stream.write(trace("ffn_out", self.ffn(x, trace)))
        stream.read("resid_post", trace)


class GPT(nn.Module):
    """A decoder-only Transformer with PreNorm, no biases and an unembedding of its own.

    `forward(tokens)` gives the logits, (B, T, V), of the token after each; raises `ValueError`
    for a trace that asks for what this model never forms and for positions past a learned table.
    """

    def __init__(self, config: GPTConfig, generator: torch.Generator | None = None) -> None:
        super().__init__()
        self.config = config
        self.embed = nn.Embedding(config.vocab_size, config.d_model)
        self.position = build_position(config)
        self.blocks = nn.ModuleList(Block(config, self.position) for _ in range(config.n_layer))
        self.final_norm = RMSNorm(config.d_model, config.norm_eps)
        self.unembed = nn.Linear(config.d_model, config.vocab_size, bias=False)
        initialise(self, generator or torch.Generator().manual_seed(0))

    def forward(
        self,
        tokens: Tensor,  # (B, T)
        *,
        positions: Tensor | None = None,
        lengths: Tensor | None = None,
        cache: CacheLike = NO_CACHE,
        trace: TraceLike = NO_TRACE,
    ) -> Tensor:  # (B, T, V)
        trace.expect(self.emits, self.config.n_layer)
        start = cache.length
        trace = trace.at(start=start)
        if positions is None:
            positions = self.positions_of(tokens, start)
        x = self.position.embed(trace("embed", self.embed(tokens)), positions, trace)
        stream = PlainStream(x)
        for layer, block in enumerate(self.blocks):
            block(
                stream,
                layer=layer,
                positions=positions,
                start=start,
                lengths=lengths,
                cache=cache,
                trace=trace.at(layer=layer),
            )
        return trace("logits", self.unembed(trace("final_norm", self.final_norm(stream.x))))

    def positions_of(self, tokens: Tensor, start: int) -> Tensor:
        """Where tokens stand if the caller does not say; `start` tokens came before them."""
        ids = self.position.ids(tokens)
        if start and ids.ndim == 3:
            raise ValueError(
                f"positions of {type(self.config.position).__name__} follow from the whole text; "
                f"after start={start} cached tokens they must be passed in"
            )
        return ids + start

    @property
    def emits(self) -> frozenset[str]:
        """The names of the activations that a forward of this configuration forms."""
        own = {"embed", "logits", "final_norm", "attn_norm", "attn_out", "ffn_norm", "ffn_out"}
        own |= {"resid_pre", "resid_mid", "resid_post"}
        block = cast(Block, self.blocks[0])
        return frozenset(own) | self.position.emits | block.attention.emits | block.ffn.emits


def build_position(config: GPTConfig) -> Position:
    size = config.attention.head_dim
    match config.position:
        case configs.LearnedPositions(max_length):
            return LearnedPositions(max_length, config.d_model)
        case configs.RotaryPositions(base, layout):
            return RotaryPositions(frequencies(size, base)[None], layout)
        case configs.InterpolatedRotaryPositions(base, factor):
            return RotaryPositions(frequencies(size, base)[None] / factor)
        case configs.YarnRotaryPositions() as yarn:
            speeds = yarn_frequencies(size, **asdict(yarn))
            return RotaryPositions(speeds[None], gain=yarn_gain(yarn.factor))
        case configs.CoupledRotaryPositions(base, factor):
            return RotaryPositions(coupled_frequencies(size, base) / factor)
        case configs.ClippedRotaryPositions(base):
            return CarriedPositions(frequencies(size, base)[None])
        case configs.ClippedCoupledRotaryPositions(base, factor):
            return CarriedPositions(coupled_frequencies(size, base) / factor)
        case configs.NoPositions():
            return NoPositions()


def build_kernel(config: GPTConfig, position: Position) -> Kernel:
    match config.position:
        case configs.ClippedRotaryPositions(farthest=farthest):
            return ClippedAttention(cast(CarriedPositions, position).frequencies, (farthest,))
        case configs.ClippedCoupledRotaryPositions(farthest_place=place, farthest_line=line):
            return ClippedAttention(cast(CarriedPositions, position).frequencies, (place, line))
        case _:
            pass
    match config.kernel:
        case configs.MathKernel():
            return math_attention
        case configs.SdpaKernel():
            return sdpa_attention


def build_attention(config: GPTConfig, position: Position) -> MultiHeadAttention:
    return MultiHeadAttention(
        config.attention, config.d_model, config.norm_eps, position, build_kernel(config, position)
    )


@torch.no_grad()
def initialise(model: GPT, generator: torch.Generator) -> None:
    """Matrices N(0, 1 / fan_in), embeddings small; what writes to the stream starts at zero."""
    for name, parameter in model.named_parameters():
        if name.endswith(("wo.weight", "w_out.weight", "unembed.weight")):
            parameter.zero_()
        elif name in ("embed.weight", "position.table.weight"):
            parameter.normal_(std=model.config.embedding_std, generator=generator)
        elif parameter.ndim == 2:
            parameter.normal_(std=parameter.shape[1] ** -0.5, generator=generator)


def with_kernel(model: GPT, kernel: configs.Kernel) -> GPT:
    """The same weights, shared, behind another attention kernel; `MathKernel` to look inside."""
    return rebuilt(model, replace(model.config, kernel=kernel))


def with_position(model: GPT, position: configs.Position) -> GPT:
    """The same weights, shared, with another rotation: what is stretched after training."""
    return rebuilt(model, replace(model.config, position=position))


def rebuilt(model: GPT, config: GPTConfig) -> GPT:
    """A model of another configuration on the same weights. Both must have the same parameters."""
    twin = GPT(config)
    for (name, _), parameter in zip(twin.named_parameters(), model.parameters(), strict=True):
        owner, _, leaf = name.rpartition(".")
        setattr(twin.get_submodule(owner), leaf, parameter)
    return twin.eval()
