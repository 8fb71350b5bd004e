"""One text written without a cache and with one: what each of its tokens took.

torch is imported only to write: what was timed can be read without it.

Shapes: `N` written tokens.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lab.data.vocabulary import decode, encode
from lab.model.config import GPTConfig
from lab.model.cost import prefill_flops, step_flops

if TYPE_CHECKING:
    from lab.model.gpt import GPT


WARM_UP = 4


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

    The two take turns, `repeats` times; of each token's seconds the median is kept. A short first
    turn of `WARM_UP` tokens is not counted. Raises `ValueError` for an empty prompt, a character
    that is no token, and for no token to write or no repeats.
    """
    return both_typical(list(by_turns(model, given, max_new, repeats)))


def by_turns(model: GPT, given: str, max_new: int, repeats: int = 3) -> Iterator[Clocked]:
    """What `side_by_side` looks at, a writing at a time, without a cache first."""
    for name, n in (("max_new", max_new), ("repeats", repeats)):
        if n < 1:
            raise ValueError(f"{name}={n}; at least 1 is measured")
    # By turns, so that whatever else the machine does falls on both.
    for turn in range(1 + repeats):
        for cached in (False, True):
            n = max_new if turn else min(max_new, WARM_UP)
            yield clocked(model, given, n, cached=cached)


def both_typical(written: Sequence[Clocked]) -> tuple[Clocked, Clocked]:
    """Of what came by turns, without a cache and with one, but for the first turn."""
    return typical(written[2::2]), typical(written[3::2])


def typical(times: Sequence[Clocked]) -> Clocked:
    """The same writing, several times: of each token the median of its seconds."""
    return replace(times[0], seconds=np.median([each.seconds for each in times], axis=0))


def clocked(model: GPT, given: str, max_new: int, *, cached: bool) -> Clocked:
    """Written once, greedily, up to `max_new` tokens, with a clock that is read at each of them."""
    import torch

    from lab.inference.generate import generate

    ids: list[int] = []
    readings = [time.perf_counter()]
    prompt = torch.from_numpy(encode(given))[None]
    for step in generate(model, prompt, max_new=max_new, cached=cached):
        readings.append(time.perf_counter())
        ids.append(int(step.ids[0]))
    seen = len(given) + np.arange(len(ids))  # tokens that each step's last one attends to
    return Clocked(
        given + decode(ids),
        len(given),
        np.where(seen > len(given), 1, seen) if cached else seen,
        operations(model.config, seen, cached=cached),
        np.diff(readings),
    )


def operations(config: GPTConfig, seen: NDArray[np.int64], *, cached: bool) -> NDArray[np.int64]:
    """Of the step that reads a prompt, and of those after it, by the tokens they see, (N,)."""
    prompt, *others = seen.tolist()
    steps = [step_flops(config, n, cached=cached) for n in others]
    return np.array([prefill_flops(config, prompt), *steps])


def seconds_until(row: dict[str, Any], length: int) -> float:
    """Of writing on from the prompt to a text of `length`, steps in between filled in.

    `ValueError` past the longest that was timed.
    """
    lengths = row["lengths"]
    if not lengths[0] < length <= lengths[-1] + row["every"]:
        raise ValueError(f"length={length}; timed were {lengths[0] + 1} to {lengths[-1] + 1}")
    steps = np.arange(lengths[0], length)
    return float(np.interp(steps, lengths, row["seconds"]).sum())
