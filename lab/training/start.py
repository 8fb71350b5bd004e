"""A run that begins with the weights of another one, `Recipe.start_from`."""

from __future__ import annotations

import torch

from lab.data.sources import WholeTable
from lab.model.gpt import GPT
from lab.training import checkpoint
from lab.training.checkpoint import CHECKPOINTS
from lab.training.recipe import Recipe
from lab.weights import fingerprint

TABLE = "position.table.weight"
"""Of learned positions, a row a position: the one tensor that may grow."""


@torch.no_grad()
def begin_from(recipe: Recipe, model: GPT) -> str:
    """Put the weights of the committed run `recipe.start_from` into a model drawn at random.

    A longer table of learned positions keeps its new rows as they were drawn; a model that says
    positions in another way leaves the table behind. `ValueError` for whatever else does not fit,
    for weights that are not those on record, and for a run from which nothing was held out. Gives
    the fingerprint of the weights.
    """
    name = recipe.start_from
    given = checkpoint.load_run(name, CHECKPOINTS).model.state_dict()
    if checkpoint.has_seen_everything(CHECKPOINTS / name) and not isinstance(
        recipe.data, WholeTable
    ):
        raise ValueError(
            f"start_from={name!r} has seen all products, so nothing is left that data of "
            f"fraction={recipe.fraction} could hold out"
        )
    may_grow = recipe.model.position.longest_text is not None
    if not may_grow:
        given.pop(TABLE, None)
    require_fit(name, given, model.state_dict(), may_grow)
    for key, own in model.state_dict().items():
        own[: len(given[key])].copy_(given[key]) if key == TABLE else own.copy_(given[key])
    return fingerprint(CHECKPOINTS / name)


def require_fit(
    name: str, given: dict[str, torch.Tensor], own: dict[str, torch.Tensor], may_grow: bool
) -> None:
    """Every tensor of the one is one of the other, in the same shape but for a longer table."""
    for key in sorted(given.keys() ^ own.keys()):
        where = ("has", "has not") if key in given else ("has not", "has")
        raise ValueError(f"start_from={name!r} {where[0]} {key}, and this model {where[1]}")
    for key, tensor in own.items():
        there, here = tuple(given[key].shape), tuple(tensor.shape)
        grown = may_grow and key == TABLE and there[0] < here[0] and there[1:] == here[1:]
        if there != here and not grown:
            raise ValueError(f"{key} is {there} in start_from={name!r} and {here} in this model")
