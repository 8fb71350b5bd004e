"""A variant of the bench as a short text in a link: what differs from the usual one, packed."""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import fields
from reprlib import repr as shown
from typing import Any, NamedTuple

from lab.fields import object_of
from lab.model.config import GPTConfig
from lab.recipes.bench import MOST_CHARACTERS, read, require_shown, usual
from lab.training.recipe import Recipe

RAW = -15
"""For zlib: no header and no checksum, which would be a third of a short text."""

OF_MODEL = {field.name for field in fields(GPTConfig)}
KNOWN = OF_MODEL | {field.name for field in fields(Recipe)} - {"model"}


class Opened(NamedTuple):
    """What a link opens, and a sentence for each part of it that was dropped."""

    recipe: Recipe
    dropped: list[str]


def to_link(recipe: Recipe) -> str:
    """Letters, digits, - and _; nothing for the usual network."""
    at_first = in_one(usual())
    changes = {n: value for n, value in in_one(recipe).items() if at_first.get(n) != value}
    if not changes:
        return ""
    plain = json.dumps(changes, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(zlib.compress(plain, 9, RAW)).decode().rstrip("=")


def from_link(text: str) -> Opened:
    """Undoes `to_link`. Whatever cannot be read, or does not fit the rest, is dropped and told."""
    if not text:
        return Opened(usual(), [])
    try:
        said = unpacked(text)
    except ValueError as error:
        return Opened(usual(), [str(error)])
    changes = {name: value for name, value in said.items() if name in KNOWN}
    unknown = [shown(name) for name in said if name not in KNOWN]
    dropped = [f"a variant has no {', '.join(unknown[:3])}"] if unknown else []
    try:
        # All at once first: parts may fit each other and not the usual ones.
        return Opened(changed(usual(), changes), dropped)
    except ValueError:
        recipe = usual()
    for name, value in changes.items():
        try:
            recipe = changed(recipe, {name: value})
        except ValueError as error:
            dropped.append(f"{name}: {error}")
    return Opened(recipe, dropped)


def unpacked(text: str) -> dict[str, Any]:
    """What a link says, name by name; `ValueError` if that is nothing."""
    try:
        if len(text) > MOST_CHARACTERS:
            raise ValueError("too long")
        if not text.isascii():
            raise ValueError("a link has letters, digits, - and _ alone")
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        unzip = zlib.decompressobj(RAW)
        # Bounded, since a few bytes may unpack to gigabytes.
        plain = unzip.decompress(packed, MOST_CHARACTERS)
        if not unzip.eof or unzip.unused_data:
            raise ValueError("cut short, or too long")
        return object_of("it", json.loads(plain))
    except (ValueError, zlib.error, RecursionError) as error:
        raise ValueError(f"{shown(text)} is no variant: {error}") from None


def in_one(recipe: Recipe) -> dict[str, Any]:
    """The document of a recipe, the fields of its model among its own."""
    document = recipe.to_dict()
    return document.pop("model") | document


def changed(recipe: Recipe, changes: dict[str, Any]) -> Recipe:
    """A variant with other fields, by their documents. `ValueError` if the bench has none such."""
    document = in_one(recipe) | changes
    model = {name: document.pop(name) for name in OF_MODEL & document.keys()}
    new = read({**document, "model": model})
    require_shown(new)
    return new
