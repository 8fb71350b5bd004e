"""lab.model.cache: what goes in comes out, in order, and no more than there is room for."""

import pytest
import torch

from lab.model.cache import NO_CACHE, KVCache


def test_a_cache_gives_back_all_it_was_given_layer_by_layer() -> None:
    generator = torch.Generator().manual_seed(0)
    cache, whole = KVCache(9), torch.randn(2, 2, 3, 9, 4, generator=generator)  # layer first
    start = 0
    for size in (4, 1, 3, 1):
        for layer in (0, 1):
            new = whole[layer, :, :, start : start + size]
            k, v = cache.extend(layer, k=new, v=-new)
            assert torch.equal(k, whole[layer, :, :, : start + size])
            assert torch.equal(v, -k)
        start += size
        assert cache.length == start


def test_several_kinds_of_tensor_may_have_several_widths() -> None:
    cache = KVCache(4)
    c, k = cache.extend(0, c_kv=torch.ones(1, 3, 5), k_rope=torch.zeros(1, 3, 2))
    assert (c.shape, k.shape) == ((1, 3, 5), (1, 3, 2))
    assert cache.bytes_held == 4 * 3 * (5 + 2)


def test_the_length_is_that_of_the_layer_furthest_behind() -> None:
    cache = KVCache(4)
    assert cache.length == 0
    cache.extend(0, k=torch.ones(1, 2, 1))
    cache.extend(1, k=torch.ones(1, 1, 1))
    assert cache.length == 1


def test_a_full_cache_says_so() -> None:
    cache = KVCache(3)
    cache.extend(0, k=torch.ones(1, 3, 1))
    with pytest.raises(ValueError, match="4 tokens do not fit a cache of capacity=3"):
        cache.extend(0, k=torch.ones(1, 1, 1))
    with pytest.raises(ValueError, match="capacity=0"):
        KVCache(0)


def test_no_cache_keeps_nothing() -> None:
    x = torch.ones(1, 2, 3)
    assert NO_CACHE.extend(0, k=x)[0] is x
    assert NO_CACHE.extend(0, k=x)[0] is x
    assert NO_CACHE.length == 0
