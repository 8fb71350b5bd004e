"""How a token learns where it stands: a learned table, a rotation, or not at all.

Every kind does two things, one of which may be nothing: `embed` adds to the stream at the bottom,
`rotate` turns queries and keys in every layer.

Shapes: `B` batch, `T` tokens, `H` heads, `Dk` head_dim, `D` d_model. `positions` is (B, T) or (T,).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from lab.trace import TraceLike


class LearnedPositions(nn.Module):
    """x_t + P[position_t]: one trained vector a position, none beyond the table."""

    emits = frozenset({"pos_embed"})

    def __init__(self, max_length: int, d_model: int) -> None:
        super().__init__()
        self.table = nn.Embedding(max_length, d_model)

    def embed(self, x: Tensor, positions: Tensor, trace: TraceLike) -> Tensor:
        room = self.table.num_embeddings
        if int(positions.max()) >= room:
            raise ValueError(
                f"position {int(positions.max())} is past the table of max_length={room}"
            )
        return x + trace("pos_embed", self.table(positions).expand_as(x))

    def rotate(
        self, q: Tensor, k: Tensor, positions: Tensor, trace: TraceLike
    ) -> tuple[Tensor, Tensor]:
        return q, k


class RotaryPositions(nn.Module):
    """Turn the pair (x_i, x_{i+Dk/2}) by the angle position * base^(-2i/Dk) (arXiv:2104.09864).

    Then q_m . k_n depends on m - n alone. Deviates from the paper in pairing halves, not
    neighbours: the same rotation with the coordinates in another order.
    """

    emits = frozenset({"rot_q", "rot_k"})

    def __init__(self, head_dim: int, base: float) -> None:
        super().__init__()
        self.head_dim, self.base = head_dim, base

    def embed(self, x: Tensor, positions: Tensor, trace: TraceLike) -> Tensor:
        return x

    def rotate(
        self, q: Tensor, k: Tensor, positions: Tensor, trace: TraceLike
    ) -> tuple[Tensor, Tensor]:
        turn = self.turn(positions, q.dtype)
        return trace("rot_q", apply_turn(q, *turn)), trace("rot_k", apply_turn(k, *turn))

    def turn(self, positions: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        """cos and sin of every angle, (B, 1, T, Dk/2) or (T, Dk/2); angles in float64."""
        pairs = torch.arange(0, self.head_dim, 2, dtype=torch.float64, device=positions.device)
        angles = positions[..., None].double() * self.base ** (-pairs / self.head_dim)
        if angles.ndim == 3:
            angles = angles[:, None]
        return angles.cos().to(dtype), angles.sin().to(dtype)


def apply_turn(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotate each pair (x1, x2): (x1 cos - x2 sin, x1 sin + x2 cos). (B, H, T, Dk) -> same"""
    x1, x2 = x.chunk(2, dim=-1)
    return torch.cat([x1 * cos - x2 * sin, x1 * sin + x2 * cos], dim=-1)


class NoPositions(nn.Module):
    """Nothing is added and nothing is turned."""

    emits = frozenset[str]()

    def embed(self, x: Tensor, positions: Tensor, trace: TraceLike) -> Tensor:
        return x

    def rotate(
        self, q: Tensor, k: Tensor, positions: Tensor, trace: TraceLike
    ) -> tuple[Tensor, Tensor]:
        return q, k
