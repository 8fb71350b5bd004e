"""Does each rule of a scene give the cells that the model formed?

A scene is believed for what is true of it, not for the kinds of its parts: a cell of each
kind of tensor is computed again, and one that differs by more than rounding is an error.
"""

from __future__ import annotations

import math
import random

from lab.model.rules import Rule
from lab.scene.manifest import Entry, Scene
from lab.scene.operands import HALF
from lab.scene.recompute import Index, Reader

SLACK = 1.5
"""The model rounded as well, and the error of a cell is reckoned to first order."""


def require_agreement(scene: Scene) -> None:
    """`ValueError` names the first tensor whose rule does not give its cells.

    What was edited by hand is left out, and what no rule explains. Blocks are built alike, so
    two stand for all: the one that reads the beginning, and one that reads the block before.
    """
    reader = Reader(scene.manifest, scene.blobs)
    for entry in scene.manifest["tensors"]:
        rule, edited = reader.rule(entry["name"]), entry["name"] in scene.manifest["edited"]
        if rule is None or edited or (entry["layer"] or 0) > 1:
            continue
        at = cell_of(entry)
        if not agrees(reader, entry, rule, at):
            raise ValueError(
                f"this model cannot be shown: the rule {entry['formula']!r} does not give "
                f"the cell {list(at)} of {entry['name']!r} that it formed"
            )


def cell_of(entry: Entry) -> Index:
    """The cell that is computed again: the last one, and in the second block one drawn by seed.

    Where a query meets a key, the last query meets the first key: far apart, and not masked.
    """
    at = [n - 1 for n in entry["shape"]]
    if entry["layer"] == 1:
        draw = random.Random(entry["name"])
        at = [draw.randrange(n) for n in entry["shape"]]
    if entry["axes"][-2:] == ["query", "key"]:
        at[-2:] = entry["shape"][-2] - 1, 0
    return tuple(at)


def agrees(reader: Reader, entry: Entry, rule: Rule, at: Index) -> bool:
    """Whether the rule gives a cell, to the rounding of its inputs and its own."""
    cell = reader.number(entry["name"], *at)
    try:
        made = reader.cells(rule, at)
    except (IndexError, KeyError, ValueError):  # it reads what is not there, or does not fit
        return False
    value, error = float(made.value), float(made.error)
    if not (math.isfinite(cell) and math.isfinite(value)):
        return value == cell or (math.isnan(cell) and math.isnan(value))
    return abs(value - cell) <= SLACK * error + HALF * abs(cell) + 2.0**-24 * entry["scale"]
