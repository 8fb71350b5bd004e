"""Shift is free, stretch is not: one sum on a long tape of positions.

The tokens stay the same; what changes is where they are said to stand. Shifted, all positions grow
by one number; stretched, those from some token on grow, so that a gap opens in the sum.

Shapes: `N` rulers, `T` tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lab.gpt import GPT
from lab.problems import Format, Integers
from lab.trace import Trace
from lab.vocabulary import encode


def shifts(length: int, by: Sequence[int]) -> Tensor:
    """Positions 0, 1, 2, ... moved by each number, (N, T)."""
    return torch.arange(length) + torch.tensor(by)[:, None]


def stretches(length: int, at: int, by: Sequence[int]) -> Tensor:
    """Positions with a gap of each width before token `at`, (N, T)."""
    behind = torch.arange(length) >= at
    return torch.arange(length) + behind * torch.tensor(by)[:, None]


@dataclass(frozen=True)
class OnTheTape:
    """One text on N rulers: the weights of one head, (N, T, T), and whether each guess is right."""

    pattern: NDArray[np.float32]
    right: NDArray[np.bool_]  # (N, T - 1): is the largest logit at t the token at t + 1?


def on_the_tape(model: GPT, text: str, rulers: Tensor, layer: int, head: int) -> OnTheTape:
    """Read a text with its tokens standing at each of the `rulers`, (N, T)."""
    tokens = torch.from_numpy(encode(text)).long().expand(len(rulers), -1)
    trace = Trace(["pattern"])
    with torch.inference_mode():
        logits = model(tokens, positions=rulers, trace=trace)
    pattern = trace[f"blocks.{layer}.pattern"][:, head]
    right = logits[:, :-1].argmax(-1) == tokens[:, 1:]
    return OnTheTape(pattern.numpy(), right.numpy())


def errors_on(model: GPT, form: Format, a: Integers, b: Integers, ruler: Tensor) -> int:
    """Of the sums of a and b, (N,) each, how many have a wrong token if they stand at `ruler` (T,).

    Each token is predicted from the right ones before it.
    """
    tokens, mask = (torch.from_numpy(x) for x in form.render(a, b))
    with torch.inference_mode():
        guesses = model(tokens[:, :-1].long(), positions=ruler[:-1]).argmax(-1)
    wrong = (guesses != tokens[:, 1:]) & mask[:, 1:]
    return int(wrong.any(dim=1).sum())


def by_distance(model: GPT, text: str, layer: int, head: int) -> NDArray[np.float64]:
    """The scores of a head, (T, T), where row i and column j hold query i and key j.

    Not masked: the score of a key that comes later is what it would be.
    """
    names = ["rot_q", "rot_k"] if "rot_q" in model.emits else ["q", "k"]
    trace = Trace(names)
    with torch.inference_mode():
        model(torch.from_numpy(encode(text)).long()[None], trace=trace)
    q, k = (trace[f"blocks.{layer}.{name}"][0, head].double() for name in names)
    return ((q @ k.mT) / q.shape[-1] ** 0.5).numpy()
