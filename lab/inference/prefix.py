"""A prefix cache: the beginning that prompts share is read once.

Keys and values of a token depend on the tokens before it and on where they stand, so what was kept
of one text serves every other that begins alike. Production servers share a system prompt so
(vLLM, Kwon and others, arXiv:2309.06180, section 4.4; SGLang, arXiv:2312.07104, section 3).

Shapes: `T` tokens of one prompt, `V` vocabulary.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

import torch
from torch import Tensor

from lab.data.position_ids import position_ids
from lab.inference.generate import read_on, require_prompt
from lab.model.cache import KVCache
from lab.model.gpt import GPT


@dataclass(frozen=True)
class Read:
    """A prompt that was read: the logits after its last token (V,), its cache, and how many of its
    tokens were known already."""

    logits: Tensor
    cache: KVCache
    known: int


class PrefixCache:
    """What was kept of the last `most` prompts, at least 1, for those that begin alike."""

    def __init__(self, model: GPT, most: int = 16) -> None:
        if most < 1:
            raise ValueError(f"most={most}; a prefix cache keeps at least 1 prompt")
        self.model, self.most = model, most
        self.kept: OrderedDict[tuple[int, ...], KVCache] = OrderedDict()

    def read(self, prompt: Tensor, capacity: int) -> Read:
        """Read (1, T), only its last token at least, into a cache of its own for `capacity`."""
        require_prompt(prompt)
        if len(prompt) > 1:
            raise ValueError(f"{len(prompt)} prompts; one is looked up at a time")
        text = prompt.long()
        known, like = self.longest_beginning(text)
        cache = like.copy(length=known, capacity=capacity) if like else KVCache(capacity)
        logits = read_on(self.model, text, cache)[0, -1]
        # A copy: the caller's own cache grows with what it writes.
        self.keep(text, cache.copy(capacity=text.shape[1]))
        return Read(logits, cache, known)

    def longest_beginning(self, text: Tensor) -> tuple[int, KVCache | None]:
        """How many tokens of (1, T), its last aside, some kept prompt has alike, and its cache."""
        shared = [(alike(text, self.model, ids, held), held) for ids, held in self.kept.items()]
        known, held = max(shared, key=lambda one: one[0], default=(0, None))
        # The last token is always read again, for the logits behind it are what is wanted.
        return (min(known, text.shape[1] - 1), held) if known else (0, None)

    def keep(self, text: Tensor, cache: KVCache) -> None:
        name = tuple(text[0].tolist())
        self.kept[name] = cache
        self.kept.move_to_end(name)
        while len(self.kept) > self.most:
            self.kept.popitem(last=False)


def alike(text: Tensor, model: GPT, ids: tuple[int, ...], held: KVCache) -> int:
    """How many first tokens of (1, T) are those `ids`, and stand where they stood in the cache."""
    there = torch.tensor(ids)
    n = min(len(there), text.shape[1])
    own = position_ids(text, model.config.position.n_axis)[0, :n]
    assert held.placed is not None
    same = (text[0, :n] == there[:n]) & (own == held.placed[0, :n]).reshape(n, -1).all(-1)
    return int(same.long().cumprod(0).sum())
