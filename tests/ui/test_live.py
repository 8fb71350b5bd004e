"""components.ui.live.service: who owns a run, may stop it, and what becomes of it without them."""

import pickle
import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from components.ui.live import service
from components.ui.live.service import (
    GRACE_SECONDS,
    MOST_KEPT,
    MOST_LEFT,
    MOST_OF_ONE_READER,
    MOST_WAITING,
    LiveRun,
    LiveRuns,
    Refused,
)
from components.ui.live.training import backend  # as it is before tests of pages share a worker
from lab.inference.scoring import RIGHT
from lab.live.protocol import (
    NOT_ASKED,
    Command,
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
)


class FakeWorker:
    """Notes what it is told; the test says what comes back."""

    def __init__(self, say: Callable[[Event], None]) -> None:
        self.say = say
        self.told: list[Command] = []

    def send(self, command: Command) -> None:
        self.told.append(command)

    def close(self) -> None: ...

    @property
    def stopped(self) -> list[str]:
        return [c.run for c in self.told if isinstance(c, Stop)]


def served() -> tuple[LiveRuns, FakeWorker]:
    workers: list[FakeWorker] = []

    def make(say: Callable[[Event], None]) -> FakeWorker:
        workers.append(FakeWorker(say))
        return workers[0]

    return LiveRuns(make), workers[0]


def shot(step: int, check: PairsCheck | None = None) -> Snapshot:
    return Snapshot(step, 500, 100 * step, 1.0 / step, check, seconds=0.1 * step)


def begun(runs: LiveRuns, worker: FakeWorker, owner: str = "ann", **arguments: Any) -> LiveRun:
    run = runs.start(RunSpec("multiply", arguments), owner)
    worker.say(Progress(run, shot(1)))
    return runs.runs[run]


def test_a_run_is_handed_to_the_worker_and_its_progress_kept() -> None:
    runs, worker = served()
    run = runs.runs[runs.start(RunSpec("multiply", {"seed": 3}), "ann")]
    assert worker.told == [Start(run.id, RunSpec("multiply", {"seed": 3}))]
    assert (run.phase, run.goes_on) == ("waiting", True)
    worker.say(Waiting(run.id, 4))
    assert run.place == 4
    worker.say(Progress(run.id, shot(1)))
    worker.say(Progress(run.id, shot(2)))
    assert (run.phase, [s.step for s in run.snapshots]) == ("going", [1, 2])
    worker.say(Weights(run.id, 2, b"w"))
    worker.say(Ended(run.id, "done"))
    assert (run.phase, run.goes_on, run.weights) == ("done", False, Weights(run.id, 2, b"w"))


def test_each_pair_keeps_the_verdict_of_the_last_time_it_was_asked() -> None:
    runs, worker = served()
    run = begun(runs, worker)
    first = np.full(10_000, NOT_ASKED, np.int8)
    second = first.copy()
    first[:3], second[2:4] = 7, RIGHT
    worker.say(Progress(run.id, shot(2, PairsCheck(2, 2, 1, 1, first.tobytes()))))
    worker.say(Progress(run.id, shot(3, PairsCheck(1, 0, 1, 0, second.tobytes()))))
    assert run.wrong_at.ravel()[:5].tolist() == [7, 7, -1, -1, -2]
    assert [s.step for s in run.checks] == [2, 3]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({"steps": 0}, "1 to 2000"),
        ({"d_model": 256, "n_layer": 6}, "2.4 times the 2,000,000"),
        ({"d_model": 100}, "multiple of 32"),
        ({"fraction": 0.9}, "0.3"),
        ({"colour": 1}, "colour"),
    ],
)
def test_what_is_not_allowed_is_refused_in_words_before_any_work(
    arguments: dict[str, Any], why: str
) -> None:
    runs, worker = served()
    with pytest.raises(Refused) as refused:
        runs.start(RunSpec("multiply", arguments), "ann")
    assert why in str(refused.value)
    assert not worker.told and not runs.runs


