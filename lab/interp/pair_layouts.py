"""Which two numbers of a head make a pair: one rotation, laid out in two ways.

With "half" pair n is (n, n + Dk/2), with "interleaved" it is (2 n, 2 n + 1). Weights that were
trained with one and are read with the other turn numbers that never belonged together. The rows of
W_Q and W_K, put in another order, repair that exactly: the pairs are the same, elsewhere.

Shapes: `Dk` head_dim, `D` d_model, `H` heads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lab.model.config import PairLayout, RotaryPositionsConfig
from lab.model.gpt import GPT, with_position
from lab.model.positions import pairs_of


def rows_for(head_dim: int, trained: PairLayout, read: PairLayout) -> list[int]:
    """Row `rows[k]` of a head's W_Q and W_K as trained comes to stand in row k. (Dk,)"""
    rows = np.empty(head_dim, dtype=int)
    rows[np.array(pairs_of(head_dim, read))] = pairs_of(head_dim, trained)
    return rows.tolist()


def read_as(model: GPT, layout: PairLayout, rows: Sequence[int] | None = None) -> GPT:
    """The same weights read with another layout; with `rows`, those of every W_Q and W_K in that
    order within each head.

    `ValueError` for a model without rotary positions, and with `rows` for one whose heads have no
    W_Q of their own.
    """
    position = model.config.position
    if not isinstance(position, RotaryPositionsConfig):
        raise ValueError(f"position={position}; only rotary positions pair the numbers of a head")
    twin = with_position(model, replace(position, layout=layout))
    if rows is not None:
        for layer in range(model.config.n_layer):
            for matrix in turned_matrices(twin, layer):
                matrix.weight = nn.Parameter(in_order(matrix.weight, rows), requires_grad=False)
    return twin


def turned_matrices(model: GPT, layer: int) -> list[nn.Linear]:
    """W_Q and W_K of a layer, or what it has of them; `ValueError` where it has neither."""
    attention: Any = model.blocks[layer].attention
    found = [getattr(attention, name) for name in ("wq", "wk") if hasattr(attention, name)]
    if not found:
        raise ValueError(f"{model.config.layers[layer].kinds} has no W_Q and W_K whose rows pair")
    return found


def in_order(weight: Tensor, rows: Sequence[int]) -> Tensor:
    """The rows of every head in this order. (H * Dk, D) -> same"""
    heads = weight.detach().unflatten(0, (-1, len(rows)))
    return heads[:, torch.tensor(rows)].flatten(0, 1)
