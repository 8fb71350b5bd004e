"""One forward over texts that are there already: its logits, or whatever else it forms.

Shapes: `N` texts, `T` tokens, `V` vocabulary.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lab.data.position_ids import position_ids
from lab.data.vocabulary import encode
from lab.model.config import MathKernelConfig
from lab.model.gpt import GPT, with_kernel
from lab.model.trace import NO_TRACE, Edit, Trace, TraceLike

Texts = str | Sequence[int] | NDArray[np.integer[Any]] | Tensor
"""One text, as characters or ids (T,), or the ids (N, T) of several."""


def with_math_kernel(model: GPT) -> GPT:
    """The same weights behind the kernel that forms scores and pattern; the model if it has it."""
    if isinstance(model.config.kernel, MathKernelConfig):
        return model
    # Rebuilt, not switched: the model is shared, and its other readers keep their kernel.
    return with_kernel(model, MathKernelConfig())


def run_with_trace(
    model: GPT,
    tokens: Texts,
    names: Collection[str],
    edits: Collection[Edit] = (),
    *,
    positions: Tensor | None = None,
    causal: bool = True,
) -> Trace:
    """One forward that records the activations called `names`, under `edits`.

    `ValueError` for a name that this model never forms, and for an edit that never met anything or
    not all that it names.
    """
    trace = Trace(names, edits)
    logits_of(model, tokens, positions=positions, trace=trace, causal=causal)
    trace.require_matched()
    return trace


def logits_of(
    model: GPT,
    tokens: Texts,
    *,
    positions: Tensor | None = None,
    trace: TraceLike = NO_TRACE,
    causal: bool = True,
    gradients: bool = False,
) -> Tensor:
    """The logits of the token after each, (N, T, V); one text has N = 1. No gradients are kept,
    unless they are wanted."""
    ids = ids_of(tokens).to(model.embed.weight.device)
    if positions is None:
        positions = position_ids(ids, model.config.position.n_axis)
    with torch.inference_mode(not gradients):
        return model(ids, positions=positions, trace=trace, causal=causal)


def ids_of(tokens: Texts) -> Tensor:
    """(N, T); one text has N = 1."""
    ids = torch.as_tensor(encode(tokens) if isinstance(tokens, str) else tokens).long()
    return ids[None] if ids.ndim == 1 else ids
