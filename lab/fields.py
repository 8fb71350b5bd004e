"""What a field of a frozen dataclass may hold, and how one is read back from JSON.

Every refusal is a `ValueError` that names the field, what it holds, and what is allowed.
"""

from __future__ import annotations

import math
from dataclasses import MISSING, fields
from reprlib import repr as shown
from typing import Any, TypeVar, cast, get_args

MOST = 1_000_000
"""No size of a model, no step and no batch counts further."""

T = TypeVar("T")


def build(cls: type[T], document: object) -> T:
    """Make a dataclass from a dict; a field it does not have, or lacks, is refused by name."""
    values = object_of(cls.__name__, document)
    known = {f.name: f for f in fields(cls)}  # pyright: ignore[reportArgumentType]
    unknown = sorted(values.keys() - known.keys())
    if unknown:
        said = ", ".join(f"{name}={shown(values[name])}" for name in unknown)
        raise ValueError(f"{cls.__name__} has no field {said}; it has {', '.join(sorted(known))}")
    needed = {n for n, f in known.items() if f.default is MISSING and f.default_factory is MISSING}
    if lacking := sorted(needed - values.keys()):
        raise ValueError(f"{cls.__name__} lacks {', '.join(lacking)}")
    return cls(**values)


# ---------------------------------------------------------------- what a field may hold


def require_whole(name: str, value: object, least: int = 1, most: int = MOST) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise ValueError(f"{name}={shown(value)} must be a whole number from {least} to {most}")


def require_number(
    name: str,
    value: object,
    *,
    above: float = -math.inf,
    least: float = -math.inf,
    most: float = math.inf,
    below: float = math.inf,
) -> None:
    """A number within the bounds, of which a lower and an upper one are given."""
    number = value if isinstance(value, int | float) and not isinstance(value, bool) else math.nan
    if above < number < below and least <= number <= most:
        return
    upper = "to" if math.isfinite(least) else "and at most"
    bounds = {"more than": above, "from": least, upper: most, "and less than": below}
    said = " ".join(f"{word} {bound:g}" for word, bound in bounds.items() if math.isfinite(bound))
    raise ValueError(f"{name}={shown(value)} must be a number {said}")


def require_flag(name: str, value: object) -> None:
    if not isinstance(value, bool):
        raise ValueError(f"{name}={shown(value)} must be true or false")


def require_word(name: str, value: object, words: Any) -> None:
    """One of the words of a `Literal`."""
    if value not in get_args(words):
        raise ValueError(f"{name}={shown(value)} is not one of {', '.join(get_args(words))}")


def object_of(name: str, document: object, what: str = "of named fields") -> dict[str, Any]:
    """What JSON calls an object, as it is."""
    if not isinstance(document, dict):
        raise ValueError(f"{name}={shown(document)} must be an object {what}")
    return cast(dict[str, Any], document)
