"""lab.published.cache_size: against a real cache, and against figures that were published."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from tiny import BASE, failures, read, some_tokens, tiny_model

from lab.model.cache import KVCache
from lab.model.config import (
    AbsorbedLatentAttentionConfig,
    GroupedQueryAttentionConfig,
    LatentAttentionConfig,
)
from lab.model.cost import cache_bytes_per_token
from lab.published.cache_size import KeysAndValues, Latent, cache_bytes
from lab.published.models import DEEPSEEK_LATENT

GROUPED = replace(BASE, attention=GroupedQueryAttentionConfig(n_head=6, head_dim=4, n_kv_head=2))


@pytest.mark.parametrize("config", [BASE, GROUPED], ids=["multi_head", "grouped"])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_the_formula_counts_the_bytes_that_a_real_cache_holds(config: Any, dtype: Any) -> None:
    n_text, n_token = 3, 7
    model, cache = tiny_model(config, dtype=dtype), KVCache(n_token)
    read(model, some_tokens(n_text, n_token), cache=cache)
    heads = config.attention
    kept = KeysAndValues(heads.n_head, heads.kv_width // heads.head_dim, heads.head_dim)
    size = dtype.itemsize
    assert cache_bytes(config.n_layer, kept, size, n_token, n_text) == cache.bytes_held
    assert cache_bytes(config.n_layer, kept, size, 1) == cache_bytes_per_token(config, size)


def test_a_window_bounds_what_is_kept_and_half_a_byte_halves_it() -> None:
    kept = KeysAndValues(8, 2, 16)
    assert cache_bytes(3, kept, 2, 100, window=40) == cache_bytes(3, kept, 2, 40)
    assert cache_bytes(3, kept, 2, 30, window=40) == cache_bytes(3, kept, 2, 30)
    assert cache_bytes(3, kept, 0.5, 100) == cache_bytes(3, kept, 1, 100) / 2


def test_figures_that_were_published_come_out() -> None:
    """OPT-13B, 800 KB a token (arXiv:2309.06180, section 3); DeepSeek-V2, which keeps
    as much as V3, 4.5 head_dim numbers a layer (arXiv:2405.04434, section 2.1.4)."""
    assert cache_bytes(40, KeysAndValues(40, 40, 128), 2, 1) == 800 * 1024
    assert DEEPSEEK_LATENT.numbers == 4.5 * 128


def test_what_is_no_count_is_refused_by_its_name() -> None:
    def holds(changes: dict[str, Any]) -> None:
        given: dict[str, Any] = {"n_layer": 2, "bytes_per_number": 2, "n_token": 5} | changes
        (name,) = changes
        with pytest.raises(ValueError, match=name):
            cache_bytes(kept=KeysAndValues(4, 2, 8), **given)

    cases = [
        {"n_token": 0},
        {"n_token": 10**8},
        {"n_text": -1},
        {"bytes_per_number": 0},
        {"bytes_per_number": float("nan")},
        {"n_layer": 2.5},
    ]
    assert failures(holds, cases) == []


def test_a_size_of_a_latent_that_is_none_is_refused_by_its_name() -> None:
    def holds(name: str) -> None:
        with pytest.raises(ValueError, match=f"{name}=0 must be a whole number"):
            replace(DEEPSEEK_LATENT, **{name: 0})

    assert failures(holds, vars(DEEPSEEK_LATENT)) == []


def test_operations_for_a_token_read_grow_as_those_of_the_model_do() -> None:
    """Against what one layer of a small network costs for one token more, head by head."""
    sizes = (3, 11, 9, 6, 4, 5)  # heads, latents, parts of a key, a value
    layers = {
        form: replace(BASE, attention=form(*sizes)).layers[0]
        for form in (LatentAttentionConfig, AbsorbedLatentAttentionConfig)
    }
    kept, absorbed = (x.attention.flops(x, 8) - x.attention.flops(x, 7) for x in layers.values())
    found = Latent(*sizes).operations_read()
    assert (found["kept"] * sizes[0], found["absorbed"] * sizes[0]) == (kept, absorbed)
    made = 2 * 9 * (6 + 5)  # a key and a value of the latent
    assert found["again"] == found["kept"] + made
    assert found["rotated"] == found["absorbed"] + 2 * 9 * 6
