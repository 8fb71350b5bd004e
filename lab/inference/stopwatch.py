"""How long a step of writing takes, with a cache and without, by the same code.

Shapes: `B` texts side by side, `S` tokens of each.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from lab.inference.generate import generate
from lab.model.gpt import GPT

Seconds = NDArray[np.float64]


def seconds_with_cache(model: GPT, prompt: Tensor, max_new: int) -> Seconds:
    """Of each step that writes on from (B, S), the prefill first: (max_new,)."""
    steps = generate(model, prompt, max_new=max_new, stop=None)
    return np.array([seconds_of(steps) for _ in range(max_new)])


def seconds_without(model: GPT, text: Tensor) -> float:
    """Of the step that writes one token behind (B, S) and reads all of it: also its prefill."""
    return seconds_of(generate(model, text, max_new=1, stop=None, cached=False))


def seconds_of(steps: Iterator[object]) -> float:
    began = time.perf_counter()
    next(steps)
    return time.perf_counter() - began
