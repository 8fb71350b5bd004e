"""Interventions on a running model, as edits of its trace: nothing on the model changes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Literal, get_args

import torch
from torch import Tensor

from lab.model.config import SITES
from lab.model.trace import ACTIVATIONS, Edit

DEPTH_PATTERNS = ("depth_pattern_mid", "depth_pattern_post")


def scale_head(layer: int, head: int, factor: float) -> Edit:
    """Multiply what one head hands on by `factor` at every position."""
    return Edit("z", lambda z: z * factor, layer=layer, index={"head": head})


def ablate_head(layer: int, head: int) -> Edit:
    """Ablate one head: it hands on nothing (zero ablation)."""
    return Edit("z", torch.zeros_like, layer=layer, index={"head": head})


def ablate_layer(name: str, layer: int) -> Edit:
    """Ablate attention or FFN of one layer: `attn_out` or `ffn_out` is zero."""
    if name not in ("attn_out", "ffn_out"):
        raise ValueError(f"{name!r} writes nothing to the stream; allowed: attn_out, ffn_out")
    return Edit(name, torch.zeros_like, layer=layer)


By = Literal["zero", "mean", "resample"]
STAND_INS: tuple[By, ...] = get_args(By)
"""What stands in for an ablated part: zeros, the mean of other texts, what another text had."""

Index = Mapping[str, Collection[int]]


def ablate(
    name: str,
    layer: int,
    by: By,
    others: Tensor,
    index: Mapping[str, Collection[int]] | None = None,
) -> Edit:
    """Ablate what lies at `index` of an activation, or all of it, by one of three stand-ins.

    `others` is the same activation recorded on other texts, each of the same length: the mean is
    taken over them, apart for each position, and a resampled text i gets that of the i-th of them.
    """
    index = index or {}
    for axis, label in enumerate(ACTIVATIONS[name].axes):
        if label in index:
            others = others.index_select(axis, torch.tensor(list(index[label])))
    value = stand_in(by, others)
    return Edit(name, put_in_place(name, value), layer=layer, index=index, at_once=True)


def stand_in(by: By, others: Tensor) -> Tensor:
    """Of what was recorded on other texts (N, ...): zeros or the mean, (1, ...), or all of it."""
    return {
        "zero": torch.zeros_like(others[:1]),
        "mean": others.mean(dim=0, keepdim=True),
        "resample": others,
    }[by]


def hide(layer: int, query: int, key: int) -> Edit:
    """The token at slot `query` does not see the one at `key`: their scores are minus infinity."""
    index = {"query": query, "key": key}
    return Edit("scores", lambda x: torch.full_like(x, -torch.inf), layer=layer, index=index)


def scale_stream(name: str, layer: int, factor: float) -> Edit:
    """Multiply the whole stream at `resid_pre`, `resid_mid` or `resid_post` of a layer."""
    if name not in SITES:
        raise ValueError(f"{name!r} is not the stream; allowed: {', '.join(SITES)}")
    return Edit(name, lambda x: x * factor, layer=layer)


def even_depth(name: str, layer: int) -> Edit:
    """Pin `depth_pattern_mid` or `depth_pattern_post` of a layer to the plain sum: equal shares."""
    require_depth(name)
    return Edit(name, lambda a: torch.full_like(a, 1 / a.shape[-1]), layer=layer)


def cut_connection(name: str, layer: int, source: int) -> Edit:
    """A reading of a layer no longer gets anything of one source; the others keep their shares."""
    require_depth(name)
    return Edit(name, torch.zeros_like, layer=layer, index={"source": source})


def require_depth(name: str) -> None:
    if name not in DEPTH_PATTERNS:
        raise ValueError(f"{name!r} shares out no depth; allowed: {', '.join(DEPTH_PATTERNS)}")


def patch(name: str, value: Tensor, layer: int | None = None, slots: Collection[int] = ()) -> Edit:
    """Put `value`, recorded in another run, in the place of this run's activation.

    At the given slots, which must all lie in one call of the model, or, with none given, at all.
    """

    index = {"position": list(slots)} if slots else {}
    return Edit(name, put_in_place(name, value), layer=layer, index=index, at_once=True)


def put_in_place(name: str, value: Tensor) -> Callable[[Tensor], Tensor]:
    """Gives back `value`, the same for every text if it has one: `ValueError` if it does not
    fit."""

    def put(x: Tensor) -> Tensor:
        try:
            return value.to(x.dtype).expand_as(x)
        except RuntimeError:
            raise ValueError(
                f"a value of shape {tuple(value.shape)} does not fit {name!r} of {tuple(x.shape)}"
            ) from None

    return put
