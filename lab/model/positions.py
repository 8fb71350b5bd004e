"""How a token learns where it stands: a learned table, a rotation, or not at all.

A position may add to the stream at the bottom (`embed`), turn queries and keys in every layer
(`rotate_queries`, `rotate_keys`), add a bias to the scores (`bias`), or give the scores itself
(`scores`); each of these may be nothing. Where the tokens stand is told from outside: positions are
made by the format. What every layer needs of them (`turn`, `table`) is computed once a forward and
held in a `Relation`.

Shapes: `B` batch, `T` tokens, `S` keys, `H` heads, `Dk` head_dim, `D` d_model, `A` axes of a
position. Positions are (B, T) or (1, T), with a last axis A where there is more than one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, TypedDict

import torch
from torch import Tensor, nn

from lab.model.config import PairLayout
from lab.model.roles import Meaning, Role
from lab.model.rules import Contract, Lookup, Rule, Rules, Sum
from lab.model.trace import TraceLike

Turn = tuple[Tensor, Tensor]
"""Cosine and sine of the angle of every pair of every token, (B, 1, T, Dk/2) each."""

STILL: Turn = (torch.ones(1), torch.zeros(1))


class Rotation(TypedDict):
    """A matrix that turns pairs: angle n is the sum over axes a of places[..., a] speeds[a][n].

    Pair n is (n, n + Dk/2) with the layout "half", (2 n, 2 n + 1) with "interleaved".

    `places` (T, A) are positions, or (T, S, A) distances; `speeds` (A, Dk/2) are radians a
    position.
    """

    layout: PairLayout
    gain: float
    places: list[Any]
    speeds: list[list[float]]


Given = list[Any] | Rotation
"""Numbers that are neither learned nor formed: nested lists, as many deep as there are axes."""


def rotation(
    places: Tensor, speeds: Tensor, layout: PairLayout = "half", gain: float = 1.0
) -> Rotation:
    return Rotation(layout=layout, gain=gain, places=places.tolist(), speeds=speeds.tolist())


class Position(nn.Module):
    """Nothing is added, nothing is turned, nothing is added to a score: no positions at all."""

    begins_with: tuple[str, ...] = ("embed",)
    """What the stream is at the bottom, by the names of its terms."""

    @property
    def emits(self) -> Rules:
        return {}

    @property
    def turned(self) -> Rules:
        """Of what it forms in a layer: queries and keys, turned."""
        return {name: rule for name, rule in self.emits.items() if name not in self.begins_with}

    def scores_rule(self, key_head: str, scale: float) -> Rule:
        """How a score comes from what is emitted, where a kernel forms scores at all.

        `key_head` is the key head that query head h reads, such as `h//2`.
        """
        return Contract(("q", "k"), f"h t i, {key_head} s i -> h t s", scale)

    def given(self, positions: Tensor) -> dict[str, Given]:
        """By name the tables that the rules read, for one text: positions (1, T) or (1, T, A)."""
        return {}

    def embed(self, x: Tensor, positions: Tensor, trace: TraceLike) -> Tensor:
        """What the stream begins with. (B, T, D) -> (B, T, D)"""
        return x

    def turn(self, positions: Tensor, dtype: torch.dtype) -> Turn:
        """By what the queries and keys of a call are turned, where they are."""
        return STILL

    def rotate_queries(self, q: Tensor, turn: Turn, trace: TraceLike) -> Tensor:
        """Queries of this call, turned. (B, H, T, Dk) -> the same, or more ways of each."""
        return q

    def rotate_keys(self, k: Tensor, turn: Turn, trace: TraceLike) -> Tensor:
        """Keys of this call, turned, as a cache keeps them. (B, H, T, Dk) -> as above"""
        return k

    def bias(self, i: Tensor, j: Tensor) -> Tensor | None:
        """What is added to the score of a query at i (B, T) and a key at j (B, S): (B, H, T, S)"""
        return None

    def score_table(self, i: Tensor, j: Tensor, dtype: torch.dtype) -> Any:
        """What the scores of queries at i and keys at j need besides both: here the bias."""
        bias = self.bias(i, j)
        return None if bias is None else bias.to(dtype)

    def scores(self, q: Tensor, k: Tensor, table: Any) -> Tensor:
        """q' k + bias. (B, H, T, Dk), (B, H, S, Dk) -> (B, H, T, S)"""
        product = q @ k.mT
        return product if table is None else product + table.to(product.dtype)


class NoPositions(Position):
    """Nothing is said of positions."""


