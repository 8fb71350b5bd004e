"""out[..., s] = e^x[..., s] / sum_j e^x[..., j]"""

from __future__ import annotations

import numpy as np

from lab.model.rules import Operand, Softmax
from lab.scene.operands import Cells, Operands, Places, Projection, Write, row


def cells(scene: Operands, rule: Softmax, at: Places) -> Cells:
    (x,) = rule.of
    whole, own = scene.cells(x, row(scene, x, at[:-1])), scene.cells(x, at)
    most = whole.value.max(-1)
    share = np.exp(own.value - most) / np.exp(whole.value - most[..., None]).sum(-1)
    # At worst its own score is too low and all others are too high: a factor e^(2 error).
    return Cells(share, share * np.expm1(2 * whole.error.max(-1)))


def shape(scene: Operands, rule: Softmax) -> tuple[int, ...]:
    return scene.shape_of(rule.of[0])


def formula(rule: Softmax, at: tuple[str, ...], write: Write) -> str:
    return f"softmax_{at[-1]}({write(rule.of[0], at)})"


def followed(scene: Operands, rule: Softmax) -> tuple[Operand, ...]:
    return ()


def undo(scene: Operands, rule: Softmax, whole: Projection) -> list[Projection]:
    return []
