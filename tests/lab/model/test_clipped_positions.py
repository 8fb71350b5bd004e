"""clipped against a loop over every pair of tokens, and against plain rotation."""

from dataclasses import replace

import pytest
import torch
from tiny import BASE, read, tiny_model

from lab.data.problems import Format
from lab.model.attention.kernels import math_attention
from lab.model.call import Slots
from lab.model.clipped_positions import ClippedPositions
from lab.model.config import (
    ClippedCoupledRotaryPositionsConfig,
    ClippedRotaryPositionsConfig,
    CoupledRotaryPositionsConfig,
    MultiHeadAttentionConfig,
    RotaryPositionsConfig,
)
from lab.model.positions import Relation, coupled_frequencies, frequencies
from lab.model.trace import NO_TRACE, Trace

WIDE = replace(BASE, attention=MultiHeadAttentionConfig(n_head=3, head_dim=8))


def random(*shape: int, seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, dtype=torch.float64, generator=generator)


def scores_of(
    speeds: torch.Tensor, farthest: tuple[int, ...], positions: torch.Tensor
) -> torch.Tensor:
    """(T, T) scores of one text and one head, without a mask."""
    size = 2 * speeds.shape[1]
    q, k = (random(1, 1, len(positions), size, seed=seed) for seed in (0, 1))
    clipped, at = ClippedPositions(speeds, farthest), positions[None]
    relation = Relation(clipped, at, at, torch.float64)
    trace, everywhere = Trace({"scores"}), Slots(causal=False)
    math_attention(
        relation.rotate_queries(q, NO_TRACE),
        relation.rotate_keys(k, NO_TRACE),
        q,
        slots=everywhere,
        scale=0.5,
        relation=relation,
        trace=trace,
    )
    return trace["scores"][0, 0]


def by_hand(
    speeds: torch.Tensor, farthest: tuple[int, ...], positions: torch.Tensor
) -> torch.Tensor:
    """The same, pair by pair of tokens, with numbers of a pair as one complex number."""
    size = 2 * speeds.shape[1]
    q, k = (
        torch.complex(*random(1, 1, len(positions), size, seed=seed)[0, 0].chunk(2, -1))
        for seed in (0, 1)
    )
    at, most = positions.reshape(len(positions), -1), torch.tensor(farthest)
    out = torch.empty(len(at), len(at), dtype=torch.float64)
    for i in range(len(at)):
        for j in range(len(at)):
            distance = (at[i] - at[j]).clamp(-most, most)
            angle = (distance[:, None] * speeds).sum(0)
            turned = q[i] * torch.polar(torch.ones_like(angle), angle)
            out[i, j] = 0.5 * (turned * k[j].conj()).real.sum()
    return out


@pytest.mark.parametrize("farthest", [1, 3, 50])
def test_scores_are_those_of_the_clipped_distance(farthest: int) -> None:
    speeds, at = frequencies(8, 50.0)[None], torch.tensor([0, 1, 5, 9, 2, -4])
    got = scores_of(speeds, (farthest,), at)
    assert torch.allclose(got, by_hand(speeds, (farthest,), at), rtol=0, atol=1e-12)


@pytest.mark.parametrize("farthest", [(1, 1), (4, 2), (50, 50)])
def test_each_axis_is_clipped_for_itself(farthest: tuple[int, int]) -> None:
    speeds = coupled_frequencies(8, 50.0)
    at = torch.tensor([[0, 0], [3, 1], [9, 9], [-2, 4], [1, -7]])
    got = scores_of(speeds, farthest, at)
    assert torch.allclose(got, by_hand(speeds, farthest, at), rtol=0, atol=1e-12)


def test_a_token_may_move_away_beyond_the_farthest_and_nothing_changes() -> None:
    speeds = frequencies(8, 50.0)[None]
    near, far = (scores_of(speeds, (3,), torch.tensor([0, 1, last])) for last in (4, 1000))
    assert torch.allclose(near, far, rtol=0, atol=1e-12)
    assert not torch.allclose(near, scores_of(speeds, (3,), torch.tensor([0, 1, 3])), atol=0.01)


def test_a_model_clipped_beyond_its_text_is_the_model() -> None:
    tokens = torch.from_numpy(Format("cot_reversed", 3, 2).render(123, 45)[0]).long()
    for plain, clipped, tight in (
        (
            RotaryPositionsConfig(100.0),
            ClippedRotaryPositionsConfig(100.0, tokens.shape[1]),
            ClippedRotaryPositionsConfig(100.0, 4),
        ),
        (
            CoupledRotaryPositionsConfig(100.0, 2.0),
            ClippedCoupledRotaryPositionsConfig(100.0, 2.0, 9, 9),
            ClippedCoupledRotaryPositionsConfig(100.0, 2.0, 2, 1),
        ),
    ):
        expected, got, other = (
            read(tiny_model(replace(WIDE, position=position)), tokens)
            for position in (plain, clipped, tight)
        )
        assert torch.allclose(got, expected, rtol=0, atol=1e-10)
        assert not torch.allclose(other, expected, atol=1e-3)
