"""One text written without a cache and with one: what each of its tokens took.

Shapes: `N` written tokens.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from lab.data.vocabulary import decode, encode
from lab.inference.generate import generate
from lab.model.config import GPTConfig
from lab.model.cost import flops_per_token_forward
from lab.model.gpt import GPT


@dataclass(frozen=True)
class Clocked:
    """A text of which the first `n_given` tokens were given, and what each written one took.

    `read`: tokens pushed through the network; `flops`: their multiplications and additions.
    """

    text: str
    n_given: int
    read: NDArray[np.int64]  # (N,)
    flops: NDArray[np.int64]  # (N,)
    seconds: NDArray[np.float64]  # (N,)


def side_by_side(model: GPT, given: str, max_new: int, repeats: int = 3) -> tuple[Clocked, Clocked]:
    """Written greedily without a cache, and with one.

    The two take turns, `repeats` times; of each token's seconds the median is kept. A first turn
    warms up and is not counted. Raises `ValueError` for an empty prompt, a character that is no
    token and for no repeats.
    """
    if repeats < 1:
        raise ValueError(f"repeats={repeats}; each text is written at least once")
    turns = [
        [clocked(model, given, max_new, cached=cached) for cached in (False, True)]
        for _ in range(1 + repeats)
    ]
    without, cached = (typical(times) for times in zip(*turns[1:], strict=True))
    return without, cached


def typical(times: tuple[Clocked, ...]) -> Clocked:
    """The same writing, several times: of each token the median of its seconds."""
    return replace(times[0], seconds=np.median([each.seconds for each in times], axis=0))


def clocked(model: GPT, given: str, max_new: int, *, cached: bool) -> Clocked:
    """Written once, greedily, up to `max_new` tokens, with a clock that is read at each of them."""
    ids: list[int] = []
    readings = [time.perf_counter()]
    prompt = torch.from_numpy(encode(given))[None]
    for step in generate(model, prompt, max_new=max_new, cached=cached):
        readings.append(time.perf_counter())
        ids.append(int(step.ids[0]))
    seen = len(given) + np.arange(len(ids))  # what each step's last token attends to
    read = np.where(np.arange(len(ids)) > 0, 1, seen) if cached else seen
    return Clocked(
        given + decode(ids),
        len(given),
        read,
        forward_flops(model.config, read, seen),
        np.diff(readings),
    )


def forward_flops(
    config: GPTConfig, read: NDArray[np.int64], seen: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Of forwards that push `read` tokens each, (N,), while `seen` are kept or pushed, (N,).

    A kernel forms the scores that the mask hides as well: every token pushed meets all that are
    seen.
    """
    return np.array(
        [r * flops_per_token_forward(config, int(s)) for r, s in zip(read, seen, strict=True)]
    )
