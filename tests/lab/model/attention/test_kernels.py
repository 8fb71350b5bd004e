"""lab.model.attention.kernels against the definition, one query and one key at a time."""

import math
from itertools import product
from typing import Any

import pytest
import torch
from tiny import failures

from lab.model.attention.flash import FlashAttention
from lab.model.attention.kernels import Kernel, math_attention, sdpa_attention
from lab.model.call import Slots
from lab.model.positions import NoPositions, Relation
from lab.model.trace import Trace

KERNELS = {"math": math_attention, "sdpa": sdpa_attention, "flash": FlashAttention(2, 3)}


def by_definition(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, start: int, first: Any, causal: bool
) -> torch.Tensor:
    """sum over seen slots of exp(q . k * scale) v, divided by the same sum without v."""
    n_batch, n_head, n_query, width = q.shape
    out = torch.zeros(n_batch, n_head, n_query, v.shape[-1], dtype=torch.float64)
    for b in range(n_batch):
        for h in range(n_head):
            shared = h // (n_head // k.shape[1])
            for t in range(n_query):
                total = 0.0
                for s in range(k.shape[2]):
                    padding = first is not None and s < int(first[b]) and s != start + t
                    if padding or (causal and s > start + t):
                        continue
                    weight = math.exp(float(q[b, h, t] @ k[b, shared, s]) / math.sqrt(width))
                    out[b, h, t] += weight * v[b, shared, s]
                    total += weight
                out[b, h, t] /= total
    return out


def test_a_kernel_computes_the_definition() -> None:
    def holds(kernel: Kernel, causal: bool, first: Any, start: int, n_key_head: int) -> None:
        generator = torch.Generator().manual_seed(start)
        q = torch.randn(2, 4, 7 - start, 5, dtype=torch.float64, generator=generator)
        k = torch.randn(2, n_key_head, 7, 5, dtype=torch.float64, generator=generator)
        v = torch.randn(2, n_key_head, 7, 3, dtype=torch.float64, generator=generator)
        slots = Slots(start, None if first is None else torch.tensor(first), causal)
        z = kernel(q, k, v, slots=slots, scale=5**-0.5)
        expected = by_definition(q, k, v, start, first, causal)
        assert torch.allclose(z, expected, rtol=1e-10, atol=1e-12)

    cases = product(KERNELS.values(), (True, False), (None, [0, 4]), (0, 3, 6), (1, 2, 4))
    assert failures(holds, cases) == []


@pytest.mark.parametrize("kernel", KERNELS.values(), ids=KERNELS)
def test_what_lies_before_a_text_is_hidden(kernel: Kernel) -> None:
    q, k, v = torch.randn(3, 1, 2, 6, 4, generator=torch.Generator().manual_seed(0)).double()
    both_ways = Slots(causal=False)
    short = kernel(q[..., 2:, :], k[..., 2:, :], v[..., 2:, :], slots=both_ways, scale=0.5)
    masked = kernel(q, k, v, slots=Slots(first=torch.tensor([2]), causal=False), scale=0.5)
    assert torch.allclose(masked[..., 2:, :], short, rtol=1e-12)
    unmasked = kernel(q, k, v, slots=both_ways, scale=0.5)
    assert not torch.allclose(unmasked[..., 2:, :], short, rtol=1e-2)


class Blind(Slots):
    """The second query sees no key at all."""

    def hidden(self, queries: range, keys: range, device: torch.device) -> torch.Tensor:
        none = torch.tensor([*queries])[:, None] == 1
        return super().hidden(queries, keys, device) | none

    def hides_nothing(self, queries: range, keys: range) -> bool:
        return False

    def are_all_of(self, n_key: int, n_query: int) -> bool:
        return False


class BlindByBias(NoPositions):
    """The second query is kept from every key by a bias of minus infinity."""

    def bias(self, i: torch.Tensor, j: torch.Tensor) -> torch.Tensor:
        zeros = torch.zeros(1, 1, i.shape[1], j.shape[1])
        return zeros.masked_fill((i == 1)[:, None, :, None], -math.inf)


def test_a_query_that_sees_no_key_hands_on_nothing_and_moves_nothing() -> None:
    """Output and gradients are those of a call without this query, whatever the kernel."""

    def holds(kernel: Kernel, hidden: dict[str, Any], n_key_head: int) -> None:
        generator = torch.Generator().manual_seed(n_key_head)
        shapes = (2, 4, 5, 6), (2, n_key_head, 5, 6), (2, n_key_head, 5, 3)
        q, k, v = (
            torch.randn(shape, dtype=torch.float64, generator=generator).requires_grad_()
            for shape in shapes
        )
        both_ways, others = Slots(causal=False), [0, 2, 3, 4]
        z = kernel(q, k, v, scale=0.4, **hidden)
        dq, dk, dv = torch.autograd.grad(z.sin().sum(), (q, k, v))
        alone = math_attention(q[..., others, :], k, v, scale=0.4, slots=both_ways)
        expected = torch.autograd.grad(alone.sin().sum(), (q, k, v))
        assert (z[..., 1, :] == 0).all() and (dq[..., 1, :] == 0).all()
        assert torch.allclose(z[..., others, :], alone, rtol=1e-10)
        for own, other in zip((dq, dk, dv), expected, strict=True):
            assert torch.allclose(own, other, rtol=1e-10, atol=1e-12)

    i = torch.arange(5)[None]
    ways = [
        {"slots": Blind(causal=False)},
        {"slots": Slots(causal=False), "relation": Relation(BlindByBias(), i, i)},
    ]
    assert failures(holds, product(KERNELS.values(), ways, (1, 2, 4))) == []


def test_what_is_no_number_is_not_taken_for_a_query_that_sees_no_key() -> None:
    q, k, v = torch.randn(3, 1, 2, 4, 4, generator=torch.Generator().manual_seed(0))
    q[..., 2, 0] = math.nan
    for name, kernel in KERNELS.items():
        z = kernel(q, k, v, scale=0.5, slots=Blind())
        assert z[..., 2, :].isnan().all(), name
        assert (z[..., 1, :] == 0).all() and z[..., [0, 3], :].isfinite().all(), name


def test_only_the_math_kernel_shows_scores_and_pattern() -> None:
    q = torch.randn(1, 2, 3, 4, generator=torch.Generator().manual_seed(0))
    trace = Trace(["scores", "pattern"])
    for name, kernel in KERNELS.items():
        trace.calls.clear()
        kernel(q, q, q, scale=0.5, trace=trace)
        assert (
            set(trace.calls) == kernel.emits == ({"scores", "pattern"} if name == "math" else set())
        )


def test_query_heads_must_be_a_multiple_of_key_heads() -> None:
    with pytest.raises(ValueError, match="4 query heads are no multiple of 3 key heads"):
        math_attention(torch.ones(1, 4, 1, 2), *[torch.ones(1, 3, 1, 2)] * 2, scale=1.0)
