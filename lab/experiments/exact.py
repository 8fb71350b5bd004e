"""Does a cache, a batch or a draft change a single token? Counted, and not argued."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lab.data.vocabulary import Tokens
from lab.experiments.served_models import model_called, test_sums
from lab.experiments.sweep import Cell
from lab.inference.generate import read_on
from lab.inference.serving import serve
from lab.inference.speculative import speculate
from lab.model.cache import NO_CACHE, CacheLike, KVCache
from lab.model.gpt import GPT

N_SUMS, BATCH = {2: 10_000, 4: 1000, 10: 20}, {2: 500, 4: 250, 10: 20}
RUN = {2: "chain_of_thought", 4: "far_clipped", 10: "far_clipped"}
DRAFT = {2: "few_pairs", 4: "draft_small"}
ROWS = 50
ROUNDED = {"float16": torch.float16, "bfloat16": torch.bfloat16, "int8": torch.int8}
"""Caches that keep less of a number."""

Way = Callable[[GPT, Tokens, int, int], tuple[Tokens, Tensor | None]]
"""Of prompts (N, T), a length and the digits: the texts written, and the logits, if there are."""


def exact_cells() -> list[Cell]:
    """Ten digits only in the ways that take minutes."""
    return [
        {"part": "exact", "digits": digits, "how": how}
        for digits in N_SUMS
        for how in WAYS
        if digits < 10 or how in ("uncached", *ROUNDED)
    ]


def measure_exact(cell: Cell, n: int | None = None) -> dict[str, Any]:
    """Texts that come out otherwise than with a cache in fp32, and how far the logits move.

    `largest_change` is in parts of the largest logit, over all steps up to the first that differs;
    None where no logits were compared.
    """
    torch.set_num_threads(1)
    digits = cell["digits"]
    form, texts, sample = test_sums(n or N_SUMS[digits], digits)
    model, write = model_called(RUN[digits]), WAYS[cell["how"]]
    differing, wrong, changes = 0, 0, list[float]()
    for start in range(0, len(texts), BATCH[digits]):
        right = texts[start : start + BATCH[digits]]
        prompts = right[:, : form.prompt_length]
        usual, logits = with_cache(model, prompts, form.length, KVCache(form.length))
        other, others = write(model, prompts, form.length, digits)
        differing += int((other != usual).any(axis=1).sum())
        wrong += int((other != right).any(axis=1).sum())
        if others is not None:
            changes += largest_change(logits, others, usual != other)
    return {
        "n": len(texts),
        "differing": differing,
        "errors_strict": wrong,
        "largest_change": max(changes, default=None),
        "precision": "fp32",
        "seeds": [0],
        **sample.document(),
    }


def largest_change(logits: Tensor, others: Tensor, differs: Tokens) -> list[float]:
    """Of (N, T, V) logits, as long as the texts (N, L) that they wrote are the same: one number,
    or none where every text differs from its first token on."""
    same = torch.from_numpy(differs[:, -logits.shape[1] :].cumsum(axis=1) == 0)
    moved = (logits - others).abs().amax(-1)[same]
    return [float(moved.max() / logits.abs().max())] if len(moved) else []


# ---------------------------------------------------------------- the ways to write a text


def with_cache(model: GPT, prompts: Tokens, length: int, cache: CacheLike) -> tuple[Tokens, Tensor]:
    """Greedy texts (N, length) and the logits (N, T, V) of every token written."""
    text, logits = torch.from_numpy(prompts).long(), list[Tensor]()
    while text.shape[1] < length:
        logits.append(read_on(model, text, cache)[:, -1])
        text = torch.cat([text, logits[-1].argmax(-1)[:, None]], dim=1)
    return text.numpy().astype(np.uint8), torch.stack(logits, dim=1)


def uncached(model: GPT, prompts: Tokens, length: int, _: int) -> tuple[Tokens, Tensor]:
    return with_cache(model, prompts, length, NO_CACHE)


def rounded(dtype: torch.dtype) -> Way:
    return lambda model, prompts, length, _: with_cache(
        model, prompts, length, KVCache(length, dtype)
    )


def ragged(model: GPT, prompts: Tokens, length: int, _: int) -> tuple[Tokens, None]:
    """Continuous batching in few rows of texts that are given up to unlike tokens, by a seed."""
    texts, _logits = with_cache(model, prompts, length, KVCache(length))
    given = np.random.default_rng(0).integers(prompts.shape[1], length - 1, len(texts))
    begun = [text[:t] for text, t in zip(texts, given, strict=True)]
    out = np.zeros_like(texts)
    for tick in serve(model, begun, rows=ROWS, longest=length, policy="continuous"):
        for served in tick.ended:
            out[served.prompt, : len(served.text)] = served.text
    return out, None


def one_by_one(model: GPT, prompts: Tokens, length: int, _: int) -> tuple[Tokens, Tensor]:
    """A batch of one row at a time."""
    each = [
        with_cache(model, prompts[i : i + 1], length, KVCache(length)) for i in range(len(prompts))
    ]
    return np.concatenate([text for text, _ in each]), torch.cat([logits for _, logits in each])


def drafted(model: GPT, prompts: Tokens, length: int, digits: int) -> tuple[Tokens, None]:
    """Every prompt for itself, four tokens drafted at a time."""
    draft, rows = model_called(DRAFT[digits]), list[list[int]]()
    for prompt in torch.from_numpy(prompts):
        most = length - len(prompt)
        rounds = speculate(model, draft, prompt[None], max_new=most, n_draft=4, stop=None)
        rows.append([*prompt.tolist(), *(token for one in rounds for token in one.written)])
    return np.array(rows, dtype=np.uint8), None


WAYS: dict[str, Way] = {
    "uncached": uncached,
    "one_by_one": one_by_one,
    "ragged": ragged,
    "drafted": drafted,
    **{name: rounded(dtype) for name, dtype in ROUNDED.items()},
}
