"""out[t, d] = table[rows[t], d]"""

from __future__ import annotations

from lab.model.rules import Lookup, Operand
from lab.scene.operands import Cells, Operands, Places, Projection, Write


def cells(scene: Operands, rule: Lookup, at: Places) -> Cells:
    t, d = at
    return scene.cells(rule.of[0], (scene.whole_number(rule.rows, (t,)), d))


def shape(scene: Operands, rule: Lookup) -> tuple[int, ...]:
    return (len(scene.given[rule.rows]), scene.shape_of(rule.of[0])[1])


def formula(rule: Lookup, at: tuple[str, ...], write: Write) -> str:
    t, d = at
    return f"{rule.of[0]}[{rule.rows}[{t}], {d}]"  # in full: it is called what it makes


def followed(scene: Operands, rule: Lookup) -> tuple[Operand, ...]:
    return ()  # home


def undo(scene: Operands, rule: Lookup, whole: Projection) -> list[Projection]:
    return []
