"""Does each rule of a scene give the cells that the model formed?

A scene is believed for what is true of it, not for the kinds of its parts: a cell of each
kind of tensor is computed again, and one that differs by more than rounding is an error.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping

import numpy as np

from lab.model.rules import Rule
from lab.scene.manifest import Entry, Scene
from lab.scene.operands import ROUNDED
from lab.scene.recompute import Index, Reader

SLACK = 1.5
"""The model rounded as well, and the error of a cell is reckoned to first order."""


def require_agreement(scene: Scene, alike_before: Mapping[str, int]) -> None:
    """`ValueError` names the first tensor whose rule does not give its cells.

    What was edited by hand is left out, and what no rule explains. `alike_before` says of a tensor
    in how many layers below one stands that has the same rule, in a layer of the same parts: the
    first two of them stand for all.
    """
    reader = Reader(scene.manifest, scene.blobs)
    for entry in scene.manifest["tensors"]:
        edited, before = entry["name"] in scene.manifest["edited"], alike_before.get(entry["name"])
        rule = None if edited or (before or 0) > 1 else reader.rule(entry["name"])
        if rule is None:
            continue
        for at in cells_of(reader, entry, drawn=before == 1):
            require_cell(reader, entry, rule, at)


def require_cell(reader: Reader, entry: Entry, rule: Rule, at: Index) -> None:
    refused = "this model cannot be shown: the rule"
    try:
        right = agrees(reader, entry, rule, at)
    except (IndexError, KeyError, ValueError) as error:
        raise ValueError(
            f"{refused} {entry['formula']!r} of {entry['name']!r} does not fit: {error}"
        ) from error
    if not right:
        raise ValueError(
            f"{refused} {entry['formula']!r} does not give the cell {list(at)} of "
            f"{entry['name']!r} that it formed"
        )


def cells_of(reader: Reader, entry: Entry, *, drawn: bool) -> list[Index]:
    """The cells that are computed again: the last one, or one `drawn` by seed.

    Where a query meets a key, the last query meets the farthest key that it sees, and the nearest
    that lies farther; drawn any query any key that it sees.
    """
    at, draw = [n - 1 for n in entry["shape"]], None
    if drawn:
        draw = random.Random(entry["name"])
        at = [draw.randrange(n) for n in entry["shape"]]
    if entry["axes"][-2:] != ["query", "key"]:
        return [tuple(at)]
    row = reader.read(entry["name"], *at[:-1])
    seen = np.flatnonzero(np.isfinite(row) & (row != 0))
    if not len(seen):
        keys = [0]
    elif draw:
        keys = [int(draw.choice(seen))]
    else:
        keys = [int(key) for key in (seen[0], seen[0] - 1) if key >= 0]
    return [(*at[:-1], key) for key in keys]


def agrees(reader: Reader, entry: Entry, rule: Rule, at: Index) -> bool:
    """Whether the rule gives a cell, to the rounding of its inputs and its own.

    `IndexError`, `KeyError` or `ValueError` where it reads what is not there, or does not fit.
    """
    cell, made = reader.number(entry["name"], *at), reader.cells(rule, at)
    if reader.shape_of(rule) != tuple(entry["shape"]):
        raise ValueError(f"it makes {reader.shape_of(rule)} of {tuple(entry['shape'])}")
    value, error = float(made.value), float(made.error)
    if not (math.isfinite(cell) and math.isfinite(value)):
        return value == cell or (math.isnan(cell) and math.isnan(value))
    return abs(value - cell) <= SLACK * error + ROUNDED * abs(cell) + 2.0**-24 * entry["scale"]
