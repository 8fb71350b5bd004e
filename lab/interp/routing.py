"""Who is sent where: the load of every expert, and what an expert's tokens have in common.

Shapes: `N` texts, `T` tokens, `L` layers, `E` experts, `M` tokens that are looked at.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lab.fields import require_whole
from lab.inference.forward import Texts, run_with_trace
from lab.model.config import GPTConfig, MixtureOfExpertsConfig
from lab.model.ffn.moe import MixtureOfExperts
from lab.model.gpt import GPT
from lab.model.trace import Edit

WholeNumbers = NDArray[np.int64]


def experts_of(config: GPTConfig) -> dict[int, MixtureOfExpertsConfig]:
    """The experts of each layer that has any. `ValueError` for a model without."""
    ffns = {layer.index: layer.ffn for layer in config.layers}
    found = {n: ffn for n, ffn in ffns.items() if isinstance(ffn, MixtureOfExpertsConfig)}
    if not found:
        raise ValueError(f"ffn={config.ffn} has no experts to choose among")
    return found


def choices(model: GPT, tokens: Texts) -> WholeNumbers:
    """The experts of every token, best first: (L, N, T, K), over the layers that have experts.

    `ValueError` for a model without, or of which the layers send a token to different numbers of
    experts.
    """
    experts = experts_of(model.config)
    if len({ffn.num_experts_per_tok for ffn in experts.values()}) > 1:
        raise ValueError(f"ffn={model.config.ffn}: layers choose different numbers of experts")
    trace = run_with_trace(model, tokens, ["expert_index"])
    return torch.stack([trace[f"blocks.{i}.expert_index"] for i in experts]).numpy()


def forbid(ffn: MixtureOfExpertsConfig, layer: int, expert: int) -> Edit:
    """No token is sent to this expert in this layer; the next best takes its place.

    `ValueError` for an expert that is not there, and where every token needs all of them.
    """
    require_expert(ffn, expert)
    if ffn.num_experts_per_tok >= ffn.n_open:
        raise ValueError(
            f"expert={expert} cannot be ablated: {ffn.n_open} experts are open to a token, which "
            f"takes {ffn.num_experts_per_tok}"
        )
    return Edit("router_scores", closed, layer, {"expert": [expert]})


def closed(score: Tensor) -> Tensor:
    return torch.full_like(score, float("-inf"))


def force(ffn: MixtureOfExpertsConfig, layer: int, expert: int) -> Edit:
    """Every token is sent to this expert in this layer, in place of the last that it would choose.

    It counts as much as its score says. `ValueError` for an expert that is not there.
    """
    require_expert(ffn, expert)

    def with_it(index: Tensor) -> Tensor:  # (B, T, K)
        there = (index == expert).any(-1, keepdim=True)
        last = torch.where(there, index[..., -1:], torch.full_like(index[..., -1:], expert))
        return torch.cat([index[..., :-1], last], dim=-1)

    return Edit("expert_index", with_it, layer)


def by_scores(scores: Tensor, n: int) -> tuple[Tensor, Tensor]:
    """Where a router would send each token if only scores counted: its `n` experts, best first, and
    the share of each in their scores. (..., E) -> (..., n) and (..., n)"""
    chosen = scores.topk(n)
    return chosen.indices, chosen.values / chosen.values.sum(-1, keepdim=True)


def with_biases(model: GPT, change: Mapping[int, Callable[[Tensor], Tensor]]) -> GPT:
    """A copy of the model in which the biases (E,) of some layers are what `change` makes of them.

    The weights of what is chosen stay those of the scores.
    """
    other = copy.deepcopy(model)
    for layer, changed in change.items():
        bias = cast(MixtureOfExperts, other.blocks[layer].ffn).bias
        bias.copy_(changed(bias))
    return other


def require_expert(ffn: MixtureOfExpertsConfig, expert: int) -> None:
    require_whole("expert", expert, least=0, most=ffn.n_routed_experts - 1)


def shares_of_load(chosen: WholeNumbers, n_expert: int) -> NDArray[np.float64]:
    """The share of all choices (L, ...) that falls on each expert, (L, E)."""
    flat = chosen.reshape(len(chosen), -1)
    counts = np.stack([np.bincount(layer, minlength=n_expert) for layer in flat])
    return counts / flat.shape[1]


def imbalance(loads: NDArray[np.float64] | WholeNumbers) -> NDArray[np.float64]:
    """The largest load over the mean: 1 where all are alike. (..., E) -> (...)"""
    return loads.max(-1) / loads.mean(-1)


NOTHING_LEFT = 1e-9
"""In nats: a difference of entropies is off by 1e-15 or so where it should be zero."""


def told_by(x: WholeNumbers, y: WholeNumbers, given: WholeNumbers | None = None) -> float:
    """How much of what there is to know of y is known from x: I(x; y) / H(y), from 0 to 1.

    (M,) each. With `given` z, of what is left to know by who knows z: I(x; y | z) / H(y | z). 0 as
    well where nothing is left to be known.
    """
    z = np.zeros_like(x) if given is None else given
    left = entropy(y, z) - entropy(z)
    if left < NOTHING_LEFT:
        return 0.0
    return (left - entropy(x, y, z) + entropy(x, z)) / left


def entropy(*labels: WholeNumbers) -> float:
    """-sum p ln p over the combinations of some labels, (M,) each, in nats."""
    sizes = [int(label.max()) + 1 for label in labels]
    counts = np.bincount(np.ravel_multi_index(labels, sizes))
    p = counts[counts > 0] / counts.sum()
    return float(-(p * np.log(p)).sum())


def told_by_chance(
    x: WholeNumbers,
    y: WholeNumbers,
    rng: np.random.Generator,
    n: int = 20,
    given: WholeNumbers | None = None,
) -> Sequence[float]:
    """`told_by` where y is dealt out anew, with `given` among those that have the same: what so
    many tokens show where nothing is told."""
    if given is None:
        return [told_by(x, rng.permutation(y)) for _ in range(n)]
    order = np.argsort(given, kind="stable")
    x, y, given = x[order], y[order], given[order]
    same = np.flatnonzero(np.diff(given)) + 1
    anew = (np.concatenate([*map(rng.permutation, np.split(y, same))]) for _ in range(n))
    return [told_by(x, dealt, given) for dealt in anew]
