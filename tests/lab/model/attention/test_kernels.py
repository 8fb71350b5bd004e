"""lab.model.attention.kernels against the definition, one query and one key at a time."""

import math
from typing import Any

import pytest
import torch

from lab.model.attention.kernels import Kernel, math_attention, sdpa_attention
from lab.model.trace import Trace

KERNELS = {"math": math_attention, "sdpa": sdpa_attention}


def by_definition(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, start: int, lengths: Any, causal: bool
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
                    if (causal and s > start + t) or (lengths is not None and s >= int(lengths[b])):
                        continue
                    weight = math.exp(float(q[b, h, t] @ k[b, shared, s]) / math.sqrt(width))
                    out[b, h, t] += weight * v[b, shared, s]
                    total += weight
                out[b, h, t] /= total
    return out


@pytest.mark.parametrize("kernel", KERNELS.values(), ids=KERNELS)
@pytest.mark.parametrize("causal", [True, False], ids=["causal", "both_ways"])
@pytest.mark.parametrize("lengths", [None, [3, 7]], ids=["whole", "lengths"])
@pytest.mark.parametrize("start", [0, 3, 6])
@pytest.mark.parametrize("n_key_head", [1, 2, 4])
def test_a_kernel_computes_the_definition(
    kernel: Kernel, causal: bool, lengths: Any, start: int, n_key_head: int
) -> None:
    generator = torch.Generator().manual_seed(start)
    q = torch.randn(2, 4, 7 - start, 5, dtype=torch.float64, generator=generator)
    k = torch.randn(2, n_key_head, 7, 5, dtype=torch.float64, generator=generator)
    v = torch.randn(2, n_key_head, 7, 3, dtype=torch.float64, generator=generator)
    lengths = None if lengths is None else torch.tensor(lengths)
    z = kernel(q, k, v, start=start, lengths=lengths, causal=causal, scale=5**-0.5)
    expected = by_definition(q, k, v, start, lengths, causal)
    assert torch.allclose(z, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("kernel", KERNELS.values(), ids=KERNELS)
def test_lengths_hide_what_lies_behind_them(kernel: Kernel) -> None:
    q, k, v = torch.randn(3, 1, 2, 6, 4, generator=torch.Generator().manual_seed(0)).double()
    short = kernel(q[..., :4, :], k[..., :4, :], v[..., :4, :], causal=False, scale=0.5)
    masked = kernel(q, k, v, lengths=torch.tensor([4]), causal=False, scale=0.5)
    assert torch.allclose(masked[..., :4, :], short, rtol=1e-12)
    unmasked = kernel(q, k, v, causal=False, scale=0.5)
    assert not torch.allclose(unmasked[..., :4, :], short, rtol=1e-2)


def test_only_the_math_kernel_shows_its_ledger() -> None:
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
