"""lab.model.positions: rotation against complex numbers, tables against their rows."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny import BASE, tiny_model

from lab.data.position_ids import position_ids
from lab.data.problems import Format
from lab.inference.generate import generate
from lab.model.config import (
    ClippedCoupledRotaryPositionsConfig,
    CoupledConfig,
    CoupledRotaryPositionsConfig,
    InterpolatedRotaryPositionsConfig,
    MultiHeadAttentionConfig,
)
from lab.model.config import RotaryPositionsConfig as RotaryConfig
from lab.model.gpt import with_position
from lab.model.parts import part
from lab.model.positions import (
    ALiBiPositions,
    LearnedPositions,
    NoPositions,
    Position,
    RotaryPositions,
    coupled_frequencies,
    frequencies,
    yarn_frequencies,
    yarn_gain,
)
from lab.model.trace import NO_TRACE


def random(*shape: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, dtype=torch.float64, generator=generator)


def rotated(
    position: Position, q: torch.Tensor, k: torch.Tensor, positions: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    turn = position.turn(positions, q.dtype)
    return (
        position.rotate_queries(q, turn, NO_TRACE),
        position.rotate_keys(k, turn, NO_TRACE),
    )


def test_rotation_is_multiplication_by_a_complex_number() -> None:
    rotary, q, k = (
        RotaryPositions(frequencies(6, 50.0)[None]),
        random(2, 3, 4, 6),
        random(2, 3, 4, 6, seed=1),
    )
    positions = torch.tensor([[0, 1, 5, 9], [3, 2, 0, 7]])
    turned = rotated(rotary, q, k, positions)
    for x, y in zip((q, k), turned, strict=True):
        for batch in range(2):
            for slot in range(4):
                for i in range(3):
                    angle = int(positions[batch, slot]) * 50.0 ** (-2 * i / 6)
                    turn = complex(math.cos(angle), math.sin(angle))
                    for head in range(3):
                        pair = complex(x[batch, head, slot, i], x[batch, head, slot, i + 3]) * turn
                        assert y[batch, head, slot, i].item() == pytest.approx(pair.real, abs=1e-12)
                        assert y[batch, head, slot, i + 3].item() == pytest.approx(
                            pair.imag, abs=1e-12
                        )


def test_rope_scores_depend_on_offset_only() -> None:
    rotary, q, k = (
        RotaryPositions(frequencies(8, 10_000.0)[None]),
        random(1, 2, 5, 8),
        random(1, 2, 5, 8, seed=1),
    )
    scores: list[torch.Tensor] = []
    for shift in (0, 1, 1000):
        rot_q, rot_k = rotated(rotary, q, k, torch.arange(5) + shift)
        scores.append(rot_q @ rot_k.mT)
    assert torch.allclose(scores[0], scores[1], rtol=0, atol=1e-12)
    assert torch.allclose(scores[0], scores[2], rtol=0, atol=1e-12)
    unturned = q @ k.mT
    assert torch.allclose(scores[0].diagonal(dim1=-2, dim2=-1), unturned.diagonal(dim1=-2, dim2=-1))
    assert not torch.allclose(scores[0], unturned, atol=0.1)


def test_neighbours_and_halves_are_one_rotation_with_the_coordinates_in_another_order() -> None:
    speeds, positions = frequencies(8, 50.0)[None], torch.tensor([0, 1, 5, 9, 2])
    q, k = random(2, 3, 5, 8), random(2, 3, 5, 8, seed=1)
    order = torch.tensor([0, 4, 1, 5, 2, 6, 3, 7])  # neighbours of one are halves of the other
    halves = rotated(RotaryPositions(speeds), q, k, positions)
    other = RotaryPositions(speeds, "interleaved")
    neighbours = rotated(other, q[..., order], k[..., order], positions)
    for x, y in zip(halves, neighbours, strict=True):
        assert torch.equal(x[..., order], y)
    assert not torch.allclose(halves[0], rotated(other, q, k, positions)[0])


def test_two_axes_depend_on_both_offsets_and_on_nothing_else() -> None:
    rotary = RotaryPositions(coupled_frequencies(8, 50.0))
    q, k = random(1, 2, 5, 8), random(1, 2, 5, 8, seed=1)
    ids = torch.tensor([[[0, 0], [1, 0], [3, 1], [-2, 1], [4, 5]]])

    def scores(positions: torch.Tensor) -> torch.Tensor:
        rot_q, rot_k = rotated(rotary, q, k, positions)
        return rot_q @ rot_k.mT

    for shift in ((7, 0), (0, -3), (100, 40)):
        assert torch.allclose(scores(ids), scores(ids + torch.tensor(shift)), rtol=0, atol=1e-12)
    apart = ids.clone()
    apart[:, :, 1] *= 2
    changed = ids[0, :, None, 1] != ids[0, None, :, 1]
    differs = (scores(ids) - scores(apart)).abs().amax((0, 1)) > 1e-6
    assert torch.equal(differs, changed)


def test_interpolation_reads_the_ruler_at_a_smaller_scale() -> None:
    """Positions 0, 4, 8, ... at a fourth of the speed are positions 0, 1, 2, ... at full speed."""
    config = replace(BASE, position=InterpolatedRotaryPositionsConfig(base=100.0, factor=4.0))
    slow = part("position", config)
    usual = part("position", replace(BASE, position=RotaryConfig(base=100.0)))
    q, k = random(1, 3, 5, 4), random(1, 3, 5, 4, seed=1)
    some = rotated(slow, q, k, 4 * torch.arange(5))
    other = rotated(usual, q, k, torch.arange(5))
    for x, y in zip(some, other, strict=True):
        assert torch.allclose(x, y, rtol=0, atol=1e-12)


def test_a_trained_model_may_be_given_another_rotation() -> None:
    """On positions four times as far apart, read at a fourth of the scale, it says the same."""
    model = tiny_model(replace(BASE, position=RotaryConfig(base=100.0)))
    slower = with_position(model, InterpolatedRotaryPositionsConfig(base=100.0, factor=4.0))
    tokens = torch.tensor([[3, 7, 10, 4, 8, 12]])
    expected = model(tokens)
    assert torch.allclose(slower(tokens, positions=4 * torch.arange(6)), expected, atol=1e-12)
    assert not torch.allclose(slower(tokens), expected, atol=1e-3)
    assert slower.embed.weight is model.embed.weight


def test_yarn_slows_slow_pairs_keeps_fast_ones_and_leaves_a_ramp_between() -> None:
    """Reference: arXiv:2309.00071, equations 17 to 22, in plain Python."""
    head_dim, base, factor, length, fast, slow = 64, 10_000.0, 8.0, 2048, 32.0, 1.0
    got = yarn_frequencies(head_dim, base, factor, length, fast, slow)
    kinds: set[str] = set()
    for n in range(head_dim // 2):
        theta = base ** (-2 * n / head_dim)
        turns = length / (2 * math.pi / theta)
        gamma = 0.0 if turns < slow else 1.0 if turns > fast else (turns - slow) / (fast - slow)
        kinds.add("slowed" if gamma == 0 else "kept" if gamma == 1 else "between")
        assert got[n].item() == pytest.approx((1 - gamma) * theta / factor + gamma * theta)
    assert kinds == {"slowed", "kept", "between"}
    assert yarn_gain(1.0) == 1 and yarn_gain(math.e) == pytest.approx(1.1)


def test_yarn_scales_scores_by_the_square_of_its_gain() -> None:
    plain, louder = (RotaryPositions(frequencies(8, 50.0)[None], gain=g) for g in (1.0, 1.3))
    q, k, at = random(1, 2, 5, 8), random(1, 2, 5, 8, seed=1), torch.arange(5)
    (q1, k1), (q2, k2) = rotated(plain, q, k, at), rotated(louder, q, k, at)
    assert torch.allclose(q2 @ k2.mT, 1.69 * (q1 @ k1.mT))


@pytest.mark.parametrize(
    "position",
    [CoupledRotaryPositionsConfig(100.0), ClippedCoupledRotaryPositionsConfig(100.0, 1.0, 2, 1)],
    ids=["coupled", "clipped"],
)
def test_a_coupled_model_writes_with_a_cache_what_it_writes_without(
    position: CoupledConfig,
) -> None:
    attention = MultiHeadAttentionConfig(n_head=3, head_dim=8)
    model = tiny_model(replace(BASE, position=position, attention=attention))
    tokens = torch.from_numpy(Format("cot_reversed", 3, 2).prompt(123, 45)).long()
    text = tokens
    for step in generate(model, tokens, max_new=12, stop=None):
        logits = model(text, positions=position_ids(text, 2))[:, -1]
        assert np.allclose(step.probabilities, logits.softmax(-1).numpy(), atol=1e-6)
        text = torch.cat([text, torch.from_numpy(step.ids)[:, None]], dim=1)
    with pytest.raises(
        ValueError, match=r"CoupledRotaryPositionsConfig\(.*follow from the whole text"
    ):
        model(tokens)


@pytest.mark.parametrize("n_head", [1, 3, 8])
def test_alibi_scores_fall_off_in_a_straight_line_at_the_slope_of_the_head(n_head: int) -> None:
    """Against the definition, one pair of tokens at a time; the paper's own slopes for 8 heads."""
    alibi, q, k = ALiBiPositions(n_head), random(1, n_head, 4, 6), random(1, n_head, 5, 6, seed=1)
    i, j = torch.tensor([[3, 4, 9, 20]]), torch.tensor([[0, 3, 4, 9, 20]])
    scores = alibi.scores(q, k, alibi.score_table(i, j, q.dtype))
    for head in range(n_head):
        slope = 2 ** (-8 * (head + 1) / n_head)
        for t, here in enumerate(i[0].tolist()):
            for s, there in enumerate(j[0].tolist()):
                expected = float(q[0, head, t] @ k[0, head, s]) - slope * abs(here - there)
                assert scores[0, head, t, s].item() == pytest.approx(expected, abs=1e-12)
    if n_head == 8:
        assert alibi.slopes.tolist() == [
            1 / 2,
            1 / 4,
            1 / 8,
            1 / 16,
            1 / 32,
            1 / 64,
            1 / 128,
            1 / 256,
        ]
    assert (
        alibi.scores(q.float(), k.float(), alibi.score_table(i, j, torch.float32)).dtype
        == torch.float32
    )


