"""by_hand.flash: the softmax of the whole row, and a meter that counts what the formula says."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from tiny import failures

from lab.by_hand.flash import (
    PROCESSORS,
    Numbers,
    SlowMemory,
    flash_attention,
    flash_backward,
    held,
    most_rows,
    moved_by_flash,
    moved_by_plain,
    operations,
    plain_attention,
)
from lab.model.attention.flash import FlashAttention
from lab.model.attention.kernels import math_attention
from lab.model.call import Slots

D_KEY, D_VALUE, SCALE = 5, 3, 0.7


def some(n_query: int, n_key: int) -> tuple[Numbers, Numbers, Numbers]:
    rng = np.random.default_rng(n_query)
    return (
        rng.normal(size=(n_query, D_KEY)),
        rng.normal(size=(n_key, D_KEY)),
        rng.normal(size=(n_key, D_VALUE)),
    )


def by_definition(Q: Numbers, K: Numbers, V: Numbers, *, causal: bool) -> tuple[Numbers, Numbers]:
    """A row at a time, every score at once."""
    out, L = np.empty((len(Q), V.shape[1])), np.empty(len(Q))
    for t, q in enumerate(Q):
        seen = t + 1 if causal else len(K)
        weights = np.array([math.exp(SCALE * float(q @ k)) for k in K[:seen]])
        out[t], L[t] = weights @ V[:seen] / weights.sum(), math.log(weights.sum())
    return out, L


SHAPES = [(1, 1, True), (23, 23, True), (23, 23, False), (7, 31, False), (31, 7, False)]


def test_tiles_give_the_row_and_move_what_the_formula_says() -> None:
    def holds(n_query: int, n_key: int, causal: bool, rows: int, columns: int) -> None:
        inputs, memory = some(n_query, n_key), SlowMemory()
        O, L = flash_attention(
            *inputs, scale=SCALE, rows=rows, columns=columns, memory=memory, causal=causal
        )
        expected_O, expected_L = by_definition(*inputs, causal=causal)
        assert np.allclose(O, expected_O, rtol=0, atol=1e-12)
        assert np.allclose(L, expected_L, rtol=0, atol=1e-12)
        formula = moved_by_flash(n_query, n_key, D_KEY, D_VALUE, rows=rows, causal=causal)
        assert memory.moved == formula
        assert memory.written == n_query * (D_VALUE + 1)

    cases = [(*x, *y) for x in SHAPES for y in [(1, 1), (4, 6), (8, 3), (64, 64)]]
    assert failures(holds, cases) == []


def test_plain_attention_moves_both_tables_twice() -> None:
    def holds(n_query: int, n_key: int, causal: bool) -> None:
        inputs, memory = some(n_query, n_key), SlowMemory()
        O = plain_attention(*inputs, scale=SCALE, memory=memory, causal=causal)
        assert np.allclose(O, by_definition(*inputs, causal=causal)[0], rtol=0, atol=1e-12)
        assert memory.moved == moved_by_plain(n_query, n_key, D_KEY, D_VALUE)

    assert failures(holds, SHAPES) == []


def test_torch_does_the_same() -> None:
    inputs = some(19, 19)
    O, _ = flash_attention(*inputs, scale=SCALE, rows=4, columns=6, memory=SlowMemory())
    z = FlashAttention(4, 6)(*(torch.from_numpy(x)[None, None] for x in inputs), scale=SCALE)
    assert np.allclose(z[0, 0].numpy(), O, rtol=0, atol=1e-14)


def test_gradients_are_those_of_autograd() -> None:
    def holds(n_query: int, n_key: int, causal: bool, rows: int, columns: int) -> None:
        Q, K, V = some(n_query, n_key)
        dO = np.random.default_rng(9).normal(size=(n_query, D_VALUE))
        sizes: dict[str, int] = {"rows": rows, "columns": columns}
        O, L = flash_attention(Q, K, V, scale=SCALE, memory=SlowMemory(), causal=causal, **sizes)
        found = flash_backward(Q, K, V, O, L, dO, scale=SCALE, causal=causal, **sizes)
        inputs = [torch.from_numpy(x)[None, None].requires_grad_() for x in (Q, K, V)]
        q, k, v = inputs
        z = math_attention(q, k, v, scale=SCALE, slots=Slots(causal=causal))
        expected = torch.autograd.grad(z, inputs, torch.from_numpy(dO)[None, None])
        for mine, theirs in zip(found, expected, strict=True):
            assert np.allclose(mine, theirs[0, 0].numpy(), rtol=0, atol=1e-12)

    assert failures(holds, [(*x, *y) for x in SHAPES for y in [(1, 1), (4, 6), (64, 64)]]) == []


# ---------------------------------------------------------------- any fast memory


def test_the_largest_tile_fills_the_fast_memory() -> None:
    def holds(fast: int) -> None:
        rows = most_rows(fast, 16, 64, 64)
        assert held(rows, 16, 64, 64) <= fast < held(rows + 1, 16, 64, 64)

    assert failures(holds, [2_200, 5_000, 20_000, 100_000]) == []


def test_a_memory_without_room_for_a_query_is_refused() -> None:
    least = held(1, 16, 64, 64)
    assert most_rows(least, 16, 64, 64) == 1
    with pytest.raises(ValueError, match=rf"hold no tile: .* take {least:,}"):
        most_rows(least - 1, 16, 64, 64)


@pytest.mark.parametrize(("rows", "columns"), [(0, 4), (4, 0), (-1, 4)])
def test_a_tile_of_nothing_is_refused(rows: int, columns: int) -> None:
    with pytest.raises(ValueError, match=r"(rows|columns)=(0|-1)"):
        flash_attention(*some(3, 3), scale=1.0, rows=rows, columns=columns, memory=SlowMemory())


@pytest.mark.parametrize("causal", [True, False])
def test_twice_the_fast_memory_is_half_the_traffic(causal: bool) -> None:
    sizes = [2**n for n in range(14, 20)]
    moved = [
        moved_by_flash(2**17, 2**17, 64, 64, rows=most_rows(M, 4, 64, 64), causal=causal)
        for M in sizes
    ]
    slope, _ = np.polyfit(np.log(sizes), np.log(moved), 1)
    assert slope == pytest.approx(-1, abs=0.05)
    plain = moved_by_plain(2**17, 2**17, 64, 64)
    assert max(moved) < plain


def test_with_too_little_fast_memory_it_moves_more_than_plain_attention() -> None:
    few, many = (moved_by_flash(1024, 1024, 64, 64, rows=rows, causal=False) for rows in (16, 64))
    assert many < moved_by_plain(1024, 1024, 64, 64) < few


def test_a_card_waits_for_the_slower_of_its_two() -> None:
    for card in PROCESSORS:
        assert card.seconds(10**9, 1) == pytest.approx(2e9 / card.bandwidth)
        assert card.seconds(1, 10**15) == pytest.approx(1e15 / card.flops)
    assert operations(4, 4, 2, 2) == 2 * 10 * 4 and operations(4, 6, 2, 2, causal=False) == 192
