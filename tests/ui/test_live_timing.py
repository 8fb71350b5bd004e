"""The promises of the live runs on the clock, with the real worker and the run a page offers."""

import time
from collections.abc import Callable

import pytest

from components.ui.live import LiveRun, LiveRuns
from lab.live.backends import ThreadBackend
from lab.live.loop import RunSpec


def until(true: Callable[[], bool], most: float) -> float:
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < most, f"not within {most} s"
        time.sleep(0.01)
    return time.monotonic() - began


@pytest.mark.timing
def test_eight_runs_started_together_move_within_5_s_none_starves_and_each_stops_within_1_s(
    slowness: float,
) -> None:
    service = LiveRuns(ThreadBackend)
    runs: list[LiveRun] = []
    for reader in range(8):
        started = service.start(RunSpec("multiply", {"seed": reader}), f"reader {reader}")
        runs.append(service.runs[started])
    until(lambda: all(run.snapshots for run in runs), 5.0 * slowness)
    before = [len(run.snapshots) for run in runs]
    time.sleep(8.0)
    moved = [len(run.snapshots) - n for run, n in zip(runs, before, strict=True)]
    assert min(moved) >= 0.5 * max(moved) > 0, moved
    for run in runs:
        service.stop(run.id, run.owner)
        until(lambda: run.phase == "cancelled", slowness)  # noqa: B023


def test_a_run_whose_reader_left_for_good_ends_within_30_s() -> None:
    service = LiveRuns(ThreadBackend)
    run = service.runs[service.start(RunSpec("multiply", {"steps": 2000}), "ann")]
    until(lambda: bool(run.snapshots), 60.0)
    service.leave("ann")  # 20 s of grace and 10 to spare: it need not run alone
    assert until(lambda: run.phase == "cancelled", 30.0) > 15.0


@pytest.mark.timing
def test_a_large_model_is_cut_so_that_a_small_one_beside_it_goes_on(slowness: float) -> None:
    service = LiveRuns(ThreadBackend)
    large = {"d_model": 192, "n_layer": 4}
    slow = service.runs[service.start(RunSpec("multiply", large), "ann")]
    fast = service.runs[service.start(RunSpec("multiply", {"d_model": 64}), "bob")]
    until(lambda: len(fast.snapshots) > 20 and len(slow.snapshots) > 1, 30.0 * slowness)
    service.stop(slow.id, "ann")
    until(lambda: slow.phase == "cancelled", slowness)
    service.stop(fast.id, "bob")
