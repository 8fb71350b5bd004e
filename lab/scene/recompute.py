"""A cell of a scene, computed anew from what its rule reads.

The reference for every front end: it knows nothing but the manifest and the two blobs. The eight
operations stand in `lab.scene.ops`, a file each. The model computes in float32 and this in
float64, so a cell may differ from the one shown in its last digits; how far rounding may take it is
computed with it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.model.rules import Operand, Rule, from_document, names_in
from lab.scene.manifest import FINER, Entry, Kind, Manifest
from lab.scene.operands import ROUNDED, Cells, Numbers, Places, exactly
from lab.scene.ops.table import OPS
from lab.scene.rotation import Turning

Index = tuple[int, ...]
Blobs = Mapping[Kind, bytes]


@dataclass(frozen=True)
class Reader:
    """The numbers of a scene by the names of its tensors."""

    manifest: Manifest
    blobs: Blobs

    @cached_property
    def entries(self) -> dict[str, Entry]:
        return {entry["name"]: entry for entry in self.manifest["tensors"]}

    @cached_property
    def given(self) -> dict[str, Any]:
        """The tables that rules read, each indexed as an array is."""
        tables = self.manifest["given"]
        return {n: np.asarray(x) if isinstance(x, list) else Turning(x) for n, x in tables.items()}

    @cached_property
    def opened(self) -> dict[str, NDArray[np.floating]]:
        """What was read so far, in units of its scale."""
        return {}

    def entry(self, name: str) -> Entry:
        if name not in self.entries:
            raise ValueError(f"the scene has no tensor {name!r}")
        return self.entries[name]

    @cached_property
    def rules(self) -> dict[str, Rule]:
        """Those that were asked for so far."""
        return {}

    def rule(self, name: str) -> Rule | None:
        document = self.entry(name)["rule"]
        if document is None:
            return None
        if name not in self.rules:
            self.rules[name] = from_document(document)
        return self.rules[name]

    def numbers(self, name: str) -> NDArray[np.floating]:
        """A tensor in units of its scale; `ValueError` if the blob ends before the tensor."""
        if name not in self.opened:
            entry = self.entry(name)
            numbers = self.halves(entry, entry["offset"])
            if entry["rest"] is not None:
                numbers = numbers + self.halves(entry, entry["rest"]).astype(np.float64) / FINER
            self.opened[name] = numbers.reshape(entry["shape"])
        return self.opened[name]

    def halves(self, entry: Entry, offset: int) -> NDArray[np.float16]:
        size, blob = math.prod(entry["shape"]), self.blobs[entry["kind"]]
        if len(blob) < 2 * (offset + size):
            raise ValueError(
                f"the blob of {entry['kind']}s ends at byte {len(blob)}, in {entry['name']!r}"
            )
        return np.frombuffer(blob, np.float16, size, 2 * offset)

    def read(self, name: str, *index: Any) -> Numbers:
        """The part of a tensor at `index`, as NumPy indexes."""
        part = taken(self.numbers(name), index)
        return np.asarray(part, dtype=np.float64) * self.entry(name)["scale"]

    def number(self, name: str, *index: int) -> float:
        return float(self.read(name, *index))

    # ------------------------------------------------------------ what an operand is

    def cells(self, operand: Operand, at: Places) -> Cells:
        """An operand at a place, or at many: whole numbers along its axes, or arrays of them."""
        if isinstance(operand, Rule):
            return OPS[type(operand)].cells(self, operand, at)
        if operand is None:
            return exactly(np.full(np.broadcast_shapes(*map(np.shape, at)), -np.inf))
        if operand in self.given:
            return exactly(self.given[operand][at])
        value = self.read(operand, *at)
        least = 2.0**-25 * self.entry(operand)["scale"]  # half a step where float16 ends
        return Cells(value, np.where(np.isfinite(value), ROUNDED * abs(value) + least, 0.0))

    def values(self, operand: Operand, at: Places) -> Numbers:
        """The numbers of `cells`, without their errors."""
        if isinstance(operand, str) and operand not in self.given:
            return self.read(operand, *at)
        return self.cells(operand, at).value

    def whole_number(self, name: str, at: Places) -> Any:
        """What an index map reads: of a table, or of a tensor."""
        return self.given[name][at] if name in self.given else self.read(name, *at)

    def shape_of(self, operand: Operand) -> tuple[int, ...]:
        if isinstance(operand, Rule):
            return OPS[type(operand)].shape(self, operand)
        assert operand is not None, "only a chosen minus infinity has no shape"
        if operand in self.given:
            return self.given[operand].shape
        return tuple(self.entry(operand)["shape"])

    def is_formed(self, operand: Operand) -> bool:
        """Whether an operand holds what was formed on this text, or only what was learned."""
        names = names_in(operand) if isinstance(operand, Rule) else [operand]
        entries = (self.entries.get(name) for name in names if name is not None)
        return any(entry is not None and entry["kind"] == "activation" for entry in entries)


def taken(x: NDArray[Any], index: tuple[Any, ...]) -> NDArray[Any]:
    """x[index]; whole runs along every axis are sliced out, not gathered one by one.

    Such are the places of a grid: each axis of x along axes of its own, from first to last.
    """
    if not any(isinstance(place, np.ndarray) and place.ndim for place in index):
        return x[index]
    places = [np.asarray(place) for place in index]
    along = [axis for p in places for axis in range(-p.ndim, 0) if p.shape[axis] > 1]
    if len(places) < x.ndim or along != sorted(set(along)) or not all(map(is_run, places)):
        return x[index]
    part = x[tuple(slice(p.flat[0], p.flat[0] + p.size) for p in places)]
    return part.reshape(np.broadcast_shapes(*(p.shape for p in places)))


def is_run(places: NDArray[Any]) -> bool:
    """Whether every place is one behind the place before."""
    return places.size == 1 or bool((np.diff(places.ravel()) == 1).all())


def read_cell(manifest: Manifest, blobs: Blobs, name: str, index: Sequence[int]) -> float:
    """The value that the scene shows in a cell."""
    reader = Reader(manifest, blobs)
    require_inside(reader.entry(name), index)
    return reader.number(name, *index)


def recompute_cell(manifest: Manifest, blobs: Blobs, name: str, index: Sequence[int]) -> float:
    """The value of a cell computed from its inputs; what no rule explains is read.

    `ValueError` for a name or an index that the scene does not have.
    """
    reader = Reader(manifest, blobs)
    require_inside(reader.entry(name), index)
    place = tuple(int(i) for i in index)
    return float(reader.cells(reader.rule(name) or name, place).value)


def require_inside(entry: Entry, index: Sequence[int]) -> None:
    shape = entry["shape"]
    if len(index) != len(shape) or not all(0 <= i < n for i, n in zip(index, shape, strict=True)):
        raise ValueError(f"{entry['name']!r} has the shape {shape}, and no cell {list(index)}")