def test_a_reader_has_so_many_runs_at_a_time_and_another_reader_has_their_own() -> None:
    runs, worker = served()
    own = [begun(runs, worker) for _ in range(MOST_OF_ONE_READER)]
    with pytest.raises(Refused, match="stop one"):
        runs.start(RunSpec(), "ann")
    begun(runs, worker, "bob")
    worker.say(Ended(own[0].id, "done"))
    begun(runs, worker)


def test_when_too_many_wait_the_next_is_told_to_come_back() -> None:
    runs, _ = served()
    for i in range(MOST_WAITING):
        runs.start(RunSpec(), f"reader {i}")
    with pytest.raises(Refused, match="try again"):
        runs.start(RunSpec(), "late")


def test_only_the_owner_stops_a_run_and_it_shows_as_stopping_at_once() -> None:
    runs, worker = served()
    run = begun(runs, worker)
    runs.stop(run.id, "bob")
    assert (run.phase, worker.stopped) == ("going", [])
    runs.stop(run.id, "ann")
    runs.stop(run.id, "ann")
    assert (run.phase, worker.stopped) == ("stopping", [run.id])
    worker.say(Progress(run.id, shot(2)))
    assert run.phase == "stopping"
    worker.say(Ended(run.id, "cancelled"))
    assert run.phase == "cancelled"


