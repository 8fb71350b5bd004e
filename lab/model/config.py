"""What a model is made of: one frozen dataclass per part, and `GPTConfig` that holds one of each.

The *type* of a part says which class is built (`lab.model.gpt` is the only place that looks), so
the sizes of one variant cannot exist while another is chosen. Standard library only.
"""

from __future__ import annotations

import math
from dataclasses import MISSING, asdict, dataclass, field, fields
from reprlib import repr as shown
from typing import Any, Literal, TypeVar, cast, get_args

Activation = Literal["relu2", "gelu", "swiglu"]
PairLayout = Literal["half", "interleaved"]


@dataclass(frozen=True)
class LearnedPositions:
    """A table with one trained vector a position (arXiv:1706.03762, section 3.5)."""

    max_length: int = 64


@dataclass(frozen=True)
class RotaryPositions:
    """Rotate pairs of q and k by an angle that grows with the position (arXiv:2104.09864).

    `layout` says which two numbers of a head make a pair: neighbours (interleaved, as in the
    paper), or one from each half, as most code has it.
    """

    base: float = 10_000.0
    layout: PairLayout = "half"


@dataclass(frozen=True)
class InterpolatedRotaryPositions:
    """Rotary, every angle divided by `factor`: longer texts at known angles (arXiv:2306.15595)."""

    base: float = 10_000.0
    factor: float = 2.0


@dataclass(frozen=True)
class YarnRotaryPositions:
    """Rotary with only the slow pairs divided by `factor` (arXiv:2309.00071, section 3.2).

    A pair that turns at least `beta_fast` times within `original_length` keeps its speed, one that
    turns at most `beta_slow` times is slowed by `factor`, with a ramp between.
    """

    base: float = 10_000.0
    factor: float = 2.0
    original_length: int = 64
    beta_fast: float = 32.0
    beta_slow: float = 1.0


@dataclass(frozen=True)
class CoupledRotaryPositions:
    """Rotary along two axes, half of the pairs each: which digit, and which partial product.

    The ids come from the text (`lab.data.position_ids.coupled_ids`): structure that a plain count
    of tokens does not hold (after arXiv:2405.20671). Every angle is divided by `factor`, in
    training as well: so slow that no pair comes half way round within the longest text to be read,
    a distance that was never trained is not mistaken for a short one.
    """

    base: float = 10_000.0
    factor: float = 1.0


@dataclass(frozen=True)
class ClippedRotaryPositions:
    """Rotary, a token farther away than `farthest` scored as if it were that far.

    Distances of longer texts stay familiar (after Shaw and others, arXiv:1803.02155, section 3.2;
    Su's ReRoPE does the same to a trained rotary model). Brings an attention kernel of its own.
    """

    base: float = 10_000.0
    farthest: int = 64


@dataclass(frozen=True)
class ClippedCoupledRotaryPositions:
    """Coupled rotary, the distance along each axis at most `farthest_place`, `farthest_line`."""

    base: float = 10_000.0
    factor: float = 1.0
    farthest_place: int = 4
    farthest_line: int = 3


@dataclass(frozen=True)
class NoPositions:
    """Nothing is said of positions: only the causal mask tells them apart (arXiv:2305.19466)."""


@dataclass(frozen=True)
class MultiHeadAttention:
    """`n_head` heads of `head_dim`; `qk_norm` puts an RMSNorm on q and k (arXiv:2010.04245)."""

    n_head: int = 4
    head_dim: int = 64
    qk_norm: bool = False


@dataclass(frozen=True)
class DenseFFN:
    """Two matrices with `activation` between; swiglu has three at two thirds of `d_ff`."""

    d_ff: int = 1024
    activation: Activation = "relu2"


@dataclass(frozen=True)
class PlainResidual:
    """The stream is a plain sum: x + attention + ffn + ..."""


@dataclass(frozen=True)
class MathKernel:
    """Attention as written in the book; the only kernel that forms `scores` and `pattern`."""


@dataclass(frozen=True)
class SdpaKernel:
    """torch's fused scaled_dot_product_attention."""


