"""lab.model.cache_size and known_sizes: against a real cache, and against published widths."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from tiny import BASE, failures, read, some_tokens, tiny_model

from lab.model.cache import KVCache
from lab.model.cache_size import KeysAndValues, Latent, cache_bytes
from lab.model.config import GroupedQueryAttention
from lab.model.cost import cache_bytes_per_token
from lab.model.known_sizes import CARDS, KNOWN, KnownModel

GROUPED = replace(BASE, attention=GroupedQueryAttention(n_head=6, head_dim=4, n_kv_head=2))


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
    """OPT-13B, 800 KB a token (arXiv:2309.06180, section 3); DeepSeek-V2, 4.5 head_dim numbers a
    layer (arXiv:2405.04434, section 2.1.4)."""
    assert cache_bytes(40, KeysAndValues(40, 40, 128), 2, 1) == 800 * 1024
    assert Latent(512, 64).numbers == 4.5 * 128


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


def test_key_heads_divide_the_query_heads_and_a_latent_has_none() -> None:
    with pytest.raises(ValueError, match="n_head=32 must be a multiple of n_kv_head=5"):
        known("Llama 2 7B").with_key_heads(5)
    with pytest.raises(ValueError, match="DeepSeek-V3 keeps a latent"):
        known("DeepSeek-V3").with_key_heads(8)
    grouped = known("Llama 2 7B").with_key_heads(8)
    assert grouped.cache_bytes(2, 100) == known("Llama 3.1 8B").cache_bytes(2, 100)


def known(name: str) -> KnownModel:
    return next(model for model in KNOWN if model.name == name)


WIDTHS = {
    # name -> d_model, width of the gated FFN, vocabulary, and whether queries and keys have biases
    "Llama 2 7B": (4096, 11008, 32_000, False),
    "Llama 3.1 8B": (4096, 14336, 128_256, False),
    "Llama 3.1 70B": (8192, 28672, 128_256, False),
    "Mistral 7B": (4096, 14336, 32_000, False),
    "Qwen2.5 7B": (3584, 18944, 152_064, True),
}
"""From the configurations that stand beside the released weights."""


def test_the_parameters_follow_from_the_published_widths() -> None:
    def holds(name: str) -> None:
        d_model, d_ff, n_token, biases = WIDTHS[name]
        model = known(name)
        assert isinstance(model.kept, KeysAndValues)
        asked = model.kept.n_head * model.kept.head_dim
        kept = model.kept.n_kv_head * model.kept.head_dim
        attention = 2 * d_model * (asked + kept) + (asked + 2 * kept if biases else 0)
        layer = attention + 3 * d_model * d_ff + 2 * d_model
        assert model.parameters == 2 * n_token * d_model + model.n_layer * layer + d_model

    assert failures(holds, WIDTHS) == []


def test_gpt_2_is_as_large_as_its_widths_make_it() -> None:
    d, layer = 768, 12 * 768**2 + 13 * 768
    assert known("GPT-2 small").parameters == (50_257 + 1024) * d + 12 * layer + 2 * d


def test_every_size_has_a_source() -> None:
    for sized in (*KNOWN, *CARDS):
        assert sized.source.startswith("https://"), sized
