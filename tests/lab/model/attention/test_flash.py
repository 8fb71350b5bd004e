"""flash: the same numbers and gradients as plain attention, and memory that grows with N."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest
import torch
from tiny import failures
from torch import Tensor

from lab.model.attention.flash import FlashAttention, TiledAttention, Tiles, nothing_seen
from lab.model.attention.kernels import math_attention, sdpa_attention
from lab.model.call import Slots
from lab.model.positions import UNRELATED, ALiBiPositions, NoPositions, Relation

BOTH_WAYS = Slots(causal=False)


def some(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, dtype=dtype, generator=generator).requires_grad_()


def of_two(n_query: int, n_key: int, n_head: int = 2) -> tuple[Tensor, Tensor, Tensor]:
    """Queries, keys and values of two texts; a value is no key's size."""
    return (
        some(2, n_head, n_query, 5, seed=1),
        some(2, n_head, n_key, 5, seed=2),
        some(2, n_head, n_key, 3, seed=3),
    )


def with_gradients(z: Tensor, *of: Tensor) -> list[Tensor]:
    return [z, *torch.autograd.grad(z.sin().sum(), of)]


def farthest(a: list[Tensor], b: list[Tensor]) -> float:
    return max(float((x - y).detach().abs().max()) for x, y in zip(a, b, strict=True))


def test_output_and_gradients_are_those_of_plain_attention() -> None:
    def holds(n_query: int, n_key: int, slots: Slots, rows: int, columns: int) -> None:
        inputs = of_two(n_query, n_key)
        plain, flash = (
            with_gradients(kernel(*inputs, scale=0.7, slots=slots), *inputs)
            for kernel in (math_attention, FlashAttention(rows, columns))
        )
        assert farthest(plain, flash) < 1e-12

    cases = [
        (*x, *y)
        for x in [
            (37, 37, Slots()),
            (37, 37, BOTH_WAYS),
            (37, 37, Slots(first=torch.tensor([0, 9]))),
            (1, 1, Slots()),
            (1, 53, Slots(start=52)),
            (5, 53, Slots(start=48)),
            (11, 29, BOTH_WAYS),
        ]
        for y in [(1, 1), (4, 7), (8, 8), (16, 4), (64, 64)]
    ]
    assert failures(holds, cases) == []


def test_a_bias_is_added_tile_by_tile() -> None:
    inputs, i = of_two(23, 23), torch.arange(23)[None]
    position = ALiBiPositions(2)
    relation = Relation(position, i, i)
    plain, flash, without = (
        with_gradients(kernel(*inputs, scale=0.7, relation=relation), *inputs)
        for kernel, relation in (
            (math_attention, relation),
            (FlashAttention(4, 6), relation),
            (FlashAttention(4, 6), Relation(position, i, torch.zeros_like(i))),
        )
    )
    assert farthest(plain, flash) < 1e-12 < 1e-3 < farthest(plain, without)


def test_no_more_of_a_bias_is_formed_than_a_tile(monkeypatch: pytest.MonkeyPatch) -> None:
    """So memory grows with the text, and not with its square, where positions are a bias."""
    sizes: list[int] = []
    whole = ALiBiPositions.bias

    def noted(self: ALiBiPositions, i: Tensor, j: Tensor) -> Tensor:
        out = whole(self, i, j)
        sizes.append(out.numel())
        return out

    monkeypatch.setattr(ALiBiPositions, "bias", noted)
    i = torch.arange(50)[None]
    FlashAttention(8, 6)(*of_two(50, 50), scale=0.7, relation=Relation(ALiBiPositions(2), i, i))
    assert max(sizes) == 2 * 8 * 6


@pytest.mark.parametrize("slots", [Slots(), BOTH_WAYS], ids=["causal", "both_ways"])
def test_gradients_are_the_slopes(slots: Slots) -> None:
    tiles = Tiles(7, 7, 0.7, slots, UNRELATED, rows=3, columns=2)
    assert torch.autograd.gradcheck(lambda *qkv: TiledAttention.apply(*qkv, tiles), of_two(7, 7))


