"""How rich the features of a network still are: what may fade when training goes on and on.

Shapes: `N` texts, `T` tokens, `D` numbers of a feature, `H` heads, `S` keys.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor


def cosines(x: Tensor) -> Tensor:
    """x_i . x_j / (|x_i| |x_j|) between the tokens of each text, (..., T, D) -> (..., T, T)."""
    unit = x / x.norm(dim=-1, keepdim=True).clamp_min(torch.finfo(x.dtype).tiny)
    return unit @ unit.mT


def token_cosine(x: Tensor) -> float:
    """The mean cosine between two different tokens of one text: 1 where all point one way.

    (N, T, D), T at least 2.
    """
    n_token = x.shape[-2]
    if n_token < 2:
        raise ValueError(f"{n_token} token a text; a cosine needs two")
    between = cosines(x)
    off = between.sum((-2, -1)) - between.diagonal(dim1=-2, dim2=-1).sum(-1)
    return float((off / (n_token * (n_token - 1))).mean())


def singular_shares(x: Tensor) -> Tensor:
    """The singular values of the features of all texts, over their sum, largest first.

    (N, T, D) -> (D,), of the N T rows side by side, their mean left in.
    """
    rows = x.flatten(0, -2)
    if len(rows) < rows.shape[1]:
        raise ValueError(f"{len(rows)} features of {rows.shape[1]} numbers; take more texts")
    # Of D x D numbers, not of all rows; rounding may leave the smallest just below zero.
    sigma = torch.linalg.eigvalsh(rows.mT @ rows).flip(0).clamp_min(0).sqrt()
    return sigma / sigma.sum()


def effective_rank(shares: Tensor) -> float:
    """e^H, with H = - sum p ln p of the shares p of the singular values: in how many directions the
    features go, D at most (Roy and Vetterli 2007)."""
    return float(torch.special.entr(shares).sum().exp())


def rank_residual(x: Tensor) -> float:
    """|X - 1 m'| / |X| with m the mean token of a text, over all texts: 0 where all its tokens are
    one and the same (arXiv:2103.03404, section 2). (N, T, D)"""
    return float((x - x.mean(-2, keepdim=True)).norm() / x.norm())


def attention_entropy(pattern: Tensor) -> float:
    """Mean of - sum_s a_s ln a_s over ln t, queries from the second on, t keys seen by a query.

    1 where every key counts alike, 0 where one takes all. (N, H, T, S), causal.
    """
    rows = torch.special.entr(pattern).sum(-1)  # (N, H, T)
    seen = torch.arange(2, rows.shape[-1] + 1)
    return float((rows[..., 1:] / seen.log()).mean())


def norm_of(tensors: list[Tensor]) -> float:
    """sqrt of the sum of all squares: the length of many tensors as one vector."""
    return float(np.sqrt(sum(float(t.double().square().sum()) for t in tensors)))
