"""Writing on: prefill the prompt once, then decode token by token, each step a yield.

Shapes: `B` prompts side by side, `T` their length, `V` vocabulary.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lab.data.position_ids import position_ids
from lab.data.vocabulary import END, Tokens
from lab.model.cache import NO_CACHE, CacheLike, KVCache
from lab.model.gpt import GPT
from lab.model.trace import NO_TRACE, Edit, Trace, TraceLike


@dataclass(frozen=True)
class Sampling:
    """How the next token is drawn from the logits.

    `temperature` 0 takes the largest logit (greedy). `top_k` keeps the k largest, `top_p` the
    smallest set whose probability reaches p (arXiv:1904.09751). `ValueError` outside the ranges.
    """

    temperature: float = 0.0
    top_k: int | None = None
    top_p: float | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.temperature <= 100:
            raise ValueError(f"temperature={self.temperature}; allowed are 0 (greedy) to 100")
        if self.top_k is not None and self.top_k < 1:
            raise ValueError(f"top_k={self.top_k}; at least 1 token must stay")
        if self.top_p is not None and not 0 < self.top_p <= 1:
            raise ValueError(f"top_p={self.top_p}; allowed is more than 0 and at most 1")


GREEDY = Sampling()


@dataclass(frozen=True)
class TokenStep:
    """One new token for each prompt: its slot, the ids (B,) and the logits (B, V) it came from."""

    slot: int
    ids: NDArray[np.int64]
    logits: NDArray[np.float32]

    @property
    def probabilities(self) -> NDArray[np.float32]:
        """(B, V)"""
        logits = torch.from_numpy(self.logits)
        return logits.softmax(-1).numpy()


def generate(
    model: GPT,
    prompt: Tensor,  # (B, T)
    *,
    max_new: int,
    sampling: Sampling = GREEDY,
    generator: torch.Generator | None = None,
    first: Tensor | None = None,
    trace: TraceLike = NO_TRACE,
    stop: int | None = END,
    cached: bool = True,
    read: KVCache | None = None,
) -> Iterator[TokenStep]:
    """Yield up to `max_new` steps; ends early once every text has written `stop`.

    Without `cached` nothing is kept, and each step reads the whole text again; `read` holds what
    has been read of the prompt before, and has room for the rest. `first` (B,) is where the text of
    each row begins: prompts of unlike length are filled up with padding before them. Raises
    `ValueError` where there is nothing to read. After its `stop` a text goes on as noise: cut it
    there. Draws come from `generator`, or from one of seed 0, never the global one.
    """
    require_prompt(prompt)
    generator = generator or torch.Generator().manual_seed(0)
    cache = read or (KVCache(prompt.shape[1] + max_new) if cached else NO_CACHE)
    text, done = prompt.long(), torch.zeros(len(prompt), dtype=torch.bool)
    for _ in range(max_new):
        # In float32, whatever the model computes in: NumPy has no bf16.
        logits = read_on(model, text, cache, first, trace)[:, -1].float()  # (B, V)
        # Closed before the yield: it would stay on for whoever runs next in this thread.
        with torch.inference_mode():
            chosen = choose(logits, sampling, generator)  # (B,)
        yield TokenStep(text.shape[1], chosen.numpy(), logits.numpy())
        text, done = torch.cat([text, chosen[:, None]], dim=1), done | (chosen == stop)
        if bool(done.all()):
            return


def read_on(
    model: GPT,
    text: Tensor,  # (B, S)
    cache: CacheLike,
    first: Tensor | None = None,
    trace: TraceLike = NO_TRACE,
) -> Tensor:
    """Read those tokens of `text` that the cache lacks: the logits after each, (B, T, V).

    All of a prompt at once is the prefill, one more token a step of decoding.
    """
    known = cache.length
    # Of the whole text first: along two axes, a position depends on the signs before it.
    positions = position_ids(text, model.config.position.n_axis, first)[:, known:]
    with torch.inference_mode():
        return model(text[:, known:], positions=positions, first=first, cache=cache, trace=trace)


def require_prompt(prompt: Tensor) -> None:
    if len(prompt) == 0:
        raise ValueError("there are 0 prompts; a model writes at least 1 text at a time")
    if prompt.shape[1] == 0:
        raise ValueError("the prompt is empty; the model needs at least one token to read")


def greedy_steps(
    model: GPT, given: Tokens, length: int, edits: Collection[Edit] = (), stop: int | None = None
) -> list[TokenStep]:
    """Every step from texts (B, some) to `length` tokens, under edits; an end stops nothing, unless
    it is the `stop` of all.

    `ValueError` for an edit that never met anything, or not all that it names.
    """
    trace = Trace(edits=edits) if edits else NO_TRACE
    max_new = length - given.shape[1]
    prompt = torch.from_numpy(given)
    steps = list(generate(model, prompt, max_new=max_new, trace=trace, stop=stop))
    trace.require_matched()
    return steps


def choose(logits: Tensor, sampling: Sampling, generator: torch.Generator | None) -> Tensor:
    """One id for each row of (B, V) logits."""
    if sampling.temperature == 0:
        # Asked by itself, since no logit can be divided by a temperature of 0.
        return logits.argmax(-1)
    probabilities = reshape(logits, sampling).softmax(-1)
    return torch.multinomial(probabilities, 1, generator=generator)[:, 0]


def reshape(logits: Tensor, sampling: Sampling) -> Tensor:
    """Logits after temperature, top-k and top-p; what is cut is minus infinity. (B, V) -> (B, V)"""
    logits = logits if sampling.temperature == 0 else logits / sampling.temperature
    # Stable: of equal logits the same ones are cut each time.
    order = logits.argsort(dim=-1, descending=True, stable=True)
    ranked = logits.gather(-1, order)
    keep = torch.ones_like(ranked, dtype=torch.bool)
    if sampling.top_k is not None:
        keep[:, sampling.top_k :] = False
    if sampling.top_p is not None:
        mass = ranked.masked_fill(~keep, float("-inf")).softmax(-1)
        # The mass before a token, without its own: so the likeliest one always stays.
        keep &= mass.cumsum(-1) - mass < sampling.top_p
    return logits.masked_fill(~keep.gather(-1, order.argsort(dim=-1)), float("-inf"))
