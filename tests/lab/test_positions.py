"""lab.positions: rotation against complex numbers, tables against their rows."""

import math

import pytest
import torch

from lab.positions import LearnedPositions, NoPositions, RotaryPositions
from lab.trace import NO_TRACE


def random(*shape: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, dtype=torch.float64, generator=generator)


def test_rotation_is_multiplication_by_a_complex_number() -> None:
    rotary, q, k = RotaryPositions(6, base=50.0), random(2, 3, 4, 6), random(2, 3, 4, 6, seed=1)
    positions = torch.tensor([[0, 1, 5, 9], [3, 2, 0, 7]])
    turned = rotary.rotate(q, k, positions, NO_TRACE)
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
    rotary, q, k = RotaryPositions(8, base=10_000.0), random(1, 2, 5, 8), random(1, 2, 5, 8, seed=1)
    scores: list[torch.Tensor] = []
    for shift in (0, 1, 1000):
        rot_q, rot_k = rotary.rotate(q, k, torch.arange(5) + shift, NO_TRACE)
        scores.append(rot_q @ rot_k.mT)
    assert torch.allclose(scores[0], scores[1], atol=1e-10)
    assert torch.allclose(scores[0], scores[2], atol=1e-10)
    unturned = q @ k.mT
    assert torch.allclose(scores[0].diagonal(dim1=-2, dim2=-1), unturned.diagonal(dim1=-2, dim2=-1))
    assert not torch.allclose(scores[0], unturned, atol=0.1)


def test_rotation_keeps_lengths_and_far_positions_stay_exact_in_fp32() -> None:
    rotary, q = RotaryPositions(8, base=10.0), random(1, 1, 3, 8)
    far = torch.tensor([0, 100_003, 1_000_003])
    exact, _ = rotary.rotate(q, q, far, NO_TRACE)
    assert torch.allclose(exact.norm(dim=-1), q.norm(dim=-1))
    single, _ = rotary.rotate(q.float(), q.float(), far, NO_TRACE)
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
    assert RotaryPositions(4, 10.0).embed(x, positions, NO_TRACE) is x
    assert NoPositions().rotate(q, k, positions, NO_TRACE) == (q, k)
    assert LearnedPositions(4, 4).rotate(q, k, positions, NO_TRACE) == (q, k)
