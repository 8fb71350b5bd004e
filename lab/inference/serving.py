"""A queue of prompts served in a few rows side by side, whose texts end at different times.

`schedule.py` says when a row is given to the next prompt. With continuous batching all rows share
one cache and one slot number: a newcomer's text begins in the slot that the others have come to,
and what its row held before is padding now. It reads its prompt token by token beside rows that
write, so no step is taken for it alone.

Shapes: `B` rows, `T` tokens of a prompt, `L` tokens of the longest text.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lab.data.position_ids import position_ids
from lab.data.vocabulary import END, PADDING, Tokens
from lab.inference.generate import generate
from lab.inference.schedule import Policy, Served, Tick, require_rows
from lab.model.cache import KVCache
from lab.model.gpt import GPT

Numbers = NDArray[np.int64]

SPARE = 32
"""Slots that no text needs any more are given up in so large parts: the others have to move."""


def serve(
    model: GPT, prompts: Sequence[Tokens], *, rows: int, longest: int, policy: Policy
) -> Iterator[Tick]:
    """Write every prompt (T,) to its end, greedily, in the order given, at most `rows` at a time.

    A text that has not ended after `longest` tokens is cut. Raises `ValueError` for no rows, an
    empty prompt, and a prompt that leaves no room.
    """
    require_rows(rows)
    for number, prompt in enumerate(prompts):
        if not 1 <= len(prompt) < longest:
            raise ValueError(
                f"prompt {number} has {len(prompt)} tokens; 1 to {longest - 1} leave room to write "
                f"within longest={longest}"
            )
    return (static if policy == "static" else continuous)(model, prompts, rows, longest)


# ---------------------------------------------------------------- static


def static(model: GPT, prompts: Sequence[Tokens], rows: int, longest: int) -> Iterator[Tick]:
    step = 0
    for start in range(0, len(prompts), rows):
        group = range(start, min(start + rows, len(prompts)))
        text, first = side_by_side([prompts[number] for number in group])
        begin, running = step, set(range(len(group)))
        for done in generate(
            model, torch.from_numpy(text), first=torch.from_numpy(first), max_new=longest
        ):
            text = np.concatenate([text, done.ids[:, None].astype(np.uint8)], axis=1)
            busy, step = len(running), step + 1
            over = [r for r in running if done.ids[r] == END or text.shape[1] - first[r] >= longest]
            running -= set(over)
            ended = (Served(group[r], r, begin, step, text[r, first[r] :]) for r in over)
            yield Tick(step - 1, len(group), busy, tuple(ended))
            if not running:
                break


def side_by_side(prompts: Sequence[Tokens]) -> tuple[Tokens, Numbers]:
    """Prompts of unlike length behind padding, (B, T), and where each begins, (B,)."""
    first = max(map(len, prompts)) - np.array([len(prompt) for prompt in prompts])
    padded = [
        np.pad(p, (n, 0), constant_values=PADDING) for p, n in zip(prompts, first, strict=True)
    ]
    return np.stack(padded), first


# ---------------------------------------------------------------- continuous


class Rows:
    """The texts that are being read and written, an entry a row: (B,), and `tokens` (B, L)."""

    def __init__(self, n: int, longest: int) -> None:
        self.tokens = np.full((n, longest), PADDING, dtype=np.int64)
        self.number = np.arange(n)
        self.prompt = np.full(n, -1)  # of none
        self.given, self.read, self.first, self.begin = np.zeros((4, n), dtype=np.int64)
        self.length = np.ones(n, dtype=np.int64)

    @property
    def free(self) -> NDArray[np.bool_]:
        return self.prompt < 0

    def seat(self, row: int, number: int, prompt: Tokens, slot: int, step: int) -> None:
        """Give a row to a prompt, whose text begins in `slot`."""
        self.tokens[row] = PADDING
        self.tokens[row, : len(prompt)] = prompt
        self.prompt[row], self.given[row], self.length[row] = number, len(prompt), len(prompt)
        self.read[row], self.first[row], self.begin[row] = 0, slot, step

    def newest(self, n_axis: int) -> tuple[Tensor, Tensor]:
        """The token that each row reads next, (B, 1), and where it stands, (B, 1) or (B, 1, A)."""
        row, text = np.arange(len(self.read)), torch.from_numpy(self.tokens[:, : self.length.max()])
        ids = position_ids(text, n_axis)
        ids = ids.expand(len(text), *ids.shape[1:])
        return text[row, self.read][:, None], ids[row, self.read][:, None]

    def take(self, chosen: Numbers) -> None:
        """Texts that are read to their end go on with the token chosen for them, (B,)."""
        self.read[~self.free] += 1
        writing = np.flatnonzero(~self.free & (self.read == self.length))
        self.tokens[writing, self.length[writing]] = chosen[writing]
        self.length[writing] += 1

    def release(self, step: int) -> Iterator[Served]:
        """Free the rows whose text has ended, or is as long as it may become."""
        last = self.tokens[np.arange(len(self.length)), self.length - 1]
        ended = (self.length > self.given) & (last == END)
        over = ~self.free & (ended | (self.length == self.tokens.shape[1]))
        for row in np.flatnonzero(over):
            text = self.tokens[row, : self.length[row]].astype(np.uint8)
            which = int(self.prompt[row]), int(self.number[row]), int(self.begin[row])
            yield Served(*which, step, text)
        self.prompt[over], self.length[over], self.read[over] = -1, 1, 0

    def keep(self, rows: Numbers) -> None:
        for name, values in vars(self).items():
            setattr(self, name, values[rows])


def continuous(model: GPT, prompts: Sequence[Tokens], rows: int, longest: int) -> Iterator[Tick]:
    waiting, texts = deque(enumerate(prompts)), Rows(min(rows, len(prompts)), longest)
    cache, step = KVCache(longest + SPARE), 0
    while waiting or not texts.free.all():
        for row in np.flatnonzero(texts.free)[: len(waiting)]:
            texts.seat(row, *waiting.popleft(), cache.length, step)
        busy = np.flatnonzero(~texts.free)
        with torch.inference_mode():
            # Empty rows are computed too; to leave them out costs a copy, so not for a few.
            if 2 * len(busy) <= len(texts.free):
                texts.keep(busy)
                cache = cache.copy(rows=torch.from_numpy(busy))
            texts.take(next_tokens(model, texts, cache))
        yield Tick(step, len(texts.free), len(busy), tuple(texts.release(step + 1)))
        step += 1


def next_tokens(model: GPT, texts: Rows, cache: KVCache) -> Numbers:
    """The likeliest token after the one that each row reads now, (B,)."""
    gone = int(texts.first[~texts.free].min())
    if gone >= SPARE:
        cache.forget(gone)
        texts.first -= gone
    tokens, positions = texts.newest(model.config.position.n_axis)
    first = torch.from_numpy(texts.first)
    logits = model(tokens, positions=positions, first=first, cache=cache)[:, -1]  # (B, V)
    return logits.argmax(-1).numpy()
