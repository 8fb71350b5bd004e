"""lab.live.ray_backend: runs on a real cluster of two nodes on this machine (extra `cluster`)."""

from __future__ import annotations

import math
from typing import Any

import pytest

from lab.live.protocol import Ended, Event, Progress, RunSpec, Start, Stop
from lab.live.ray_backend import DIED, RayBackend
from lab.training.state import TrainState
from lab.training.train import train
from tools.latency import until

pytestmark = pytest.mark.slow

PATIENCE = 900.0
"""Seconds: on a busy machine a process of Ray takes a minute or two to begin."""

SMALL: dict[str, Any] = {"d_model": 32, "n_layer": 1}
LARGE: dict[str, Any] = {"d_model": 128, "n_layer": 3, "steps": 2000}
"""It would take minutes."""


class Ear:
    """What was said so far, and how each run ended."""

    def __init__(self) -> None:
        self.said: list[Event] = []

    def __call__(self, event: Event) -> None:
        self.said.append(event)

    def end_of(self, run: str) -> Ended | None:
        found = [e for e in self.said if isinstance(e, Ended) and e.run == run]
        assert len(found) <= 1, "a run ended twice"
        return found[0] if found else None

    def losses(self, run: str) -> list[float]:
        told = [e.snapshot for e in self.said if isinstance(e, Progress) and e.run == run]
        return [snapshot.loss for snapshot in told]


def start(run: str, **arguments: Any) -> Start:
    return Start(run, RunSpec("multiply", arguments or {**SMALL, "steps": 3}))


def test_runs_go_to_both_machines_end_as_here_and_are_lost_with_theirs(two_nodes: Any) -> None:
    ear = Ear()
    backend = RayBackend(ear)
    backend.send(start("a", **LARGE))
    backend.send(start("b", **LARGE))
    until(lambda: ear.losses("a") and ear.losses("b"), PATIENCE)
    one, other = backend.workers
    assert (one.runs, other.runs) == ({"a"}, {"b"}), "one a machine"

    backend.send(start("c"))  # beside one of them
    until(lambda: ear.end_of("c"), PATIENCE)
    assert ear.end_of("c") == Ended("c", "done")
    recipe = start("c").spec.build()
    here = [metrics.loss for metrics in train(recipe, TrainState.start(recipe))]
    found = ear.losses("c")
    assert [math.isclose(a, b, rel_tol=1e-3) for a, b in zip(found, here, strict=True)] == [
        True
    ] * 3

    (node,) = two_nodes.worker_nodes
    (killed,) = (worker for worker in backend.workers if worker.machine == node.node_id)
    lost = next(run for run in "ab" if killed.has(run))
    goes_on = "b" if lost == "a" else "a"
    two_nodes.remove_node(node, allow_graceful=False)
    until(lambda: ear.end_of(lost), PATIENCE)
    assert ear.end_of(lost) == Ended(lost, "lost", DIED)
    told = len(ear.losses(goes_on))
    until(lambda: len(ear.losses(goes_on)) > told, PATIENCE)

    backend.send(start("d"))
    until(lambda: ear.end_of("d"), PATIENCE)
    assert ear.end_of("d") == Ended("d", "done")
    backend.send(Stop(goes_on))
    until(lambda: ear.end_of(goes_on), PATIENCE)
    ended = ear.end_of(goes_on)
    assert ended is not None and (ended.how, ended.kept) == ("cancelled", True)
    backend.close()
    assert all(worker.dead for worker in (one, other))
    backend.send(start("e"))
    assert ear.end_of("e") == Ended("e", "lost", DIED), "a closed engine begins nothing"
