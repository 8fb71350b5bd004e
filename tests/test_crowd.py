"""The load client of `tools/crowd.py`, with a class of three."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from tools.crowd import Part, crowd, in_line, quickness, rate_of, watching
from tools.latency import processor_seconds, served, tree_of
from tools.memory import AT_ONCE, FEWEST_ROUNDS, growth

BEGINS_A_WORKER = """
import subprocess, sys, threading
busy = [sys.executable, "-c", "while True: pass"]
thread = threading.Thread(target=lambda: print(subprocess.Popen(busy).pid, flush=True))
thread.start()
sys.stdin.read()
"""


def test_the_processor_time_of_a_server_counts_a_worker_that_one_of_its_threads_began() -> None:
    command = [sys.executable, "-c", BEGINS_A_WORKER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdout
        worker = int(server.stdout.readline())
        try:
            assert tree_of(server.pid) == [server.pid, worker]
            while processor_seconds(worker) < 0.3:
                assert server.poll() is None
            assert processor_seconds(server.pid) >= 0.3
        finally:
            os.kill(worker, signal.SIGKILL)
            server.kill()


def test_a_short_part_weighs_as_much_as_it_lasted() -> None:
    assert rate_of([Part(steps=60, seconds=30.0), Part(steps=30, seconds=10.0)]) == 90 / 40


def test_where_nobody_moved_anything_no_time_is_told() -> None:
    told = quickness([])
    assert told["moves"] == 0
    assert told["p95_ms"] is told["slowest_s"] is None


def test_growth_is_told_by_the_second_half_of_enough_rounds() -> None:
    assert growth([500] * (FEWEST_ROUNDS - 1)) is None
    later = [900, 900 + AT_ONCE, 900 + 2 * AT_ONCE]  # a MB a visit
    assert growth([100, 100, 100, *later]) == pytest.approx(1000)


@pytest.mark.slow
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
