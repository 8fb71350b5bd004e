"""What attention knows of order when nobody tells it.

Shuffle the tokens before the last one, and look at what the last one is told in each layer. Without
positions a layer that sees only tokens hands on the same blend, in any order. The causal mask leaks
a little: the tokens in between have looked at other tokens than before, so the next layer differs.

Shapes: `T` tokens, `L` layers.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from lab.gpt import GPT
from lab.trace import Trace
from lab.vocabulary import decode, encode


def shuffled(text: str, seed: int) -> str:
    """The same tokens in another order; the last one stays where it is."""
    tokens = encode(text)
    order = np.random.default_rng(seed).permutation(len(tokens) - 1)
    return decode([*tokens[:-1][order], tokens[-1]])


def change_by_layer(model: GPT, text: str, other: str) -> NDArray[np.float64]:
    """How much each attention tells the last token of `other` unlike `text`: |x - y| / |x|. (L,)

    `ValueError` if the two are not the same tokens in another order, with the same last token.
    """
    if sorted(text) != sorted(other) or text[-1:] != other[-1:]:
        raise ValueError(f"{other!r} is not {text!r} in another order with the same last token")
    x, y = (heard_by_the_last(model, t) for t in (text, other))
    return np.linalg.norm(x - y, axis=1) / np.linalg.norm(x, axis=1)


def heard_by_the_last(model: GPT, text: str) -> NDArray[np.float64]:
    """What every attention writes to the stream of the last token, (L, D)."""
    trace = Trace(["attn_out"])
    with torch.inference_mode():
        model(torch.from_numpy(encode(text)).long()[None], trace=trace)
    layers: Sequence[int] = range(model.config.n_layer)
    return np.stack([trace[f"blocks.{i}.attn_out"][0, -1].double().numpy() for i in layers])
