"""out = scale times the sum over all that is not in the result of the products of the operands"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from lab.model.rules import Contract, Operand
from lab.scene.expression import evaluate, index_of
from lab.scene.operands import (
    Cells,
    Numbers,
    Operands,
    Part,
    Places,
    Write,
    last_formed,
    multiplied,
)


def cells(scene: Operands, rule: Contract, at: Places) -> Cells:
    index = index_of(rule.index)
    names = on_axes(dict(zip(index.out, at, strict=True)), lengths(scene, rule, index.summed))
    factors = [
        scene.cells(operand, places(scene, axes, names))
        for operand, axes in zip(rule.of, index.operands, strict=True)
    ]
    product = multiplied(factors)
    over = tuple(range(-len(index.summed), 0))
    size = product.value.shape
    error = np.broadcast_to(product.error, size)
    return Cells(rule.scale * product.value.sum(over), abs(rule.scale) * error.sum(over))


def on_axes(names: Places | dict[str, object], summed: dict[str, int]) -> dict[str, object]:
    """Every summed name along an axis of its own, behind those of the result's places."""
    n = len(summed)
    first = {name: np.reshape(x, (*np.shape(x), *[1] * n)) for name, x in dict(names).items()}
    own = {
        name: np.arange(length).reshape([-1 if i == axis else 1 for i in range(n)])
        for axis, (name, length) in enumerate(summed.items())
    }
    return {**first, **own}


def places(scene: Operands, axes: tuple[str, ...], names: dict[str, object]) -> Places:
    return tuple(evaluate(axis, names, scene.whole_number) for axis in axes)


def lengths(scene: Operands, rule: Contract, names: tuple[str, ...]) -> dict[str, int]:
    """How long names are: as the axis on which they stand alone, or as `sizes` says."""
    alone = dict(rule.sizes)
    for operand, axes in zip(rule.of, index_of(rule.index).operands, strict=True):
        for axis, length in zip(axes, scene.shape_of(operand), strict=True):
            alone.setdefault(axis, length)
    return {name: alone[name] for name in names}


def shape(scene: Operands, rule: Contract) -> tuple[int, ...]:
    return tuple(lengths(scene, rule, index_of(rule.index).out).values())


def formula(rule: Contract, at: tuple[str, ...], write: Write) -> str:
    index = index_of(rule.index)
    called = dict(zip(index.out, at, strict=True))
    factors = [
        write(operand, tuple(called.get(axis, axis) for axis in axes))
        for operand, axes in zip(rule.of, index.operands, strict=True)
    ]
    over = f"Σ_{','.join(index.summed)} " if index.summed else ""
    return over + " · ".join(factors) + scaled(rule.scale)


def scaled(scale: float) -> str:
    """The root where the scale is one over it."""
    under = 1 / scale**2
    if scale == 1:
        return ""
    if scale > 0 and math.isclose(under, round(under), rel_tol=1e-9):
        return f" / √{round(under)}"
    return f" · ({scale:g})" if scale < 0 else f" · {scale:g}"


def followed(scene: Operands, rule: Contract) -> tuple[Operand, ...]:
    return (rule.of[last_formed(scene, rule.of)],)


def undo(scene: Operands, rule: Contract, whole: Part) -> list[Part]:
    """direction' = scale direction times the other operands; one part for every place of a vector.

    So a head mixed from many tokens is a part for each of them, and what joins heads one for each.
    """
    index, n = index_of(rule.index), last_formed(scene, rule.of)
    *fixed, last = index.out
    summed = lengths(scene, rule, (last, *index.summed))
    names = on_axes(dict(zip(fixed, whole.at, strict=True)), summed)
    others = [
        scene.cells(operand, places(scene, axes, names)).value
        for i, (operand, axes) in enumerate(zip(rule.of, index.operands, strict=True))
        if i != n
    ]
    along_last = whole.direction.reshape(-1, *[1] * len(index.summed))
    weights = rule.scale * along_last * math.prod(others[1:], start=others[0])
    weights = np.broadcast_to(weights, tuple(summed.values()))
    into = [np.broadcast_to(x, weights.shape) for x in places(scene, index.operands[n], names)]
    return list(parts(rule.of[n], into, weights, scene.shape_of(rule.of[n])))


def parts(
    operand: Operand, into: list[Numbers], weights: Numbers, size: tuple[int, ...]
) -> Iterator[Part]:
    """What falls on every number of an operand, cut into vectors along its last axis."""
    flat = np.ravel_multi_index([x.ravel() for x in into], size)
    sums = np.bincount(flat, weights.ravel(), minlength=math.prod(size)).reshape(-1, size[-1])
    for vector in np.unique(flat // size[-1]):
        at = np.unravel_index(int(vector), size[:-1])
        yield Part(operand, tuple(int(i) for i in at), sums[vector])
