"""What a parameter is for. A module says it of its own, by name; nothing follows from a spelling.

A class lists its parameters as `roles = {"wq.weight": "reads", ...}`.
"""

from __future__ import annotations

from typing import Literal

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
