"""The weights of a variant as a file to take home, and to bring back.

torch is imported only to write or to read weights: which variant a file is of is said without it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from lab.fields import object_of
from lab.model.cost import parameters_of
from lab.recipes.bench import LIMITS, from_json, to_json
from lab.training.recipe import Recipe
from lab.weights import CheckpointError

if TYPE_CHECKING:
    from lab.model.gpt import GPT
    from lab.training.checkpoint import Checkpoint

MOST_BYTES = 20_000_000
MOST_PARAMETERS = 5_000_000
"""As many as the book's model has, in four bytes each: more than a live run trains."""


def to_file(recipe: Recipe, model: GPT) -> bytes:
    """A safetensors file in bf16 that says which variant it belongs to."""
    from lab.training.checkpoint import to_bytes

    return to_bytes(model, {"recipe": to_json(recipe)})


def from_file(name: str, data: bytes, usual: Recipe) -> tuple[Recipe, Checkpoint]:
    """The variant of a file and its model; a file that names none holds weights of the `usual` one.

    `CheckpointError` in one sentence for a file that is too large, is no safetensors file or only
    a part of one, does not fit its variant, or holds NaN or infinity.
    """
    from lab.training.checkpoint import from_bytes

    recipe = recipe_in(name, data, usual)
    return recipe, from_bytes(name, data, recipe.model, recipe.format)


def recipe_in(name: str, data: bytes, usual: Recipe) -> Recipe:
    """The variant alone, as the head of a file says it. `CheckpointError` as for `from_file`."""
    if len(data) > MOST_BYTES:
        raise CheckpointError(f"{name} has {len(data):,} bytes; at most {MOST_BYTES:,} are read")
    try:
        said = metadata_of(data).get("recipe")
        recipe = usual if said is None else from_json(str(said))
        require_small(recipe)
    except ValueError as error:
        raise CheckpointError(f"{name}: {error}") from error
    return recipe


def metadata_of(data: bytes) -> dict[str, Any]:
    """What the head of a safetensors file says beside its tensors: eight bytes tell its length."""
    head = data[8 : 8 + int.from_bytes(data[:8], "little")]
    try:
        return object_of("metadata", json.loads(head).get("__metadata__", {}))
    except (ValueError, AttributeError, RecursionError):
        raise ValueError("this is no safetensors file") from None


def require_small(recipe: Recipe) -> None:
    """A model is built before its weights are compared, so it must be one that can be."""
    layers, found = LIMITS[0], parameters_of(recipe.model)
    if recipe.model.n_layer > layers.most or found > MOST_PARAMETERS:
        raise ValueError(
            f"a model of {recipe.model.n_layer} layers and {found:,} parameters; at most "
            f"{layers.most} and {MOST_PARAMETERS:,} are read"
        )
