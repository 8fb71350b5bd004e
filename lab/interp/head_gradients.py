"""What a loss wants of one head: the gradient of its output, with all that it was made from.

Shapes: `T` tokens, `Dk` size of a key.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from lab.data.position_ids import position_ids
from lab.data.vocabulary import encode
from lab.model.gpt import GPT
from lab.model.trace import Edit, Trace

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class HeadGradient:
    """Queries and keys as they are matched, values, and the output of one head, (T, Dk) each, with
    the slope of the loss against that output."""

    q: Numbers
    k: Numbers
    v: Numbers
    z: Numbers
    dz: Numbers


def head_gradient(model: GPT, text: str, layer: int, head: int) -> HeadGradient:
    """Of one head of a model that reads `text`; the loss is the mean -ln p of its tokens from the
    first written one on.

    `ValueError` for a text without anything written behind its `=`, and for a layer that makes no
    keys or values of its own.
    """
    given = text.find("=") + 1
    if not 0 < given < len(text):
        raise ValueError(f"text={text!r}: at least one token behind the = is wanted")
    ids = torch.as_tensor(encode(text)).long()[None]
    outputs: list[Tensor] = []

    def begin_here(z: Tensor) -> Tensor:
        # Cut off here, so that gradients are taken on the way from this output to the loss alone.
        outputs.append(z.detach().requires_grad_())
        return outputs[-1]

    rotated = "rot_" if "rot_k" in model.emits else ""
    names = [f"{rotated}q", f"{rotated}k", "v"]
    for name in names:
        model.require_formed(name, layer)
    trace = Trace(names, [Edit("z", begin_here, layer)])
    with torch.enable_grad():
        places = position_ids(ids, model.config.position.n_axis)[:, :-1]
        logits = model(ids[:, :-1], positions=places, trace=trace)
        loss = F.cross_entropy(logits[0, given - 1 :], ids[0, given:])
        (dz,) = torch.autograd.grad(loss, outputs)
    found = [trace[f"blocks.{layer}.{name}"] for name in names] + [outputs[0], dz]
    n_head = outputs[0].shape[1]
    of_head = [x[0, head * x.shape[1] // n_head] for x in found]  # a group of heads shares a key
    return HeadGradient(*(x.detach().double().numpy() for x in of_head))
