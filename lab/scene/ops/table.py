"""The eight operations that a scene is made of, from the rule to the file that interprets it.

Every file has `cells` (the operation at some places), `shape`, `formula` (its equation) and `undo`:
direction . x, with x made by the operation, as a sum of the same with what it was made of. What is
not linear in that is held at the value that it has. `followed` says to which operands that leads:
none where nothing can be undone.
"""

from __future__ import annotations

from typing import Any, Protocol

from lab.model import rules
from lab.model.rules import Operand, Rule
from lab.scene.operands import Cells, Operands, Places, Projection, Write
from lab.scene.ops import choose, contract, largest, lookup, map, norm, softmax, sum


class Operation(Protocol):
    def cells(self, scene: Operands, rule: Any, at: Places, /) -> Cells: ...

    def shape(self, scene: Operands, rule: Any, /) -> tuple[int, ...]: ...

    def formula(self, rule: Any, at: tuple[str, ...], write: Write, /) -> str: ...

    def followed(self, scene: Operands, rule: Any, /) -> tuple[Operand, ...]: ...

    def undo(self, scene: Operands, rule: Any, whole: Projection, /) -> list[Projection]: ...


OPS: dict[type[Rule], Operation] = {
    rules.Lookup: lookup,
    rules.Sum: sum,
    rules.Map: map,
    rules.Norm: norm,
    rules.Contract: contract,
    rules.Softmax: softmax,
    rules.Choose: choose,
    rules.Largest: largest,
}
