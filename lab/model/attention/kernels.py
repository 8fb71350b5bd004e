"""softmax(scores) v with scores = q k' * scale, computed in several ways behind one signature.

Shapes: `B` batch, `H` query heads, `Hk` key heads (H a multiple of Hk), `T` queries, `S` keys,
`Dk` size of a key, `Dv` size of a value. Which slot a query may look at says `Slots.hidden`, what
positions do to a score `Relation`.
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from lab.model.call import Slots
from lab.model.positions import UNRELATED, Relation
from lab.model.trace import NO_TRACE, TraceLike

FROM_THE_START = Slots()


class Kernel(Protocol):
    emits: frozenset[str]

    def __call__(
        self,
        q: Tensor,  # (B, H, T, Dk)
        k: Tensor,  # (B, Hk, S, Dk)
        v: Tensor,  # (B, Hk, S, Dv)
        *,
        scale: float,
        slots: Slots = FROM_THE_START,
        relation: Relation = UNRELATED,
        trace: TraceLike = NO_TRACE,
    ) -> Tensor: ...  # (B, H, T, Dv)


class MathAttention:
    """scores = q k' scale;  pattern = softmax(scores);  z = pattern v: each matrix is formed."""

    emits = frozenset({"scores", "pattern"})

    def __call__(
        self,
        q: Tensor,
        k: Tensor,
        v: Tensor,
        *,
        scale: float,
        slots: Slots = FROM_THE_START,
        relation: Relation = UNRELATED,
        trace: TraceLike = NO_TRACE,
    ) -> Tensor:
        k, v = repeat_heads(k, q.shape[1]), repeat_heads(v, q.shape[1])
        # The queries are scaled and not the scores, of which there are more in a long text.
        # q . k stands in `positions.py`: some positions add to it, some take other keys.
        scores = relation.scores(q * scale, k)  # (B, H, T, S)
        queries, keys = range(q.shape[-2]), range(k.shape[-2])
        # A step of decoding sees all keys there are, so it forms no mask.
        if not slots.hides_nothing(queries, keys):
            hidden = slots.hidden(queries, keys, q.device)
            # exp(-inf) = 0: a hidden key has no share, and the shares of the others still sum to 1.
            scores = scores.masked_fill(hidden, float("-inf"))
        pattern = trace("pattern", softmax(trace("scores", scores), v.dtype))
        return pattern @ v  # (B, H, T, Dv)


class SdpaAttention:
    """torch's fused kernel: the same numbers to rounding, and no scores or pattern to look at."""

    emits = frozenset[str]()

    def __call__(
        self,
        q: Tensor,
        k: Tensor,
        v: Tensor,
        *,
        scale: float,
        slots: Slots = FROM_THE_START,
        relation: Relation = UNRELATED,
        trace: TraceLike = NO_TRACE,
    ) -> Tensor:
        k, v = repeat_heads(k, q.shape[1]), repeat_heads(v, q.shape[1])
        attend, bias = torch.nn.functional.scaled_dot_product_attention, relation.table
        # is_causal counts from the first key: one query behind a cache would see key 0 alone.
        if bias is None and slots.are_all_of(k.shape[-2], q.shape[-2]):
            return attend(q, k, v, is_causal=True, scale=scale)
        hidden = slots.hidden(range(q.shape[-2]), range(k.shape[-2]), q.device)
        if bias is None:
            # To torch True says "may look", and to `hidden` the opposite.
            return attend(q, k, v, attn_mask=~hidden, scale=scale)
        added = bias.to(q.dtype).masked_fill(hidden, float("-inf"))
        return attend(q, k, v, attn_mask=added, scale=scale)


math_attention = MathAttention()
sdpa_attention = SdpaAttention()


def softmax(scores: Tensor, dtype: torch.dtype) -> Tensor:
    """exp(score) over its sum along the keys; 0 for a query that sees no key, whose sum is 0.

    Such a row, -inf throughout, would be 0 / 0, and its NaN would reach every value's gradient.
    """
    # Detached: a question about scores, through which no gradient goes.
    sees_none = scores.detach().amax(dim=-1, keepdim=True) == float("-inf")
    if not sees_none.any():
        return scores.softmax(dim=-1, dtype=dtype)
    shares = scores.masked_fill(sees_none, 0.0).softmax(dim=-1, dtype=dtype)
    return shares.masked_fill(sees_none, 0.0)


def repeat_heads(x: Tensor, n_head: int) -> Tensor:
    """Give every query head its key head: (B, Hk, S, D) -> (B, H, S, D)."""
    if n_head % x.shape[1]:
        raise ValueError(f"{n_head} query heads are no multiple of {x.shape[1]} key heads")
    return x if x.shape[1] == n_head else x.repeat_interleave(n_head // x.shape[1], dim=1)
