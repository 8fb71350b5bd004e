"""What the latents of latent attention hold: their directions, and a model that keeps only some.

Shapes: `N` texts, `T` tokens, `M` tokens of all texts, `R` size of a latent.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from lab.inference.forward import Texts, run_with_trace
from lab.model.config import LatentAttention
from lab.model.gpt import GPT
from lab.model.trace import Edit


@dataclass(frozen=True)
class Directions:
    """Of the latents of one layer: orthonormal rows of `axes` (n, R), the farthest reached first.

    `reach` (n,): how far all latents together reach along each, the singular values of (M, R).
    """

    axes: Tensor
    reach: Tensor


def directions(model: GPT, tokens: Texts) -> list[Directions]:
    """Layer by layer, of what some texts (N, T) leave in the cache. `ValueError` without latents.

    Not about the mean: a direction that is dropped counts as 0.
    """
    if not isinstance(model.config.attention, LatentAttention):
        raise ValueError(f"attention={model.config.attention} keeps no latents")
    trace = run_with_trace(model, tokens, ["c_kv"])
    out: list[Directions] = []
    for layer in range(model.config.n_layer):
        latents = trace[f"blocks.{layer}.c_kv"].flatten(0, 1)  # (M, R)
        _, reach, axes = torch.linalg.svd(latents, full_matrices=False)
        out.append(Directions(axes, reach))
    return out


def squeeze(layer: int, found: Directions, rank: int) -> Edit:
    """c <- sum of its parts along the first `rank` directions; 0 leaves nothing of it."""
    if not 0 <= rank <= len(found.axes):
        raise ValueError(f"rank={rank} of {len(found.axes)} directions")
    kept = found.axes[:rank]  # (rank, R)
    return Edit("c_kv", lambda c: c @ kept.to(c).T @ kept.to(c), layer=layer)
