"""The work of a step against counts, and the roof over it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tiny import BASE

from lab.measure.phases import Roof, Work, decode, prefill
from lab.model.cost import matrix_bytes, step_flops


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
