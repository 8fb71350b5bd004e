"""Shapes of a step against a traced forward, its work against counts, and the roof over it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tiny import BASE, some_tokens, tiny_model

from lab.inference.generate import read_on
from lab.measure.phases import Roof, Work, decode, prefill, shapes
from lab.model.cache import KVCache
from lab.model.config import GPTConfig, GroupedQueryAttentionConfig
from lab.model.cost import matrix_bytes, step_flops
from lab.model.trace import Trace

GROUPED = replace(BASE, attention=GroupedQueryAttentionConfig(4, 4, n_kv_head=2))
NAMES = {"x": "blocks.0.resid_pre", "q": "blocks.0.q", "scores": "blocks.0.scores"}


@pytest.mark.parametrize("config", [BASE, GROUPED])
def test_the_shapes_are_those_of_a_traced_prefill_and_of_the_steps_behind_it(
    config: GPTConfig,
) -> None:
    model, text, cache = tiny_model(config), some_tokens(3, 9), KVCache(9)
    for n_seen in (7, 8, 9):
        n_read = n_seen - cache.length
        trace = Trace(names=["resid_pre", "q", "scores"])
        logits = read_on(model, text[:, :n_seen], cache, trace=trace)
        expected = shapes(config, 3, n_read, n_seen)
        assert expected["logits"] == tuple(logits.shape)
        for name, traced in NAMES.items():
            assert expected[name] == tuple(trace[traced].shape), name
        for name in ("k", "v"):
            assert expected[name] == tuple(cache.store[0, name][..., :n_seen, :].shape), name


def test_the_work_of_a_batch_is_that_of_its_texts_and_one_fetch_of_the_weights() -> None:
    one, many = decode(BASE, 20), decode(BASE, 20, batch=8)
    assert one.operations == step_flops(BASE, 20, cached=True)
    assert many.operations == 8 * one.operations
    assert many.bytes - one.bytes == 7 * (one.bytes - matrix_bytes(BASE, 4))
    read = prefill(BASE, 20)
    assert read.operations == step_flops(BASE, 20, cached=False) and read.bytes == one.bytes
    assert one.intensity < many.intensity < 8 * one.intensity


def test_a_roof_is_a_slope_up_to_its_ridge_and_level_behind_it() -> None:
    roof = Roof(operations_per_second=100.0, bytes_per_second=20.0)
    assert roof.ridge == 5
    assert [roof.at(x) for x in (0.5, 5, 50)] == [10, 100, 100]
    assert Work(operations=30, bytes=60).intensity == 0.5


def test_a_weight_of_a_wide_network_is_fetched_for_two_operations() -> None:
    wide = replace(BASE, d_model=4096, vocab_size=4096)
    assert decode(wide, 1).intensity == pytest.approx(2 / 4, rel=0.01)
    assert decode(wide, 1, batch=64).intensity == pytest.approx(64 * 2 / 4, rel=0.05)
