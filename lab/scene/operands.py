"""What the operations of a scene ask of it, and what they give."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from lab.model.rules import Operand

Numbers = NDArray[np.float64]
Places = tuple[Any, ...]
"""A place along every axis, or arrays of places that fit together."""

Write = Callable[[Operand, tuple[str, ...]], str]
"""Writes an operand at a place whose axes have names."""

ROUNDED = 2.0**-16
"""How far a number may be from that of exact arithmetic, as a part of it: float32 rounds to a part
in 2^24, and a long sum collects some of that."""


@dataclass(frozen=True)
class Cells:
    """Numbers, and how far the rounding of what they were made of may take each."""

    value: Numbers
    error: Numbers


def exactly(value: Any) -> Cells:
    return Cells(np.asarray(value, dtype=np.float64), np.zeros(()))


def multiplied(factors: list[Cells]) -> Cells:
    """Their product, and to first order how far each of them may take it."""
    product, *others = factors
    for other in others:
        error = abs(product.value) * other.error + product.error * abs(other.value)
        product = Cells(product.value * other.value, error)
    return product


@dataclass(frozen=True)
class Projection:
    """direction . x, with x an operand along its last axis, at a place of all its others.

    An operation that undoes it reads x as it is: a tensor that was changed by hand, say.
    """

    operand: Operand
    at: tuple[int, ...]
    direction: Numbers


class Operands(Protocol):
    """A scene, as an operation sees it."""

    given: Any

    def cells(self, operand: Operand, at: Places) -> Cells: ...

    def values(self, operand: Operand, at: Places) -> Numbers: ...

    def whole_number(self, name: str, at: Places) -> Any: ...

    def shape_of(self, operand: Operand) -> tuple[int, ...]: ...

    def is_formed(self, operand: Operand) -> bool: ...


def last_formed(scene: Operands, of: tuple[Operand, ...]) -> int:
    """Which operand is followed home where several meet: the others are held as they are."""
    return max(n for n, operand in enumerate(of) if scene.is_formed(operand))


def row(scene: Operands, operand: Operand, at: Places) -> Places:
    """The places of an operand along the whole of its last axis, which comes last in the result."""
    fixed = tuple(np.asarray(place)[..., None] for place in at)
    return (*fixed, np.arange(scene.shape_of(operand)[-1]))
