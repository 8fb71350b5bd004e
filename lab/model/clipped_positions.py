"""Rotary scores in which no distance counts as larger than a limit.

Shapes: `B` batch, `H` heads, `T` queries, `S` keys, `Dk` size of a key, `A` axes of a position.
"""

from __future__ import annotations

import torch
from torch import Tensor

from lab.model.positions import Given, Position, Turn, angles_of, by_axis, rotation, turn_pairs
from lab.model.rules import Contract, Rule
from lab.model.trace import TraceLike

Table = list[tuple[Tensor, Tensor]]
"""For each axis which keys are too far behind a query and which too far ahead, (B, 1, T, S)."""


class ClippedPositions(Position):
    """score(i, j) = sum over axes of (R(clip(i - j, -farthest, farthest)) q)' k.

    `frequencies` (A, Dk/2) are radians a place, in the pair layout "half", each pair turning along
    one axis; `farthest` has a distance an axis. A clipped distance is no difference of two turns:
    a query comes in three ways, turned to i, to farthest and to -farthest, a key in two, turned to
    j and as it was, and each pair of tokens picks among three scores.
    """

    def __init__(self, frequencies: Tensor, farthest: tuple[int, ...]) -> None:
        super().__init__()
        self.frequencies, self.farthest = frequencies.double(), farthest
        self.widths = [2 * int((speeds != 0).sum()) for speeds in self.frequencies]
        self.order = torch.cat([numbers_turned_by(speeds) for speeds in self.frequencies])

    def scores_rule(self, key_head: str, scale: float) -> Rule:
        turned = Contract(("q", "rotation"), "h t j, t s i j -> h t s i")
        return Contract((turned, "k"), f"h t s i, {key_head} s i -> h t s", scale)

    def given(self, positions: Tensor) -> dict[str, Given]:
        i = by_axis(positions[0], len(self.farthest))  # (T, A)
        farthest = torch.tensor(self.farthest)
        distance = (i[:, None] - i).clamp(-farthest, farthest)  # (T, T, A)
        return {"rotation": rotation(distance, self.frequencies)}

    def turn(self, positions: Tensor, dtype: torch.dtype) -> Turn:
        """To i, to farthest, to -farthest: (3, B, 1, T, Dk/2)"""
        near = angles_of(positions, self.frequencies)
        far = (torch.tensor(self.farthest, device=near.device) * self.frequencies.T).sum(-1)
        angles = torch.stack([near, far.expand_as(near), -far.expand_as(near)])
        return angles.cos().to(dtype), angles.sin().to(dtype)

    def rotate_queries(self, q: Tensor, turn: Turn, trace: TraceLike) -> Tensor:
        """(B, H, T, Dk) -> (B, H, T, 3 Dk), an axis behind the other."""
        cos, sin = turn[0].to(q.dtype), turn[1].to(q.dtype)
        # In this order the pairs of an axis lie together, so that each axis is one product.
        return torch.cat([*turn_pairs(q, cos, sin)[..., self.order]], dim=-1)

    def rotate_keys(self, k: Tensor, turn: Turn, trace: TraceLike) -> Tensor:
        """(B, H, T, Dk) -> (B, H, T, 2 Dk), turned and as it came, an axis behind the other."""
        cos, sin = turn[0][0].to(k.dtype), turn[1][0].to(k.dtype)
        return torch.cat([*torch.stack([turn_pairs(k, cos, sin), k])[..., self.order]], dim=-1)

    def score_table(self, i: Tensor, j: Tensor, dtype: torch.dtype) -> Table:
        i, j = (by_axis(x, len(self.farthest)) for x in (i, j))  # (B, T, A), (B, S, A)
        distance = (i[:, None, :, None] - j[:, None, None]).unbind(-1)  # (B, 1, T, S) an axis
        pairs = zip(distance, self.farthest, strict=True)
        return [(far > most, far < -most) for far, most in pairs]

    def scores(self, q: Tensor, k: Tensor, table: Table) -> Tensor:
        near, to_behind, to_ahead = (x.split(self.widths, dim=-1) for x in q.chunk(3, dim=-1))
        turned, came = (x.split(self.widths, dim=-1) for x in k.chunk(2, dim=-1))
        scores = torch.zeros((), device=q.device)
        for axis, (is_behind, is_ahead) in enumerate(table):
            # Both in one product, since both meet the same unturned keys.
            far = torch.cat([to_behind[axis], to_ahead[axis]], dim=-2) @ came[axis].mT
            behind, ahead = far.chunk(2, dim=-2)
            own = torch.where(is_behind, behind, near[axis] @ turned[axis].mT)
            scores = scores + torch.where(is_ahead, ahead, own)
        return scores


def numbers_turned_by(speeds: Tensor) -> Tensor:
    """The places in a head of the pairs that turn at all, those of their first numbers first."""
    pairs = speeds.nonzero()[:, 0]
    return torch.cat([pairs, pairs + len(speeds)])
