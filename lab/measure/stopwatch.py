"""How long a step of writing takes, with a cache and without, by the same code; how fast a machine.

What takes seconds comes piece by piece, so that a page can stop in between.

Shapes: `B` texts side by side, `S` tokens of each.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from lab.inference.generate import TokenStep, generate
from lab.measure import phases
from lab.measure.phases import Piece, Roof, What, Work
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


@dataclass(frozen=True)
class TimedStep:
    """The step that wrote `ids` (B,) behind `length` tokens of each text."""

    length: int
    cached: bool
    seconds: float
    ids: NDArray[np.int64]


def both_ways(model: GPT, prompt: Tensor, longest: int, every: int = 1) -> Iterator[TimedStep]:
    """Write on from (B, S) to `longest` tokens, a step at a time.

    Each is timed with a cache, the prefill first, and every so many without one as well.
    """
    given, text = prompt.shape[1], prompt
    steps = generate(model, prompt, max_new=longest - given, stop=None)
    for length in range(given, longest):
        step = timed_step(steps, cached=True)
        yield step
        if (length - given) % every == 0:
            yield timed_step(generate(model, text, max_new=1, stop=None, cached=False), False)
        text = torch.cat([text, torch.from_numpy(step.ids)[:, None]], dim=1)


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
    a, b = torch.randn(2, PRODUCT, PRODUCT, generator=torch.Generator().manual_seed(0))
    for _ in range(turns):
        seconds, _ = timed(lambda: a @ b)
        yield Piece("product", Work(2 * PRODUCT**3, 3 * 4 * PRODUCT**2), seconds)
    sums: dict[What, int] = {"far": far, "near": near}
    for what, n in sums.items():
        numbers = torch.ones(n)
        for _ in range(turns):
            yield Piece(what, Work(n, 4 * n), timed(numbers.sum)[0])


def roof(pieces: Iterable[Piece], where: Literal["far", "near"] = "far") -> Roof:
    """The most of any turn: what can be reached, not what is usual. `ValueError` before a turn."""
    all_of = list(pieces)
    return Roof(
        max(piece.operations_per_second for piece in all_of if piece.what == "product"),
        max(piece.bytes_per_second for piece in all_of if piece.what == where),
    )


def reading(model: GPT, text: Tensor, lengths: Sequence[int], turns: int) -> Iterator[Piece]:
    """By turns, prefills of the first so many tokens of (1, S)."""
    for _ in range(turns):
        for length in lengths:
            seconds = seconds_without(model, text[:, :length])
            yield Piece("prefill", phases.prefill(model.config, length), seconds, 1, length)


def writing(model: GPT, prompt: Tensor, batch: int, turns: int) -> Iterator[Piece]:
    """The prefill of (1, S) in so many texts side by side, then one step of decoding a turn."""
    given = prompt.shape[1]
    steps = generate(model, prompt.repeat(batch, 1), max_new=turns + 1, stop=None)
    read = phases.prefill(model.config, given, batch)
    yield Piece("prefill", read, seconds_of(steps), batch, given)
    for length in range(given + 1, given + turns + 1):
        step = phases.decode(model.config, length, batch)
        yield Piece("decode", step, seconds_of(steps), batch, length)


def middle(pieces: Iterable[Piece]) -> list[Piece]:
    """Of each prefill, and of decoding so many texts, the piece of the middle seconds."""
    alike: dict[tuple[str, int, int], list[Piece]] = {}
    for piece in pieces:
        length = piece.length if piece.what == "prefill" else 0
        alike.setdefault((piece.what, piece.batch, length), []).append(piece)
    return [
        sorted(some, key=lambda piece: piece.seconds)[len(some) // 2] for some in alike.values()
    ]


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
