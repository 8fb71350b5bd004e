"""The attention weights of every head on one text: what the maps of the book are drawn from."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from lab.config import MathKernel
from lab.gpt import GPT, with_kernel
from lab.trace import Trace
from lab.vocabulary import encode


def patterns(model: GPT, text: str) -> NDArray[np.float64]:
    """softmax(q k' / sqrt(Dk)) of all layers and heads, (n_layer, n_head, T, T).

    Each row sums to 1. Row t belongs to token t, which is about to be followed by token t + 1.
    """
    if not isinstance(model.config.kernel, MathKernel):
        model = with_kernel(model, MathKernel())
    trace = Trace(["pattern"])
    with torch.inference_mode():
        model(torch.from_numpy(encode(text)).long()[None], trace=trace)
    layers = [trace[f"blocks.{i}.pattern"][0] for i in range(model.config.n_layer)]
    return torch.stack(layers).double().numpy()
