"""FlashAttention by hand: softmax(scores) v tile by tile, and no table of all scores.

A tile of that table is where a few queries meet a few keys, and to the same queries the keys come
tile by tile. Of what came before, three things are kept for each query: m, the largest score; l,
the sum of exp(score - m); O, the sum of exp(score - m) v. A larger m shrinks the past by one
factor, exp(m - m'), and nothing of it is looked at again.

(FlashAttention-2, arXiv:2307.08691, algorithms 1 and 2; the recurrence is of arXiv:1805.02867.)

Shapes: `B` batch, `H` query heads, `Hk` key heads, `T` queries, `S` keys, `Dk` size of a key, `Dv`
size of a value, `I` queries and `J` keys of a tile.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from lab.fields import require_whole
from lab.model.attention.kernels import FROM_THE_START, repeat_heads
from lab.model.call import Slots
from lab.model.config import FlashKernelConfig
from lab.model.positions import UNRELATED, Relation
from lab.model.trace import NO_TRACE, TraceLike

# ---------------------------------------------------------------- softmax in pieces


@dataclass(frozen=True)
class Partial:
    """What is kept of the keys that have come: m and l (..., I, 1), O (..., I, Dv)."""

    m: Tensor
    l: Tensor
    O: Tensor

    def add(self, scores: Tensor, v: Tensor) -> Partial:
        """The next keys come: scores (..., I, J) and values (..., J, Dv)."""
        m = torch.maximum(self.m, scores.amax(dim=-1, keepdim=True))
        shrink, P = torch.exp(self.m - m), (scores - m).exp_()
        return Partial(m, shrink * self.l + P.sum(dim=-1, keepdim=True), shrink * self.O + P @ v)

    def merge(self, other: Partial) -> Partial:
        """Of other keys and the same queries, in any order: over machines, ring attention."""
        m = torch.maximum(self.m, other.m)
        mine, theirs = torch.exp(self.m - m), torch.exp(other.m - m)
        return Partial(m, mine * self.l + theirs * other.l, mine * self.O + theirs * other.O)

    def output(self) -> Tensor:
        """O / l, (..., I, Dv); 0 where no key was seen. Past the largest score l is at least 1."""
        return self.O / self.l.clamp(min=1)

    def log_sum_exp(self) -> Tensor:
        """L = m + log l, (..., I, 1): with it any share can be made again, exp(score - L)."""
        return self.m + self.l.clamp(min=1).log()


def nothing_seen(q: Tensor, n_value: int) -> Partial:
    """Before the first key, of queries (..., I, Dk)."""
    one = q[..., :1]
    # Not -inf: for a query that sees no key, exp(-inf - -inf) would be NaN.
    least = torch.full_like(one, torch.finfo(q.dtype).min)
    return Partial(least, torch.zeros_like(one), q.new_zeros(*q.shape[:-1], n_value))


# ---------------------------------------------------------------- over the tiles


@dataclass(frozen=True)
class Tiles:
    """How T queries meet S keys: in tiles of `rows` queries and `columns` keys."""

    n_query: int
    n_key: int
    scale: float
    slots: Slots
    relation: Relation
    rows: int
    columns: int

    def queries(self) -> Iterator[range]:
        return tiles_of(range(self.n_query), self.rows)

    def keys(self, queries: range) -> Iterator[range]:
        """The keys that some queries see, tile by tile; tiles above the diagonal are skipped."""
        return tiles_of(self.slots.seen(queries, self.n_key), self.columns)

    def scores(self, q: Tensor, k: Tensor, queries: range, keys: range) -> Tensor:
        """S = scale q k' + bias of a tile, -inf where a query may not look: (B, H, I, J)"""
        S = (self.scale * part(q, queries)) @ part(k, keys).mT
        bias = self.relation.tile(queries, keys)
        biased = S if bias is None else S + bias
        if self.slots.hides_nothing(queries, keys):
            return biased
        return biased.masked_fill(self.slots.hidden(queries, keys, S.device), float("-inf"))


