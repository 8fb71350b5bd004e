"""What stays of keys and values as a text grows, against the store of a cache."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from tiny import BASE, SAMPLES, tiny_model

from lab.data.vocabulary import encode
from lab.inference.forward import run_with_trace
from lab.measure.cache_growth import Growth, Kept, kept, queries_keys_values
from lab.model.cache import KVCache

TEXT = "37*48=692+"
CONFIG = replace(BASE, n_layer=3)
ROUNDING = 1e-12

POSITIONS = [
    pytest.param(position, id=name)
    for name, position in SAMPLES["position"].items()
    if position.n_axis == 1 and name != "none"
]


def both(kept: Kept) -> tuple[Growth, Growth]:
    return kept.keys, kept.values


@pytest.mark.parametrize("attention", ["multi_head", "grouped"])
@pytest.mark.parametrize("position", POSITIONS)
def test_with_the_mask_they_are_what_a_cache_stored_token_by_token(
    position: Any, attention: str
) -> None:
    config = replace(CONFIG, position=position, attention=SAMPLES["attention"][attention])
    model, cache = tiny_model(config), KVCache(len(TEXT))
    found = kept(model, TEXT)
    for t, token in enumerate(encode(TEXT).tolist()):
        model(torch.tensor([[token]]), cache=cache)
        for name, growth in zip("kv", both(found), strict=True):
            assert len(growth.after[t]) == 3
            for layer, lines in enumerate(growth.after[t]):
                stored = cache.store[layer, name][0, :, : t + 1].numpy()
                stored = stored[..., -lines.shape[-1] :]  # a clipped key is kept turned as well
                assert lines.shape == stored.shape
                assert abs(lines - stored).max() < ROUNDING


def test_with_the_mask_no_line_changes_that_was_there() -> None:
    for growth in both(kept(tiny_model(CONFIG), TEXT)):
        assert growth.changes().shape == (len(TEXT) - 1, 3)
        assert growth.changes().max() < ROUNDING


@pytest.mark.parametrize("position", POSITIONS)
def test_without_the_mask_layer_0_does_not_change_and_deeper_layers_do(position: Any) -> None:
    model = tiny_model(replace(CONFIG, position=position))
    for growth in both(kept(model, TEXT, causal=False)):
        changes = growth.changes()
        assert changes[:, 0].max() < ROUNDING
        assert changes[:, 1:].min() > 1e-3


def test_a_change_is_the_largest_of_all_heads_and_lines_but_not_of_the_new_one() -> None:
    before, after = np.zeros((2, 3, 4, 5)), np.zeros((2, 3, 5, 5))
    after[1, 2, 3, 0], after[0, 0, 1, 4], after[0, 1, 0, 2] = -7, 2, -3
    after[:, :, 4] = 100
    assert Growth([before, after]).changes().tolist() == [[3, 7]]


def test_queries_are_those_that_the_newest_token_asks_with() -> None:
    model = tiny_model(replace(CONFIG, position=SAMPLES["position"]["rotary"]))
    q, k, v = queries_keys_values(model, TEXT)
    trace = run_with_trace(model, TEXT, ["rot_q", "rot_k", "v"])
    for layer in range(3):
        for found, name in ((q, "rot_q"), (k, "rot_k"), (v, "v")):
            assert np.array_equal(found[layer], trace[f"blocks.{layer}.{name}"][0].numpy())
