"""out[p] = of[by][p]: which operand, the place tells"""

from __future__ import annotations

import numpy as np

from lab.model.rules import Choose, Operand
from lab.scene.expression import evaluate, index_of, renamed
from lab.scene.operands import Cells, Operands, Places, Projection, Write


def cells(scene: Operands, rule: Choose, at: Places) -> Cells:
    names = dict(zip(index_of(rule.index).operands[0], at, strict=True))
    chosen = evaluate(rule.by, names, scene.whole_number)
    if chosen.ndim == 0:
        return scene.cells(rule.of[int(chosen)], at)
    inputs = [scene.cells(operand, at) for operand in rule.of]
    return Cells(
        np.choose(chosen, [x.value for x in inputs]), np.choose(chosen, [x.error for x in inputs])
    )


def shape(scene: Operands, rule: Choose) -> tuple[int, ...]:
    return next(scene.shape_of(operand) for operand in rule.of if operand is not None)


def formula(rule: Choose, at: tuple[str, ...], write: Write) -> str:
    written = ["−∞" if x is None else write(x, at) for x in rule.of]
    called = dict(zip(index_of(rule.index).operands[0], at, strict=True))
    by = renamed(rule.by, called).replace("<=", "≤").replace(">=", "≥")
    if len(written) == 2:
        return f"{written[1]} where {by}, else {written[0]}"
    return f"of {'; '.join(written)}: number {by}"


def followed(scene: Operands, rule: Choose) -> tuple[Operand, ...]:
    return ()


def undo(scene: Operands, rule: Choose, whole: Projection) -> list[Projection]:
    return []