Clipped = ClippedRotaryPositions | ClippedCoupledRotaryPositions
Coupled = CoupledRotaryPositions | ClippedCoupledRotaryPositions
Rotary = RotaryPositions | InterpolatedRotaryPositions | YarnRotaryPositions | Clipped | Coupled
Position = LearnedPositions | Rotary | NoPositions
Attention = MultiHeadAttention
FFN = DenseFFN
Residual = PlainResidual
Kernel = MathKernel | SdpaKernel

MOST_BASE, MOST_FACTOR = 1e9, 1e3

MOST = 1_000_000
"""No size of a model, no step and no batch counts further."""

PART_KINDS: dict[str, dict[str, type]] = {
    "position": {
        "learned": LearnedPositions,
        "rotary": RotaryPositions,
        "interpolated_rotary": InterpolatedRotaryPositions,
        "yarn_rotary": YarnRotaryPositions,
        "coupled_rotary": CoupledRotaryPositions,
        "clipped_rotary": ClippedRotaryPositions,
        "clipped_coupled_rotary": ClippedCoupledRotaryPositions,
        "none": NoPositions,
    },
    "attention": {"multi_head": MultiHeadAttention},
    "ffn": {"dense": DenseFFN},
    "residual": {"plain": PlainResidual},
    "kernel": {"math": MathKernel, "sdpa": SdpaKernel},
}
PARTS = PART_KINDS.keys()


