"""The attention weights of every head on one text: what the maps of the book are drawn from."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from lab.data.vocabulary import Tokens, encode
from lab.inference.forward import run_with_trace, with_math_kernel
from lab.model.gpt import GPT


def patterns(model: GPT, text: str) -> NDArray[np.float64]:
    """softmax(q k' / sqrt(Dk)) of all layers and heads, (n_layer, n_head, T, T).

    Each row sums to 1. Row t belongs to token t, which is about to be followed by token t + 1.
    """
    return patterns_of(model, encode(text)[None])[:, 0]


def sharpness(model: GPT, texts: Tokens, first: int) -> NDArray[np.float64]:
    """The largest weight of each head, averaged over the tokens that write: (n_layer, n_head).

    1 where a head always looks at one token alone. `texts` (N, T); token `first` is the first
    that is written, so the rows looked at are first - 1 to T - 2.
    """
    weights = patterns_of(model, texts)[..., first - 1 : -1, :]
    return weights.max(axis=-1).mean(axis=(1, 3))


def patterns_of(model: GPT, texts: Tokens) -> NDArray[np.float64]:
    """The weights on many texts (N, T) of one length: (n_layer, N, n_head, T, T)."""
    # The other kernels never form a pattern.
    trace = run_with_trace(with_math_kernel(model), texts, ["pattern"])
    layers = [trace[f"blocks.{i}.pattern"] for i in range(model.config.n_layer)]
    return torch.stack(layers).double().numpy()


class Looker(NamedTuple):
    """A head, and how much of a query's weight it puts on a key."""

    layer: int
    head: int
    weight: float


def looks_hardest(weights: NDArray[np.float64], query: int, key: int) -> Looker:
    """Of all heads (n_layer, n_head, T, T): the one with most weight from `query` on `key`."""
    there = weights[:, :, query, key]
    layer, head = np.unravel_index(int(there.argmax()), there.shape)
    return Looker(int(layer), int(head), float(there.max()))
