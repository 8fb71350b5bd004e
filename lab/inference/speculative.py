"""Speculative decoding: a small network drafts, the large one checks the whole draft at once.

To read five tokens at once costs the large network hardly more than to read one, since its weights
are fetched once for all five. It keeps those drafted tokens that it would have written itself, and
adds one of its own, so what is written is what it writes alone (arXiv:2211.17192; here greedy).

Shapes: `T` tokens of the one text, `K` drafted tokens, `V` vocabulary.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from lab.data.vocabulary import END
from lab.inference.drafted import Round
from lab.inference.generate import read_on, require_prompt
from lab.model.cache import KVCache
from lab.model.gpt import GPT


def speculate(
    model: GPT,
    draft: GPT,
    prompt: Tensor,  # (1, T)
    *,
    max_new: int,
    n_draft: int,
    stop: int | None = END,
) -> Iterator[Round]:
    """Yield rounds until `max_new` tokens or `stop` are written, in all the greedy text of `model`.

    Raises `ValueError` for a draft of another vocabulary, for more texts than one, and for
    `n_draft` under 1.
    """
    require_prompt(prompt)
    require_drafting(model, draft, len(prompt), n_draft)
    text, end = prompt.long(), prompt.shape[1] + max_new
    cache, draft_cache = KVCache(end), KVCache(end)
    while text.shape[1] < end:
        room = end - text.shape[1]
        # A round ends with a token of the model's own, so the last position needs no draft.
        drafted = draft_on(draft, text, draft_cache, min(n_draft, room - 1))  # (1, K)
        logits = read_on(model, torch.cat([text, drafted], dim=1), cache)[0]  # (..., V)
        own = logits[-drafted.shape[1] - 1 :].argmax(-1)  # (K + 1,): the model's, after each
        accepted = agreeing(drafted[0], own)
        written = until(stop, own[: min(accepted + 1, room)])
        text = torch.cat([text, written[None]], dim=1)
        yield Round(tuple(drafted[0].tolist()), accepted, tuple(written.tolist()))
        if int(written[-1]) == stop:
            return
        for held in (cache, draft_cache):
            # The newest token was chosen and not read: both networks read it next.
            held.cut(min(held.length, text.shape[1] - 1))


def draft_on(draft: GPT, text: Tensor, cache: KVCache, n_draft: int) -> Tensor:
    """The greedy continuation of (1, T) by `n_draft` tokens, (1, K)."""
    start = text.shape[1]
    for _ in range(n_draft):
        chosen = read_on(draft, text, cache)[:, -1].argmax(-1)
        text = torch.cat([text, chosen[:, None]], dim=1)
    return text[:, start:]


def agreeing(drafted: Tensor, own: Tensor) -> int:
    """How many drafted tokens (K,) are the model's own, (K + 1,), before the first that is not."""
    return int((drafted == own[:-1]).long().cumprod(0).sum())


def until(stop: int | None, tokens: Tensor) -> Tensor:
    """The tokens (T,) up to the first `stop`, with it."""
    ends = [] if stop is None else (tokens == stop).nonzero()
    return tokens[: int(ends[0]) + 1] if len(ends) else tokens


def require_drafting(model: GPT, draft: GPT, n_text: int, n_draft: int) -> None:
    theirs, ours = draft.config.vocab_size, model.config.vocab_size
    if theirs != ours:
        raise ValueError(
            f"the draft knows {theirs} tokens and the model {ours}; both need one vocabulary"
        )
    if n_text != 1:
        raise ValueError(f"{n_text} texts; one is drafted for at a time")
    if n_draft < 1:
        raise ValueError(f"n_draft={n_draft}; at least 1 token is drafted")
