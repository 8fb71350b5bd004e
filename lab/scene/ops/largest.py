"""out[..., k] = at which place along the last axis of x its number k in size stands, from 0"""

from __future__ import annotations

import numpy as np

from lab.model.rules import Largest, Operand
from lab.scene.operands import Cells, Operands, Places, Projection, Write, row


def cells(scene: Operands, rule: Largest, at: Places) -> Cells:
    """Where rounding may have changed the order, nothing is said: any place is right there."""
    (x,) = rule.of
    *others, k = np.broadcast_arrays(*at)
    whole = scene.cells(x, row(scene, x, tuple(others)))
    order = np.argsort(-whole.value, axis=-1, kind="stable")
    chosen = np.take_along_axis(order, k[..., None], -1)
    own = np.take_along_axis(whole.value, chosen, -1)
    reach = np.broadcast_to(whole.error, whole.value.shape)
    near = abs(whole.value - own) <= reach + np.take_along_axis(reach, chosen, -1)
    is_sure = near.sum(-1) == 1  # near itself alone
    return Cells(chosen[..., 0].astype(np.float64), np.where(is_sure, 0.0, whole.value.shape[-1]))


def shape(scene: Operands, rule: Largest) -> tuple[int, ...]:
    return (*scene.shape_of(rule.of[0])[:-1], rule.n)


def formula(rule: Largest, at: tuple[str, ...], write: Write) -> str:
    return f"argsort_e(−({write(rule.of[0], (*at[:-1], 'e'))}))[{at[-1]}]"


def followed(scene: Operands, rule: Largest) -> tuple[Operand, ...]:
    return ()


def undo(scene: Operands, rule: Largest, whole: Projection) -> list[Projection]:
    return []
