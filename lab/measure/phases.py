"""What prefill and decode ask of a machine: operations, bytes, and the roof over them.

Nothing is timed here, so that what was timed is read without torch.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lab.model.config import GPTConfig
from lab.model.cost import flops_per_token_forward, forward_bytes, prefill_flops


@dataclass(frozen=True)
class Work:
    """Operations of a step, and the bytes that it must fetch for them."""

    operations: int
    bytes: int

    @property
    def intensity(self) -> float:
        """Operations for each byte."""
        return self.operations / self.bytes


def prefill(config: GPTConfig, n_token: int, batch: int = 1) -> Work:
    """Of reading `n_token` of each text at once."""
    return Work(batch * prefill_flops(config, n_token), forward_bytes(config, n_token, batch=batch))


def decode(config: GPTConfig, n_token: int, batch: int = 1) -> Work:
    """Of reading the last of `n_token` of each text; the others lie in a cache."""
    operations = batch * flops_per_token_forward(config, n_token)
    return Work(operations, forward_bytes(config, n_token, batch=batch))


@dataclass(frozen=True)
class Roof:
    """The most that a machine reaches: so many operations a second, and so many bytes."""

    operations_per_second: float
    bytes_per_second: float

    @property
    def ridge(self) -> float:
        """From so many operations for each byte on, arithmetic is the limit and not memory."""
        return self.operations_per_second / self.bytes_per_second

    def at(self, intensity: float) -> float:
        """The most operations a second for work of this intensity."""
        return min(self.operations_per_second, intensity * self.bytes_per_second)


What = Literal["product", "far", "near", "prefill", "decode"]


@dataclass(frozen=True)
class Piece:
    """One thing that was timed, and its work; of a step, `length` tokens in `batch` texts."""

    what: What
    work: Work
    seconds: float
    batch: int = 1
    length: int = 0

    @property
    def operations_per_second(self) -> float:
        return self.work.operations / self.seconds

    @property
    def bytes_per_second(self) -> float:
        return self.work.bytes / self.seconds


@dataclass(frozen=True)
class TimedStep:
    """The step that wrote `ids` (B,) behind `length` tokens of each text."""

    length: int
    cached: bool
    seconds: float
    ids: NDArray[np.int64]


def roof(pieces: Iterable[Piece], where: Literal["far", "near"] = "far") -> Roof:
    """The most of any turn: what can be reached, not what is usual. `ValueError` before a turn."""
    all_of = list(pieces)
    return Roof(
        max(piece.operations_per_second for piece in all_of if piece.what == "product"),
        max(piece.bytes_per_second for piece in all_of if piece.what == where),
    )


def middle(pieces: Iterable[Piece]) -> list[Piece]:
    """Of each prefill, and of decoding so many texts, the piece of the middle seconds."""
    alike: dict[tuple[str, int, int], list[Piece]] = {}
    for piece in pieces:
        length = piece.length if piece.what == "prefill" else 0
        alike.setdefault((piece.what, piece.batch, length), []).append(piece)
    return [
        sorted(some, key=lambda piece: piece.seconds)[len(some) // 2] for some in alike.values()
    ]
