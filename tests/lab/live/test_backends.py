"""lab.live.backends: a worker that dies loses its own runs, says so, and is replaced."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tiny import failures

from lab.live import loop as live
from lab.live.backends import ProcessBackend, ThreadBackend, dump, parse_command, parse_event
from lab.live.loop import (
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
from lab.recipes.bench import usual
from lab.training.recipe import Recipe

pytestmark = pytest.mark.push

SMALL: dict[str, Any] = {"d_model": 32, "n_layer": 1, "steps": 3}
BENCH = Start("b", RunSpec("bench", {"variant": usual().to_dict()}, keep=True))


def start(run: str, **arguments: Any) -> Start:
    return Start(run, RunSpec("multiply", {**SMALL, **arguments}))


class Ear:
    """What a worker said so far, and how each run ended."""

    def __init__(self) -> None:
        self.said: list[Event] = []

    def __call__(self, event: Event) -> None:
        self.said.append(event)

    def end_of(self, run: str) -> Ended | None:
        found = [e for e in self.said if isinstance(e, Ended) and e.run == run]
        assert len(found) <= 1, "a run ended twice"
        return found[0] if found else None

    def moved(self, run: str) -> bool:
        return any(isinstance(e, Progress) and e.run == run for e in self.said)


def until(true: Callable[[], Any], seconds: float = 60.0) -> None:
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < seconds, "it did not come"
        time.sleep(0.02)


def test_a_thread_runs_to_the_end() -> None:
    ear = Ear()
    ThreadBackend(ear).send(start("a"))
    until(lambda: ear.end_of("a"))
    assert ear.end_of("a") == Ended("a", "done")


def test_a_thread_that_dies_loses_its_runs_aloud_and_the_next_command_finds_a_new_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def deadly() -> Recipe:
        raise SystemExit("the worker is gone")

    monkeypatch.setattr(live, "ALLOWED", {**live.ALLOWED, "deadly": deadly})
    ear = Ear()
    backend = ThreadBackend(ear)
    backend.send(start("a", steps=2000))
    until(lambda: ear.moved("a"))
    backend.send(Start("b", RunSpec("deadly")))
    until(lambda: ear.end_of("a") and ear.end_of("b"))
    for run in "ab":
        ended = ear.end_of(run)
        assert ended is not None and (ended.how, "has died" in ended.why) == ("lost", True)
    backend.send(start("c"))
    until(lambda: ear.end_of("c"))
    assert ear.end_of("c") == Ended("c", "done")


@pytest.fixture
def processes() -> Iterator[tuple[ProcessBackend, Ear]]:
    ear = Ear()
    backend = ProcessBackend(ear)
    yield backend, ear
    if backend.process is not None:
        backend.process.kill()


def test_a_process_says_what_a_thread_says(processes: tuple[ProcessBackend, Ear]) -> None:
    backend, ear = processes
    backend.send(start("a"))
    until(lambda: ear.end_of("a"))
    other = Ear()
    ThreadBackend(other).send(start("a"))
    until(lambda: other.end_of("a"))

    def losses(heard: Ear) -> list[float]:
        return [e.snapshot.loss for e in heard.said if isinstance(e, Progress)]

    assert [type(e) for e in ear.said] == [type(e) for e in other.said]
    assert losses(ear) == pytest.approx(losses(other), rel=1e-3)


def test_a_killed_process_loses_its_runs_aloud_and_the_next_command_finds_a_new_one(
    processes: tuple[ProcessBackend, Ear],
) -> None:
    backend, ear = processes
    backend.send(start("a", steps=2000))
    backend.send(start("b", steps=2000))
    until(lambda: ear.moved("a") and ear.moved("b"))
    assert backend.process is not None
    os.kill(backend.process.pid, signal.SIGKILL)
    until(lambda: ear.end_of("a") and ear.end_of("b"))
    assert {ear.end_of(run).how for run in "ab"} == {"lost"}  # pyright: ignore
    backend.send(start("c"))
    until(lambda: ear.end_of("c"))
    assert ear.end_of("c") == Ended("c", "done")


def test_a_run_is_stopped_in_a_process(processes: tuple[ProcessBackend, Ear]) -> None:
    backend, ear = processes
    backend.send(start("a", steps=2000))
    until(lambda: ear.moved("a"))
    backend.send(Stop("a"))
    until(lambda: ear.end_of("a"))
    assert ear.end_of("a") == Ended("a", "cancelled", kept=True)


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


def stopped(backend: ProcessBackend | ThreadBackend, ear: Ear, run: str) -> None:
    backend.send(start(run, steps=2000))
    until(lambda: ear.moved(run))
    backend.send(Stop(run))
    until(lambda: ear.end_of(run))


def steps_of(ear: Ear, run: str) -> list[int]:
    return [e.snapshot.step for e in ear.said if isinstance(e, Progress) and e.run == run]


def test_a_process_continues_a_stopped_run_and_one_that_dies_has_forgotten_it(
    processes: tuple[ProcessBackend, Ear],
) -> None:
    backend, ear = processes
    stopped(backend, ear, "a")
    n_before = len(steps_of(ear, "a"))
    ear.said = [e for e in ear.said if not isinstance(e, Ended)]
    backend.send(Continue("a"))
    until(lambda: len(steps_of(ear, "a")) > n_before)
    backend.send(Stop("a"))
    until(lambda: ear.end_of("a"))
    shown = steps_of(ear, "a")
    assert shown == list(range(1, len(shown) + 1))
    assert backend.process is not None
    os.kill(backend.process.pid, signal.SIGKILL)
    until(lambda: Forgotten("a") in ear.said)
    ear.said = []
    backend.send(Continue("a"))
    until(lambda: ear.end_of("a"))
    ended = ear.end_of("a")
    assert ended is not None and (ended.how, "no longer kept" in ended.why) == ("lost", True)


def test_a_command_comes_out_of_its_line_as_it_went_in() -> None:
    def holds(command: Any) -> None:
        assert parse_command(dump(command)) == command
        assert parse_event(dump(Forgotten("a"))) == Forgotten("a")
        assert parse_event(dump(Ended("a", "cancelled", kept=True))) == Ended(
            "a", "cancelled", "", True
        )

    cases = [Stop("a", keep=False), Continue("a"), Forget("a")]
    assert failures(holds, cases) == []