@pytest.mark.parametrize("size", [1e4, -1e4])
def test_scores_too_large_for_exp_are_none_too_large(size: float) -> None:
    """exp(1e4) is infinite; the largest score is taken off before."""
    q, k, v = of_two(19, 19)
    with torch.no_grad():
        q[..., 0], k[..., 0] = size, torch.linspace(0, 1, 19, dtype=torch.float64)
    assert float((q @ k.mT).detach().abs().max()) > 1e4 * 0.99
    plain, flash = (
        with_gradients(kernel(q, k, v, scale=1.0), q, k, v)
        for kernel in (math_attention, FlashAttention(4, 4))
    )
    assert all(bool(x.isfinite().all()) for x in flash)
    assert farthest(plain[:1], flash[:1]) < 1e-12 and farthest(plain[3:], flash[3:]) < 1e-12
    assert farthest(plain, flash) < 1e-12 * abs(size)  # gradients of q carry the size of k's


class Blind(Slots):
    """The second query sees nothing at all."""

    def hidden(self, queries: range, keys: range, device: torch.device) -> Tensor:
        return super().hidden(queries, keys, device) | (torch.tensor([*queries])[:, None] == 1)

    def hides_nothing(self, queries: range, keys: range) -> bool:
        return False


def test_a_query_that_sees_nothing_hands_on_nothing() -> None:
    inputs = of_two(5, 5)
    z, dq, dk, dv = with_gradients(FlashAttention(2, 2)(*inputs, scale=0.7, slots=Blind()), *inputs)
    whole = FlashAttention(2, 2)(*inputs, scale=0.7)
    assert (z[..., 1, :] == 0).all() and (dq[..., 1, :] == 0).all()
    assert dk.isfinite().all() and dv.isfinite().all()
    others = [0, 2, 3, 4]
    assert torch.equal(z[..., others, :], whole[..., others, :])


@pytest.mark.parametrize("slots", [Slots(), BOTH_WAYS], ids=["causal", "both_ways"])
def test_in_bf16_it_errs_no_more_than_a_quarter_beyond_torch(slots: Slots) -> None:
    exact = [some(2, 4, 130, 32, seed=seed) for seed in range(3)]
    right = with_gradients(math_attention(*exact, scale=32**-0.5, slots=slots), *exact)
    short = [x.detach().bfloat16().requires_grad_() for x in exact]
    for kernel in (FlashAttention(), FlashAttention(48, 40)):
        ours, theirs = (
            with_gradients(some_kernel(*short, scale=32**-0.5, slots=slots), *short)
            for some_kernel in (kernel, sdpa_attention)
        )
        for own, torchs, true in zip(ours, theirs, right, strict=True):
            assert own.dtype == torch.bfloat16
            assert farthest([own.double()], [true]) <= 1.25 * farthest([torchs.double()], [true])


def test_autocast_changes_nothing() -> None:
    """A training run computes its matrix products in bf16; the recurrence stays in float32."""
    inputs = [(3 * some(1, 2, 70, 16, seed=seed)).detach().bfloat16() for seed in range(3)]
    without, within = ([x.clone().requires_grad_() for x in inputs] for _ in range(2))
    expected = with_gradients(FlashAttention(16, 16)(*without, scale=0.25), *without)
    with torch.autocast("cpu", torch.bfloat16):
        z = FlashAttention(16, 16)(*within, scale=0.25)
    assert farthest(with_gradients(z, *within), expected) == 0


@pytest.mark.parametrize(("rows", "columns"), [(0, 4), (4, 0), (-1, 3), (4, -1)])
def test_a_tile_of_nothing_is_refused(rows: int, columns: int) -> None:
    with pytest.raises(ValueError, match=r"(rows|columns)=(0|-1)"):
        FlashAttention(rows, columns)


class Table(NoPositions):
    """A bias for every key as it is given, (B, H, 1, S)."""

    def __init__(self, bias: Tensor) -> None:
        super().__init__()
        self.given_bias = bias

    def bias(self, i: Tensor, j: Tensor) -> Tensor:
        return self.given_bias[..., j[0]]


