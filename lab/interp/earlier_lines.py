"""Why a cache is allowed: what becomes of the keys and values of a text when it grows by a token.

Behind a causal mask nothing: those of token j are computed from tokens up to j alone. Without the
mask every token looks at the new one as well, and from the second layer on all that was kept is
out of date.

Shapes: `T` tokens, `L` layers, `Hk` key heads, `Dk` head_dim.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lab.data.position_ids import position_ids
from lab.data.vocabulary import encode
from lab.model.gpt import GPT
from lab.model.trace import Trace


def keys_and_values(model: GPT, text: str, causal: bool = True) -> Tensor:
    """All that a text leaves in a cache, keys before they are turned. (L, 2, Hk, T, Dk)"""
    tokens = torch.from_numpy(encode(text)).long()[None]
    positions, trace = position_ids(tokens, model.config.position.n_axis), Trace(["k", "v"])
    with torch.inference_mode():
        model(tokens, positions=positions, trace=trace, causal=causal)
    return torch.stack(
        [
            torch.stack([trace[f"blocks.{layer}.{name}"][0] for name in ("k", "v")])
            for layer in range(model.config.n_layer)
        ]
    )


def change_of_earlier(
    model: GPT, text: str, n_before: int, causal: bool = True
) -> NDArray[np.float64]:
    """How much token `n_before` changes the keys and values of those before it, by layer. (L, 2)

    max |K(n + 1)[:n] - K(n)[:n]| / max |K(n)|, and the same of V. `ValueError` unless at least one
    token stands before the new one, and the new one in the text.
    """
    if not 1 <= n_before < len(text):
        raise ValueError(
            f"n_before={n_before} of {len(text)} tokens; allowed are 1 to {len(text) - 1}"
        )
    before = keys_and_values(model, text[:n_before], causal)
    after = keys_and_values(model, text[: n_before + 1], causal)[..., :n_before, :]
    return (largest(after - before) / largest(before)).double().numpy()


def largest(x: Tensor) -> Tensor:
    """The largest size of a number, by layer and for keys and values apart. (L, 2)"""
    return x.abs().flatten(2).amax(-1)
