"""The model: embedding, blocks of attention and FFN around one stream, unembedding.

Shapes: `B` batch, `T` tokens of this call, `D` d_model, `V` vocabulary.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import ClassVar, cast

import torch
from torch import Tensor, nn

from lab.model import config as configs
from lab.model.cache import NO_CACHE, CacheLike
from lab.model.call import Call, Slots
from lab.model.config import GPTConfig
from lab.model.norm import RMSNorm
from lab.model.parts import part
from lab.model.positions import Position, Relation
from lab.model.residual import Residual, Stream
from lab.model.roles import Role, roles
from lab.model.rules import Contract, Lookup, Rules
from lab.model.trace import NO_TRACE, TraceLike


class Block(nn.Module):
    """Read, attend, write; read, think, write. It never adds: the stream does."""

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        self.attn_norm = RMSNorm(config.d_model, config.norm_eps)
        self.attention = part("attention", config)
        self.ffn_norm = RMSNorm(config.d_model, config.norm_eps)
        self.ffn = part("ffn", config)

    def forward(self, stream: Stream, call: Call) -> None:
        trace = call.trace
        # What is read is normed and the sum is not: gradients pass it whole (arXiv:2002.04745).
        x = trace("attn_norm", self.attn_norm(stream.read("resid_pre", trace)))
        stream.write("attn_out", self.attention(x, call), trace)
        x = trace("ffn_norm", self.ffn_norm(stream.read("resid_mid", trace)))
        stream.write("ffn_out", self.ffn(x, call), trace)
        stream.read("resid_post", trace)

    def emits(self, position: Position) -> Rules:
        norms = {
            "attn_norm": self.attn_norm.of("resid_pre", "attn_norm"),
            "ffn_norm": self.ffn_norm.of("resid_mid", "ffn_norm"),
        }
        return {**norms, **self.attention.emits(position), **self.ffn.emits}


class GPT(nn.Module):
    """A decoder-only Transformer with PreNorm, no biases and an unembedding of its own.

    `forward(tokens)` gives the logits, (B, T, V), of the token after each. `positions` (B, T) or
    (T,) say where they stand, a plain count unless passed in; `first` (B,) in which slot the text
    of each row begins. Without `causal` every token looks at those after it as well, which no model
    of the book was trained for. Raises `ValueError` for a trace that asks for what this model never
    forms, for positions past a learned table, and for positions of two axes that are not passed in.
    """

    roles: ClassVar[dict[str, Role]] = {
        "embed.weight": "embedding",
        "unembed.weight": "unembedding",
    }

    def __init__(self, config: GPTConfig, generator: torch.Generator | None = None) -> None:
        super().__init__()
        self.config = config
        self.embed = nn.Embedding(config.vocab_size, config.d_model)
        self.position: Position = part("position", config)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.n_layer))
        self.residual: Residual = part("residual", config)
        self.final_norm = RMSNorm(config.d_model, config.norm_eps)
        # Not tied to the embedding: that one starts at random, and this one at zero (`initialise`).
        self.unembed = nn.Linear(config.d_model, config.vocab_size, bias=False)
        # Never torch's global generator, which all readers of a server share.
        initialise(self, generator or torch.Generator().manual_seed(0))

    def forward(
        self,
        tokens: Tensor,  # (B, T)
        *,
        positions: Tensor | None = None,
        first: Tensor | None = None,
        cache: CacheLike = NO_CACHE,
        trace: TraceLike = NO_TRACE,
        causal: bool = True,
    ) -> Tensor:  # (B, T, V)
        # Before any work is done: a misspelt name would else be missed at the very end.
        trace.expect(self.emits, self.config.n_layer)
        slots = Slots(cache.length, first, causal)
        positions = self.counted(tokens, slots) if positions is None else positions
        positions = positions[None] if positions.ndim == 1 else positions
        # A cache keeps positions too: later calls pass in those of their own tokens alone.
        trace, placed = trace.at(start=slots.start), cache.place(positions)
        x = self.position.embed(trace("embed", self.embed(tokens)), positions, trace)
        # One relation for all layers, since angles and biases depend on nothing but positions.
        call = Call(slots, Relation(self.position, positions, placed, x.dtype), cache, trace)
        stream = self.residual.begin(x)
        for layer, block in enumerate(self.blocks):
            block(stream, call.at(layer))
        # Every layer has added to the stream; without a norm, logits would grow with depth.
        x = trace("final_norm", self.final_norm(stream.end(trace)))
        return trace("logits", self.unembed(x))

    def counted(self, tokens: Tensor, slots: Slots) -> Tensor:
        """Where tokens stand if the caller does not say."""
        if self.config.position.n_axis > 1:
            raise ValueError(
                f"positions={self.config.position} follow from the whole text and have "
                f"{self.config.position.n_axis} numbers a token: pass them in "
                f"(lab.data.position_ids makes them)"
            )
        return slots.count(tokens.shape[1], tokens.device)

    def rules(self, layer: int | None) -> Rules:
        """The activations that a forward forms, in one block or outside all, and how each comes."""
        if layer is None:
            return {
                "embed": Lookup(("embed.weight",), rows="token_ids"),
                **{n: r for n, r in self.position.emits.items() if n in self.position.begins_with},
                "final_norm": self.final_norm.of(self.residual.ends_as, "final_norm"),
                "logits": Contract(("final_norm", "unembed.weight"), "t d, c d -> t c"),
            }
        block = cast(Block, self.blocks[layer])
        begun = self.position.begins_with
        turned = {n: r for n, r in self.position.emits.items() if n not in begun}
        stream = self.residual.emits(layer, begun)
        return {**turned, **block.emits(self.position), **stream}

    @property
    def kept(self) -> tuple[str, ...]:
        """What of a block is not computed again when the text grows."""
        return cast(Block, self.blocks[0]).attention.keeps

    @cached_property
    def emits(self) -> frozenset[str]:
        """The names of the activations that a forward of this configuration forms."""
        # Block 0 speaks for all: blocks are built alike.
        return frozenset(self.rules(None)) | frozenset(self.rules(0))


@torch.no_grad()
def initialise(model: GPT, generator: torch.Generator) -> None:
    """Matrices N(0, 1 / fan_in), embeddings small; what writes to the stream starts at zero."""
    of, spread = roles(model), model.config.embedding_std
    for name, parameter in model.named_parameters():
        match of[name]:
            case "embedding":
                # Small, so that training shapes them; large ones would stay random codes.
                parameter.normal_(std=spread, generator=generator)
            case "reads" | "router":
                # So a sum of fan_in products is as large as what it reads.
                parameter.normal_(std=parameter.shape[1] ** -0.5, generator=generator)
            case "writes" | "unembedding" | "depth_query":
                # A fresh block then hands on what it got, and every token is as likely.
                parameter.zero_()
            case "gain":
                parameter.fill_(1.0)


def with_kernel(model: GPT, kernel: configs.KernelConfig) -> GPT:
    """The same weights, shared, behind another attention kernel; `MathKernel` to look inside."""
    return rebuilt(model, replace(model.config, kernel=kernel))


def with_position(model: GPT, position: configs.PositionConfig) -> GPT:
    """The same weights, shared, with another rotation: what is stretched after training."""
    return rebuilt(model, replace(model.config, position=position))


def rebuilt(model: GPT, config: GPTConfig) -> GPT:
    """A model of another configuration on the same state: parameters and buffers, shared.

    `ValueError` if the two do not have the same.
    """
    # keep_vars hands over the parameters themselves; without it they come detached.
    twin, state = GPT(config), model.state_dict(keep_vars=True)
    if differing := sorted(twin.state_dict().keys() ^ state.keys()):
        raise ValueError(f"{config} has not the same state as {model.config}: {differing[:3]}")
    for name, tensor in state.items():
        owner, _, leaf = name.rpartition(".")
        setattr(twin.get_submodule(owner), leaf, tensor)
    return twin.eval()
