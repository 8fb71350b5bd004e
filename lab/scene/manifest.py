"""What a scene consists of: a manifest of every matrix, and their numbers in float16 in two blobs.
Where one float16 cannot hold a number, a second one holds what is left of it.

The manifest says of each tensor where it lies, which axes it has, and how a cell of it comes from
which other tensors. `lab.scene.recompute` computes a cell from that alone.

Shapes: `T` tokens, `H` heads, `Dk` head_dim, `D` d_model, `F` neurons, `V` vocabulary. The batch,
of one text, is left out.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Literal, TypedDict
from zlib import crc32

if TYPE_CHECKING:
    from torch import Tensor

    from lab.model.positions import Given

VERSION = 3
MOST_TOKENS = 64
"""A scene of the 4.7M model at 64 tokens is 8.4 MB of activations."""

LARGEST = 2.0**14
"""Scaled numbers stay at or below it, so float16 (up to 65504) leaves room to add a few."""

FINER = 2.0**11
"""What float16 leaves of a number is kept times this: together they hold 22 bits."""

Kind = Literal["weight", "activation"]


class Source(TypedDict):
    file: str
    line: int


class Entry(TypedDict):
    """One tensor: `offset` counts float16 numbers in the blob of its kind, laid out row by row.

    A cell is float16 * `scale`, and the float16 at `rest` / 2^11 * `scale` on top of it; `rest` is
    None where that would add nothing, as for weights, which are kept in bf16. `rule` says how it
    comes from cells of `inputs` (see `lab.model.rules`, whose document it is, under full names); it
    is None, with no inputs, for a weight and for an activation that no rule explains. `stream` is
    true of the residual stream, `kept` of what is not computed again when the text grows.
    """

    name: str
    kind: Kind
    axes: list[str]
    shape: list[int]
    offset: int
    rest: int | None
    scale: float
    layer: int | None
    formula: str
    inputs: list[str]
    rule: dict[str, Any] | None
    stream: bool
    kept: bool
    meaning: str
    source: Source


class Manifest(TypedDict):
    """What a front end needs to know; plain JSON. `edited` names the activations changed by hand,
    which their formulas no longer explain. `given` are tables that rules read: numbers that are
    neither learned nor formed, such as the ids of the tokens or how far pairs are turned."""

    version: int
    run: str
    vocabulary: str
    tokens: list[str]
    config: dict[str, Any]
    given: dict[str, Given]
    weights_digest: str
    activations_digest: str
    edited: list[str]
    tensors: list[Entry]


@dataclass(frozen=True)
class Packed:
    """Tensors of one kind, one behind the other, with a digest of their numbers and places."""

    entries: tuple[Entry, ...]
    blob: bytes
    digest: str


@dataclass(frozen=True)
class Scene:
    manifest: Manifest
    weights: bytes
    activations: bytes

    @property
    def blobs(self) -> dict[Kind, bytes]:
        return {"weight": self.weights, "activation": self.activations}


def label(name: str) -> str:
    """What a tensor is called in a formula: blocks.0.attention.wq.weight is wq, a gain is gain,
    and one of several in a list is called with its number."""
    parts = name.split(".")
    if parts[-1].isdigit():
        return ".".join(parts[-2:])
    return parts[-2] if parts[-1] == "weight" else parts[-1]


def key_of(name: str, layer: int | None) -> str:
    return name if layer is None else f"blocks.{layer}.{name}"


def layer_of(key: str) -> int | None:
    return int(key.split(".")[1]) if key.startswith("blocks.") else None


# ---------------------------------------------------------------- numbers into a blob


def scale_of(x: Tensor) -> float:
    """The power of two by which x is divided to bring its largest number into (2^13, 2^14].

    Then nothing overflows, and only what is 2^38 times smaller than the largest becomes 0.
    Infinities and NaN stay what they are and do not count.
    """
    least, most = (float(end) for end in x.aminmax())
    largest = max(-least, most)
    if not (math.isfinite(least) and math.isfinite(most)):
        largest = float(x.abs().nan_to_num(0.0, posinf=0.0, neginf=0.0).max())
    return 2.0 ** max(-100, math.ceil(math.log2(largest / LARGEST))) if largest > 0 else 1.0


def pack(tensors: Mapping[str, Tensor], about: Mapping[str, Entry]) -> Packed:
    """Fill in offset, rest and scale of each entry, and lay the numbers one behind the other, what
    float16 leaves of them behind them all."""
    entries: list[Entry] = []
    pieces: list[bytes] = []
    rests: list[bytes] = []
    offset, rest = 0, sum(x.numel() for x in tensors.values())
    for name, x in tensors.items():
        scale = scale_of(x)
        whole = x * (1 / scale)
        half = whole.half()
        left = ((whole - half.float()) * FINER).nan_to_num(0.0).half()
        entry: Entry = {**about[name], "offset": offset, "rest": None, "scale": scale}
        pieces.append(half.numpy().tobytes())
        offset += x.numel()
        if left.any():
            entry["rest"] = rest
            rests.append(left.numpy().tobytes())
            rest += x.numel()
        entries.append(entry)
    blob = b"".join([*pieces, *rests])
    return Packed(tuple(entries), blob, digest_of(entries, blob))


def digest_of(entries: Sequence[Entry], blob: bytes) -> str:
    """Of tensors: where they lie, and a checksum of their numbers, which is enough to see that they
    changed."""
    places = [(e["name"], e["shape"], e["offset"], e["rest"], e["scale"]) for e in entries]
    return sha256(json.dumps([*places, crc32(blob)]).encode()).hexdigest()
