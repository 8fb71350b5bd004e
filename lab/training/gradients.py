"""How large the gradient is in each layer: where a step would change the network most."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from lab.model.gpt import GPT
from lab.training.recipe import Recipe
from lab.training.state import TrainState
from lab.training.train import draw_batch, masked_loss


def gradients_by_layer(recipe: Recipe, model: GPT) -> dict[str, tuple[float, ...]]:
    """Norms of the loss's gradient, "attention" and "ffn" of each layer: the root of the sum of
    squares over the parameters of that part.

    On the first batch that the recipe draws, whatever step `model` stands at, so that steps can be
    compared. The model is copied and stays as it is.
    """
    state = TrainState.blank(recipe)
    state.model.load_state_dict(model.state_dict())
    masked_loss(recipe, state.model, draw_batch(recipe, state)).backward()
    blocks = state.model.blocks
    return {
        "attention": tuple(gradient_norm(block.attention.parameters()) for block in blocks),
        "ffn": tuple(gradient_norm(block.ffn.parameters()) for block in blocks),
    }


def gradient_norm(parameters: Iterable[Tensor]) -> float:
    """Before any step; a part without a gradient, such as an expert that no token met, adds 0."""
    norms = [p.grad.norm() for p in parameters if p.grad is not None]
    return float(torch.stack(norms).norm()) if norms else 0.0
