"""lab.interp.embeddings: against shapes whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from lab.interp.embeddings import (
    cosines,
    neighbours_and_others,
    principal_axes,
    share_by_chance,
    wave_shares,
)


def circle(times: int = 1, n: int = 10, d: int = 7) -> np.ndarray:
    """n points that go round a circle `times` times, in a random plane of d dimensions."""
    axes, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(d, 2)))
    angle = 2 * np.pi * times * np.arange(n) / n
    return np.stack([np.cos(angle), np.sin(angle)], axis=1) @ axes.T + 3


def test_two_axes_keep_all_of_a_circle_and_its_distances() -> None:
    found = principal_axes(circle(), 2)
    assert found.shares == pytest.approx((0.5, 0.5))
    assert np.linalg.norm(found.points, axis=1) == pytest.approx(np.ones(10))


def test_the_axes_keep_the_largest_variances_in_order() -> None:
    cross = np.diag([1.0, 4.0, 2.0, 3.0])
    found = principal_axes(np.concatenate([cross, -cross]), 3)
    assert found.points.shape == (8, 3)
    assert found.shares == pytest.approx(np.array([16, 9, 4]) / 30)
    assert not principal_axes(np.ones((4, 3)), 2).shares.any()


def test_all_axes_together_keep_every_distance() -> None:
    x = np.random.default_rng(2).normal(size=(10, 30))
    found = principal_axes(x, 9)
    assert found.shares.sum() == pytest.approx(1)
    between = [np.linalg.norm(y[:, None] - y, axis=-1) for y in (x, found.points)]
    assert between[0] == pytest.approx(between[1])


def test_on_a_circle_neighbours_are_nearer_than_the_others() -> None:
    near, far = neighbours_and_others(circle() - 3)
    assert near == pytest.approx(np.cos(np.pi / 5))
    pairs = [np.cos(np.pi / 5 * (j - i)) for i in range(10) for j in range(i + 2, 10)]
    assert far == pytest.approx(np.mean(pairs))


@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_circle_gone_round_k_times_is_one_wave(times: int) -> None:
    shares = wave_shares(circle(times))
    assert len(shares) == 5 and shares[times - 1] == pytest.approx(1)


def test_the_shares_of_any_vectors_add_up_to_one() -> None:
    rng = np.random.default_rng(1)
    for n in (9, 10):
        x = rng.normal(size=(n, 20))
        shares = wave_shares(x)
        assert shares.sum() == pytest.approx(1) and (shares > 0).all()
    noise = np.mean([wave_shares(rng.normal(size=(10, 50))) for _ in range(50)], axis=0)
    once = share_by_chance(10)  # five times round, up and down: one direction and not two
    assert noise == pytest.approx(np.array([once, once, once, once, once / 2]), abs=0.02)


def test_cosines_are_those_of_the_angles() -> None:
    x = np.array([[2.0, 0.0], [0.0, 3.0], [1.0, 1.0], [-1.0, 0.0]])
    c = cosines(x)
    assert np.diag(c) == pytest.approx(np.ones(4))
    assert (c[0, 1], c[0, 3]) == pytest.approx((0, -1)) and c[0, 2] == pytest.approx(0.5**0.5)