class ALiBiPositions(Position):
    """score(i, j) = q' k / sqrt(Dk) - slope_h |i - j|, slope_h = 2^(-8 h / H) for h = 1 ... H.

    (arXiv:2108.12409, section 3; between powers of two the paper's code takes other slopes, here
    the formula holds for every H.)
    """

    def __init__(self, n_head: int) -> None:
        super().__init__()
        # No buffer: it follows from n_head, so that no checkpoint need hold it.
        self.slopes = 2.0 ** (-8 * torch.arange(1, n_head + 1, dtype=torch.float64) / n_head)

    def scores_rule(self, key_head: str, scale: float) -> Rule:
        product = super().scores_rule(key_head, scale)
        return Sum((product, Contract(("slopes", "distance"), "h, t s -> h t s", -1.0)))

    def given(self, positions: Tensor) -> dict[str, Given]:
        (i,) = positions
        return {"slopes": self.slopes.tolist(), "distance": (i[:, None] - i).abs().tolist()}

    def bias(self, i: Tensor, j: Tensor) -> Tensor:
        distance = (i[:, None, :, None] - j[:, None, None, :]).abs()  # (B, 1, T, S)
        return -self.slopes.to(distance.device)[:, None, None] * distance


class PastTheTable(ValueError):
    """A position beyond the last row of a learned table."""


class LearnedPositions(Position):
    """x_t + P[position_t]: one trained vector a position, none beyond the table."""

    meanings: ClassVar[dict[str, Meaning]] = {
        "table": Meaning(
            ("position", "d_model"), "a row for each position: what it writes to the stream"
        ),
    }
    roles: ClassVar[dict[str, Role]] = {"table.weight": "embedding"}
    begins_with = ("embed", "pos_embed")

    def __init__(self, max_length: int, d_model: int) -> None:
        super().__init__()
        self.table = nn.Embedding(max_length, d_model)

    @property
    def emits(self) -> Rules:
        return {"pos_embed": Lookup(("position.table.weight",), rows="positions")}

    def given(self, positions: Tensor) -> dict[str, Given]:
        return {"positions": positions[0].tolist()}

    def embed(self, x: Tensor, positions: Tensor, trace: TraceLike) -> Tensor:
        # Asked here, since torch's own error names neither the position nor the length.
        room = self.table.num_embeddings
        if int(positions.max()) >= room:
            raise PastTheTable(
                f"position {int(positions.max())} is past the table of max_length={room}"
            )
        # Expanded, so that a trace of it has the batch axis that `ACTIVATIONS` promises.
        return x + trace("pos_embed", self.table(positions).expand_as(x))


class RotaryPositions(Position):
    """Turn pair n of every query and key by the angle position . frequencies[:, n].

    Then the score of a query at position i with a key at j depends on i - j alone
    (arXiv:2104.09864). `frequencies` (A, Dk/2) are radians a position, a row an axis. `gain`, 1 but
    for YaRN, multiplies what was turned. The layout "half" deviates from the paper in pairing
    halves, not neighbours: the same rotation with the coordinates in another order.
    """

    def __init__(self, frequencies: Tensor, layout: PairLayout = "half", gain: float = 1.0) -> None:
        super().__init__()
        self.frequencies = frequencies.double()
        self.layout: PairLayout = layout
        self.gain = gain

    @property
    def emits(self) -> Rules:
        turned = "h t j, t i j -> h t i"
        return {x: Contract((x[-1], "rotation"), turned) for x in ("rot_q", "rot_k")}

    def scores_rule(self, key_head: str, scale: float) -> Rule:
        return Contract(("rot_q", "rot_k"), f"h t i, {key_head} s i -> h t s", scale)

    def given(self, positions: Tensor) -> dict[str, Given]:
        places = by_axis(positions[0], len(self.frequencies))
        return {"rotation": rotation(places, self.frequencies, self.layout, self.gain)}

    def turn(self, positions: Tensor, dtype: torch.dtype) -> Turn:
        # Rounded last, cosine and sine, not the angle: far out its rounding would be large.
        angles = angles_of(positions, self.frequencies)
        return (self.gain * angles.cos()).to(dtype), (self.gain * angles.sin()).to(dtype)

    def rotate_queries(self, q: Tensor, turn: Turn, trace: TraceLike) -> Tensor:
        return trace("rot_q", self.rotated(q, turn))

    def rotate_keys(self, k: Tensor, turn: Turn, trace: TraceLike) -> Tensor:
        return trace("rot_k", self.rotated(k, turn))

    def rotated(self, x: Tensor, turn: Turn) -> Tensor:
        return turn_pairs(x, turn[0].to(x.dtype), turn[1].to(x.dtype), self.layout)


