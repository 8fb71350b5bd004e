"""What a parameter is for. A module says it of its own, by name; nothing follows from a spelling.

A class lists its parameters as `roles = {"wq.weight": "reads", ...}`, and what they hold as
`meanings = {"wq": Meaning(("width", "d_model"), "makes queries"), ...}`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from torch import nn

Role = Literal["embedding", "reads", "writes", "router", "gain", "depth_query", "unembedding"]
"""embedding: numbers that are looked up. reads: a matrix inside a layer. writes: a matrix whose
product is added to the stream. router: a matrix that chooses. gain: of a norm. depth_query: a
vector that chooses among earlier contributions. unembedding: from the stream to the logits."""

MATRICES: tuple[Role, ...] = ("reads", "writes")
"""The matrices of the layers, which Muon steps. A router is stepped by AdamW."""


def roles(model: nn.Module) -> dict[str, Role]:
    """The role of every parameter by its full name, in their order.

    `ValueError` for a parameter whose module says nothing of it.
    """
    stated: dict[str, Role] = {}
    for place, module in model.named_modules():
        for name, role in getattr(module, "roles", {}).items():
            stated[f"{place}.{name}".lstrip(".")] = role
    out: dict[str, Role] = {}
    # Refused, not guessed: how a parameter starts and is stepped would follow from the guess.
    for name, _ in model.named_parameters():
        if name not in stated:
            raise ValueError(f"the module of {name} states no role for it in `roles`")
        out[name] = stated[name]
    return out


class Meaning(NamedTuple):
    """What a parameter or a buffer holds: its axes, and a phrase for who looks at it."""

    axes: tuple[str, ...]
    meaning: str


def meaning_of(model: nn.Module, name: str) -> Meaning:
    """What the nearest module says of a parameter that it holds, itself or in a part of its own.

    `ValueError` where none says anything.
    """
    path = name.split(".")
    for depth in range(len(path) - 1, -1, -1):
        owner = model.get_submodule(".".join(path[:depth]))
        stated = getattr(owner, "meanings", {})
        if path[depth] in stated:
            return stated[path[depth]]
    raise ValueError(f"no module says in `meanings` what {name} holds")
