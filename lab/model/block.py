"""The block: in which order attention and FFN read the stream, are normed, and add to it.

Shapes: `B` batch, `T` tokens of this call, `D` d_model.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import torch
from torch import Tensor, nn

from lab.model.attention.mha import Heads
from lab.model.call import Call, KeysValues
from lab.model.ffn.dense import DenseFFN
from lab.model.ffn.moe import MixtureOfExperts
from lab.model.norm import RMSNorm
from lab.model.positions import Position
from lab.model.residual import Stream
from lab.model.roles import Meaning
from lab.model.rules import Rules
from lab.model.trace import Trace

FFN = DenseFFN | MixtureOfExperts


class Block(nn.Module, ABC):
    """What one layer is built of. It reads, computes and writes; it never adds: the stream does."""

    attention: Heads
    ffn: FFN

    @abstractmethod
    def forward(self, stream: Stream, call: Call) -> KeysValues | None:
        """What the layer hands to the next one besides the stream."""

    @abstractmethod
    def emits(self, position: Position, stream: Rules) -> Rules:
        """Of all that the layer forms; `stream` has its readings, as the residual makes them."""

    decided_by: ClassVar[frozenset[str]] = frozenset()
    """The names of the activations that decide what is `carried`."""

    def carried(self, name: str, layer: int, trace: Trace) -> Tensor:
        """How much of what enters at `name`, a contribution or "resid_pre", is left where the layer
        ends: all of it, unless a norm stands in the stream. To be multiplied with (T, D)."""
        return torch.ones(1, 1)


class SequentialBlock(Block):
    """x = x + attention(norm(x)), then x = x + ffn(norm(x))

    What is read is normed and the sum is not: gradients pass it whole (arXiv:2002.04745).
    """

    meanings: ClassVar[dict[str, Meaning]] = {
        "attn_norm": Meaning(("d_model",), "the gain of the norm before attention"),
        "ffn_norm": Meaning(("d_model",), "the gain of the norm before the FFN"),
    }

    def __init__(self, d_model: int, norm_eps: float, attention: Heads, ffn: FFN) -> None:
        super().__init__()
        self.attn_norm = RMSNorm(d_model, norm_eps)
        self.attention = attention
        self.ffn_norm = RMSNorm(d_model, norm_eps)
        self.ffn = ffn

    def forward(self, stream: Stream, call: Call) -> KeysValues | None:
        trace = call.trace
        x = trace("attn_norm", self.attn_norm(stream.read("resid_pre", trace)))
        out, handed = self.attention(x, call)
        stream.write("attn_out", out, trace)
        x = trace("ffn_norm", self.ffn_norm(stream.read("resid_mid", trace)))
        stream.write("ffn_out", self.ffn(x, call), trace)
        stream.read("resid_post", trace)
        return handed

    def emits(self, position: Position, stream: Rules) -> Rules:
        return {
            **stream,
            "attn_norm": self.attn_norm.of("resid_pre", "attn_norm"),
            **self.attention.emits(position, "attn_norm"),
            "ffn_norm": self.ffn_norm.of("resid_mid", "ffn_norm"),
            **self.ffn.emits("ffn_norm"),
        }


class ParallelBlock(Block):
    """x = x + attention(norm(x)) + ffn(norm(x)), with one norm (arXiv:2204.02311, section 2)."""

    meanings: ClassVar[dict[str, Meaning]] = {
        "block_norm": Meaning(("d_model",), "the gain of the norm before attention and the FFN"),
    }

    def __init__(self, d_model: int, norm_eps: float, attention: Heads, ffn: FFN) -> None:
        super().__init__()
        self.block_norm = RMSNorm(d_model, norm_eps)
        self.attention = attention
        self.ffn = ffn

    def forward(self, stream: Stream, call: Call) -> KeysValues | None:
        trace = call.trace
        x = trace("block_norm", self.block_norm(stream.read("resid_pre", trace)))
        out, handed = self.attention(x, call)
        stream.write("attn_out", out, trace)
        stream.write("ffn_out", self.ffn(x, call), trace)
        stream.read("resid_post", trace)
        return handed

    def emits(self, position: Position, stream: Rules) -> Rules:
        return {
            **stream,
            "block_norm": self.block_norm.of("resid_pre", "block_norm"),
            **self.attention.emits(position, "block_norm"),
            **self.ffn.emits("block_norm"),
        }


class PostNormBlock(Block):
    """x = norm(x + attention(x)), then x = norm(x + ffn(x))

    The order of the first Transformer (arXiv:1706.03762, section 3.1). Norms stand in the stream:
    every later one rescales what was written before it.
    """

    meanings: ClassVar[dict[str, Meaning]] = {
        "mid_norm": Meaning(("d_model",), "the gain of the norm of what attention leaves"),
        "post_norm": Meaning(("d_model",), "the gain of the norm of what the FFN leaves"),
    }

    decided_by = frozenset({"resid_pre", "attn_out", "resid_mid", "ffn_out"})

    def __init__(self, d_model: int, norm_eps: float, attention: Heads, ffn: FFN) -> None:
        super().__init__()
        self.attention = attention
        self.mid_norm = RMSNorm(d_model, norm_eps)
        self.ffn = ffn
        self.post_norm = RMSNorm(d_model, norm_eps)

    def forward(self, stream: Stream, call: Call) -> KeysValues | None:
        trace = call.trace
        out, handed = self.attention(stream.read("resid_pre", trace), call)
        stream.write("attn_out", out, trace)
        x = stream.read("resid_mid", trace, self.mid_norm)
        stream.write("ffn_out", self.ffn(x, call), trace)
        stream.read("resid_post", trace, self.post_norm)
        return handed

    def emits(self, position: Position, stream: Rules) -> Rules:
        return {
            **stream,
            **self.attention.emits(position, "resid_pre"),
            "resid_mid": self.mid_norm.of(stream["resid_mid"], "mid_norm"),
            **self.ffn.emits("resid_mid"),
            "resid_post": self.post_norm.of(stream["resid_post"], "post_norm"),
        }

    def carried(self, name: str, layer: int, trace: Trace) -> Tensor:
        """gain / rms of each norm above it, with rms held at what it is on this text."""

        def scale(norm: RMSNorm, before: str, out: str) -> Tensor:  # (T, D)
            x = trace[f"blocks.{layer}.{before}"][0] + trace[f"blocks.{layer}.{out}"][0]
            return torch.rsqrt(x.square().mean(-1, keepdim=True) + norm.eps) * norm.gain

        left = scale(self.post_norm, "resid_mid", "ffn_out")
        if name == "ffn_out":
            return left
        return scale(self.mid_norm, "resid_pre", "attn_out") * left
