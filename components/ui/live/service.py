"""Live runs for the pages: places, owners, grace and history over a `lab.live.protocol.Backend`.

One `LiveRuns` a server. A reader owns the runs started in their tab. When the tab is gone its runs
have `GRACE_SECONDS` to be adopted by a new visit with their link; then they are stopped.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from components.ui.lazily import lazily
from lab.training.kept_steps import KeptSteps

if TYPE_CHECKING:
    from lab.live import protocol as live
    from lab.live.protocol import Backend, Emit, Event, PairsCheck, RunSpec, Snapshot, Weights
else:
    live = lazily("lab.live.protocol")

GRACE_SECONDS = 20.0
MOST_WAITING = 16
MOST_OF_ONE_READER = 2
"""That the worker has at once. Of runs whose weights are kept on the way a reader may start more:
the others are held back here, and each begins when one before it has ended."""

MOST_HELD = 2
MOST_READERS_KEPT = 8
"""Readers whose kept steps are held, up to 16 MB each; those go first who trained longest ago."""

MOST_KEPT = 40
MOST_LEFT = 8
"""Ended runs whose reader has gone: their links still show them. Each is about 1 MB of weights."""
NOT_ASKED = -2

State = Literal["none", "kept", "forgotten"]
"""What a stopped run would go on from, in the worker."""

Phase = Literal["waiting", "going", "stopping", "done", "cancelled", "failed", "lost"]
GOING: tuple[Phase, ...] = ("waiting", "going", "stopping")


class Refused(ValueError):
    """A run that is not taken on; the message is for the reader."""


class Look(NamedTuple):
    """After a step each pair's first wrong token, eight bits a pair of both: is it wrong, was it
    asked."""

    step: int
    wrong: bytes
    asked: bytes

    @classmethod
    def of(cls, step: int, first_wrong: NDArray[np.int8]) -> Look:
        wrong, asked = first_wrong >= 0, first_wrong != NOT_ASKED
        return cls(step, np.packbits(wrong).tobytes(), np.packbits(asked).tobytes())


@dataclass
class LiveRun:
    """What the service knows of a run. Pages read it and never change it."""

    id: str
    spec: RunSpec
    owner: str
    phase: Phase = "waiting"
    place: int = 0
    why: str = ""
    snapshots: list[Snapshot] = field(default_factory=list)
    checks: list[Snapshot] = field(default_factory=list)
    first_wrong: NDArray[np.int8] = field(
        default_factory=lambda: np.full(10_000, NOT_ASKED, dtype=np.int8)
    )
    weights: Weights | None = None
    looks: list[Look] = field(default_factory=list)
    """Of a run whose weights are kept, its pairs at every check."""
    state: State = "none"
    left_at: float | None = None
    """When its reader left, if they did and nobody has adopted it."""

    @property
    def goes_on(self) -> bool:
        return self.phase in GOING

    @property
    def wrong_at(self) -> NDArray[np.int64]:
        """Each pair's first wrong token, (100, 100): -1 for none, -2 where it was not asked."""
        return self.first_wrong.reshape(100, 100).astype(np.int64)

    @property
    def latest(self) -> Snapshot | None:
        return self.snapshots[-1] if self.snapshots else None


