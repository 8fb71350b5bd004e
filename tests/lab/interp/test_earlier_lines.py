"""lab.interp.earlier_lines: the mask lets keys and values stand; against what a cache holds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from tiny import read, tiny_model, variants

from lab.data.vocabulary import encode
from lab.interp.earlier_lines import change_of_earlier, keys_and_values
from lab.model.cache import KVCache
from lab.model.config import SlidingWindowAttention

TEXT = "37*48=692+"


@pytest.mark.parametrize("config", variants())
def test_behind_the_mask_no_earlier_line_changes(config: Any) -> None:
    changes = change_of_earlier(tiny_model(config), TEXT, 6)
    assert changes.shape == (config.n_layer, 2)
    assert changes.max() < 1e-14


@pytest.mark.parametrize("config", variants())
def test_without_it_all_but_the_first_layer_change(config: Any) -> None:
    changes = change_of_earlier(tiny_model(config), TEXT, 6, causal=False)
    assert changes[0].max() < 1e-14
    if not isinstance(config.attention, SlidingWindowAttention):
        assert changes[1:].min() > 1e-3


def test_what_is_compared_is_what_a_cache_keeps() -> None:
    model = tiny_model()  # with a learned table, which turns no key
    cache = KVCache(len(TEXT))
    read(model, torch.from_numpy(encode(TEXT)).long()[None], cache=cache)
    kept = keys_and_values(model, TEXT)
    for (layer, name), stored in cache.store.items():
        assert torch.equal(kept[layer, "kv".index(name)], stored[0])


def test_the_change_is_the_largest_of_all_earlier_tokens() -> None:
    model = tiny_model()
    changes = change_of_earlier(model, TEXT, 4, causal=False)
    before = keys_and_values(model, TEXT[:4], causal=False).numpy()
    after = keys_and_values(model, TEXT[:5], causal=False).numpy()
    largest = max(
        np.abs(after[1, 1, head, token] - before[1, 1, head, token]).max()
        for head in range(before.shape[2])
        for token in range(4)
    )
    assert changes[1, 1] == pytest.approx(largest / np.abs(before[1, 1]).max())


@pytest.mark.parametrize("n_before", [0, len(TEXT), -1])
def test_a_token_must_stand_on_either_side(n_before: int) -> None:
    with pytest.raises(ValueError, match=f"n_before={n_before} of 10 tokens; allowed are 1 to 9"):
        change_of_earlier(tiny_model(), TEXT, n_before)
