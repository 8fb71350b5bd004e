"""Cells of a sweep on several machines, by Ray: `LAB_CLUSTER=auto python -m lab sweep NAME`.

One actor for each processor of the cluster measures a cell at a time; rows come back to the process
that asked, which alone writes the record, in the order in which they are done. Every machine holds
this work tree at the same commit, in the same place or installed. Without `LAB_CLUSTER` nothing
here is used, and Ray, the optional extra `cluster`, need not be there.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

from lab.experiments.sweep import Cell, Row, Sweep, row_of
from lab.records import commit
from lab.training.ray_cluster import ray

if TYPE_CHECKING:
    from lab.experiments.sweep import Measured

MOST_LOST = 3
"""So often a cell is measured again that was lost with its process: perhaps it is the cause."""

LOOK_SECONDS = 2.0
"""How often the cluster is looked at, for processors that have come."""


class Measurer:
    """What an actor is: it keeps the digests of the weights that it has seen, as a sweep does."""

    def __init__(self, name: str, sweep: Sweep) -> None:
        self.name, self.sweep, self.seen = name, sweep, dict[str, str]()

    def commit(self) -> str:
        return commit()

    def row(self, cell: Cell) -> Row:
        return row_of(self.name, self.sweep, cell, self.seen)


def on_cluster(say: Callable[[str], None]) -> Measured:
    """For `run_sweep`: rows from all processors of the cluster that this process has joined.

    `say` hears of cells that were lost.
    """

    def measured(name: str, sweep: Sweep, cells: Sequence[Cell]) -> Iterator[tuple[Cell, Row]]:
        with closing(rows_of(Crew(name, sweep, say), cells)) as rows:
            yield from rows

    return measured


def rows_of(crew: Crew, cells: Sequence[Cell]) -> Generator[tuple[Cell, Row]]:
    """Each cell and its row, as they are done. Whoever stops early ends what is being measured."""
    left, lost = deque(cells), dict[str, int]()
    try:
        while left or crew.busy:
            crew.hire(len(left))
            while left and crew.idle:
                crew.give(left.popleft())
            for cell, row in crew.done():
                if row is not None:
                    yield cell, row
                    continue
                lost[str(cell)] = lost.get(str(cell), 0) + 1
                if lost[str(cell)] > MOST_LOST:
                    raise RuntimeError(f"{cell} was lost {MOST_LOST + 1} times with its process")
                crew.say(f"{cell} was lost with its process, and is measured again")
                left.appendleft(cell)
    finally:
        crew.dismiss()


class Crew:
    """The actors of a sweep: those that wait for a cell, and those that measure one."""

    def __init__(self, name: str, sweep: Sweep, say: Callable[[str], None]) -> None:
        self.ray, self.say = ray(), say
        # One processor each, on whichever machine has fewest.
        options: dict[str, Any] = {"num_cpus": 1, "scheduling_strategy": "SPREAD"}
        remote = self.ray.remote(**options)(Measurer)
        self.new: Callable[[], Any] = lambda: remote.remote(name, sweep)
        self.commit = commit()
        self.coming: dict[Any, Any] = {}  # by the first request to it, its commit
        self.idle: list[Any] = []
        self.busy: dict[Any, tuple[Any, Cell]] = {}  # by the row that is awaited

    def hire(self, wanted: int) -> None:
        """As many as the cluster has processors, if there is work for them."""
        here = len(self.coming) + len(self.idle) + len(self.busy)
        room = int(self.ray.cluster_resources().get("CPU", 0)) - here
        if not here and room < 1:
            raise ValueError("the cluster has no processor, and no cell is being measured")
        for _ in range(min(room, wanted - len(self.idle) - len(self.coming))):
            actor = self.new()
            self.coming[actor.commit.remote()] = actor

    def give(self, cell: Cell) -> None:
        actor = self.idle.pop()
        self.busy[actor.row.remote(cell)] = actor, cell

    def done(self) -> Iterator[tuple[Cell, Row | None]]:
        """What has come since, or comes soon: a cell and its row, None if it was lost."""
        awaited = [*self.coming, *self.busy]
        found, _ = self.ray.wait(awaited, num_returns=1, timeout=LOOK_SECONDS)
        for one in found:
            actor, cell = self.busy.pop(one, None) or (self.coming.pop(one), None)
            try:
                said = self.ray.get(one)
            except self.ray.exceptions.RayActorError:  # with its process, or the whole machine
                if cell is not None:
                    yield cell, None
                continue
            self.idle.append(actor)
            if cell is not None:
                yield cell, said
            elif said != self.commit:
                raise ValueError(
                    f"a machine of the cluster is at {said}, this one at {self.commit}"
                )

    def dismiss(self) -> None:
        for actor in (*self.coming.values(), *self.idle, *(a for a, _ in self.busy.values())):
            self.ray.kill(actor)
