"""What a model is made of: one frozen dataclass per part, and `GPTConfig` that holds one of each.

The *type* of a part says which class is built (`lab.gpt` is the only place that looks), so the
sizes of one variant cannot exist while another is chosen. Standard library only.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, TypeVar, get_args

Activation = Literal["relu2", "gelu", "swiglu"]


@dataclass(frozen=True)
class LearnedPositions:
    """A table with one trained vector a position (arXiv:1706.03762, section 3.5)."""

    max_length: int = 64


@dataclass(frozen=True)
class RotaryPositions:
    """Rotate pairs of q and k by an angle that grows with the position (arXiv:2104.09864)."""

    base: float = 10_000.0


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


Position = LearnedPositions | RotaryPositions | NoPositions
Attention = MultiHeadAttention
FFN = DenseFFN
Residual = PlainResidual
Kernel = MathKernel | SdpaKernel

PART_KINDS: dict[str, dict[str, type]] = {
    "position": {"learned": LearnedPositions, "rotary": RotaryPositions, "none": NoPositions},
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
        if isinstance(self.position, RotaryPositions) and self.attention.head_dim % 2:
            raise ValueError(
                f"rotary positions turn pairs of numbers, so attention.head_dim="
                f"{self.attention.head_dim} must be even (position={self.position})"
            )
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
