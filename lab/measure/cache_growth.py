"""Keys and values of a text that grows by a token at a time: which of their lines stay as they are.

With the causal mask a token sees none that comes after it, so its key and its value in every layer
are what they were: a cache may keep them. Without the mask every token looks at the new one. Keys
and values of layer 0 still stay, since they are made of the token and its position alone; those of
deeper layers are made of what layer 0 has heard, and change.

Shapes: `T` tokens of the whole text, `t` tokens so far, `L` layers, `H` heads, `Dk` head_dim.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, product

import numpy as np
from numpy.typing import NDArray

from lab.inference.forward import run_with_trace
from lab.model.gpt import GPT

Numbers = NDArray[np.float64]


def queries_keys_values(
    model: GPT, text: str, *, causal: bool = True
) -> tuple[Numbers, Numbers, Numbers]:
    """Of every layer, head and token, (L, H, T, Dk): queries, and keys and values as a cache has
    them. Where positions rotate, so are queries and keys, unless distances are clipped, when both
    are as they came. There may be fewer heads of keys.

    `ValueError` for a model of which a layer forms none.
    """
    rotated = "rot_" if "rot_k" in model.emits else ""
    names = (rotated + "q", rotated + "k", "v")
    layers = range(model.config.n_layer)
    for layer, name in product(layers, names):
        model.require_formed(name, layer)
    trace = run_with_trace(model, text, names, causal=causal)
    q, k, v = (
        np.stack([trace[f"blocks.{i}.{n}"][0].double().numpy() for i in layers]) for n in names
    )
    return q, k, v


@dataclass(frozen=True)
class Growth:
    """Keys, or values, of a text after 1, 2, ... T tokens: `after[t - 1]` is (L, H, t, Dk)."""

    after: Sequence[Numbers]

    def changes(self) -> Numbers:
        """By layer, the largest change of a line that was there when one token is added.

        max |x(t + 1) - x(t)| over heads, lines 1 ... t and their numbers: (T - 1, L), from t = 1 on
        """
        pairs = pairwise(self.after)
        return np.array([abs(new[:, :, :-1] - old).max(axis=(1, 2, 3)) for old, new in pairs])


@dataclass(frozen=True)
class Kept:
    """What a cache would hold of a text as it grows."""

    keys: Growth
    values: Growth


def kept(model: GPT, text: str, *, causal: bool = True) -> Kept:
    """Keys and values after each number of tokens, every time by a forward of all tokens so far.

    No cache is used, so that it shows whether one might be.
    """
    lengths = range(1, len(text) + 1)
    steps = [queries_keys_values(model, text[:t], causal=causal) for t in lengths]
    return Kept(Growth([k for _, k, _ in steps]), Growth([v for _, _, v in steps]))
