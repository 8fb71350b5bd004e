"""Does each formula of a scene give the cells that the model formed?

A scene is believed for what is true of it, not for the kinds of its parts: a cell of each
kind of tensor is computed again, and one that differs by more than rounding is an error.
"""

from __future__ import annotations

import math
import random

import numpy as np

from lab.model.rules import Op
from lab.scene.manifest import Entry, Scene
from lab.scene.recompute import CELLS as RECOMPUTED
from lab.scene.recompute import Index, Numbers, Reader

HALF = 2.0**-11
"""How far a number may be from its float16, as a part of it."""


class Sizes(Reader):
    """The numbers of a scene without their signs."""

    def read(self, name: str, *index: int | slice) -> Numbers:
        return abs(super().read(name, *index))


def require_agreement(scene: Scene) -> None:
    """`ValueError` names the first tensor whose formula does not give its cells.

    What was edited by hand is left out, and what no formula explains. Blocks are built alike, so
    two stand for all: the one that reads the beginning, and one that reads the block before.
    """
    signed = Reader(scene.manifest, scene.blobs)
    sizes = Sizes(scene.manifest, scene.blobs)
    for entry in scene.manifest["tensors"]:
        edited = entry["name"] in scene.manifest["edited"]
        if entry["op"] is None or edited or (entry["layer"] or 0) > 1:
            continue
        at = cell_of(entry)
        if not agrees(entry, entry["op"], at, signed, sizes):
            raise ValueError(
                f"this model cannot be shown: the formula {entry['formula']!r} does not give "
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


def agrees(entry: Entry, op: Op, at: Index, signed: Reader, sizes: Sizes) -> bool:
    """Whether the formula gives a cell, to the rounding of its inputs and its own."""
    cell = signed.number(entry["name"], *at)
    try:
        value, _ = RECOMPUTED[op](signed, entry, at)
        error, own = abs(value - cell), HALF * abs(cell) + 2.0**-24 * entry["scale"]
        if not (math.isfinite(cell) and math.isfinite(value)):
            return value == cell or (math.isnan(cell) and math.isnan(value))
        return error <= own or error <= own + 3 * HALF * size_of_terms(entry, op, at, signed, sizes)
    except (IndexError, ValueError):  # the formula reads what is not there, or does not fit
        return False


def size_of_terms(entry: Entry, op: Op, at: Index, signed: Reader, sizes: Sizes) -> float:
    """How large the numbers are whose rounding a recomputed cell inherits.

    Of a sum, what its terms add up to without their signs; elsewhere what its slope makes of them.
    """
    match op:
        case "softmax":
            x = sizes.read(entry["inputs"][0], *at[:-1])
            largest = float(np.max(x, where=np.isfinite(x), initial=0.0))
            return signed.number(entry["name"], *at) * math.expm1(2 * HALF * largest) / (2 * HALF)
        case "rotate":
            return float(sizes.row(entry["inputs"][0], at[1]).sum())
        case "activation":
            x = sizes.number(entry["inputs"][0], *at)
            return 2 * max(x, x**2)
        case "gated":
            pre, x, w = entry["inputs"]
            return sizes.number(pre, *at) * float(sizes.row(x, at[0]) @ sizes.read(w, at[1]))
        case "split_matmul" if len(entry["inputs"]) == 3:
            (x, w, gain), (h, t, i) = entry["inputs"], at
            rows = slice(h * entry["shape"][-1], (h + 1) * entry["shape"][-1])
            terms = sizes.read(w, rows) @ sizes.row(x, t)
            head = signed.read(w, rows) @ signed.row(x, t)
            rms = math.sqrt((head**2).mean() + float(signed.manifest["config"]["norm_eps"]))
            return 4 * sizes.number(gain, i) * float(terms.max()) / rms
        case _:
            return abs(RECOMPUTED[op](sizes, entry, at)[0])
