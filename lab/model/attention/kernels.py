"""softmax(q k' * scale) v, computed in several ways behind one signature.

Shapes: `B` batch, `H` query heads, `Hk` key heads (H a multiple of Hk), `T` queries, `S` keys,
`Dk` size of a key, `Dv` size of a value. Query t, the token in slot start + t, sees slot s iff
s <= start + t and s < length.
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from lab.model.trace import NO_TRACE, TraceLike


class Kernel(Protocol):
    emits: frozenset[str]

    def __call__(
        self,
        q: Tensor,  # (B, H, T, Dk)
        k: Tensor,  # (B, Hk, S, Dk)
        v: Tensor,  # (B, Hk, S, Dv)
        *,
        start: int = 0,
        lengths: Tensor | None = None,
        causal: bool = True,
        scale: float,
        trace: TraceLike = NO_TRACE,
    ) -> Tensor: ...  # (B, H, T, Dv)


class MathAttention:
    """scores = q k' scale;  pattern = softmax(scores);  z = pattern v. The ledger is formed."""

    emits = frozenset({"scores", "pattern"})

    def __call__(
        self,
        q: Tensor,
        k: Tensor,
        v: Tensor,
        *,
        start: int = 0,
        lengths: Tensor | None = None,
        causal: bool = True,
        scale: float,
        trace: TraceLike = NO_TRACE,
    ) -> Tensor:
        k, v = repeat_heads(k, q.shape[1]), repeat_heads(v, q.shape[1])
        scores = (q * scale) @ k.transpose(-2, -1)  # (B, H, T, S)
        scores = scores.masked_fill(hidden(scores, start, lengths, causal), float("-inf"))
        pattern = trace("pattern", trace("scores", scores).softmax(dim=-1, dtype=v.dtype))
        return pattern @ v  # (B, H, T, Dv)


class SdpaAttention:
    """torch's fused kernel: the same numbers to rounding, and no ledger."""

    emits = frozenset[str]()

    def __call__(
        self,
        q: Tensor,
        k: Tensor,
        v: Tensor,
        *,
        start: int = 0,
        lengths: Tensor | None = None,
        causal: bool = True,
        scale: float,
        trace: TraceLike = NO_TRACE,
    ) -> Tensor:
        k, v = repeat_heads(k, q.shape[1]), repeat_heads(v, q.shape[1])
        attend = torch.nn.functional.scaled_dot_product_attention
        if causal and start == 0 and lengths is None and q.shape[-2] == k.shape[-2]:
            return attend(q, k, v, is_causal=True, scale=scale)
        seen = ~hidden(q, start, lengths, causal, n_key=k.shape[-2])
        return attend(q, k, v, attn_mask=seen, scale=scale)


math_attention = MathAttention()
sdpa_attention = SdpaAttention()


def repeat_heads(x: Tensor, n_head: int) -> Tensor:
    """Give every query head its key head: (B, Hk, S, D) -> (B, H, S, D)."""
    if n_head % x.shape[1]:
        raise ValueError(f"{n_head} query heads are no multiple of {x.shape[1]} key heads")
    return x if x.shape[1] == n_head else x.repeat_interleave(n_head // x.shape[1], dim=1)


def hidden(
    like: Tensor, start: int, lengths: Tensor | None, causal: bool, n_key: int | None = None
) -> Tensor:
    """True where a query may not look: (T, S), or (B, 1, T, S) with lengths."""
    n_query, n_key = like.shape[-2], n_key or like.shape[-1]
    slot = torch.arange(n_key, device=like.device)
    query = torch.arange(start, start + n_query, device=like.device)
    out = slot > query[:, None] if causal else torch.zeros_like(slot > query[:, None])
    if lengths is not None:
        out = out | (slot >= lengths[:, None, None, None])
    return out
