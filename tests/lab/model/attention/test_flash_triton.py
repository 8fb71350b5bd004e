"""flash_triton in Triton's interpreter, where the extra `triton` is installed."""

from __future__ import annotations

import os

import pytest
import torch

from lab.model.attention.kernels import math_attention
from lab.model.call import Slots

os.environ.setdefault("TRITON_INTERPRET", "1")  # before Triton is imported
pytest.importorskip("triton")

from lab.model.attention.flash_triton import flash_on_a_card


@pytest.mark.parametrize("n_token", [1, 16, 37])
@pytest.mark.parametrize("causal", [True, False])
def test_the_kernel_computes_attention(n_token: int, causal: bool) -> None:
    generator = torch.Generator().manual_seed(n_token)
    q, k, v = (torch.randn(2, 3, n_token, 16, generator=generator) for _ in range(3))
    out, L = flash_on_a_card(q, k, v, scale=0.3, causal=causal, tile=16)
    slots = Slots(causal=causal)
    right = math_attention(q.double(), k.double(), v.double(), scale=0.3, slots=slots)
    assert torch.allclose(out.double(), right, rtol=0, atol=2e-6)
    scores = 0.3 * q.double() @ k.double().mT
    if causal:
        scores = scores.masked_fill(torch.ones(n_token, n_token).triu(1).bool(), float("-inf"))
    assert torch.allclose(L.double(), scores.logsumexp(-1), rtol=0, atol=2e-6)


def test_sizes_that_triton_cannot_multiply_are_refused() -> None:
    q = torch.ones(1, 1, 4, 24)
    with pytest.raises(ValueError, match="head_dim=24; Triton multiplies powers of two from 16"):
        flash_on_a_card(q, q, q, scale=1.0)
