"""What a model is made of: one frozen dataclass per part, and `GPTConfig` that holds one of each.

The *type* of a part says which class is built (`lab.gpt` is the only place that looks), so the
sizes of one variant cannot exist while another is chosen. Standard library only.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, TypeVar, get_args

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

    The ids come from the text (`lab.position_ids.coupled_ids`): structure that a plain count of
    tokens does not hold (after arXiv:2405.20671). Every angle is divided by `factor`, in training
    as well: so slow that no pair comes half way round within the longest text to be read, a
    distance that was never trained is not mistaken for a short one.
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
            require_positive(f"GPTConfig.{name}", getattr(self, name))
        require_positive("attention.n_head", self.attention.n_head)
        require_positive("attention.head_dim", self.attention.head_dim)
        require_positive("ffn.d_ff", self.ffn.d_ff)
        if self.ffn.activation not in get_args(Activation):
            raise ValueError(
                f"ffn.activation={self.ffn.activation!r} is not one of {get_args(Activation)}"
            )
        if isinstance(self.position, Rotary):
            require_rotation(self.position, self.attention.head_dim)
        if isinstance(self.position, LearnedPositions):
            require_positive("position.max_length", self.position.max_length)
        if not 0 < self.embedding_std <= 10:
            raise ValueError(f"embedding_std={self.embedding_std} must lie in (0, 10]")

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types; each part carries its `kind`."""
        plain = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in PART_KINDS}
        parts = {part: part_to_dict(part, getattr(self, part)) for part in PART_KINDS}
        return plain | parts

    @classmethod
    def from_dict(cls, document: dict[str, Any]) -> GPTConfig:
        """Undoes `to_dict`. A missing field takes its default; an unknown one is refused."""
        values = dict(document)
        for part in PART_KINDS.keys() & values.keys():
            values[part] = part_from_dict(part, values[part])
        return build(cls, values)


def require_rotation(position: Rotary, head_dim: int) -> None:
    """What must hold of a rotation, and of the heads that it turns."""
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
    if not 1 < position.base <= MOST_BASE:
        raise ValueError(f"position.base={position.base} must be more than 1, at most {MOST_BASE}")
    if isinstance(position, RotaryPositions) and position.layout not in get_args(PairLayout):
        raise ValueError(
            f"position.layout={position.layout!r} is not one of {get_args(PairLayout)}"
        )
    factor = getattr(position, "factor", 1)
    if not 1 <= factor <= MOST_FACTOR:
        raise ValueError(f"position.factor={factor} must lie in 1 to {MOST_FACTOR}")
    for name in ("farthest", "farthest_place", "farthest_line"):
        require_positive(f"position.{name}", getattr(position, name, 1))
    if isinstance(position, YarnRotaryPositions):
        require_positive("position.original_length", position.original_length)
        if not 0 < position.beta_slow < position.beta_fast:
            raise ValueError(
                f"position.beta_slow={position.beta_slow} must lie between 0 and "
                f"position.beta_fast={position.beta_fast}"
            )


def require_positive(name: str, value: object) -> None:
    if not isinstance(value, int) or value < 1:
        raise ValueError(f"{name}={value!r} must be a whole number of at least 1")


def part_to_dict(part: str, value: Any) -> dict[str, Any]:
    kind = next(kind for kind, cls in PART_KINDS[part].items() if cls is type(value))
    return {"kind": kind, **asdict(value)}


def part_from_dict(part: str, document: dict[str, Any]) -> Any:
    values = dict(document)
    kind = values.pop("kind", None)
    if kind not in PART_KINDS[part]:
        raise ValueError(
            f"{part}.kind={kind!r} is not known; allowed: {', '.join(PART_KINDS[part])}"
        )
    return build(PART_KINDS[part][kind], values)


T = TypeVar("T")


def build(cls: type[T], values: dict[str, Any]) -> T:
    """Make a dataclass from a dict; a field it does not have is refused by name."""
    known = {f.name for f in fields(cls)}  # pyright: ignore[reportArgumentType]
    unknown = sorted(values.keys() - known)
    if unknown:
        raise ValueError(
            f"{cls.__name__} has no field {', '.join(unknown)}; it has {', '.join(sorted(known))}"
        )
    return cls(**values)
