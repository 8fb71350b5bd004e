"""components.ui.live.service: runs whose weights are kept on the way. Four of a reader, two at a
time; each step can be had again, and the pairs at every check."""

from __future__ import annotations

import numpy as np
import pytest

from components.ui.live.service import MOST_READERS_KEPT, LiveRuns, Refused
from lab.inference.scoring import RIGHT
from lab.live.protocol import (
    NOT_ASKED,
    Command,
    Ended,
    PairsCheck,
    Progress,
    RunSpec,
    Snapshot,
    Start,
    Weights,
)
from lab.recipes.bench import usual

SPEC = RunSpec("bench", {"variant": usual().to_dict()}, keep=True)


class Worker:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.told: list[Command] = []

    def send(self, command: Command) -> None:
        self.told.append(command)

    def close(self) -> None: ...

    @property
    def started(self) -> list[str]:
        return [command.run for command in self.told if isinstance(command, Start)]


def served() -> tuple[LiveRuns, Worker]:
    worker = Worker()
    return LiveRuns(lambda _: worker), worker


def test_of_four_two_begin_and_the_others_wait_with_their_place() -> None:
    runs, worker = served()
    first, second, third, fourth = (runs.start(SPEC, "ann") for _ in range(4))
    assert worker.started == [first, second]
    assert [runs.runs[name].place for name in (third, fourth)] == [1, 2]
    assert runs.runs[fourth].phase == "waiting"
    with pytest.raises(Refused, match="4 of your runs are going on"):
        runs.start(SPEC, "ann")
    runs.hear(Ended(first, "done"))
    assert worker.started == [first, second, third] and runs.runs[fourth].place == 1
    runs.stop(fourth, "ann")
    assert runs.runs[fourth].phase == "cancelled"
    runs.hear(Ended(second, "failed", "why"))
    assert worker.started == [first, second, third]


def test_another_reader_s_runs_begin_though_someone_s_wait() -> None:
    runs, worker = served()
    for _ in range(3):
        runs.start(SPEC, "ann")
    other = runs.start(SPEC, "bob")
    assert worker.started[-1] == other


def test_runs_of_a_reader_who_left_do_not_begin_any_more() -> None:
    runs, worker = served()
    names = [runs.start(SPEC, "ann") for _ in range(3)]
    for name in names:
        runs.runs[name].left_at = -1e9
    runs.end_abandoned([runs.runs[name] for name in names])
    for name in names[:2]:
        runs.hear(Ended(name, "cancelled"))
    assert worker.started == names[:2]


def test_kept_steps_can_be_had_by_step_and_go_over_to_who_adopts_the_run() -> None:
    runs, _ = served()
    name = runs.start(SPEC, "ann")
    run = runs.runs[name]
    for step in (20, 40):
        runs.hear(Weights(name, step, bytes([step])))
    assert runs.kept_steps(run) == [20, 40] and runs.weights_at(run, 20) == bytes([20])
    with pytest.raises(ValueError, match=r"step=30 of .* is not kept; there are: 20, 40"):
        runs.weights_at(run, 30)
    runs.leave("ann")
    runs.visit(name, "bob")
    assert run.owner == "bob" and runs.weights_at(run, 40) == bytes([40])
    assert runs.steps["ann"].steps(name) == []


def test_a_run_that_is_not_to_be_kept_leaves_its_last_weights_alone() -> None:
    runs, _ = served()
    name = runs.start(RunSpec(), "ann")
    runs.hear(Weights(name, 20, b"x"))
    assert runs.kept_steps(runs.runs[name]) == [] and runs.runs[name].weights is not None


def test_of_too_many_readers_those_that_trained_longest_ago_lose_their_steps() -> None:
    runs, _ = served()
    readers = [f"reader {i}" for i in range(MOST_READERS_KEPT + 1)]
    named = {reader: runs.start(SPEC, reader) for reader in readers}
    for reader in (*readers[:-1], readers[0], readers[-1]):
        runs.hear(Weights(named[reader], 20, b"x"))
    assert [*runs.steps] == [*readers[2:-1], readers[0], readers[-1]]


def test_every_check_of_a_kept_run_is_remembered_a_bit_a_pair() -> None:
    runs, _ = served()
    name = runs.start(SPEC, "ann")
    first = np.full(10_000, NOT_ASKED, dtype=np.int8)
    second = first.copy()
    first[:3], second[1:5] = 7, RIGHT
    for step, check in ((25, first), (50, second)):
        seen = PairsCheck(1, 1, 1, 1, check.tobytes())
        runs.hear(Progress(name, Snapshot(step, 400, step, 1.0, seen)))
    looks = runs.runs[name].looks
    assert [look.step for look in looks] == [25, 50]
    wrong, asked = (
        np.unpackbits(np.frombuffer(bits, np.uint8))[:6].tolist()
        for bits in (looks[1].wrong, looks[1].asked)
    )
    assert wrong == [1, 0, 0, 0, 0, 0] and asked == [1, 1, 1, 1, 1, 0]
