"""How long a step of writing takes, with a cache and without, by the same code; how fast a machine.

What takes seconds comes piece by piece, so that a page can stop in between.

Shapes: `B` texts side by side, `S` tokens of each.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from lab.inference.generate import TokenStep, generate, read_on
from lab.measure import phases
from lab.measure.phases import Piece, TimedStep, Work
from lab.model.cache import KVCache
from lab.model.config import GPTConfig
from lab.model.gpt import GPT

Seconds = NDArray[np.float64]
Result = TypeVar("Result")


def seconds_with_cache(model: GPT, prompt: Tensor, max_new: int) -> Seconds:
    """Of each step that writes on from (B, S), the prefill first: (max_new,)."""
    steps = generate(model, prompt, max_new=max_new, stop=None)
    return np.array([seconds_of(steps) for _ in range(max_new)])


def seconds_without(model: GPT, text: Tensor) -> float:
    """Of the step that writes one token behind (B, S) and reads all of it: also its prefill."""
    return seconds_of(generate(model, text, max_new=1, stop=None, cached=False))


def seconds_of(steps: Iterator[object]) -> float:
    return timed(lambda: next(steps))[0]


def timed(run: Callable[[], Result]) -> tuple[float, Result]:
    """Seconds, and what came of it."""
    began = time.perf_counter()
    result = run()
    return time.perf_counter() - began, result


# ---------------------------------------------------------------- step by step, both ways


def both_ways(
    model: GPT, prompt: Tensor, longest: int, every: int = 1, done: Sequence[TimedStep] = ()
) -> Iterator[TimedStep]:
    """Write on from (B, S) to `longest` tokens, a step at a time, behind the steps that are `done`.

    Each is timed with a cache, the prefill first, and every so many without one as well.
    """
    given = prompt.shape[1]
    to_come = [
        (length, cached)
        for length in range(given, longest)
        for cached in (True, False)
        if cached or (length - given) % every == 0
    ][len(done) :]
    written = [torch.from_numpy(step.ids)[:, None] for step in done if step.cached]
    text = torch.cat([prompt, *written], dim=1)
    steps = None
    for length, cached in to_come:
        if not cached:
            read = text[:, :length]
            yield timed_step(generate(model, read, max_new=1, stop=None, cached=False), False)
            continue
        steps = steps or steps_behind(model, text, given, longest - length)
        step = timed_step(steps, cached=True)
        yield step
        text = torch.cat([text, torch.from_numpy(step.ids)[:, None]], dim=1)


def steps_behind(model: GPT, text: Tensor, given: int, n: int) -> Iterator[TokenStep]:
    """The next so many steps with a cache: what is behind the `given` tokens of the prompt has been
    written before, so that all but the last of it is in the cache when the first step begins."""
    if text.shape[1] == given:
        return generate(model, text, max_new=n, stop=None)
    # Rows that are alike are read once, since this is only to be where the step before ended; and
    # one row again, since where a single row stands may be taken for where all do.
    rows, which = text[:, :-1].unique(dim=0, return_inverse=True)
    cache = KVCache(text.shape[1] + n)
    read_on(model, torch.cat([rows, rows[: len(text) - 1][:1]]), cache)
    return generate(model, text, max_new=n, stop=None, read=cache.copy(rows=which))


def timed_step(steps: Iterator[TokenStep], cached: bool) -> TimedStep:
    seconds, step = timed(lambda: next(steps))
    return TimedStep(step.slot, cached, seconds, step.ids)


# ---------------------------------------------------------------- a machine, and what it is to do

PRODUCT = 1024
"""Rows and columns of the two matrices whose product shows how fast a machine calculates."""


def machine(turns: int, far: int, near: int) -> Iterator[Piece]:
    """Turns of a product of matrices, of the sum of `far` numbers, and of that of `near`.

    So many numbers as `far` should lie in memory, and `near` in the processor's own caches: there
    each turn leaves them to the next.
    """
    yield from products(turns)
    yield from sums("far", far, turns)
    yield from sums("near", near, turns)


def products(turns: int, dtype: torch.dtype = torch.float32) -> Iterator[Piece]:
    a, b = torch.randn(2, PRODUCT, PRODUCT, generator=torch.Generator().manual_seed(0)).to(dtype)
    for _ in range(turns):
        seconds, _ = timed(lambda: a @ b)
        yield Piece("product", Work(2 * PRODUCT**3, 3 * dtype.itemsize * PRODUCT**2), seconds)


def sums(what: Literal["far", "near"], n: int, turns: int) -> Iterator[Piece]:
    numbers = torch.ones(n)
    for _ in range(turns):
        yield Piece(what, Work(n, 4 * n), timed(numbers.sum)[0])


def reading(
    model: GPT, text: Tensor, lengths: Sequence[int], turns: int, done: int = 0
) -> Iterator[Piece]:
    """By turns, prefills of the first so many tokens of (1, S), behind those that are `done`."""
    for length in ([*lengths] * turns)[done:]:
        seconds = seconds_without(model, text[:, :length])
        yield Piece("prefill", phases.prefill(model.config, length), seconds, 1, length)


def writing(
    model: GPT, text: Tensor, given: int, batch: int, turns: int, done: int = 0
) -> Iterator[Piece]:
    """The prefill of the first `given` tokens of (1, S) in so many texts side by side, then one
    step of decoding a turn; of pieces that are `done`, `text` holds what they wrote."""
    texts = text[:, : given + done].repeat(batch, 1)
    steps = steps_behind(model, texts, given, turns + 1 - done)
    if not done:
        read = phases.prefill(model.config, given, batch)
        yield Piece("prefill", read, seconds_of(steps), batch, given)
    for length in range(given + max(1, done), given + turns + 1):
        step = phases.decode(model.config, length, batch)
        yield Piece("decode", step, seconds_of(steps), batch, length)


# ---------------------------------------------------------------- what a step calls


class Counting(TorchDispatchMode):
    """Operations of torch that are called, views of a tensor among them."""

    n = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.n += 1
        return func(*args, **(kwargs or {}))


def calls_of_a_step(config: GPTConfig, n_given: int) -> int:
    """How many a step of decoding calls, one text, behind so many tokens.

    They do not depend on the weights, so none are read.
    """
    model = GPT(config, torch.Generator().manual_seed(0)).eval().requires_grad_(False)
    prompt = torch.zeros(1, n_given, dtype=torch.long)
    steps = generate(model, prompt, max_new=2, stop=None)
    next(steps)
    # Only now: the first step was the prefill.
    with Counting() as counting:
        next(steps)
    return counting.n
