"""Live runs on the machines of a Ray cluster, behind the interface of the other engines.

One actor a machine runs the loop of `lab.live.loop`, and a run goes to the actor that has fewest.
If an actor dies, or its machine, exactly its runs end as lost, and the next start hires another; a
run of which nothing was heard yet is started on another one instead.
`lab.training.ray_cluster.join` comes first. Importing this imports nothing of Ray.
"""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable
from importlib import import_module
from typing import Any

from lab.live.memory import keep_few_kernels, keep_giving_back
from lab.live.protocol import (
    Command,
    Continue,
    Emit,
    Ended,
    Event,
    Forget,
    Forgotten,
    Start,
    Stop,
)
from lab.training.ray_cluster import ray

TELL_SECONDS = 1.0
"""How long an actor waits at most before it says that nothing happened."""

CLOSE_SECONDS = 10.0
MOST_TRIES = 3
"""Of a start, each on another actor."""

DIED = "the machine that computed it, or its process there, has died"


class RayBackend:
    """A `Backend`. A command about a run goes to the actor that has it."""

    def __init__(self, emit: Emit) -> None:
        self.emit, self.lock = emit, threading.Lock()
        self.workers: list[Worker] = []
        self.tries: dict[str, int] = {}
        self.closed = False

    def send(self, command: Command) -> None:
        try:
            taken = self.sent(command)
        except (ray().exceptions.RayError, OSError):  # the whole cluster is gone
            taken = False
        if not taken and isinstance(command, Start | Continue):
            self.emit(Ended(command.run, "lost", DIED))

    def sent(self, command: Command) -> bool:
        """False if no actor has the run, and none can be had."""
        with self.lock:
            self.workers = [worker for worker in self.workers if not worker.dead]
            worker = self.having(command.run)
            if worker is None and isinstance(command, Start) and not self.closed:
                worker = self.least_busy()
            return worker is not None and worker.take(command)

    def send_again(self, start: Start) -> None:
        """What a machine never began that was dying, as nobody knew yet."""
        self.tries[start.run] = self.tries.get(start.run, 1) + 1
        if self.tries[start.run] > MOST_TRIES:
            self.emit(Ended(start.run, "lost", DIED))
        else:
            self.send(start)

    def having(self, run: str) -> Worker | None:
        return next((worker for worker in self.workers if worker.has(run)), None)

    def least_busy(self) -> Worker | None:
        """An idle one, or a new one while there are machines without; else that of fewest runs, if
        there is any."""
        found = min(self.workers, key=lambda worker: len(worker.runs), default=None)
        taken = {worker.machine for worker in self.workers}
        free = [machine for machine in machines() if machine not in taken]
        if free and (found is None or found.runs):
            found = Worker(free[0], self.emit, self.send_again)
            self.workers.append(found)
        return found

    def close(self) -> None:
        with self.lock:
            workers, self.workers, self.closed = self.workers, [], True
        for worker in workers:
            worker.end()


def machines() -> list[str]:
    """Those that are alive and lend a processor, by Ray's names."""
    alive = [node for node in ray().nodes() if node["Alive"]]
    return [node["NodeID"] for node in alive if node["Resources"].get("CPU", 0) >= 1]


class Worker:
    """The server's side of an actor and its runs: if it dies, those that go on are lost, those kept
    are forgotten."""

    def __init__(self, machine: str, emit: Emit, again: Callable[[Start], None]) -> None:
        self.ray, self.machine, self.again = ray(), machine, again
        self.emit, self.lock = emit, threading.Lock()
        self.runs, self.kept = set[str](), set[str]()
        self.unheard: dict[str, Start] = {}
        self.dead = False
        there = import_module("ray.util.scheduling_strategies").NodeAffinitySchedulingStrategy
        options: dict[str, Any] = {
            # No share of a processor: a reader does not wait for the cells of a sweep.
            "num_cpus": 0,
            "scheduling_strategy": there(machine, soft=False),
            # Two kinds of calls at once, of each kind one, so that commands keep their order.
            "concurrency_groups": {"commands": 1, "events": 1},
        }
        self.actor: Any = self.ray.remote(**options)(LiveActor).remote()
        self.listener = threading.Thread(target=self.listen, name="live actor", daemon=True)
        self.listener.start()

    def has(self, run: str) -> bool:
        with self.lock:
            return run in self.runs or run in self.kept

    def take(self, command: Command) -> bool:
        """Hand it on and remember its run; False if the actor is dead."""
        with self.lock:
            if self.dead:
                return False
            if isinstance(command, Start | Continue):
                self.runs.add(command.run)
            if isinstance(command, Start):
                self.unheard[command.run] = command
            if isinstance(command, Stop):
                self.unheard.pop(command.run, None)  # it is wanted no more
            if isinstance(command, Continue | Forget):
                self.kept.discard(command.run)
            self.actor.obey.options(concurrency_group="commands").remote(command)
            return True

    def listen(self) -> None:
        tell = self.actor.tell.options(concurrency_group="events")
        try:
            while True:
                for event in self.ray.get(tell.remote()):
                    self.hear(event)
        except (self.ray.exceptions.RayError, SystemExit):
            return  # the actor is dead, or the whole cluster; or this process has left it
        finally:
            self.lose()

    def hear(self, event: Event) -> None:
        with self.lock:
            self.unheard.pop(event.run, None)
            if isinstance(event, Ended):
                self.runs.discard(event.run)
                if event.kept:
                    self.kept.add(event.run)
            if isinstance(event, Forgotten):
                self.kept.discard(event.run)
        self.emit(event)

    def lose(self) -> None:
        with self.lock:
            self.dead = True
        for run in sorted(self.runs - self.unheard.keys()):
            self.emit(Ended(run, "lost", DIED))
        for start in self.unheard.values():
            self.again(start)
        for run in sorted(self.kept):
            self.emit(Forgotten(run))

    def end(self) -> None:
        self.ray.kill(self.actor)
        self.listener.join(CLOSE_SECONDS)


# ---------------------------------------------------------------- the actor's own side


class LiveActor:
    """The loop in a thread of an actor; its commands come and its events go as calls."""

    def __init__(self) -> None:
        self.commands = queue.Queue[Command | None]()
        self.events = queue.Queue[Event]()
        threading.Thread(target=self.work, daemon=True).start()

    def work(self) -> None:
        try:
            keep_giving_back()
            keep_few_kernels()
            from lab.live.loop import drive  # it brings torch

            drive(self.commands, self.events.put)
        finally:
            os._exit(1)  # so that the server hears that the loop is no more

    def obey(self, command: Command) -> None:
        self.commands.put(command)

    def tell(self) -> list[Event]:
        """What has happened since it was last asked; the next thing, if nothing has."""
        try:
            said = [self.events.get(timeout=TELL_SECONDS)]
        except queue.Empty:
            return []
        while not self.events.empty():
            said.append(self.events.get())
        return said
