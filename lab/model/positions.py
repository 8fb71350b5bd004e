"""How a token learns where it stands: a learned table, a rotation, or not at all.

Every kind does three things, of which two may be nothing: `ids` says where the tokens of a text
stand, `embed` adds to the stream at the bottom, `rotate` turns queries and keys in every layer.

Shapes: `B` batch, `T` tokens, `H` heads, `Dk` head_dim, `D` d_model, `A` axes of a position.
Positions are (T,) or (B, T), and (B, T, A) where there is more than one axis.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from lab.data.position_ids import coupled_ids
from lab.model.config import PairLayout
from lab.model.trace import TraceLike


def count(tokens: Tensor) -> Tensor:
    """0, 1, 2, ...: the place of each token, the same in every text. (B, T) -> (1, T)"""
    return torch.arange(tokens.shape[1], device=tokens.device)[None]


class PastTheTable(ValueError):
    """A position beyond the last row of a learned table."""


class LearnedPositions(nn.Module):
    """x_t + P[position_t]: one trained vector a position, none beyond the table."""

    emits = frozenset({"pos_embed"})

    def __init__(self, max_length: int, d_model: int) -> None:
        super().__init__()
        self.table = nn.Embedding(max_length, d_model)

    def ids(self, tokens: Tensor) -> Tensor:
        return count(tokens)

    def embed(self, x: Tensor, positions: Tensor, trace: TraceLike) -> Tensor:
        room = self.table.num_embeddings
        if int(positions.max()) >= room:
            raise PastTheTable(
                f"position {int(positions.max())} is past the table of max_length={room}"
            )
        return x + trace("pos_embed", self.table(positions).expand_as(x))

    def rotate(
        self, q: Tensor, k: Tensor, positions: Tensor, trace: TraceLike
    ) -> tuple[Tensor, Tensor]:
        return q, k


class RotaryPositions(nn.Module):
    """Turn pair n of every query and key by the angle position . frequencies[:, n].

    Then the score of a query at position i with a key at j depends on i - j alone
    (arXiv:2104.09864). `frequencies` (A, Dk/2) are radians a place, a row an axis. `gain`, 1 but
    for YaRN, multiplies what was turned. The layout "half" deviates from the paper in pairing
    halves, not neighbours: the same rotation with the coordinates in another order.
    """

    emits = frozenset({"rot_q", "rot_k"})

    def __init__(self, frequencies: Tensor, layout: PairLayout = "half", gain: float = 1.0) -> None:
        super().__init__()
        self.frequencies = frequencies.double()
        self.layout: PairLayout = layout
        self.gain = gain

    def ids(self, tokens: Tensor) -> Tensor:
        return count(tokens) if len(self.frequencies) == 1 else coupled_ids(tokens)

    def embed(self, x: Tensor, positions: Tensor, trace: TraceLike) -> Tensor:
        return x

    def rotate(
        self, q: Tensor, k: Tensor, positions: Tensor, trace: TraceLike
    ) -> tuple[Tensor, Tensor]:
        angles = self.angles(positions)
        cos, sin = (self.gain * f(angles) for f in (torch.cos, torch.sin))
        turn = cos.to(q.dtype), sin.to(q.dtype)
        return (
            trace("rot_q", turn_pairs(q, *turn, self.layout)),
            trace("rot_k", turn_pairs(k, *turn, self.layout)),
        )

    def angles(self, positions: Tensor) -> Tensor:
        """In radians and float64: (T, Dk/2), or (B, 1, T, Dk/2) for a batch of positions."""
        if len(self.frequencies) == 1:
            positions = positions[..., None]
        speeds = self.frequencies.to(positions.device)  # (A, Dk/2)
        angles = (positions[..., None].double() * speeds).sum(-2)
        return angles if angles.ndim == 2 else angles[:, None]


def turn_pairs(x: Tensor, cos: Tensor, sin: Tensor, layout: PairLayout = "half") -> Tensor:
    """Rotate each pair (x1, x2): (x1 cos - x2 sin, x1 sin + x2 cos). (B, H, T, Dk) -> same"""
    if layout == "interleaved":
        x1, x2 = x[..., 0::2], x[..., 1::2]
        return torch.stack([x1 * cos - x2 * sin, x1 * sin + x2 * cos], dim=-1).flatten(-2)
    x1, x2 = x.chunk(2, dim=-1)
    return torch.cat([x1 * cos - x2 * sin, x1 * sin + x2 * cos], dim=-1)


class CarriedPositions(RotaryPositions):
    """Turn nothing yet: queries and keys carry their position, and `ClippedAttention` turns them.

    The last A numbers of what comes out are the position: (B, H, T, Dk) -> (B, H, T, Dk + A).
    """

    emits = frozenset[str]()

    def rotate(
        self, q: Tensor, k: Tensor, positions: Tensor, trace: TraceLike
    ) -> tuple[Tensor, Tensor]:
        if len(self.frequencies) == 1:
            positions = positions[..., None]
        return carrying(q, positions), carrying(k, positions)


def carrying(x: Tensor, positions: Tensor) -> Tensor:
    """x with its position behind it. (B, H, T, Dk), (..., T, A) -> (B, H, T, Dk + A)"""
    every_head = positions.unsqueeze(-3).expand(*x.shape[:-1], -1)
    return torch.cat([x, every_head.float()], dim=-1)


class NoPositions(nn.Module):
    """Nothing is added and nothing is turned."""

    emits = frozenset[str]()

    def ids(self, tokens: Tensor) -> Tensor:
        return count(tokens)

    def embed(self, x: Tensor, positions: Tensor, trace: TraceLike) -> Tensor:
        return x

    def rotate(
        self, q: Tensor, k: Tensor, positions: Tensor, trace: TraceLike
    ) -> tuple[Tensor, Tensor]:
        return q, k


# ---------------------------------------------------------------- how fast each pair turns


def frequencies(head_dim: int, base: float) -> Tensor:
    """base^(-2n/Dk) for n = 0, 1, ...: from one radian a place to almost 1/base. (Dk/2,)"""
    pairs = torch.arange(0, head_dim, 2, dtype=torch.float64)
    return base ** (-pairs / head_dim)


def coupled_frequencies(head_dim: int, base: float) -> Tensor:
    """Half of the pairs turn with the first axis and half with the second. (2, Dk/2)"""
    ladder = frequencies(head_dim // 2, base)
    return torch.block_diag(ladder[None], ladder[None])


def yarn_frequencies(
    head_dim: int,
    base: float,
    factor: float,
    original_length: int,
    beta_fast: float,
    beta_slow: float,
) -> Tensor:
    """Fast pairs as they were, slow ones divided by `factor` (arXiv:2309.00071, eq. 19-21).

    `rounds` is how often a pair turns full circle within `original_length`. (Dk/2,)
    """
    usual = frequencies(head_dim, base)
    rounds = original_length * usual / (2 * math.pi)
    keep = ((rounds - beta_slow) / (beta_fast - beta_slow)).clamp(0, 1)
    return keep * usual + (1 - keep) * usual / factor


def yarn_gain(factor: float) -> float:
    """What YaRN multiplies queries and keys with, 0.1 ln(factor) + 1 (arXiv:2309.00071, eq. 22)."""
    return 0.1 * math.log(factor) + 1
