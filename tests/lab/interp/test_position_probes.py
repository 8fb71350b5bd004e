"""lab.interp.position_probes: scores by distance and the turn of slow clocks, by hand."""

import math

import numpy as np
import pytest

from lab.interp.position_probes import agreement, slow_turn


def test_a_score_by_distance_is_the_mean_of_the_cosines_by_hand() -> None:
    """Two pairs at base 100: speeds of 1 and of a tenth."""
    expected = [(math.cos(i) + math.cos(i / 10)) / 2 for i in (0, 1, 7)]
    assert np.allclose(agreement(4, 100.0, np.array([0, 1, 7])), expected, atol=1e-6)


def test_the_slow_half_of_a_head_turns_as_far_as_its_fastest_clock() -> None:
    """Four pairs at base 10,000 have speeds 1, 1/10, 1/100, 1/1000: the slow half begins there."""
    assert slow_turn(8, 10_000.0, 100) == pytest.approx(1 / (2 * math.pi))
    assert slow_turn(8, 10_000.0, 0) == 0
