"""out = fn(a, ...), number by number"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from lab.model.rules import Function, Map, Operand
from lab.scene.operands import (
    Cells,
    Numbers,
    Operands,
    Places,
    Projection,
    Write,
    last_formed,
    multiplied,
    row,
)

erf = np.vectorize(math.erf, otypes=[np.float64])


def relu2(x: Numbers) -> Numbers:
    return np.maximum(x, 0.0) ** 2


def gelu(x: Numbers) -> Numbers:
    return 0.5 * x * (1 + erf(x / math.sqrt(2)))


def silu(x: Numbers) -> Numbers:
    return x * np.exp(-np.logaddexp(0, -x))


def sigmoid(x: Numbers) -> Numbers:
    return np.exp(-np.logaddexp(0, -x))


FUNCTIONS: dict[Function, Callable[[Numbers], Numbers]] = {
    "relu2": relu2,
    "gelu": gelu,
    "silu": silu,
    "sigmoid": sigmoid,
    "reciprocal": np.reciprocal,
}
"""Of one number; what takes several multiplies them."""

WRITTEN: dict[Function, str] = {
    "relu2": "max({}, 0)²",
    "gelu": "gelu({})",
    "silu": "silu({})",
    "sigmoid": "sigmoid({})",
    "reciprocal": "1 / ({})",
}

STEEPEST = 1.13
"""No slope of gelu (1.129), silu (1.100) and sigmoid (0.25) is larger."""


def slope(fn: Function, x: Cells) -> Numbers:
    """The largest within the error of x: that of relu2 is 2 x, that of 1 / x is 1 / x^2."""
    if fn == "relu2":
        return 2 * np.maximum(x.value + x.error, 0)
    if fn == "reciprocal":
        return 1 / np.maximum(abs(x.value) - x.error, 1e-30) ** 2
    return np.full(np.shape(x.value), STEEPEST)


def cells(scene: Operands, rule: Map, at: Places) -> Cells:
    inputs = [scene.cells(operand, at) for operand in rule.of]
    if rule.fn == "multiply":
        return multiplied(inputs)
    (x,) = inputs
    return Cells(FUNCTIONS[rule.fn](x.value), slope(rule.fn, x) * x.error)


def shape(scene: Operands, rule: Map) -> tuple[int, ...]:
    return scene.shape_of(rule.of[0])


def formula(rule: Map, at: tuple[str, ...], write: Write) -> str:
    inputs = [write(operand, at) for operand in rule.of]
    return " · ".join(inputs) if rule.fn == "multiply" else WRITTEN[rule.fn].format(*inputs)


def followed(scene: Operands, rule: Map) -> tuple[Operand, ...]:
    return (rule.of[last_formed(scene, rule.of)],)


def undo(scene: Operands, rule: Map, whole: Projection) -> list[Projection]:
    """f(x) = gate x with gate = f(x) / x; of a product, all but the last factor is the gate."""
    n, at = last_formed(scene, rule.of), row(scene, rule.of[0], whole.at)
    if rule.fn == "multiply":
        gate = np.prod([scene.values(x, at) for i, x in enumerate(rule.of) if i != n], axis=0)
    else:
        fired, x = (scene.values(y, at) for y in (whole.operand, rule.of[n]))
        gate = np.divide(fired, x, out=np.zeros_like(x), where=x != 0)
    return [Projection(rule.of[n], whole.at, whole.direction * gate)]
