"""The load client of `tools/crowd.py`, with a class of three."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from tools.crowd import crowd, in_line, watching
from tools.latency import processor_seconds, served, tree_of

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
