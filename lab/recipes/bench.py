"""The bench, where a reader builds a network of their own: a variant is a `Recipe` within limits.

`from_json` reads whatever can be trained, as `python -m lab train bench.json` does. `bench` makes a
live run of a variant, which has to be small, and `too_much` says by how much it is not.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

from lab.data.problems import HELDOUT_FROM
from lab.data.sources import PackedStream, Pairs, Shapes, can_be_listed
from lab.data.vocabulary import VOCABULARY
from lab.fields import object_of
from lab.model.config import FlashKernelConfig, MixtureOfExpertsConfig
from lab.model.cost import kept_numbers, parameters_of
from lab.numerals import written
from lab.recipes.live import MOST_PARAMETERS, MOST_STEPS, PART_WORK, multiply
from lab.recipes.recipe_index import RECIPES
from lab.recipes.rope import STREAM
from lab.training.recipe import Recipe

NAME = "bench"
MOST_CHARACTERS = 20_000
"""Of a document: ten times what the longest of the book's variants takes."""

MOST_DIGITS = 2
"""Of an operand, so that every pair can be counted and drawn."""


def usual() -> Recipe:
    """Where the bench begins. Every link says what differs from this, so it stays as it is."""
    return replace(multiply(), name=NAME)


# ---------------------------------------------------------------- as a document


def to_json(recipe: Recipe) -> str:
    return json.dumps(recipe.to_dict(), indent=2) + "\n"


def from_json(text: str | bytes) -> Recipe:
    """Undoes `to_json`. `ValueError` names the field, what it holds, and what is allowed."""
    if len(text) > MOST_CHARACTERS:
        raise ValueError(
            f"a variant of {len(text):,} characters; at most {MOST_CHARACTERS:,} are read"
        )
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"this is not readable JSON: {error}") from None
    return read(document)


def read(document: object) -> Recipe:
    """The variant that a document describes, if it can be trained."""
    try:
        recipe = Recipe.from_dict({"name": NAME, **object_of("variant", document)})
    except RecursionError:
        raise ValueError("the variant is nested too deep to be read") from None
    require_trainable(recipe)
    return recipe


def require_trainable(recipe: Recipe) -> None:
    """`ValueError` for what a recipe may say and no step could do, or would do over another run."""
    position, data = recipe.model.position, recipe.data
    if recipe.name in RECIPES:
        raise ValueError(
            f"name={recipe.name!r} is that of a run of the book; a variant needs another, such as "
            f"{NAME!r}"
        )
    if recipe.model.vocab_size != len(VOCABULARY):
        raise ValueError(
            f"vocab_size={recipe.model.vocab_size} must be {len(VOCABULARY)}, the book's tokens"
        )
    if position.longest_text is not None and position.longest_text < data.tokens_per_row:
        raise ValueError(
            f"position={position} ends before the {data.tokens_per_row} tokens of a row; "
            f"position.max_length must be at least {data.tokens_per_row}"
        )
    if position.longest_text is not None and recipe.gap_chance:
        raise ValueError(
            f"gap_chance={recipe.gap_chance} leaves places out, and position={position} has no "
            f"more of them: it must be 0, or the positions of another kind"
        )
    if position.n_axis > 1 and isinstance(data, PackedStream):
        raise ValueError(
            f"position={position} is read off one problem from its beginning, and a packed_stream "
            f"is cut anywhere: take pairs, or positions of one axis"
        )
    require_something_to_read(recipe)


def require_something_to_read(recipe: Recipe) -> None:
    """Of a shape that has no pair below the fraction, drawing would never come to an end."""
    data = recipe.data.of if isinstance(recipe.data, PackedStream) else recipe.data
    if not isinstance(data, Pairs | Shapes) or not can_be_listed(data.format):
        return
    form = data.format
    each: dict[tuple[int, int], Pairs | Shapes] = {(form.p, form.q): data}
    if isinstance(data, Shapes):
        each = {shape: replace(data, shapes=(shape,)) for shape in data.shapes}
    for (p, q), part in each.items():
        if not part.trained_on().any():
            raise ValueError(
                f"fraction={data.fraction} leaves no problem of {p} x {q} digits to train on; take "
                f"a larger one, up to {HELDOUT_FROM}"
            )


# ---------------------------------------------------------------- as a live run


def bench(variant: Mapping[str, Any]) -> Recipe:
    """The live run of a variant, from its document. `ValueError` says what is not allowed."""
    recipe = read(variant)
    require_shown(recipe)
    if said := too_much(recipe):
        raise ValueError("; ".join(said))
    return recipe