def test_rotation_keeps_lengths_and_far_positions_stay_exact_in_fp32() -> None:
    rotary, q = RotaryPositions(frequencies(8, 10.0)[None]), random(1, 1, 3, 8)
    far = torch.tensor([0, 100_003, 1_000_003])
    exact, _ = rotated(rotary, q, q, far)
    assert torch.allclose(exact.norm(dim=-1), q.norm(dim=-1))
    single, _ = rotated(rotary, q.float(), q.float(), far)
    assert torch.allclose(single.double(), exact, atol=1e-6)


def test_learned_positions_add_the_row_of_each_position() -> None:
    learned, x = LearnedPositions(6, 4).double(), random(2, 3, 4)
    positions = torch.tensor([[5, 0, 2], [1, 1, 3]])
    expected = x + torch.stack([learned.table.weight[row] for row in positions])
    assert torch.equal(learned.embed(x, positions, NO_TRACE), expected)
    shared = learned.embed(x, torch.arange(3), NO_TRACE)
    assert torch.equal(shared, x + learned.table.weight[:3])


def test_a_learned_table_ends_where_it_ends() -> None:
    learned = LearnedPositions(6, 4).double()
    with pytest.raises(ValueError, match="position 6 is past the table of max_length=6"):
        learned.embed(random(1, 3, 4), torch.tensor([4, 5, 6]), NO_TRACE)


def test_each_kind_leaves_alone_what_it_does_not_do() -> None:
    x, q, k = random(1, 3, 4), random(1, 2, 3, 4), random(1, 2, 3, 4, seed=1)
    positions = torch.arange(3)
    assert NoPositions().embed(x, positions, NO_TRACE) is x
    assert RotaryPositions(frequencies(4, 10.0)[None]).embed(x, positions, NO_TRACE) is x
    assert rotated(NoPositions(), q, k, positions) == (q, k)
    assert rotated(LearnedPositions(4, 4), q, k, positions) == (q, k)
