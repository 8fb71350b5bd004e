"""Rotary scores in which no distance counts as larger than a limit.

Shapes: `B` batch, `H` heads, `T` queries, `S` keys, `Dk` size of a key, `A` axes of a position.
"""

from __future__ import annotations

import torch
from torch import Tensor

from lab.model.positions import Given, Position, by_axis, rotation, turn_pairs
from lab.model.rules import Contract, Rule


class ClippedPositions(Position):
    """score(i, j) = sum over axes of (R(clip(i - j, -farthest, farthest)) q)' k.

    `frequencies` (A, Dk/2) are radians a place, in the pair layout "half", and `farthest` has a
    distance an axis. A clipped distance is no difference of two turns, so queries and keys come
    unturned, three tables of scores are formed, and each pair of tokens picks one.
    """

    def __init__(self, frequencies: Tensor, farthest: tuple[int, ...]) -> None:
        super().__init__()
        self.frequencies, self.farthest = frequencies.double(), farthest

    def scores_rule(self, key_head: str, scale: float) -> Rule:
        turned = Contract(("q", "rotation"), "h t j, t s i j -> h t s i")
        return Contract((turned, "k"), f"h t s i, {key_head} s i -> h t s", scale)

    def given(self, positions: Tensor) -> dict[str, Given]:
        i = by_axis(positions[0], len(self.farthest))  # (T, A)
        farthest = torch.tensor(self.farthest)
        distance = (i[:, None] - i).clamp(-farthest, farthest)  # (T, T, A)
        return {"rotation": rotation(distance, self.frequencies)}

    def scores(self, q: Tensor, k: Tensor, i: Tensor, j: Tensor) -> Tensor:
        i, j = (by_axis(x, len(self.farthest)).unsqueeze(-3) for x in (i, j))  # (B, 1, T, A)
        scores = torch.zeros((), device=q.device)
        for axis, farthest in enumerate(self.farthest):
            speeds = self.frequencies[axis].to(q.device)
            turning = speeds != 0
            scores = scores + clipped_scores(
                pairs_of(q, turning),
                pairs_of(k, turning),
                i[..., axis],
                j[..., axis],
                speeds[turning],
                farthest,
            )
        return scores


def clipped_scores(
    q: Tensor, k: Tensor, i: Tensor, j: Tensor, speeds: Tensor, farthest: int
) -> Tensor:
    """(R(clip(i - j)) q)' k along one axis: (B, H, T, 2P), (B, H, S, 2P) -> (B, H, T, S)

    i (B, 1, T) and j (B, 1, S) are positions along the axis, `speeds` (P,) radians a place.
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
