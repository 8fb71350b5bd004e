"""A model as the matrices and vectors that are trained: what each is called, its shape, its part,
and what it does in the words of its module."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from lab.model.config import LayerConfig, MixtureOfExpertsConfig, MultiHeadAttentionConfig
from lab.model.roles import meaning_of, roles

if TYPE_CHECKING:
    from lab.model.gpt import GPT

Part = Literal["embedding", "attention", "ffn", "norm", "residual", "unembedding"]
NAMED = {"in": "W_in", "out": "W_out", "gate": "W_gate"}
WHOLE = {"embed": "embedding", "table": "positions", "unembed": "unembedding", "router": "router"}


class Matrix(NamedTuple):
    """A parameter of a model. `layer`: None for what belongs to no layer. `shape`: (rows, columns),
    or (size,) of a vector. `pieces`: heads or experts that lie in it side by side."""

    name: str
    layer: int | None
    part: Part
    shape: tuple[int, ...]
    does: str
    pieces: int = 1

    @property
    def parameters(self) -> int:
        size = 1
        for n in self.shape:
            size *= n
        return size


def matrices_of(model: GPT) -> list[Matrix]:
    """All parameters in their order; they sum to all of the model."""
    role = roles(model)
    return [
        Matrix(
            symbol(name, shared=".shared." in name),
            layer := layer_of(name),
            "norm" if role[name] == "gain" else part_of(name),
            tuple(parameter.shape),
            meaning_of(model, name).meaning.split(";")[0],
            1 if layer is None else pieces(name, model.config.layers[layer]),
        )
        for name, parameter in model.named_parameters()
    ]


def layer_of(name: str) -> int | None:
    """blocks.3.attention.wq.weight -> 3"""
    path = name.split(".")
    return int(path[1]) if path[0] == "blocks" else None


def part_of(name: str) -> Part:
    path = name.split(".")
    if path[0] == "blocks":
        return "attention" if path[2] == "attention" else "ffn"
    if path[0] in ("residual", "unembed"):
        return "residual" if path[0] == "residual" else "unembedding"
    return "embedding"


def symbol(name: str, *, shared: bool) -> str:
    """blocks.3.attention.wq.weight -> W_Q"""
    own = [word for word in name.split(".") if word not in ("weight", "gain")][-1]
    if own in WHOLE or own.endswith("norm"):
        return WHOLE.get(own, own.replace("_", " "))
    if not own.startswith("w"):
        return "depth query"
    own = own.removeprefix("w").removeprefix("_")
    said = NAMED.get(own, f"W_{own.upper()}")
    return f"shared {said}" if shared else said


def pieces(name: str, layer: LayerConfig) -> int:
    """Of what a matrix makes or reads: heads, heads of keys, or experts."""
    own, heads, ffn = name.split(".")[-2], layer.attention, layer.ffn
    if ".attention." in name and isinstance(heads, MultiHeadAttentionConfig):
        of = {"wq": heads.n_head, "wo": heads.n_head}
        return of.get(own, heads.kv_width // heads.head_dim if own in ("wk", "wv") else 1)
    if ".ffn." in name and isinstance(ffn, MixtureOfExpertsConfig) and ".shared." not in name:
        return 1 if own == "router" else ffn.n_routed_experts
    return 1