def angles_of(positions: Tensor, speeds: Tensor) -> Tensor:
    """Positions times speeds (A, Dk/2), in radians and float64, alike for every head.

    (B, T) or (B, T, A) -> (B, 1, T, Dk/2)
    """
    speeds = speeds.to(positions.device)
    angles = (by_axis(positions, len(speeds))[..., None].double() * speeds).sum(-2)
    return angles[..., None, :, :]


def by_axis(positions: Tensor, n_axis: int) -> Tensor:
    """Positions with a last axis A, also where there is but one. (B, T) -> (B, T, 1)"""
    return positions[..., None] if n_axis == 1 else positions


def turn_pairs(x: Tensor, cos: Tensor, sin: Tensor, layout: PairLayout = "half") -> Tensor:
    """Rotate each pair (x1, x2): (x1 cos - x2 sin, x1 sin + x2 cos). (B, H, T, Dk) -> same"""
    if layout == "interleaved":
        x1, x2 = x[..., 0::2], x[..., 1::2]
        return torch.stack([x1 * cos - x2 * sin, x1 * sin + x2 * cos], dim=-1).flatten(-2)
    x1, x2 = x.chunk(2, dim=-1)
    return torch.cat([x1 * cos - x2 * sin, x1 * sin + x2 * cos], dim=-1)


def pairs_of(head_dim: int, layout: PairLayout) -> list[tuple[int, int]]:
    """The two numbers of every pair, the fastest pair first: Dk/2 of them."""
    half = head_dim // 2
    return [(n, n + half) if layout == "half" else (2 * n, 2 * n + 1) for n in range(half)]


@dataclass(frozen=True)
class Relation:
    """How the tokens of a call, at i, stand to all that are kept, at j: alike in every layer.

    What has to be computed of positions is computed at its first use, and once.
    """

    position: Position
    i: Tensor  # (B, T) or (B, T, A)
    j: Tensor  # (B, S) or (B, S, A)
    dtype: torch.dtype = torch.float32

    @cached_property
    def turn(self) -> Turn:
        return self.position.turn(self.i, self.dtype)

    @cached_property
    def table(self) -> Any:
        """Where positions enter the scores by a bias, that bias, (B, H, T, S); None without."""
        return self.position.score_table(self.i, self.j, self.dtype)

    def tile(self, queries: range, keys: range) -> Any:
        """The table of some queries and some keys; nothing is formed of the others."""
        i, j = (at[:, of.start : of.stop] for at, of in ((self.i, queries), (self.j, keys)))
        return self.position.score_table(i, j, self.dtype)

    def rotate_queries(self, q: Tensor, trace: TraceLike) -> Tensor:
        return self.position.rotate_queries(q, self.turn, trace)

    def rotate_keys(self, k: Tensor, trace: TraceLike) -> Tensor:
        return self.position.rotate_keys(k, self.turn, trace)

    def scores(self, q: Tensor, k: Tensor) -> Tensor:
        """(B, H, T, Dk), (B, H, S, Dk) -> (B, H, T, S)"""
        return self.position.scores(q, k, self.table)


UNRELATED = Relation(NoPositions(), torch.zeros(1, 0), torch.zeros(1, 0))
"""Of tokens whose positions do not matter."""


# ---------------------------------------------------------------- how fast each pair turns


def frequencies(head_dim: int, base: float) -> Tensor:
    """base^(-2n/Dk) for n = 0, 1, ...: from one radian a position to almost 1/base. (Dk/2,)"""
    pairs = torch.arange(0, head_dim, 2, dtype=torch.float64)
    return base ** (-pairs / head_dim)


def coupled_frequencies(head_dim: int, base: float) -> Tensor:
    """Half of the pairs turn with the first axis and half with the second. (2, Dk/2)"""
    # A whole ladder for each axis, so that both have fast pairs and slow ones.
    ladder = frequencies(head_dim // 2, base)
    return torch.block_diag(ladder[None], ladder[None])


def yarn_frequencies(
    head_dim: int,
    base: float,
    factor: float,
    original_length: int,
    beta_fast: float,
    beta_slow: float,
) -> Tensor:
    """Fast pairs as they were, slow ones divided by `factor` (arXiv:2309.00071, eq. 19-21).

    `rounds` is how often a pair turns full circle within `original_length`. (Dk/2,)
    """
    usual = frequencies(head_dim, base)
    rounds = original_length * usual / (2 * math.pi)
    # A pair that went round often has met all angles; a slow one must not pass those it met.
    keep = ((rounds - beta_slow) / (beta_fast - beta_slow)).clamp(0, 1)
    return keep * usual + (1 - keep) * usual / factor


def yarn_gain(factor: float) -> float:
    """What YaRN multiplies queries and keys with, 0.1 ln(factor) + 1 (arXiv:2309.00071, eq. 22)."""
    return 0.1 * math.log(factor) + 1
