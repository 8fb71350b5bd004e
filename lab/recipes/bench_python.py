"""A recipe as Python to copy: run, it makes an equal recipe."""

from __future__ import annotations

import json
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any, cast

from lab.training.recipe import Recipe

WIDTH = 88


def to_python(recipe: Recipe) -> str:
    """Imports, and `recipe = Recipe(...)`; what is as its class has it is left out."""
    classes: set[type] = set()
    made = expression(recipe, 0, classes)
    by_module: dict[str, list[str]] = {}
    for cls in sorted(classes, key=lambda cls: (cls.__module__, cls.__name__)):
        by_module.setdefault(cls.__module__, []).append(cls.__name__)
    imports = [f"from {module} import {names_of(names)}" for module, names in by_module.items()]
    return "\n".join([*imports, "", f"recipe = {made}", ""])


def names_of(names: list[str]) -> str:
    line = ", ".join(names)
    return line if len(line) < WIDTH // 2 else "(\n    " + ",\n    ".join(names) + ",\n)"


def expression(value: Any, depth: int, classes: set[type]) -> str:
    """An expression for a value, `depth` levels in; the classes that it names join `classes`."""
    if is_dataclass(value):
        cls = type(value)
        classes.add(cls)
        own = [(f, getattr(value, f.name)) for f in fields(value)]
        begin, end = f"{cls.__name__}(", ")"
        parts = [
            f"{f.name}={expression(x, depth + 1, classes)}" for f, x in own if not is_default(f, x)
        ]
    elif isinstance(value, tuple):
        items = cast(tuple[Any, ...], value)
        parts = [expression(x, depth + 1, classes) for x in items]
        begin, end = "(", ",)" if len(parts) == 1 else ")"
    else:
        return json.dumps(value) if isinstance(value, str) else repr(value)
    line = begin + ", ".join(parts) + end
    if len(line) + 4 * depth <= WIDTH and "\n" not in line:
        return line
    inner = "    " * (depth + 1)
    return f"{begin}\n" + "".join(f"{inner}{part},\n" for part in parts) + "    " * depth + ")"


def is_default(field: Field[Any], value: object) -> bool:
    """Written alike, since 1 and 1.0 are equal, and make two recipes of different hashes."""
    made = field.default if field.default_factory is MISSING else field.default_factory()
    return repr(value) == repr(made)
