"""out[..., d] = x[..., d] / sqrt(mean_j x[..., j]^2 + eps) gain[d]"""

from __future__ import annotations

import numpy as np

from lab.model.rules import Norm, Operand
from lab.scene.operands import Cells, Numbers, Operands, Places, Projection, Write, multiplied, row


def cells(scene: Operands, rule: Norm, at: Places) -> Cells:
    x, gain = rule.of
    whole, own = scene.cells(x, row(scene, x, at[:-1])), scene.cells(x, at)
    rms = root_mean_square(whole.value, rule.eps)
    moved = (abs(whole.value) * whole.error).mean(-1) / rms  # how far rounding may take the rms
    scaled = own.value / rms
    return multiplied(
        [Cells(scaled, (own.error + abs(scaled) * moved) / rms), scene.cells(gain, (at[-1],))]
    )


def root_mean_square(x: Numbers, eps: float) -> Numbers:
    return np.sqrt(np.square(x).mean(-1) + eps)


def shape(scene: Operands, rule: Norm) -> tuple[int, ...]:
    return scene.shape_of(rule.of[0])


def formula(rule: Norm, at: tuple[str, ...], write: Write) -> str:
    x, gain = rule.of
    name = write(x, at) if isinstance(x, str) else "x"
    where = "" if isinstance(x, str) else f", x = {write(x, at)}"
    rms = f"√(mean_{at[-1]}({name}²) + {rule.eps:g})"
    return f"{name} / {rms} · {write(gain, at[-1:])}{where}"


def followed(scene: Operands, rule: Norm) -> tuple[Operand, ...]:
    return rule.of[:1]


def undo(scene: Operands, rule: Norm, whole: Projection) -> list[Projection]:
    x, gain = rule.of
    rms = root_mean_square(scene.values(x, row(scene, x, whole.at)), rule.eps)
    return [
        Projection(x, whole.at, whole.direction * scene.values(gain, row(scene, gain, ())) / rms)
    ]
