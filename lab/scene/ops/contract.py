"""out = scale times the sum over all that is not in the result of the products of the operands"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from lab.model.rules import Contract, Operand, Rule
from lab.scene.expression import evaluate, index_of, names_of, reads_in, renamed
from lab.scene.operands import (
    Cells,
    Numbers,
    Operands,
    Places,
    Projection,
    Write,
    last_formed,
    multiplied,
)


def cells(scene: Operands, rule: Contract, at: Places) -> Cells:
    index = index_of(rule.index)
    summed = lengths(scene, rule, index.summed)
    names = grid(dict(zip(index.out, at, strict=True)), summed)
    product = multiplied(
        [
            scene.cells(operand, places(scene, axes, names))
            for operand, axes in zip(rule.of, index.operands, strict=True)
        ]
    )
    whole = np.broadcast_shapes(*(np.shape(place) for place in names.values()))
    value, error = (np.broadcast_to(x, whole) for x in (product.value, product.error))
    over = tuple(range(-len(summed), 0))
    return Cells(rule.scale * value.sum(over), abs(rule.scale) * error.sum(over))


def grid(fixed: Mapping[str, Any], summed: Mapping[str, int]) -> dict[str, Any]:
    """Every summed name along an axis of its own, behind the axes of the places that are fixed."""
    n = len(summed)
    names: dict[str, Any] = {}
    for name, place in fixed.items():
        names[name] = np.reshape(place, np.shape(place) + n * (1,))
    for axis, (name, length) in enumerate(summed.items()):
        names[name] = np.arange(length).reshape(axis * (1,) + (length,) + (n - 1 - axis) * (1,))
    return names


def places(scene: Operands, axes: tuple[str, ...], names: Mapping[str, Any]) -> Places:
    return tuple(
        names[axis] if axis in names else evaluate(axis, names, scene.whole_number) for axis in axes
    )


def lengths(scene: Operands, rule: Contract, names: tuple[str, ...]) -> dict[str, int]:
    """How long names are: as the axis on which they stand alone, of an operand or of a table that
    an axis reads, or as `sizes` says.

    `ValueError` for a name of which nothing says it.
    """
    alone = dict(rule.sizes)
    for operand, axes in zip(rule.of, index_of(rule.index).operands, strict=True):
        for table, inside in (read for axis in axes for read in reads_in(axis)):
            alone.update(zip(inside, scene.shape_of(table), strict=True))
        alone.update(zip(axes, scene.shape_of(operand), strict=True))
    if unknown := [name for name in names if name not in alone]:
        raise ValueError(f"nothing says how long {', '.join(unknown)} is in {rule.index!r}")
    return {name: alone[name] for name in names}


def shape(scene: Operands, rule: Contract) -> tuple[int, ...]:
    """What is in the result alone has one place, which stands for all."""
    index = index_of(rule.index)
    asked = {name for axes in index.operands for axis in axes for name in names_of(axis)}
    alone = {name: 1 for name in index.out if name not in asked}
    stated = replace(rule, sizes={**alone, **rule.sizes})
    return tuple(lengths(scene, stated, index.out).values())


def formula(rule: Contract, at: tuple[str, ...], write: Write) -> str:
    index = index_of(rule.index)
    called = dict(zip(index.out, at, strict=True))
    factors: list[str] = []
    for operand, axes in zip(rule.of, index.operands, strict=True):
        factor = write(operand, tuple(renamed(axis, called) for axis in axes))
        factors.append(f"({factor})" if isinstance(operand, Rule) else factor)
    over = f"Σ_{','.join(index.summed)} " if index.summed else ""
    return over + " · ".join(factors) + scaled(rule.scale)


def scaled(scale: float) -> str:
    """A root where the scale is one over it."""
    if scale == 1:
        return ""
    if scale > 0 and math.isclose(scale**-2, round(scale**-2), rel_tol=1e-9):
        return f" / √{round(scale**-2)}"
    return f" · ({scale:g})" if scale < 0 else f" · {scale:g}"


def followed(scene: Operands, rule: Contract) -> tuple[Operand, ...]:
    return (rule.of[last_formed(scene, rule.of)],)


def undo(scene: Operands, rule: Contract, whole: Projection) -> list[Projection]:
    """direction' = scale direction times the other operands; one part for every place of a vector.

    So a head mixed from many tokens is a part for each of them, and what joins heads one for each.
    """
    index, n = index_of(rule.index), last_formed(scene, rule.of)
    *fixed, last = index.out
    free = lengths(scene, rule, (last, *index.summed))
    names = grid(dict(zip(fixed, whole.at, strict=True)), free)
    held = [
        scene.values(operand, places(scene, axes, names))
        for i, (operand, axes) in enumerate(zip(rule.of, index.operands, strict=True))
        if i != n
    ]
    into = places(scene, index.operands[n], names)
    asked = [any(name in names_of(axis) for axis in index.operands[n]) for name in free]
    weights = rule.scale * summed_over(asked, whole.direction, held)
    return list(vectors(rule.of[n], into, weights, scene.shape_of(rule.of[n])))


def summed_over(kept: list[bool], direction: Numbers, held: list[Numbers]) -> Numbers:
    """direction times what is held on a grid whose first axis is direction's own.

    The axes that are not kept are summed over, and stay with the length 1.
    """
    letters = "abcdefgh"[: len(kept)]
    on_grid = [x.reshape((1,) * (len(kept) - x.ndim) + x.shape) for x in held]
    out = "".join(itertools.compress(letters, kept))
    sums = np.einsum(f"{','.join(['a', *len(held) * [letters]])}->{out}", direction, *on_grid)
    return np.expand_dims(sums, [axis for axis, stays in enumerate(kept) if not stays])


def vectors(
    operand: Operand, into: Places, weights: Numbers, size: tuple[int, ...]
) -> Iterator[Projection]:
    """What falls on every number of an operand, cut into vectors along its last axis."""
    *at_each, weights = np.broadcast_arrays(*into, weights)
    flat = np.ravel_multi_index(tuple(x.ravel() for x in at_each), size)
    sums = np.bincount(flat, weights.ravel(), minlength=math.prod(size)).astype(np.float64)
    for vector in np.unique(flat // size[-1]):
        at = np.unravel_index(int(vector), size[:-1])
        own = slice(int(vector) * size[-1], (int(vector) + 1) * size[-1])
        yield Projection(operand, tuple(int(i) for i in at), sums[own])