def test_a_bias_for_all_queries_alike_is_spread_and_one_that_is_trained_refused() -> None:
    inputs, i = of_two(9, 9), torch.arange(9)[None]
    alike = Relation(Table(some(2, 1, 1, 9).detach()), i, i)
    plain, flash = (
        kernel(*inputs, scale=0.7, relation=alike)
        for kernel in (math_attention, FlashAttention(2, 4))
    )
    assert farthest([plain], [flash]) < 1e-6  # the bias itself is in float32
    trained = Relation(Table(some(2, 1, 1, 9)), i, i)
    with pytest.raises(ValueError, match="gets no gradient here; take the math kernel"):
        FlashAttention()(*inputs, scale=0.7, relation=trained)


def test_tiles_above_the_diagonal_are_never_formed() -> None:
    tiles = Tiles(12, 12, 1.0, Slots(), UNRELATED, rows=4, columns=3)
    met = [(i.start, j.start) for i in tiles.queries() for j in tiles.keys(i)]
    assert met == [(i, j) for i in (0, 4, 8) for j in range(0, i + 4, 3)]


# ---------------------------------------------------------------- split over keys


def test_partial_results_merge_in_any_order() -> None:
    scores, v = some(3, 4, 20).detach() * 30, some(3, 20, 6, seed=1).detach()
    whole = nothing_seen(scores, 6).add(scores, v)
    right = scores.softmax(-1) @ v
    cuts = [range(0, 3), range(3, 4), range(4, 15), range(15, 20)]
    parts = [
        nothing_seen(scores, 6).add(scores[..., c.start : c.stop], v[..., c.start : c.stop, :])
        for c in cuts
    ]
    for order in itertools.permutations(parts):
        left_first = order[0].merge(order[1]).merge(order[2]).merge(order[3])
        in_pairs = order[0].merge(order[1]).merge(order[2].merge(order[3]))
        for merged in (left_first, in_pairs, whole):
            assert torch.allclose(merged.output(), right, rtol=0, atol=1e-12)
            assert torch.allclose(merged.log_sum_exp()[..., 0], scores.logsumexp(-1), rtol=1e-13)


def test_an_empty_part_changes_nothing() -> None:
    scores, v = some(4, 9).detach(), some(9, 6, seed=1).detach()
    some_keys, none = nothing_seen(scores, 6).add(scores, v), nothing_seen(scores, 6)
    for merged in (some_keys.merge(none), none.merge(some_keys)):
        assert torch.equal(merged.output(), some_keys.output())


def test_the_order_of_the_keys_does_not_matter() -> None:
    scores, v = some(4, 12).detach(), some(12, 6, seed=1).detach()
    order = random.Random(0).sample(range(12), 12)
    so_far = nothing_seen(scores, 6)
    for key in order:
        so_far = so_far.add(scores[:, key : key + 1], v[key : key + 1])
    assert torch.allclose(so_far.output(), scores.softmax(-1) @ v, rtol=0, atol=1e-14)


# ---------------------------------------------------------------- memory


def numbers_made(kernel: Any, n: int) -> int:
    """Of the tensors that a forward and a backward make, the numbers of the largest."""
    from torch.utils._python_dispatch import TorchDispatchMode

    class Largest(TorchDispatchMode):
        most = 0

        def __torch_dispatch__(
            self, func: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            out = func(*args, **(kwargs or {}))
            for x in out if isinstance(out, tuple | list) else (out,):
                if isinstance(x, Tensor):
                    self.most = max(self.most, x.numel())
            return out

    inputs = [some(1, 2, n, 8, seed=seed, dtype=torch.float32) for seed in range(3)]
    with Largest() as mode:
        kernel(*inputs, scale=1.0).sum().backward()
    return mode.most


def test_no_tensor_grows_with_the_square_of_the_length() -> None:
    flash, plain = FlashAttention(16, 16), math_attention
    assert numbers_made(plain, 256) == 4 * numbers_made(plain, 128) == 2 * 256 * 256
    assert numbers_made(flash, 512) == 2 * numbers_made(flash, 256) == 2 * 512 * 8
