"""Interventions on a running model, as edits of its trace: nothing on the model changes."""

from __future__ import annotations

from collections.abc import Collection

import torch
from torch import Tensor

from lab.model.trace import Edit


def scale_head(layer: int, head: int, factor: float) -> Edit:
    """Multiply what one head hands on by `factor` at every position."""
    return Edit("z", lambda z: z * factor, layer=layer, index={"head": head})


def ablate_head(layer: int, head: int) -> Edit:
    """Pull out one head: it hands on nothing (zero ablation)."""
    return Edit("z", torch.zeros_like, layer=layer, index={"head": head})


def ablate_layer(name: str, layer: int) -> Edit:
    """Silence `attn_out` or `ffn_out` of one layer."""
    if name not in ("attn_out", "ffn_out"):
        raise ValueError(f"{name!r} writes nothing to the stream; allowed: attn_out, ffn_out")
    return Edit(name, torch.zeros_like, layer=layer)


def hide(layer: int, query: int, key: int) -> Edit:
    """The token at slot `query` does not see the one at `key`: their scores are minus infinity."""
    index = {"query": query, "key": key}
    return Edit("scores", lambda x: torch.full_like(x, -torch.inf), layer=layer, index=index)


def scale_stream(name: str, layer: int, factor: float) -> Edit:
    """Multiply the whole stream at `resid_pre`, `resid_mid` or `resid_post` of a layer."""
    if name not in ("resid_pre", "resid_mid", "resid_post"):
        raise ValueError(f"{name!r} is not the stream; allowed: resid_pre, resid_mid, resid_post")
    return Edit(name, lambda x: x * factor, layer=layer)


def patch(name: str, value: Tensor, layer: int | None = None, slots: Collection[int] = ()) -> Edit:
    """Put `value`, recorded in another run, in the place of this run's activation.

    At the given slots, which must all lie in one call of the model, or, with none given, at all.
    """

    def put(x: Tensor) -> Tensor:
        try:
            return value.to(x.dtype).expand_as(x)
        except RuntimeError:
            raise ValueError(
                f"a value of shape {tuple(value.shape)} does not fit {name!r} of {tuple(x.shape)}"
            ) from None

    index = {"position": list(slots)} if slots else {}
    return Edit(name, put, layer=layer, index=index, at_once=True)