class Clock:
    """What the service reads the time from and sets its timers on; a test lets it pass."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        self.timers: list[tuple[float, Callable[[], None]]] = []
        monkeypatch.setattr(service, "time", SimpleNamespace(monotonic=lambda: self.now))
        fake = SimpleNamespace(RLock=threading.RLock, Timer=self.timer)
        monkeypatch.setattr(service, "threading", fake)

    def timer(self, seconds: float, ring: Callable[..., None], given: list[Any]) -> SimpleNamespace:
        def start() -> None:
            self.timers.append((self.now + seconds, lambda: ring(*given)))

        return SimpleNamespace(start=start, cancel=lambda: None)

    def pass_to(self, now: float) -> None:
        self.now = now
        due = [ring for at, ring in self.timers if at <= now]
        self.timers = [timer for timer in self.timers if timer[0] > now]
        for ring in due:
            ring()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def test_a_run_whose_reader_left_is_stopped_after_the_grace(clock: Clock) -> None:
    runs, worker = served()
    run, other = begun(runs, worker), begun(runs, worker, "bob")
    runs.leave("ann")
    clock.pass_to(GRACE_SECONDS - 0.1)
    assert (run.phase, worker.stopped) == ("going", [])
    clock.pass_to(GRACE_SECONDS)
    assert (run.phase, worker.stopped) == ("stopping", [run.id])
    assert worker.told[-1] == Stop(run.id, keep=False)
    assert other.phase == "going"


def test_a_new_visit_with_the_link_adopts_a_run_whose_owner_just_left(clock: Clock) -> None:
    runs, worker = served()
    run = begun(runs, worker)
    runs.leave("ann")
    assert runs.visit(run.id, "ann again") is run
    clock.pass_to(2 * GRACE_SECONDS)
    assert (run.phase, run.owner, worker.stopped) == ("going", "ann again", [])
    runs.stop(run.id, "ann again")
    assert worker.stopped == [run.id]


def test_a_run_adopted_and_left_again_has_its_grace_anew(clock: Clock) -> None:
    runs, worker = served()
    run = begun(runs, worker)
    runs.leave("ann")
    clock.pass_to(0.6 * GRACE_SECONDS)
    runs.visit(run.id, "bob")
    runs.leave("bob")
    clock.pass_to(1.2 * GRACE_SECONDS)
    assert worker.stopped == []
    clock.pass_to(1.6 * GRACE_SECONDS)
    assert worker.stopped == [run.id]


def test_who_reloads_again_and_again_keeps_the_run_and_leaves_no_thread_behind() -> None:
    runs, worker = served()
    run = begun(runs, worker)
    threads = set(threading.enumerate())
    for n in range(20):
        runs.leave(run.owner)
        assert runs.visit(run.id, f"ann {n}") is run and run.owner == f"ann {n}"
    for thread in set(threading.enumerate()) - threads:
        thread.join()
    assert list(runs.runs) == [run.id] and run.phase == "going"
    assert (worker.stopped, runs.timers) == ([], {})


@pytest.mark.parametrize("hours", [1, -1])
def test_a_wall_clock_that_jumps_ends_no_grace_early_and_none_late(
    monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    """The clock of the machine is set while a tab is closed."""
    now = time.time

    class Unheard(threading.Thread):
        def __init__(self, *_: Any) -> None:
            super().__init__(daemon=True)

        def cancel(self) -> None: ...

    monkeypatch.setattr(service.threading, "Timer", Unheard)
    ended: list[bool] = []
    for grace in (GRACE_SECONDS, 0.0):
        workers: list[FakeWorker] = []
        runs = LiveRuns(lambda say, to=workers: to.append(FakeWorker(say)) or to[0], grace=grace)
        run = begun(runs, workers[0])
        runs.leave("ann")
        with monkeypatch.context() as patch:
            patch.setattr(time, "time", lambda: now() + 3600 * hours)
            runs.end_abandoned([run])
        ended.append(run.phase == "stopping")
    assert ended == [False, True]


def test_anyone_else_watches() -> None:
    runs, worker = served()
    run = begun(runs, worker)
    assert runs.visit(run.id, "bob") is run
    assert run.owner == "ann"
    runs.stop(run.id, "bob")
    assert worker.stopped == []


def test_an_unknown_run_is_none_and_an_ended_one_stays_with_whoever_looks_at_it_last() -> None:
    runs, worker = served()
    assert runs.visit("nonsense", "bob") is None
    run = begun(runs, worker)
    worker.say(Ended(run.id, "done"))
    assert runs.visit(run.id, "bob") is run
    assert (run.owner, run.left_at) == ("ann", None)
    runs.leave("ann")
    assert run.left_at is not None
    assert runs.visit(run.id, "bob") is run
    assert (run.owner, run.left_at) == ("bob", None)


def test_a_lost_run_says_so_and_can_be_started_again() -> None:
    runs, worker = served()
    run = begun(runs, worker, seed=5)
    worker.say(Ended(run.id, "lost", "the worker has died"))
    assert (run.phase, run.why) == ("lost", "the worker has died")
    again = runs.start(run.spec, "ann")
    assert again != run.id and worker.told[-1] == Start(again, run.spec)


def test_ended_runs_are_forgotten_oldest_first_and_going_ones_never() -> None:
    runs, worker = served()
    first = begun(runs, worker, "first")
    for i in range(MOST_KEPT + 5):
        worker.say(Ended(begun(runs, worker, f"reader {i}").id, "done"))
    assert first.id in runs.runs
    assert len(runs.runs) <= MOST_KEPT + 1


def test_readers_who_train_and_leave_take_their_runs_with_them_but_for_the_last_few() -> None:
    runs, worker = served()
    stays = begun(runs, worker, "stays")
    worker.say(Ended(stays.id, "done"))
    ids: list[str] = []
    for i in range(100):
        run = begun(runs, worker, f"reader {i}")
        ids.append(run.id)
        worker.say(Weights(run.id, 2, bytes(1000)))
        if i % 2:
            worker.say(Ended(run.id, "done"))
        runs.leave(f"reader {i}")
        worker.say(Ended(run.id, "cancelled"))
    assert list(runs.runs) == [stays.id, *ids[-MOST_LEFT:]]


def test_a_run_that_somebody_looks_at_is_not_among_those_that_go() -> None:
    runs, worker = served()
    seen = begun(runs, worker, "ann")
    worker.say(Ended(seen.id, "done"))
    runs.leave("ann")
    runs.visit(seen.id, "ann after a blip of the network")
    for i in range(3 * MOST_LEFT):
        worker.say(Ended(begun(runs, worker, f"reader {i}").id, "done"))
        runs.leave(f"reader {i}")
    assert seen.id in runs.runs


def test_the_history_of_a_run_holds_numbers_and_each_pair_s_verdict_once() -> None:
    runs, worker = served()
    run = begun(runs, worker)
    for step in range(2, 82):
        asked = np.full(10_000, RIGHT, np.int8).tobytes()
        worker.say(Progress(run.id, shot(step, PairsCheck(1, 0, 1, 0, asked))))
    assert len(pickle.dumps(run)) < 40_000
    assert (run.wrong_at == -1).all()


# ---------------------------------------------------------------- stopped, and continued


def test_a_stopped_run_goes_on_in_the_same_history() -> None:
    runs, worker = served()
    run = begun(runs, worker)
    runs.stop(run.id, "ann")
    assert worker.told[-1] == Stop(run.id, keep=True)
    worker.say(Ended(run.id, "cancelled", "it used up its time", kept=True))
    assert (run.phase, run.state) == ("cancelled", "kept")
    runs.go_on(run.id, "ann")
    assert worker.told[-1] == Continue(run.id)
    assert (run.phase, run.why, run.state, run.goes_on) == ("waiting", "", "none", True)
    worker.say(Progress(run.id, shot(2)))
    assert (run.phase, [s.step for s in run.snapshots]) == ("going", [1, 2])
    worker.say(Ended(run.id, "done"))
    assert (run.phase, run.state) == ("done", "none")


def test_only_the_owner_continues_and_only_what_is_kept_and_not_too_many_at_once() -> None:
    runs, worker = served()
    run = begun(runs, worker)
    worker.say(Ended(run.id, "cancelled", kept=True))
    with pytest.raises(Refused, match="cannot go on"):
        runs.go_on(run.id, "bob")
    for _ in range(MOST_OF_ONE_READER):
        begun(runs, worker)
    with pytest.raises(Refused, match="stop one"):
        runs.go_on(run.id, "ann")
    worker.say(Forgotten(run.id))
    assert run.state == "forgotten"
    with pytest.raises(Refused, match="cannot go on"):
        runs.go_on(run.id, "ann")
    assert Continue(run.id) not in worker.told


def test_what_a_run_would_go_on_from_is_forgotten_with_it() -> None:
    runs, worker = served()
    removed, going = begun(runs, worker), begun(runs, worker)
    worker.say(Ended(removed.id, "cancelled", kept=True))
    runs.let_go(removed.id, "bob")
    assert removed.state == "kept"
    for run in (removed, going):
        runs.let_go(run.id, "ann")
    assert worker.told[-2:] == [Forget(removed.id), Stop(going.id, keep=False)]
    left = begun(runs, worker, "eve")
    runs.leave("eve")
    worker.say(Ended(left.id, "cancelled", kept=True))
    for i in range(MOST_LEFT):
        worker.say(Ended(begun(runs, worker, f"reader {i}").id, "done"))
        runs.leave(f"reader {i}")
    assert left.id not in runs.runs and worker.told[-1] == Forget(left.id)


def test_an_event_of_a_forgotten_run_is_nothing() -> None:
    _, worker = served()
    worker.say(Progress("nonsense", shot(1)))


def test_the_runs_go_to_the_cluster_that_the_environment_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from lab.live.backends import ProcessBackend
    from lab.live.ray_backend import RayBackend
    from lab.training import ray_cluster

    joined: list[str] = []
    monkeypatch.setattr(ray_cluster, "join", joined.append)
    monkeypatch.delenv("LAB_CLUSTER", raising=False)
    here = backend(lambda event: None)
    monkeypatch.setenv("LAB_CLUSTER", "ray://10.0.0.1:10001")
    there = backend(lambda event: None)
    assert isinstance(here, ProcessBackend) and isinstance(there, RayBackend)
    assert joined == ["ray://10.0.0.1:10001"]
    monkeypatch.setenv("LAB_CLUSTER", "somewhere")
    with pytest.raises(ValueError, match="auto or ray://HOST:PORT"):
        backend(lambda event: None)
