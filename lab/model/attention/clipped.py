"""Rotary attention in which no distance counts as larger than a limit.

Shapes: `B` batch, `H` heads, `T` queries, `S` keys, `Dk` size of a key, `A` axes of a position.
"""

from __future__ import annotations

import torch
from torch import Tensor

from lab.model.attention.kernels import hidden, repeat_heads
from lab.model.positions import turn_pairs
from lab.model.trace import NO_TRACE, TraceLike


class ClippedAttention:
    """score(i, j) = sum over axes of (R(clip(i - j, -farthest, farthest)) q)' k.

    `frequencies` (A, Dk/2) are radians a place, in the pair layout "half", and `farthest` has a
    distance an axis. Queries and keys come unturned from `lab.model.positions.CarriedPositions`,
    their position in the last A numbers. A clipped distance is no difference of two positions, so
    three tables of scores are formed, and each pair of tokens picks one.
    """

    emits = frozenset({"scores", "pattern"})

    def __init__(self, frequencies: Tensor, farthest: tuple[int, ...]) -> None:
        self.frequencies, self.farthest = frequencies, farthest

    def __call__(
        self,
        q: Tensor,  # (B, H, T, Dk + A)
        k: Tensor,  # (B, Hk, S, Dk + A)
        v: Tensor,  # (B, Hk, S, Dv)
        *,
        start: int = 0,
        lengths: Tensor | None = None,
        causal: bool = True,
        scale: float,
        trace: TraceLike = NO_TRACE,
    ) -> Tensor:
        n_axis = len(self.farthest)
        k, v = repeat_heads(k, q.shape[1]), repeat_heads(v, q.shape[1])
        (q, i), (k, j) = (x.split([x.shape[-1] - n_axis, n_axis], dim=-1) for x in (q, k))
        scores = torch.zeros((), device=q.device)
        for axis, farthest in enumerate(self.farthest):
            speeds = self.frequencies[axis].to(q.device)
            turning = speeds != 0
            scores = scores + clipped_scores(
                pairs_of(q * scale, turning),
                pairs_of(k, turning),
                i[..., axis],
                j[..., axis],
                speeds[turning],
                farthest,
            )
        scores = scores.masked_fill(hidden(scores, start, lengths, causal), float("-inf"))
        pattern = trace("pattern", trace("scores", scores).softmax(dim=-1, dtype=v.dtype))
        return pattern @ v  # (B, H, T, Dv)


def clipped_scores(
    q: Tensor, k: Tensor, i: Tensor, j: Tensor, speeds: Tensor, farthest: int
) -> Tensor:
    """(R(clip(i - j)) q)' k along one axis: (B, H, T, 2P), (B, H, S, 2P) -> (B, H, T, S)

    i (B, H, T) and j (B, H, S) are positions along the axis, `speeds` (P,) radians a place.
    """
    distance = i[..., :, None] - j[..., None, :]
    near = turned(q, i[..., None] * speeds) @ turned(k, j[..., None] * speeds).mT
    behind = turned(q, farthest * speeds) @ k.mT
    ahead = turned(q, -farthest * speeds) @ k.mT
    return torch.where(distance > farthest, behind, torch.where(distance < -farthest, ahead, near))


def turned(x: Tensor, angles: Tensor) -> Tensor:
    """Every pair of x by its angle, in radians. (..., 2P), (..., P) -> (..., 2P)"""
    return turn_pairs(x, angles.cos().to(x.dtype), angles.sin().to(x.dtype))


def pairs_of(x: Tensor, chosen: Tensor) -> Tensor:
    """The pairs of a head that are `chosen`, (Dk/2,) bool. (..., Dk) -> (..., 2P)"""
    return x.unflatten(-1, (2, -1))[..., chosen].flatten(-2)
