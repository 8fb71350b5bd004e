"""out = a + b + ..., of one shape"""

from __future__ import annotations

from lab.model.rules import Operand, Sum
from lab.scene.operands import Cells, Operands, Places, Projection, Write


def cells(scene: Operands, rule: Sum, at: Places) -> Cells:
    first, *others = (scene.cells(operand, at) for operand in rule.of)
    return Cells(
        sum((x.value for x in others), first.value), sum((x.error for x in others), first.error)
    )


def shape(scene: Operands, rule: Sum) -> tuple[int, ...]:
    return scene.shape_of(rule.of[0])


def formula(rule: Sum, at: tuple[str, ...], write: Write) -> str:
    return " + ".join(write(operand, at) for operand in rule.of)


def followed(scene: Operands, rule: Sum) -> tuple[Operand, ...]:
    return rule.of


def undo(scene: Operands, rule: Sum, whole: Projection) -> list[Projection]:
    return [Projection(operand, whole.at, whole.direction) for operand in rule.of]
