"""lab.interp.diagnostics: each number at its ends, and against NumPy."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from lab.interp.diagnostics import (
    attention_entropy,
    cosines,
    effective_rank,
    norm_of,
    rank_residual,
    singular_shares,
    token_cosine,
)


def some(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def test_cosines_are_those_of_numpy() -> None:
    x = some(2, 5, 7)
    expected = [
        [[a @ b / np.linalg.norm(a) / np.linalg.norm(b) for b in text] for a in text]
        for text in x.numpy()
    ]
    assert np.allclose(cosines(x), expected, rtol=1e-12)
    off = [expected[n][i][j] for n in range(2) for i in range(5) for j in range(5) if i != j]
    assert token_cosine(x) == pytest.approx(np.mean(off), rel=1e-12)


def test_the_token_cosine_at_its_ends() -> None:
    one = some(3, 1, 8)
    assert token_cosine(one * torch.tensor([1.0, 2.0, 5.0])[:, None]) == pytest.approx(1)
    assert token_cosine(torch.eye(4, dtype=torch.float64)[None]) == 0
    assert token_cosine(torch.zeros(1, 3, 4)) == 0
    with pytest.raises(ValueError, match="1 token a text; a cosine needs two"):
        token_cosine(one)


def test_singular_shares_are_those_of_numpy() -> None:
    x = some(6, 5, 4)
    sigma = np.linalg.svd(x.reshape(30, 4).numpy(), compute_uv=False)
    assert np.allclose(singular_shares(x), sigma / sigma.sum(), rtol=1e-9)
    with pytest.raises(ValueError, match="3 features of 4 numbers"):
        singular_shares(some(1, 3, 4))


@pytest.mark.parametrize("rank", [1, 3, 8])
def test_the_effective_rank_counts_directions_of_equal_size(rank: int) -> None:
    shares = torch.zeros(8, dtype=torch.float64)
    shares[:rank] = 1 / rank
    assert effective_rank(shares) == pytest.approx(rank)


def test_the_rank_residual_is_nought_where_all_tokens_are_one() -> None:
    same = some(3, 1, 8).expand(3, 5, 8)
    assert rank_residual(same) == pytest.approx(0, abs=1e-12)
    centred = some(3, 6, 8)
    centred = centred - centred.mean(1, keepdim=True)
    assert rank_residual(centred) == pytest.approx(1)


def test_attention_entropy_is_one_where_all_keys_count_alike() -> None:
    even = torch.ones(6, 6).tril()
    even = (even / even.sum(-1, keepdim=True))[None, None]
    assert attention_entropy(even) == pytest.approx(1)
    assert attention_entropy(torch.eye(6)[None, None]) == 0
    first = torch.tensor([[1.0, 0, 0], [0.5, 0.5, 0], [0.5, 0.5, 0]])[None, None]
    assert attention_entropy(first) == pytest.approx((1 + math.log(2) / math.log(3)) / 2)


def test_the_norm_of_several_is_that_of_one_vector() -> None:
    parts = [some(3, 4), some(5, seed=1)]
    assert norm_of(parts) == pytest.approx(float(torch.cat([p.flatten() for p in parts]).norm()))
