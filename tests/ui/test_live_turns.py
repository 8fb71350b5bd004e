"""The promises of the live runs in turns of the loop, with the runs that a page offers.

How many seconds a turn takes is for a benchmark to say. That no run waits for more turns than it
must is counted here.
"""

from __future__ import annotations

import math
import queue
import threading
import time
from collections.abc import Callable

import pytest

from components.ui.live.service import GRACE_SECONDS, LiveRun, LiveRuns
from lab.live import loop
from lab.live.loop import Commands, Worker, drive, rows_in_a_part
from lab.live.protocol import Command, Ended, Event, RunSpec, Stop
from lab.model.cost import parameters_of
from lab.recipes.live import PART_WORK


class Clock:
    """A part of work takes longer than any slice, so that a turn is one part."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def perf_counter(self) -> float:
        return self.seconds

    def thread_time(self) -> float:
        """Looked at before and after each part."""
        self.seconds += 1.0
        return 0.0


class ByHand:
    """The worker's loop in this thread: `run` takes up what was sent and ends after some turns."""

    def __init__(self, emit: Callable[[Event], None]) -> None:
        self.emit = emit
        self.commands: Commands = queue.Queue()

    def send(self, command: Command) -> None:
        self.commands.put(command)

    def close(self) -> None: ...


class Turns:
    """A service whose worker runs by hand, and how many turns it has taken."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.taken = 0
        self.before: Callable[[], object] = lambda: None
        self.after: Callable[[], bool] = lambda: True
        monkeypatch.setattr(loop, "time", Clock())
        take = Worker.take_turn

        def counted(worker: Worker) -> None:
            self.before()
            take(worker)
            self.taken += 1
            if self.after():
                self.backend.commands.put(None)

        monkeypatch.setattr(Worker, "take_turn", counted)
        self.service = LiveRuns(self.made)

    def made(self, emit: Callable[[Event], None]) -> ByHand:
        self.backend = ByHand(emit)
        return self.backend

    def start(self, owner: str, **arguments: int) -> LiveRun:
        return self.service.runs[self.service.start(RunSpec("multiply", arguments), owner)]

    def until(self, after: Callable[[], bool]) -> None:
        """Take turns until this, asked after each of them, is true."""
        self.after = after
        drive(self.backend.commands, self.backend.emit)


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch) -> Turns:
    return Turns(monkeypatch)


def test_eight_runs_started_together_move_in_the_first_eight_turns_and_none_starves(
    turns: Turns,
) -> None:
    runs = [turns.start(f"reader {seed}", seed=seed) for seed in range(8)]
    steps: list[list[int]] = []

    def after() -> bool:
        steps.append([len(run.snapshots) for run in runs])
        return turns.taken == 16

    turns.until(after)
    assert steps[7] == [1] * 8 and steps[15] == [2] * 8
    assert {run.phase for run in runs} == {"going"}


def test_a_run_that_is_stopped_among_eight_ends_before_the_next_turn(turns: Turns) -> None:
    runs = [turns.start(f"reader {seed}", seed=seed, d_model=32) for seed in range(8)]
    ended: list[list[LiveRun]] = []
    turns.before = lambda: ended.append([run for run in runs if run.phase == "cancelled"])

    def after() -> bool:
        """After each turn from the eighth on one run is stopped, but the last."""
        asked = turns.taken - 8
        if 0 <= asked < 7:
            turns.service.stop(runs[asked].id, runs[asked].owner)
        return asked == 7

    turns.until(after)
    assert ended[:8] == [[]] * 8
    assert ended[8:] == [runs[: n + 1] for n in range(7)]
    assert runs[7].phase == "going" and all(run.state == "kept" for run in runs[:7])


LARGE = {"d_model": 192, "n_layer": 4}


def test_a_large_models_step_is_cut_so_that_a_small_one_beside_it_goes_on(turns: Turns) -> None:
    large, small = turns.start("ann", **LARGE), turns.start("bob", d_model=64)
    parts = parts_of_a_step(large)
    turns.until(lambda: bool(large.snapshots))
    assert parts > 2
    assert len(large.snapshots) == 1 and turns.taken == 2 * parts - 1
    assert len(small.snapshots) == parts - 1


def parts_of_a_step(run: LiveRun) -> int:
    """Each of at most so much work that its turn is no longer than another's."""
    recipe = run.spec.build()
    longest = max(stage.data.tokens_per_row for stage in recipe.course)
    rows = rows_in_a_part(recipe, longest, recipe.batch_size)
    assert rows * longest * parameters_of(recipe.model) <= PART_WORK
    return math.ceil(recipe.batch_size / rows)


def test_a_large_model_is_stopped_in_the_middle_of_its_step(turns: Turns) -> None:
    large = turns.start("ann", **LARGE)
    turns.start("bob", d_model=64)
    ended: list[bool] = []
    turns.before = lambda: ended.append(large.phase == "cancelled")

    def after() -> bool:
        if turns.taken == 1:
            turns.service.stop(large.id, "ann")
        return turns.taken == 2

    turns.until(after)
    assert ended == [False, True] and large.snapshots == []


# ---------------------------------------------------------------- on the clock of the server


class TellsWhenStopped(ByHand):
    """A worker that does nothing, and whoever waits for its first Stop is told."""

    def __init__(self, emit: Callable[[Event], None]) -> None:
        super().__init__(emit)
        self.stopped = threading.Event()

    def send(self, command: Command) -> None:
        if isinstance(command, Stop):
            self.emit(Ended(command.run, "cancelled"))
            self.stopped.set()


def test_a_run_whose_reader_left_for_good_ends() -> None:
    """By the timer that a server has; the grace itself is in test_live.py."""
    left_for_good(LiveRuns(TellsWhenStopped, grace=0.1))


@pytest.mark.slow
def test_a_run_whose_reader_left_for_good_ends_after_the_grace_that_a_server_gives() -> None:
    began = time.monotonic()
    left_for_good(LiveRuns(TellsWhenStopped))
    assert time.monotonic() - began > GRACE_SECONDS


def left_for_good(service: LiveRuns) -> None:
    run = service.runs[service.start(RunSpec("multiply", {"steps": 2000}), "ann")]
    service.leave("ann")
    assert run.goes_on and isinstance(service.backend, TellsWhenStopped)
    assert service.backend.stopped.wait(120.0), "nobody stopped it"
    assert run.phase == "cancelled"
