"""Sliding-window attention: what a query looks at, against full attention on the same weights."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from tiny import BASE, failures, read, some_tokens, tiny_model

from lab.model.cache import KVCache
from lab.model.config import GPTConfig, RotaryPositionsConfig, SlidingWindowAttentionConfig
from lab.model.gpt import GPT
from lab.model.trace import Trace

FULL = replace(BASE, position=RotaryPositionsConfig(base=100.0))


def windowed(window: int) -> GPT:
    """The weights of the full model, shared, behind a window."""
    attention = SlidingWindowAttentionConfig(n_head=3, head_dim=4, window=window)
    model = GPT(replace(FULL, attention=attention))
    model.load_state_dict(tiny_model(FULL).state_dict())
    return model.double().eval().requires_grad_(False)


def pattern_of(model: GPT, tokens: torch.Tensor) -> torch.Tensor:
    trace = Trace(["pattern"])
    read(model, tokens, trace=trace)
    return trace["blocks.0.pattern"]


@pytest.mark.parametrize("window", [1, 3, 8])
def test_a_query_looks_at_the_last_tokens_of_its_window_and_at_no_other(window: int) -> None:
    pattern = pattern_of(windowed(window), some_tokens(2, 9))
    for t in range(9):
        seen = range(max(0, t - window + 1), t + 1)
        assert all((pattern[:, :, t, s] > 0).all() == (s in seen) for s in range(9))


@pytest.mark.parametrize("window", [3, 8])
def test_what_is_seen_keeps_its_shares_among_itself(window: int) -> None:
    tokens = some_tokens(2, 9)
    full, near = pattern_of(tiny_model(FULL), tokens), pattern_of(windowed(window), tokens)
    kept = full * (near > 0)
    assert torch.allclose(near, kept / kept.sum(-1, keepdim=True), rtol=0, atol=1e-12)


def test_a_window_longer_than_the_text_is_full_attention() -> None:
    tokens = some_tokens(2, 9)
    assert torch.equal(read(windowed(9), tokens), read(tiny_model(FULL), tokens))


def test_decoding_far_past_the_window_equals_the_full_forward() -> None:
    model, tokens, cache = windowed(3), some_tokens(2, 20), KVCache(20)
    steps = [
        model(tokens[:, t : t + 1], positions=torch.tensor([t]), cache=cache) for t in range(20)
    ]
    assert torch.allclose(torch.cat(steps, 1), read(model, tokens), rtol=0, atol=1e-10)


def test_a_window_is_a_whole_number_above_zero() -> None:
    def holds(window: float) -> None:
        with pytest.raises(ValueError, match=r"attention\.window"):
            SlidingWindowAttentionConfig(window=window)  # pyright: ignore[reportArgumentType]

    assert failures(holds, [0, -1, 2.5, True]) == []


def test_a_window_comes_back_from_its_document() -> None:
    config = replace(FULL, attention=SlidingWindowAttentionConfig(n_head=3, head_dim=4, window=5))
    assert GPTConfig.from_dict(config.to_dict()) == config
