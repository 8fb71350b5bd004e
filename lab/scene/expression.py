"""The small language of index maps: `h//2`, `h*64+i`, `expert[t,k]`, `t - 4 < s <= t`.

An expression is evaluated for many places at once: names stand for whole numbers or for arrays of
them, and the result has the shape that they have together.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

WholeNumbers = NDArray[np.int64]
"""One of them, or an array."""

ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
}

NAME = r"[A-Za-z_]\w*"
TABLE = re.compile(rf"({NAME}(?:\.\w+)*)\[")
"""The name of what is read, which may have dots, up to its bracket."""


@lru_cache(maxsize=1024)
def parsed(text: str) -> ast.expr:
    """`ValueError` for what is no expression."""
    try:
        return ast.parse(TABLE.sub(r'"\1"[', text), mode="eval").body
    except SyntaxError:
        raise ValueError(f"{text!r} is no expression of places") from None


def evaluate(
    text: str, names: Mapping[str, Any], read: Callable[[str, tuple[Any, ...]], Any]
) -> WholeNumbers:
    """The value of an expression where `names` are what they are; a comparison gives 0 or 1.

    `read(name, places)` gives what stands in a table. `ValueError` for what the language lacks.
    """

    def value(node: ast.expr) -> Any:
        match node:
            case ast.Constant(value=int() as number):
                return number
            case ast.Name(id=name) if name in names:
                return names[name]
            case ast.BinOp(left=left, op=op, right=right) if type(op) in ARITHMETIC:
                return ARITHMETIC[type(op)](value(left), value(right))
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -value(operand)
            case ast.Compare(left=left, ops=ops, comparators=rest):
                sides = [value(side) for side in (left, *rest)]
                held = [
                    COMPARISONS[type(op)](one, other)
                    for op, one, other in zip(ops, sides, sides[1:], strict=False)
                ]
                return reduce(np.logical_and, held)
            case ast.Subscript(value=ast.Constant(value=str() as table), slice=inside):
                places = inside.elts if isinstance(inside, ast.Tuple) else [inside]
                return read(table, tuple(value(place) for place in places))
            case _:
                raise ValueError(f"{ast.unparse(node)!r} in {text!r} is no expression of places")

    return np.asarray(value(parsed(text)), dtype=np.int64)


@lru_cache(maxsize=1024)
def names_of(text: str) -> tuple[str, ...]:
    """The places that an expression asks for, in the order in which they come."""
    return tuple(dict.fromkeys(re.findall(rf"{NAME}(?![\w.\[])", TABLE.sub("[", text))))


@lru_cache(maxsize=1024)
def reads_in(text: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Every table that an expression reads, and the expressions of its places."""
    nodes = [node for node in ast.walk(parsed(text)) if isinstance(node, ast.Subscript)]
    found: list[tuple[str, tuple[str, ...]]] = []
    for node in nodes:
        inside = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        assert isinstance(node.value, ast.Constant), "a table's name is in quotes by now"
        found.append((str(node.value.value), tuple(ast.unparse(place) for place in inside)))
    return tuple(found)


def renamed(text: str, names: Mapping[str, str]) -> str:
    """An expression with other names for its places."""
    return re.sub(rf"{NAME}(?![\w.\[])", lambda found: names.get(found[0], found[0]), text)


@dataclass(frozen=True)
class Index:
    """`h t i, h//2 s i -> h t s`: what the axes of each operand are, and of the result.

    `summed` are the names that are not in the result, in the order in which they come.
    """

    operands: tuple[tuple[str, ...], ...]
    out: tuple[str, ...]
    summed: tuple[str, ...]


@lru_cache(maxsize=1024)
def index_of(text: str) -> Index:
    left, _, right = text.partition("->")
    # A comma inside brackets parts places, not operands.
    operands = tuple(tuple(one.split()) for one in re.split(r",(?![^\[]*\])", left))
    out = tuple(right.split())
    found = dict.fromkeys(n for axes in operands for axis in axes for n in names_of(axis))
    return Index(operands, out, tuple(n for n in found if n not in out))
