"""What the latents of latent attention hold: their directions, and a model that keeps only some.

Shapes: `N` texts, `T` tokens, `M` tokens of all texts, `R` size of a latent, `n` directions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from lab.inference.forward import Texts, run_with_trace
from lab.model.config import LatentAttentionConfig
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
    if any(not isinstance(x.attention, LatentAttentionConfig) for x in model.config.layers):
        raise ValueError(f"attention={model.config.attention} keeps no latents in some layer")
    trace = run_with_trace(model, tokens, ["c_kv"])
    out: list[Directions] = []
    for layer in range(model.config.n_layer):
        latents = trace[f"blocks.{layer}.c_kv"].flatten(0, 1)  # (M, R)
        _, reach, axes = torch.linalg.svd(latents, full_matrices=False)
        out.append(Directions(axes, reach))
    return out


def squeeze(layer: int, found: Directions, ranks: int | Sequence[int]) -> Edit:
    """c <- sum of its parts along the first `ranks` directions; 0 leaves nothing of it.

    Of several ranks each text of a batch has one of its own. `ValueError` for more than there are.
    """
    kept = torch.atleast_1d(torch.as_tensor(ranks))
    if not ((kept >= 0) & (kept <= len(found.axes))).all():
        raise ValueError(f"rank={ranks} of {len(found.axes)} directions")
    stays = (torch.arange(len(found.axes)) < kept[:, None])[:, None]  # (N, 1, n)

    def along_the_first(c: Tensor) -> Tensor:  # (N, T, R)
        axes = found.axes.to(c)
        return (c @ axes.T * stays.to(c)) @ axes

    return Edit("c_kv", along_the_first, layer=layer)
