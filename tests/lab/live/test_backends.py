"""lab.live.backends: a worker that dies loses its own runs, says so, and is replaced."""

import io
import os
import signal
import threading
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
from tiny import failures

from lab.live import backends
from lab.live.backends import DIED, ProcessBackend
from lab.live.beside import ONE_THREAD
from lab.live.protocol import (
    Continue,
    Ended,
    Event,
    Forget,
    Forgotten,
    PairsCheck,
    Progress,
    RunSpec,
    Snapshot,
    Start,
    Stop,
    Waiting,
    Weights,
    dump,
    parse_command,
    parse_event,
)
from lab.recipes.bench import usual
from lab.recipes.live import multiply
from lab.training.state import TrainState
from lab.training.train import train

pytestmark = pytest.mark.push

SMALL: dict[str, Any] = {"d_model": 32, "n_layer": 1, "steps": 3}
BENCH = Start("b", RunSpec("bench", {"variant": usual().to_dict()}, keep=True))
PATIENCE = 300.0
"""Seconds after which a worker hangs; none of them is silent so long, and a busy machine may."""


def start(run: str, **arguments: Any) -> Start:
    return Start(run, RunSpec("multiply", {**SMALL, **arguments}))


class Served:
    """A worker, and what it has said so far."""

    def __init__(self) -> None:
        self.said: list[Event] = []
        self.more = threading.Condition()
        self.backend = ProcessBackend(self.hear, niceness=0)
        self.send = self.backend.send
        self.names = (f"run {n}" for n in count())

    def hear(self, event: Event) -> None:
        with self.more:
            self.said.append(event)
            self.more.notify_all()

    def until(self, true: Callable[[], object]) -> None:
        """Wait for what the worker says."""
        with self.more:
            assert self.more.wait_for(true, PATIENCE), "it did not come"

    def started(self, n: int = 1, **arguments: Any) -> list[str]:
        """So many runs, each of which has made a step."""
        runs = [next(self.names) for _ in range(n)]
        for run in runs:
            self.send(start(run, **{"steps": 2000, **arguments}))
        self.until(lambda: all(self.steps(run) for run in runs))
        return runs

    def steps(self, run: str) -> list[int]:
        return [e.snapshot.step for e in self.said if isinstance(e, Progress) and e.run == run]

    def ends(self, run: str) -> list[Ended]:
        return [e for e in self.said if isinstance(e, Ended) and e.run == run]

    def ended(self, run: str, times: int = 1) -> Ended:
        self.until(lambda: len(self.ends(run)) >= times)
        assert len(self.ends(run)) == times
        return self.ends(run)[-1]

    def kill(self) -> None:
        assert self.backend.worker is not None
        os.kill(self.backend.worker.process.pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """All tests here share a worker, and the next where it has died, as readers of a server do."""
    served = Served()
    yield served
    served.backend.close()


def test_a_process_trains_as_the_command_line_does(served: Served) -> None:
    (run,) = served.started(steps=3)
    assert served.ended(run) == Ended(run, "done")
    kinds = [type(event) for event in served.said if event.run == run]
    assert kinds == [Waiting, Progress, Progress, Progress, Weights, Ended]
    recipe = multiply(**SMALL)
    losses = [metrics.loss for metrics in train(recipe, TrainState.start(recipe))]
    told = [e.snapshot.loss for e in served.said if isinstance(e, Progress) and e.run == run]
    assert told == pytest.approx(losses, rel=1e-3)


def test_a_killed_process_loses_its_runs_aloud_and_the_next_command_finds_a_new_one(
    served: Served,
) -> None:
    runs = served.started(2)
    (kept,) = served.started()
    served.send(Stop(kept))
    assert served.ended(kept) == Ended(kept, "cancelled", kept=True)
    served.kill()
    assert [served.ended(run) for run in runs] == [Ended(run, "lost", DIED) for run in runs]
    served.until(lambda: Forgotten(kept) in served.said)
    served.send(Stop(runs[0]))
    served.send(Forget(kept))
    (again,) = served.started(steps=3)
    assert served.ended(again) == Ended(again, "done")
    served.send(Continue(kept))
    lost = served.ended(kept, times=2)
    assert (lost.how, "no longer kept" in lost.why) == ("lost", True)


def test_a_run_is_stopped_and_continued_in_a_process(served: Served) -> None:
    (run,) = served.started()
    served.send(Stop(run))
    assert served.ended(run) == Ended(run, "cancelled", kept=True)
    n_before = len(served.steps(run))
    served.send(Continue(run))
    served.until(lambda: len(served.steps(run)) > n_before)
    served.send(Stop(run, keep=False))
    assert served.ended(run, times=2) == Ended(run, "cancelled", kept=False)
    steps = served.steps(run)
    assert steps == list(range(1, len(steps) + 1))


def test_a_worker_with_nothing_to_do_ends_and_one_that_keeps_a_run_does_not(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backends, "IDLE_SECONDS", 0.0)
    (kept,) = served.started()
    served.send(Stop(kept))
    (done,) = served.started(steps=3)
    assert served.ended(kept).kept and served.ended(done).how == "done"
    worker = served.backend.worker
    assert worker is not None and not worker.dead and worker.process.poll() is None
    served.send(Forget(kept))
    assert worker.process.wait(PATIENCE) == -signal.SIGKILL and worker.dead
    (again,) = served.started(steps=3)
    assert served.ended(again) == Ended(again, "done")


def test_where_no_process_can_be_had_a_run_is_lost_aloud(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[Event] = []

    def no_memory(*_: Any, **__: Any) -> None:
        raise OSError("cannot allocate memory")

    monkeypatch.setattr(backends, "beside", no_memory)
    backend = ProcessBackend(said.append)
    backend.send(start("a"))
    backend.send(Stop("a"))
    backend.close()
    backend.send(start("b"))
    assert said == [Ended("a", "lost", DIED), Ended("b", "lost", DIED)]


class SpeaksHalfALine:
    """What a process leaves that was killed while it wrote: an event, and the beginning of one."""

    def __init__(self, *_: Any, **__: Any) -> None:
        self.stdin, self.stdout = io.StringIO(), io.StringIO()
        self.stdout.write(dump(Waiting("a", 1)) + "\n" + dump(Ended("a", "done"))[:9])
        self.stdout.seek(0)

    def kill(self) -> None: ...

    def wait(self) -> None: ...


def test_a_worker_that_dies_while_it_speaks_has_not_said_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said: list[Event] = []
    monkeypatch.setattr(backends, "beside", SpeaksHalfALine)
    monkeypatch.setattr(backends.threading.Thread, "start", lambda self: None)
    worker = backends.WorkerProcess(said.append, 0)
    assert worker.take(start("a"))
    worker.listen()
    assert said == [Waiting("a", 1), Ended("a", "lost", DIED)]
    assert not worker.take(start("b"))


def test_the_worker_goes_behind_others_and_computes_on_one_core(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By what it is started with, and by what it asks of the system."""
    asked: list[tuple[int, ...]] = []
    monkeypatch.setattr(os, "getpriority", lambda *_: 3)
    monkeypatch.setattr(os, "setpriority", lambda *given: asked.append(given))
    for niceness in (backends.NICENESS, 0):
        backends.yield_to_others(niceness)
    assert [given[-1] for given in asked] == [10, 3]
    assert ONE_THREAD == {"OMP_NUM_THREADS": "1"}


CHECK = PairsCheck(3, 1, 7, 2, bytes(range(256)))


def test_every_event_survives_being_a_line() -> None:
    def holds(event: Event) -> None:
        line = dump(event)
        assert "\n" not in line
        assert parse_event(line) == event

    cases = [
        Waiting("a", 2),
        Progress("a", Snapshot(1, 2, 3, 2.25)),
        Progress("a", Snapshot(1, 2, 3, 2.25, CHECK)),
        Progress("a", Snapshot(1, 2, 3, 2.25, CHECK, ((0.25, 0.75), (1.0, 0.0)))),
        Weights("a", 7, b"\x00\xff\n"),
        Ended("a", "lost", "why"),
    ]
    assert failures(holds, cases) == []


@pytest.mark.parametrize("command", [start("a", pairs=[[1, 2]]), BENCH, Stop("a")])
def test_every_command_survives_being_a_line(command: Any) -> None:
    assert parse_command(dump(command)) == command


def test_a_command_comes_out_of_its_line_as_it_went_in() -> None:
    def holds(command: Any) -> None:
        assert parse_command(dump(command)) == command
        assert parse_event(dump(Forgotten("a"))) == Forgotten("a")
        assert parse_event(dump(Ended("a", "cancelled", kept=True))) == Ended(
            "a", "cancelled", "", True
        )

    cases = [Stop("a", keep=False), Continue("a"), Forget("a")]
    assert failures(holds, cases) == []
