"""Where the bracket stands in q W c: a key made of every latent, or one query that meets the
latents as they are. All of one head, in float64.

Shapes: `T` tokens, `R` size of a latent, `Dn` numbers of a key that are made from the latent, `Dr`
those of the rotated key.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray

from lab.inference.forward import run_with_trace
from lab.model.attention.mla import AbsorbedLatentAttention
from lab.model.gpt import GPT
from lab.model.positions import RotaryPositions, turn_pairs

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Brackets:
    """One head's query `q` (Dn,), the matrix `w` (Dn, R) that makes keys from latents `c` (T, R),
    and what stands beside them: the rotated query `q_rope` (Dr,) and keys `k_rope` (T, Dr)."""

    q: Numbers
    w: Numbers
    c: Numbers
    q_rope: Numbers
    k_rope: Numbers
    scale: float

    @property
    def keys(self) -> Numbers:
        """A key for every latent, (T, Dn)."""
        return self.c @ self.w.T

    @property
    def absorbed(self) -> Numbers:
        """The query that meets latents as `q` meets the keys made of them, (R,)."""
        return self.q @ self.w

    @property
    def by_keys(self) -> Numbers:
        """Scores q (c W), (T,)"""
        return self.scale * self.keys @ self.q

    @property
    def by_latents(self) -> Numbers:
        """Scores (q W) c, (T,)"""
        return self.scale * self.c @ self.absorbed

    @property
    def scores(self) -> Numbers:
        """With what the rotated key adds, (T,)"""
        return self.by_latents + self.scale * self.k_rope @ self.q_rope


def brackets(model: GPT, text: str, layer: int, head: int, at: int) -> Brackets:
    """Of the query of token `at`, and of all tokens down to it."""
    attention = cast(AbsorbedLatentAttention, model.blocks[layer].attention)
    trace = run_with_trace(model, text, ["q", "rot_q", "c_kv", "rot_k"])

    def of(name: str) -> Numbers:
        return trace[f"blocks.{layer}.{name}"][0].double().numpy()

    w = attention.w_uk.weight.detach().double().unflatten(0, (attention.n_head, -1))[head]
    return Brackets(
        of("q")[head, at],
        w.numpy(),
        of("c_kv")[: at + 1],
        of("rot_q")[head, at],
        of("rot_k")[0, : at + 1],
        attention.scale,
    )


def rotated_between(w: Numbers, distances: list[int], position: RotaryPositions) -> Numbers:
    """What would stand between a query and a latent so far back, if keys made from latents were
    rotated: R(-distance) W, a matrix for each distance, (n, Dn, R)."""
    back = torch.tensor([[-float(distance) for distance in distances]])  # (1, n)
    cos, sin = (x[0, 0, :, None] for x in position.turn(back, torch.float64))  # (n, 1, Dn / 2)
    columns = torch.from_numpy(w).T.expand(len(distances), -1, -1)  # (n, R, Dn)
    return turn_pairs(columns, cos, sin, position.layout).mT.numpy()
