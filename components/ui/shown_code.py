"""The code behind a figure, read from its file and not imported: nothing waits for torch."""

from __future__ import annotations

import ast
import textwrap
from functools import lru_cache
from pathlib import Path

from components.ui.stamps import is_there
from lab.records import ROOT


def source_of(name: str) -> str:
    """A function, class or method as it stands in its file, with its decorators: `source_of(
    "lab.model.positions.RotaryPositions.rotated")`. Raises `ValueError` if there is none."""
    path, qualified = file_of(name)
    lines, definitions = definitions_in(path)
    if qualified not in definitions:
        raise ValueError(f"{path.relative_to(ROOT)} defines no {qualified or 'such name'}")
    first, last = definitions[qualified]
    return textwrap.dedent("\n".join(lines[first - 1 : last])) + "\n"


def file_of(name: str) -> tuple[Path, str]:
    """The file that a full name begins with, and the rest of the name."""
    parts = name.split(".")
    for n in range(len(parts), 0, -1):
        path = ROOT.joinpath(*parts[:n]).with_suffix(".py")
        if is_there(path):
            return path, ".".join(parts[n:])
    raise ValueError(f"no file of the book is called {name}")


@lru_cache(maxsize=128)
def definitions_in(path: Path) -> tuple[list[str], dict[str, tuple[int, int]]]:
    """The lines of a file, and of each definition the first and the last, counted from one."""
    text = path.read_text("utf-8")
    found: dict[str, tuple[int, int]] = {}

    def look_through(body: list[ast.stmt], above: str) -> None:
        for node in body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
                found[above + node.name] = (first, node.end_lineno or node.lineno)
                look_through(node.body, f"{above}{node.name}.")

    look_through(ast.parse(text).body, "")
    return text.splitlines(), found