def require_shown(recipe: Recipe) -> None:
    """`ValueError` for what the bench has no controls for."""
    form, kinds = recipe.format, (Pairs, Shapes, PackedStream)
    if not isinstance(recipe.data, kinds):
        raise ValueError(
            f"data is {type(recipe.data).__name__}; the bench takes "
            f"{', '.join(kind.__name__ for kind in kinds)}"
        )
    if max(form.p, form.q) > MOST_DIGITS:
        raise ValueError(
            f"p={form.p} and q={form.q} digits; on the bench an operand has 1 or {MOST_DIGITS}"
        )
    if isinstance(recipe.data, PackedStream) and recipe.data.length < 2 * form.length:
        raise ValueError(
            f"length={recipe.data.length} of a packed_stream; on the bench it holds a whole "
            f"problem wherever it is cut, so at least {2 * form.length} tokens"
        )
    if recipe.stages or recipe.start_from:
        raise ValueError(
            f"start_from={recipe.start_from!r} and {len(recipe.stages)} stages: on the bench a run "
            f"begins with random weights and goes through one stage"
        )


@dataclass(frozen=True)
class Limit:
    """The `most` that a live run may have `of` something; `fewer`: fields that lower it."""

    what: str
    most: int
    of: Callable[[Recipe], int]
    fewer: tuple[str, ...] = ()


def experts_of(recipe: Recipe) -> int:
    """Of all layers; each is a round of a loop in Python, as is a tile."""
    ffns = [layer.ffn for layer in recipe.model.layers]
    return sum(x.n_routed_experts for x in ffns if isinstance(x, MixtureOfExpertsConfig))


def tiles_of(recipe: Recipe) -> int:
    """Of all layers."""
    kernel, n = recipe.model.kernel, recipe.data.tokens_per_row
    if not isinstance(kernel, FlashKernelConfig):
        return 0
    return recipe.model.n_layer * ceil(n / kernel.rows) * ceil(n / kernel.columns)


def kept_in_a_part(recipe: Recipe) -> int:
    """Of the texts that a live run reads at once: four bytes each."""
    length = recipe.data.tokens_per_row
    rows = max(1, int(PART_WORK / parameters_of(recipe.model) / length))
    return min(rows, recipe.batch_size) * kept_numbers(recipe.model, length)


LIMITS = (
    Limit("layers", 16, lambda x: x.model.n_layer, ("n_layer",)),
    Limit("parameters", MOST_PARAMETERS, lambda x: parameters_of(x.model), ("n_layer", "d_model")),
    Limit("experts", 256, experts_of, ("n_layer",)),
    Limit("steps", MOST_STEPS, lambda x: x.steps, ("steps",)),
    Limit("rows in a step", 256, lambda x: x.batch_size, ("batch_size",)),
    Limit("tokens in a row", STREAM, lambda x: x.data.tokens_per_row),
    Limit("tiles of scores", 64, tiles_of, ("n_layer",)),
    Limit("numbers kept for the gradients", 100_000_000, kept_in_a_part, ("batch_size", "n_layer")),
)


def too_much(
    recipe: Recipe, fitting: Callable[[Recipe, str, Limit], str] | None = None
) -> list[str]:
    """A sentence for each limit that a variant passes: by how much, and what would fit: of each
    field the words of `fitting`, or else its largest value."""
    fitting = fitting or field_that_fits
    out: list[str] = []
    for limit in LIMITS:
        found = limit.of(recipe)
        if found > limit.most:
            named = " or ".join(
                filter(None, (fitting(recipe, name, limit) for name in limit.fewer))
            )
            out.append(
                f"{found:,} {limit.what} are {written(found / limit.most, '{:.3g}')} times the "
                f"{limit.most:,} that a live run may have{named and f'; {named} would fit'}"
            )
    return out


def field_that_fits(recipe: Recipe, name: str, limit: Limit) -> str:
    value = largest_that_fits(recipe, name, limit)
    return f"{name}={value}" if value else ""


def largest_that_fits(recipe: Recipe, name: str, limit: Limit) -> int | None:
    """The largest value of a field with which a variant keeps a limit, by halving; None if none."""
    fits, over = 0, int(getattr(recipe if hasattr(recipe, name) else recipe.model, name))
    while over - fits > 1:
        tried = (fits + over) // 2
        changed = with_field(recipe, name, tried)
        if changed is not None and limit.of(changed) > limit.most:
            over = tried
        else:
            fits = tried
    return fits if with_field(recipe, name, fits) is not None else None


def with_field(recipe: Recipe, name: str, value: int) -> Recipe | None:
    """A variant with another value of one field; None if there is no such variant."""
    change: dict[str, Any] = {name: value}
    try:
        if hasattr(recipe, name):
            return replace(recipe, **change)
        return replace(recipe, model=replace(recipe.model, **change))
    except ValueError:
        return None