def tiles_of(whole: range, size: int) -> Iterator[range]:
    """A range in ranges of `size`; the last may be shorter."""
    for begin in range(whole.start, whole.stop, size):
        yield range(begin, min(begin + size, whole.stop))


def part(x: Tensor, of: range) -> Tensor:
    """Some tokens of (..., T, D)."""
    return x[..., as_slice(of), :]


def as_slice(of: range) -> slice:
    return slice(of.start, of.stop)


class TiledAttention(torch.autograd.Function):
    """softmax(S) v and its gradients; beside what came in, the output and L are kept, no table."""

    @staticmethod
    def forward(ctx: Any, q: Tensor, k: Tensor, v: Tensor, tiles: Tiles) -> Tensor:
        out = q.new_empty(*q.shape[:-1], v.shape[-1])
        L = q.new_empty(*q.shape[:-1], 1)
        for queries in tiles.queries():
            so_far = nothing_seen(part(q, queries), v.shape[-1])
            for keys in tiles.keys(queries):
                so_far = so_far.add(tiles.scores(q, k, queries, keys), part(v, keys))
            part(out, queries).copy_(so_far.output())
            part(L, queries).copy_(so_far.log_sum_exp())
        ctx.save_for_backward(q, k, v, out, L)
        ctx.tiles = tiles
        return out

    @staticmethod
    # Written by hand, so torch could not differentiate it again, and must say so.
    @once_differentiable
    def backward(  # pyright: ignore[reportIncompatibleMethodOverride]
        ctx: Any, dout: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, None]:
        """P = exp(S - L);  dV = P' dO;  dS = P (dO V' - delta);  dQ = dS K;  dK = dS' Q.

        delta is the row sum of dO O; sums run over the tiles, and dQ and dK carry the scale.
        """
        q, k, v, out, L = cast(tuple[Tensor, ...], ctx.saved_tensors)
        tiles: Tiles = ctx.tiles
        dq, dk, dv = torch.zeros_like(q), torch.zeros_like(k), torch.zeros_like(v)
        # Equal to the row sum of P dP, and to be had without a table.
        delta = (dout * out).sum(dim=-1, keepdim=True)
        for queries in tiles.queries():
            q_i, dout_i = part(q, queries), part(dout, queries)
            L_i, delta_i = part(L, queries), part(delta, queries)
            for keys in tiles.keys(queries):
                k_j, v_j = part(k, keys), part(v, keys)
                # Made again from L: that is cheaper than to keep a table and fetch it.
                P = (tiles.scores(q, k, queries, keys) - L_i).exp_()
                dS = (dout_i @ v_j.mT - delta_i).mul_(P)
                part(dv, keys).add_(P.mT @ dout_i)
                part(dk, keys).add_(dS.mT @ q_i, alpha=tiles.scale)
                part(dq, queries).add_(dS @ k_j, alpha=tiles.scale)
        return dq, dk, dv, None


@dataclass(frozen=True)
class FlashAttention:
    """The kernel, in tiles of `rows` queries and `columns` keys; what has fewer bits than float32
    is computed in float32."""

    rows: int = FlashKernelConfig.rows
    columns: int = FlashKernelConfig.columns
    emits = frozenset[str]()

    def __post_init__(self) -> None:
        require_whole("rows", self.rows)
        require_whole("columns", self.columns)

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
        # l and O sum over all keys; in bf16 small shares would be lost beside the sum so far.
        wide = torch.promote_types(q.dtype, torch.float32)
        n_query, n_key = q.shape[-2], k.shape[-2]
        require_fixed(relation)
        tiles = Tiles(n_query, n_key, scale, slots, relation, self.rows, self.columns)
        # Else autocast would round the products of these float32 numbers to bf16.
        with torch.autocast(q.device.type, enabled=False):
            z = TiledAttention.apply(q.to(wide), k.to(wide), v.to(wide), tiles)
        return cast(Tensor, z).to(v.dtype)


def require_fixed(relation: Relation) -> None:
    """`ValueError` for a bias that is trained: it would get no gradient."""
    bias = relation.tile(range(1), range(1))
    if bias is not None and bias.requires_grad:
        raise ValueError("a bias that is trained gets no gradient here; take the math kernel")
