"""lab.interp.embeddings: against shapes whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from lab.interp.embeddings import best_plane, cosines, wave_shares


def circle(times: int = 1, n: int = 10, d: int = 7) -> np.ndarray:
    """n points that go round a circle `times` times, in a random plane of d dimensions."""
    axes, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(d, 2)))
    angle = 2 * np.pi * times * np.arange(n) / n
    return np.stack([np.cos(angle), np.sin(angle)], axis=1) @ axes.T + 3


def test_the_plane_of_a_circle_keeps_all_of_it_and_its_distances() -> None:
    plane = best_plane(circle())
    assert plane.share == pytest.approx(1)
    assert np.linalg.norm(plane.points, axis=1) == pytest.approx(np.ones(10))


def test_the_plane_keeps_the_largest_two_of_three_variances() -> None:
    cross = np.diag([3.0, 2.0, 1.0])
    x = np.concatenate([cross, -cross])
    assert best_plane(x).share == pytest.approx((9 + 4) / (9 + 4 + 1))
    assert best_plane(np.ones((4, 3))).share == 0


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
    assert noise == pytest.approx(np.array([2, 2, 2, 2, 1]) / 9, abs=0.02)


def test_cosines_are_those_of_the_angles() -> None:
    x = np.array([[2.0, 0.0], [0.0, 3.0], [1.0, 1.0], [-1.0, 0.0]])
    c = cosines(x)
    assert np.diag(c) == pytest.approx(np.ones(4))
    assert (c[0, 1], c[0, 3]) == pytest.approx((0, -1)) and c[0, 2] == pytest.approx(0.5**0.5)
