"""The load client of `tools/crowd.py`, with a class of three."""

from __future__ import annotations

import pytest

from tools.crowd import crowd, in_line, watching
from tools.latency import served

pytestmark = pytest.mark.slow


def test_a_small_class_opens_the_book_moves_its_controls_and_trains_without_an_error() -> None:
    with served() as (url, pid):
        found = crowd(url, pid, readers=3, trainings=1, seconds=20)
        watched = watching(url, readers=3)
        line = in_line(url, readers=12)
    assert found["which_errors"] == {}
    assert found["moves"] > 3
    assert found["steps_a_second"] > 0
    assert 0 < found["p50_ms"] <= found["p95_ms"] <= 1000 * found["slowest_s"] + 10
    assert watched == {"watchers": 3, "saw_it_move": 3}
    assert line["trains_or_begins"] + line["told_its_place"] == 12
    assert line["told_its_place"] > 0
