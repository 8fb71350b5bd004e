"""A cache that went wrong, and a model that goes on from it and notices nothing.

The prompt is read up to its last token, the cache is spoiled, and the model writes on greedily from
that last token. Three faults that servers have had:

- stale: the slots hold the keys and values of another prompt, or of some of its tokens;
- offset: tokens read after the prompt are told that they stand farther on than they do;
- shared: two readers' tokens go into one cache, each in turn.

Shapes: `N` texts, `T` tokens, `V` vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lab.data.position_ids import position_ids
from lab.data.problems import Format, all_pairs
from lab.data.vocabulary import Tokens
from lab.model.cache import KVCache
from lab.model.gpt import GPT
from lab.model.trace import NO_TRACE


def read(
    model: GPT, text: Tensor, cache: KVCache, begin: int, end: int | None = None, offset: int = 0
) -> Tensor:
    """The logits after tokens `begin` to `end` of texts (N, T), which the cache takes. (N, new, V)

    They are told that they stand `offset` positions farther on than they do.
    """
    positions = position_ids(text, model.config.position.n_axis)[:, begin:end] + offset
    with torch.inference_mode():
        return model(text[:, begin:end], positions=positions, cache=cache)


def prefilled(model: GPT, given: Tokens, length: int, offset: int = 0) -> KVCache:
    """A cache with room for `length` tokens that holds all of texts (N, T) but their last token."""
    cache = KVCache(length)
    read(model, torch.from_numpy(given).long(), cache, 0, -1, offset)
    return cache


def write_on(model: GPT, given: Tokens, length: int, cache: KVCache, offset: int = 0) -> Tokens:
    """Greedily to (N, length) from texts (N, T) of which `cache` holds the first tokens."""
    text = torch.from_numpy(given).long()
    while text.shape[1] < length:
        text = with_likeliest(text, read(model, text, cache, cache.length, None, offset))
    return as_tokens(text)


def with_likeliest(text: Tensor, logits: Tensor) -> Tensor:
    """Texts (N, T) and the likeliest token after them. (N, T + 1)"""
    return torch.cat([text, logits[:, -1].argmax(-1, keepdim=True)], dim=1)


# ---------------------------------------------------------------- the faults


def stale(model: GPT, given: Tokens, other: Tokens, length: int, slots: Sequence[int]) -> Tokens:
    """Texts (N, length), written on while `slots` of the cache hold the tokens of `other` prompts.

    `ValueError` for prompts of two lengths, and for a slot that is not in the cache.
    """
    require_one_shape(given, other)
    if any(not 0 <= slot < given.shape[1] - 1 for slot in slots):
        raise ValueError(f"slots={list(slots)}; the cache holds 0 to {given.shape[1] - 2}")
    cache, old = prefilled(model, given, length), prefilled(model, other, length)
    with torch.inference_mode():  # what a cache was given there may be changed there alone
        for name, kept in cache.store.items():
            kept[..., list(slots), :] = old.store[name][..., list(slots), :]
    return write_on(model, given, length, cache)


def misplaced(
    model: GPT, given: Tokens, length: int, offset: int, from_the_start: bool = False
) -> Tokens:
    """Texts (N, length), all behind the prefill read `offset` positions too far on; or all of
    them."""
    cache = prefilled(model, given, length, offset if from_the_start else 0)
    return write_on(model, given, length, cache, offset)


def shared(model: GPT, given: Tokens, other: Tokens, length: int, apart: int = 0) -> Tokens:
    """Texts (N, length) whose cache takes the tokens of `other` readers too, each in turn.

    First both prompts but their last tokens, then a token of one and a token of the other. All of
    them see all that is in the cache. Each reader's tokens are told their own positions, those of
    the other one `apart` farther on. `ValueError` for prompts of two lengths.
    """
    require_one_shape(given, other)
    cache, texts = KVCache(2 * length), [torch.from_numpy(x).long() for x in (given, other)]
    for text, offset in zip(texts, (0, apart), strict=True):
        read(model, text, cache, 0, -1, offset)
    while texts[0].shape[1] < length:
        last = texts[0].shape[1] - 1
        texts = [
            with_likeliest(text, read(model, text, cache, last, None, offset))
            for text, offset in zip(texts, (0, apart), strict=True)
        ]
    return as_tokens(texts[0])


def holds_right_working(form: Format, texts: Tokens) -> NDArray[np.bool_]:
    """Is what stands behind the prompts of texts (N, L) right for any problem at all? (N,)

    For numbers of two digits at most; `ValueError` for longer ones.
    """
    behind = form.prompt_length
    workings = {bytes(text) for text in form.render(*all_pairs(form.p, form.q))[0][:, behind:]}
    return np.array([bytes(text) in workings for text in texts[:, behind:]])


def require_one_shape(given: Tokens, other: Tokens) -> None:
    if given.shape != other.shape:
        raise ValueError(f"prompts {given.shape} and {other.shape} must be of one shape")


def as_tokens(text: Tensor) -> Tokens:
    return text.numpy().astype(np.uint8)


# ---------------------------------------------------------------- keys that are turned already


def without_the_front(
    model: GPT, given: Tokens, n_front: int, length: int, turned_by: int = 0
) -> Tokens:
    """Texts (N, length) of what stands behind the first `n_front` tokens of `given` (N, T), which
    are read and then forgotten.

    The count begins anew behind them, and every kept key is turned `turned_by` positions on: where
    that is not `-n_front`, query and key no longer count from one mark.
    """
    cache = prefilled(model, given, n_front + length)
    with torch.inference_mode():
        cache.forget(n_front)
    turn_on(cache, model, turned_by)
    return write_on(model, given[:, n_front:], length, cache)


def turn_on(cache: KVCache, model: GPT, by: int) -> None:
    """Turn every kept key `by` positions on from where it stands: the same as a fresh read where
    all positions move alike."""
    turn = model.position.turn(torch.full((1, cache.length), float(by)), model.embed.weight.dtype)
    with torch.inference_mode():
        for (_, name), kept in cache.store.items():
            if name == "k":
                held = kept[..., : cache.length, :]
                held[:] = model.position.rotate_keys(held, turn, NO_TRACE)