class LiveRuns:
    """The runs of this server. `make_backend` gets the function that takes events."""

    def __init__(
        self,
        make_backend: Callable[[Emit], Backend],
        *,
        grace: float = GRACE_SECONDS,
    ) -> None:
        self.lock = threading.RLock()
        self.runs: dict[str, LiveRun] = {}
        self.held: list[LiveRun] = []
        self.steps: dict[str, KeptSteps] = {}
        """By reader, the one that trained last at the end."""
        self.grace = grace
        self.timers: dict[str, threading.Timer] = {}
        """By reader who left: at its end their runs are stopped."""
        self.backend = make_backend(self.hear)

    # ------------------------------------------------ what a page asks for

    def start(self, spec: RunSpec, owner: str) -> str:
        """Take on a run and give its ID. `Refused` says why not: a bad setting, or no place."""
        try:
            spec.build()
        except (ValueError, TypeError) as error:
            raise Refused(str(error)) from error
        with self.lock:
            held = spec.keep and self.n_going(owner) >= MOST_OF_ONE_READER
            self.require_place(owner, MOST_HELD if spec.keep else 0)
            run = LiveRun(secrets.token_urlsafe(6), spec, owner)
            self.runs[run.id] = run
            if held:
                self.held.append(run)
                self.tell_held_places()
            self.forget_oldest()
        if not held:
            self.backend.send(live.Start(run.id, spec))
        return run.id

    def go_on(self, run_id: str, owner: str) -> None:
        """Take up a stopped run of one's own where it stands. `Refused` says why not."""
        with self.lock:
            run = self.runs.get(run_id)
            if run is None or run.owner != owner or run.state != "kept":
                raise Refused("this run cannot go on from where it was stopped")
            self.require_place(owner)
            run.phase, run.why, run.state = "waiting", "", "none"
        self.backend.send(live.Continue(run.id))

    def n_going(self, owner: str) -> int:
        """Runs of a reader that go on, those that are held back among them."""
        return sum(run.goes_on and run.owner == owner for run in self.runs.values())

    def require_place(self, owner: str, held: int = 0) -> None:
        """`Refused` if too many runs go on, the owner's or everybody's; so many more of the owner's
        may be `held` back."""
        going = [run for run in self.runs.values() if run.goes_on]
        own = self.n_going(owner)
        if own >= MOST_OF_ONE_READER + held:
            raise Refused(f"{own} of your runs are going on; stop one, or wait until it is done")
        if sum(run.phase == "waiting" for run in going) >= MOST_WAITING:
            raise Refused(f"{MOST_WAITING} runs wait already; try again in a minute")

    def let_go(self, run_id: str, owner: str) -> None:
        """Its owner will not go on with a run: stop it, and forget what it would go on from."""
        run = self.runs.get(run_id)
        if run is not None and run.owner == owner:
            self.cancel(run, keep=False)
            self.forget_state(run)

    def stop(self, run_id: str, owner: str) -> None:
        """End a run of one's own; anyone else's goes on."""
        run = self.runs.get(run_id)
        if run is not None and run.owner == owner:
            self.cancel(run)

    def visit(self, run_id: str, visitor: str) -> LiveRun | None:
        """A run by its ID, adopted if its owner has left; None if unknown."""
        with self.lock:
            run = self.runs.get(run_id)
            if run is not None and run.left_at is not None:
                left, run.left_at = run.owner, None
                self.hand_over(run, visitor)
                run.owner = visitor
                if not self.n_going(left):
                    self.forget_timer(left)
            return run

    def hand_over(self, run: LiveRun, visitor: str) -> None:
        """The kept steps of a run that another visit adopts."""
        if (steps := self.steps.get(run.owner)) is not None and run.owner != visitor:
            for step in steps.steps(run.id):
                self.steps_of(visitor).keep(run.id, step, steps.at(run.id, step))
            steps.forget(run.id)

    def steps_of(self, owner: str) -> KeptSteps:
        """What is kept of a reader's runs; of too many readers that is dropped which is oldest."""
        found = self.steps.pop(owner, None) or KeptSteps()
        self.steps[owner] = found
        while len(self.steps) > MOST_READERS_KEPT:
            del self.steps[next(iter(self.steps))]
        return found

    def kept_steps(self, run: LiveRun) -> list[int]:
        """Of a run, those whose weights can be had."""
        steps = self.steps.get(run.owner)
        return [] if steps is None else steps.steps(run.id)

    def weights_at(self, run: LiveRun, step: int) -> bytes:
        """`ValueError` names the steps that are kept."""
        with self.lock:
            return self.steps.get(run.owner, KeptSteps()).at(run.id, step)

    def leave(self, owner: str) -> None:
        """A reader's tab is gone: stop their runs after the grace, unless someone adopts them."""
        with self.lock:
            left = [run for run in self.runs.values() if run.owner == owner]
            for run in left:
                run.left_at = time.monotonic()
            self.forget_oldest()
            if any(run.goes_on for run in left):
                self.forget_timer(owner)
                timer = threading.Timer(self.grace, self.end_abandoned, [left])
                timer.daemon = True
                self.timers[owner] = timer
                timer.start()

    def forget_timer(self, owner: str) -> None:
        """Who reloads again and again leaves no thread behind for each time."""
        if (timer := self.timers.pop(owner, None)) is not None:
            timer.cancel()

    def end_abandoned(self, runs: list[LiveRun]) -> None:
        with self.lock:
            for owner in {run.owner for run in runs if run.left_at is not None}:
                self.timers.pop(owner, None)
        for run in runs:
            if run.left_at is not None and time.monotonic() - run.left_at >= self.grace * 0.99:
                self.cancel(run, keep=False)

    def count(self) -> int:
        """How many runs are going on, everybody's."""
        return sum(run.goes_on for run in list(self.runs.values()))

    def cancel(self, run: LiveRun, *, keep: bool = True) -> None:
        with self.lock:
            if run.phase not in ("waiting", "going"):
                return
            if run in self.held:
                self.held.remove(run)
                run.phase = "cancelled"
                self.tell_held_places()
                return
            run.phase = "stopping"
        self.backend.send(live.Stop(run.id, keep))

    def forget_state(self, run: LiveRun) -> None:
        if run.state == "kept":
            run.state = "forgotten"
            self.backend.send(live.Forget(run.id))

    def forget_oldest(self) -> None:
        """Drop ended runs, those first whose reader has gone; what goes on is never dropped."""
        ended = [run for run in self.runs.values() if not run.goes_on]
        left = sorted((r for r in ended if r.left_at is not None), key=lambda r: r.left_at or 0)
        there = [run for run in ended if run.left_at is None]
        n_left = max(len(left) - MOST_LEFT, min(len(left), len(self.runs) - MOST_KEPT))
        n_there = len(self.runs) - max(0, n_left) - MOST_KEPT
        for run in left[: max(0, n_left)] + there[: max(0, n_there)]:
            self.forget_state(run)
            if (steps := self.steps.get(run.owner)) is not None:
                steps.forget(run.id)
            del self.runs[run.id]

    def tell_held_places(self) -> None:
        """A run that is held back waits for those of its reader alone."""
        for run in self.held:
            own = [other for other in self.held if other.owner == run.owner]
            run.place = own.index(run) + 1

    def send_held(self, owner: str) -> None:
        """The next of a reader's runs begins, if it may."""
        own = [run for run in self.held if run.owner == owner]
        if own and self.n_going(owner) - len(own) < MOST_OF_ONE_READER:
            self.held.remove(own[0])
            self.tell_held_places()
            self.backend.send(live.Start(own[0].id, own[0].spec))

    # ------------------------------------------------ what the worker says

    def hear(self, event: Event) -> None:
        with self.lock:
            run = self.runs.get(event.run)
            if run is None:
                return
            if isinstance(event, live.Waiting):
                run.place = event.place
            elif isinstance(event, live.Progress):
                self.hear_progress(run, event.snapshot)
            elif isinstance(event, live.Weights):
                run.weights = event
                if run.spec.keep:
                    self.steps_of(run.owner).keep(run.id, event.step, event.data)
            elif isinstance(event, live.Forgotten):
                run.state = "forgotten"
            else:
                assert isinstance(event, live.Ended)
                run.phase, run.why = event.how, event.why
                run.state = "kept" if event.kept else "none"
                self.forget_oldest()
                self.send_held(run.owner)

    @staticmethod
    def hear_progress(run: LiveRun, snapshot: Snapshot) -> None:
        if run.phase == "waiting":
            run.phase, run.place = "going", 0
        if snapshot.check is not None:
            run.first_wrong = merged(run.first_wrong, snapshot.check)
            # 10 KB a check, up to 80 checks a run, and what they say stands in `first_wrong` now
            snapshot = replace(snapshot, check=replace(snapshot.check, first_wrong=b""))
            run.checks.append(snapshot)
            if run.spec.keep:
                run.looks.append(Look.of(snapshot.step, run.first_wrong))
        run.snapshots.append(snapshot)


def merged(known: NDArray[np.int8], check: PairsCheck) -> NDArray[np.int8]:
    """Each pair's verdict from the last time it was asked."""
    asked = np.frombuffer(check.first_wrong, dtype=np.int8)
    return np.where(asked != NOT_ASKED, asked, known)
