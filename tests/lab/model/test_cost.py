"""lab.model.cost against torch's own counters and the cache itself."""

import pytest
import torch
from tiny import BASE, math_variants, read, some_tokens, tiny_model, variants
from torch.utils.flop_counter import FlopCounterMode

from lab.model.cache import KVCache
from lab.model.config import GPTConfig, LearnedPositions, NoPositions
from lab.model.cost import (
    cache_bytes_per_token,
    flops_per_token_forward,
    parameters,
    parameters_of,
)


@pytest.mark.parametrize("config", variants())
def test_parameters_sum_to_all_of_them(config: GPTConfig) -> None:
    model = tiny_model(config)
    parts = parameters(model)
    assert sum(parts.values()) == sum(p.numel() for p in model.parameters())
    assert sum(parts.values()) == parameters_of(config)
    assert parts["embedding"] == parts["unembedding"] == 16 * 16
    assert parts["attention"] == 2 * 4 * 16 * 12
    assert parts["norms"] == 16 * 5 + (2 * 2 * 4 if config.attention.qk_norm else 0)
    assert parts["positions"] == (16 * 32 if isinstance(config.position, LearnedPositions) else 0)


@pytest.mark.parametrize("config", [v for v in math_variants() if "clipped" not in str(v.id)])
def test_flops_are_those_torch_counts(config: GPTConfig) -> None:
    """Seven tokens that all attend to seven slots, as the math kernel computes them."""
    model = tiny_model(config)
    counter = FlopCounterMode(display=False)
    with counter:
        read(model, some_tokens(1, 7))
    assert counter.get_total_flops() == 7 * flops_per_token_forward(config, n_seen=7)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_cache_holds_as_many_bytes_as_promised(dtype: torch.dtype) -> None:
    cache = KVCache(20)
    tiny_model(dtype=dtype)(some_tokens(1, 7), cache=cache)
    assert cache.bytes_held == 7 * cache_bytes_per_token(BASE, dtype.itemsize)


def test_only_a_learned_table_ends() -> None:
    assert LearnedPositions(max_length=9).longest_text == 9
    assert NoPositions().longest_text is None