@dataclass(frozen=True)
class GPTConfig:
    """A whole model. Raises `ValueError`, naming both values, for sizes that do not fit.

    `embedding_std` is the spread that token and position embeddings start with. Small ones are
    shaped by training; large ones stay random codes.
    """

    vocab_size: int = 16
    n_layer: int = 6
    d_model: int = 256
    position: Position = field(default_factory=LearnedPositions)
    attention: Attention = field(default_factory=MultiHeadAttention)
    ffn: FFN = field(default_factory=DenseFFN)
    residual: Residual = field(default_factory=PlainResidual)
    kernel: Kernel = field(default_factory=MathKernel)
    norm_eps: float = 1e-6
    embedding_std: float = 0.02

    def __post_init__(self) -> None:
        for name in ("vocab_size", "n_layer", "d_model"):
            require_whole(f"GPTConfig.{name}", getattr(self, name))
        require_number("GPTConfig.norm_eps", self.norm_eps, above=0, most=1)
        require_number("GPTConfig.embedding_std", self.embedding_std, above=0, most=10)
        for part in PARTS:
            require_part(part, getattr(self, part))
        require_attention(self.attention)
        require_whole("ffn.d_ff", self.ffn.d_ff)
        require_word("ffn.activation", self.ffn.activation, Activation)
        require_position(self.position, self.attention.head_dim)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types; each part carries its `kind`."""
        plain = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in PARTS}
        parts = {part: part_to_dict(part, getattr(self, part)) for part in PARTS}
        return plain | parts

    @classmethod
    def from_dict(cls, document: object) -> GPTConfig:
        """Undoes `to_dict`. A missing field takes its default; an unknown one is refused."""
        values = object_of("model", document)
        parts = {part: part_from_dict(part, values[part]) for part in PARTS & values.keys()}
        return build(cls, values | parts)


def require_part(part: str, value: object) -> None:
    classes = PART_KINDS[part].values()
    if type(value) not in classes:
        names = ", ".join(cls.__name__ for cls in classes)
        raise ValueError(f"{part}={shown(value)} is not one of {names}")


def require_attention(attention: Attention) -> None:
    require_whole("attention.n_head", attention.n_head)
    require_whole("attention.head_dim", attention.head_dim)
    require_flag("attention.qk_norm", attention.qk_norm)


def require_position(position: Position, head_dim: int) -> None:
    """What must hold of positions, and of the heads that they turn."""
    for name in ("max_length", "original_length", "farthest", "farthest_place", "farthest_line"):
        require_whole(f"position.{name}", getattr(position, name, 1))
    if isinstance(position, Rotary):
        require_even_heads(position, head_dim)
        require_number("position.base", position.base, above=1, most=MOST_BASE)
        factor = getattr(position, "factor", 1)
        require_number("position.factor", factor, least=1, most=MOST_FACTOR)
    if isinstance(position, RotaryPositions):
        require_word("position.layout", position.layout, PairLayout)
    if isinstance(position, YarnRotaryPositions):
        require_number("position.beta_slow", position.beta_slow, above=0, most=MOST_FACTOR)
        require_number("position.beta_fast", position.beta_fast, above=0, most=MOST_FACTOR)
        if not position.beta_slow < position.beta_fast:
            raise ValueError(
                f"position.beta_slow={position.beta_slow} must be less than "
                f"position.beta_fast={position.beta_fast}"
            )


def require_even_heads(position: Rotary, head_dim: int) -> None:
    if head_dim % 2:
        raise ValueError(
            f"rotary positions turn pairs of numbers, so attention.head_dim={head_dim} "
            f"must be even (position={position})"
        )
    if isinstance(position, Coupled) and head_dim % 4:
        raise ValueError(
            f"coupled positions share the pairs of a head between two axes, so "
            f"attention.head_dim={head_dim} must be a multiple of 4 (position={position})"
        )


def part_to_dict(part: str, value: Any) -> dict[str, Any]:
    kind = next(kind for kind, cls in PART_KINDS[part].items() if cls is type(value))
    return {"kind": kind, **asdict(value)}


def part_from_dict(part: str, document: object) -> Any:
    kinds = PART_KINDS[part]
    values = dict(object_of(part, document, f"whose kind is one of {', '.join(kinds)}"))
    kind = values.pop("kind", None)
    if not isinstance(kind, str) or kind not in kinds:
        raise ValueError(f"{part}.kind={shown(kind)} is not known; allowed: {', '.join(kinds)}")
    return build(kinds[kind], values)


T = TypeVar("T")


def build(cls: type[T], document: object) -> T:
    """Make a dataclass from a dict; a field it does not have, or lacks, is refused by name."""
    values = object_of(cls.__name__, document)
    known = {f.name: f for f in fields(cls)}  # pyright: ignore[reportArgumentType]
    unknown = sorted(values.keys() - known.keys())
    if unknown:
        raise ValueError(
            f"{cls.__name__} has no field {', '.join(unknown)}; it has {', '.join(sorted(known))}"
        )
    needed = {n for n, f in known.items() if f.default is MISSING and f.default_factory is MISSING}
    if lacking := sorted(needed - values.keys()):
        raise ValueError(f"{cls.__name__} lacks {', '.join(lacking)}")
    return cls(**values)


# ---------------------------------------------------------------- what a field may hold


def require_whole(name: str, value: object, least: int = 1, most: int = MOST) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise ValueError(f"{name}={shown(value)} must be a whole number from {least} to {most}")


def require_number(
    name: str,
    value: object,
    *,
    above: float = -math.inf,
    least: float = -math.inf,
    most: float = math.inf,
    below: float = math.inf,
) -> None:
    """A number within the bounds, of which a lower and an upper one are given."""
    number = value if isinstance(value, int | float) and not isinstance(value, bool) else math.nan
    if above < number < below and least <= number <= most:
        return
    upper = "to" if math.isfinite(least) else "and at most"
    bounds = {"more than": above, "from": least, upper: most, "and less than": below}
    said = " ".join(f"{word} {bound:g}" for word, bound in bounds.items() if math.isfinite(bound))
    raise ValueError(f"{name}={shown(value)} must be a number {said}")


def require_flag(name: str, value: object) -> None:
    if not isinstance(value, bool):
        raise ValueError(f"{name}={shown(value)} must be true or false")


def require_word(name: str, value: object, words: Any) -> None:
    """One of the words of a `Literal`."""
    if value not in get_args(words):
        raise ValueError(f"{name}={shown(value)} is not one of {', '.join(get_args(words))}")


def object_of(name: str, document: object, what: str = "of named fields") -> dict[str, Any]:
    """What JSON calls an object, as it is."""
    if not isinstance(document, dict):
        raise ValueError(f"{name}={shown(document)} must be an object {what}")
    return cast(dict[str, Any], document)
