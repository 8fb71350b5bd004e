"""What one head does with single tokens, and how strongly a later head reads an earlier one: read
off the weights, without a text.

(Elhage and others 2021, "A mathematical framework for transformer circuits".) One deviation: their
models have no norm, and here each token's row goes through the norm of the head's own layer.

Shapes: `V` vocabulary, `D` d_model, `Dk` head_dim.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lab.model.attention.mha import MultiHeadAttention
from lab.model.attention.sliding import SlidingWindowAttention
from lab.model.config import kind_of
from lab.model.gpt import GPT

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class HeadMatrices:
    """W_Q, W_K, W_V (Dk, D) and W_O (D, Dk) of one head. A query scores a key by W_QK, a value is
    written by W_OV, both (D, D)."""

    q: Tensor
    k: Tensor
    v: Tensor
    o: Tensor

    @property
    def qk(self) -> Tensor:
        return self.q.T @ self.k

    @property
    def ov(self) -> Tensor:
        return self.o @ self.v


def matrices_of(model: GPT, layer: int, head: int) -> HeadMatrices:
    """`ValueError` for a head that does not exist, and one whose keys are no matrix times the
    stream."""
    attention = model.blocks[layer].attention
    # By its own name: what inherits from it, such as borrowed keys, need not have all four.
    if type(attention) not in (MultiHeadAttention, SlidingWindowAttention):
        kind = kind_of("attention", model.config.layers[layer].attention)
        raise ValueError(
            f"attention={kind} of layer {layer}; QK and OV are of heads with W_Q, W_K, W_V and "
            f"W_O of their own"
        )
    attention = cast(MultiHeadAttention, attention)
    if not 0 <= head < attention.n_head:
        raise ValueError(f"head={head} of layer {layer}, which has 0 to {attention.n_head - 1}")
    size, group = attention.head_dim, attention.n_head // attention.n_kv_head

    def own(weight: Tensor, which: int) -> Tensor:
        return weight.detach().double()[which * size : (which + 1) * size]

    return HeadMatrices(
        own(attention.wq.weight, head),
        own(attention.wk.weight, head // group),
        own(attention.wv.weight, head // group),
        own(attention.wo.weight.T, head).T,
    )


def qk_circuit(model: GPT, layer: int, head: int) -> Numbers:
    """e W_Q' W_K e' / sqrt(Dk) for the normed row e of each token: how much a token would look for
    another, positions left out. (V, V), a row a query."""
    own, e = matrices_of(model, layer, head), normed_tokens(model, layer)
    return plain(e @ own.qk @ e.T / own.q.shape[0] ** 0.5)


def ov_circuit(model: GPT, layer: int, head: int) -> Numbers:
    """U W_O W_V e' for the normed row e of each token: which logits a head raises that looks at
    this token alone. (V, V), a row a token that is looked at."""
    own, e = matrices_of(model, layer, head), normed_tokens(model, layer)
    unembed = model.unembed.weight.detach().double() * model.final_norm.gain.detach().double()
    return plain(e @ own.ov.T @ unembed.T)


def normed_tokens(model: GPT, layer: int) -> Tensor:
    """The row of each token as attention of one layer would read it, (V, D): behind the norm that
    stands before it, if one does."""
    block, rows = cast(Any, model.blocks[layer]), model.embed.weight.detach()
    norms = [getattr(block, name, None) for name in ("attn_norm", "block_norm")]
    with torch.inference_mode():
        return next((norm(rows) for norm in norms if norm is not None), rows).double()


def plain(x: Tensor) -> Numbers:
    return x.detach().numpy()


# ---------------------------------------------------------------- composition


@dataclass(frozen=True)
class Composition:
    """How much of what an earlier head writes a later one reads in its query, key or value."""

    q: float
    k: float
    v: float


def composition(model: GPT, earlier: tuple[int, int], later: tuple[int, int]) -> Composition:
    """|W_QK' W_OV| / (|W_QK| |W_OV|), |W_QK W_OV| / ... and |W_OV W_OV| / ..., Frobenius norms.

    1 if the later head reads along the very direction that the earlier one writes; matrices drawn
    at random have `composition_by_chance`. Heads are (layer, head). `ValueError` unless the earlier
    one is in a layer before.
    """
    if not earlier[0] < later[0]:
        raise ValueError(f"head {earlier} writes too late for head {later} to read")
    first, then = matrices_of(model, *earlier), matrices_of(model, *later)
    # What a layer reads has gone through its norm, whose gain belongs to the matrix.
    gain = cast(Any, model.blocks[later[0]]).attn_norm.gain.detach().double()
    written, qk, ov = first.ov, gain[:, None] * then.qk * gain, then.ov * gain
    return Composition(
        share(qk.T @ written, qk, written),
        share(qk @ written, qk, written),
        share(ov @ written, ov, written),
    )


def share(product: Tensor, *factors: Tensor) -> float:
    whole = float(torch.stack([factor.norm() for factor in factors]).prod())
    return float(product.norm()) / whole if whole else 0.0


def composition_by_chance(d_model: int, head_dim: int, n: int = 8, seed: int = 0) -> float:
    """The same of matrices drawn at random: the mean over `n` pairs."""
    generator = torch.Generator().manual_seed(seed)

    def drawn() -> Tensor:
        sides = torch.randn(2, d_model, head_dim, generator=generator, dtype=torch.float64)
        return sides[0] @ sides[1].T

    pairs = [(drawn(), drawn()) for _ in range(n)]
    return float(np.mean([share(x @ y, x, y) for x, y in pairs]))
