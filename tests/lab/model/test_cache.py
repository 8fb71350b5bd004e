"""lab.model.cache: what goes in comes out, in order, and no more than there is room for."""

from typing import Any

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


def filled(n: int, capacity: int = 9, dtype: torch.dtype | None = None) -> tuple[KVCache, Any]:
    generator = torch.Generator().manual_seed(0)
    cache, given = KVCache(capacity, dtype), torch.randn(3, 2, n, 4, generator=generator)
    cache.place(torch.arange(n).expand(3, n) + 100)
    for layer in (0, 1):
        cache.extend(layer, k=given + layer, v=-given)
    return cache, given


def held(cache: KVCache, layer: int = 0) -> torch.Tensor:
    """The keys of a layer, asked for by storing none more."""
    nothing = torch.zeros(*cache.store[layer, "k"].shape[:-2], 0, 4)
    return cache.extend(layer, k=nothing)[0]


def test_what_is_cut_off_is_written_over() -> None:
    cache, given = filled(6)
    cache.cut(4)
    assert cache.length == 4
    assert torch.equal(held(cache), given[:, :, :4])
    assert cache.place(torch.full((3, 1), 7))[0].tolist() == [100, 101, 102, 103, 7]
    with pytest.raises(ValueError, match="length=5; the cache holds 4 tokens"):
        cache.cut(5)


def test_what_is_forgotten_in_front_lets_the_others_move_up() -> None:
    cache, given = filled(6)
    cache.forget(2)
    assert cache.length == 4
    assert torch.equal(held(cache, 1), given[:, :, 2:] + 1)
    assert cache.place(torch.full((3, 1), 7))[0].tolist() == [102, 103, 104, 105, 7]
    with pytest.raises(ValueError, match="n_token=9; the cache holds 4 tokens"):
        cache.forget(9)


def test_a_copy_has_room_of_its_own() -> None:
    cache, given = filled(6)
    twin = cache.copy(length=4, capacity=5, rows=torch.tensor([2, 0]))
    cache.forget(6)
    assert (twin.length, twin.capacity) == (4, 5)
    assert torch.equal(held(twin), given[[2, 0], :, :4])
    with pytest.raises(ValueError, match="6 tokens do not fit a cache of capacity=5"):
        filled(6)[0].copy(capacity=5)


def test_a_cache_of_half_precision_rounds_what_it_keeps() -> None:
    cache, given = filled(6, dtype=torch.float16)
    assert cache.bytes_held == filled(6)[0].bytes_held / 2
    assert held(cache).dtype == torch.float32
    assert torch.equal(held(cache), given.half().float())
    with pytest.raises(ValueError, match=r"dtype=torch\.int64; .* floating-point"):
        KVCache(3, torch.int64)


def test_a_cache_in_int8_is_off_by_half_a_step_of_each_token_and_head() -> None:
    """And it holds a byte a number, and a scale for each token and head."""
    cache, given = filled(6, dtype=torch.int8)
    step = given.abs().amax(-1, keepdim=True) / 127
    off = (held(cache) - given).abs() / step
    assert 0.4 < off.max() <= 0.5 + 1e-4
    assert cache.bytes_held == 4 * (given.numel() + 4 * step.numel())
    twin = cache.copy(length=4)
    assert torch.equal(held(twin), held(cache)[..., :4, :])
    nothing = KVCache(2, torch.int8).extend(0, k=torch.zeros(1, 1, 2, 4))
    assert torch.equal(nothing[0], torch.zeros(1, 1, 2, 4))


def test_a_cache_of_another_shape_or_dtype_is_named() -> None:
    cache, given = filled(6)
    with pytest.raises(ValueError, match=r"k of layer 0: shape \(2, 2, 1, 4\); .* \(3, 2, 1, 4\)"):
        cache.extend(0, k=given[:2, :, :1], v=given[:2, :, :1])
    with pytest.raises(ValueError, match=r"k of layer 0: shape \(3, 1, 1, 4\)"):
        cache.extend(0, k=given[:, :1, :1], v=given[:, :1, :1])
    with pytest.raises(ValueError, match=r"dtype torch\.float64; the cache holds torch\.float32"):
        cache.extend(0, k=given[:, :, :1].double(), v=given[:, :, :1].double())
    with pytest.raises(ValueError, match=r"positions: shape \(2, 1\); this cache takes \(3, 1\)"):
        cache.place(torch.zeros(2, 1, dtype=torch.long))
