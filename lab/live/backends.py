"""Live runs in a process of this machine, beside the server and of low priority.

Another engine needs what `lab.live.protocol.Backend` says. `python -m lab.live.backends` is the
worker: commands come as lines of JSON on its input, events go out as such.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
from contextlib import suppress
from typing import IO

from lab.live.beside import beside
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
    dump,
    parse_command,
    parse_event,
)

NICENESS = 10
"""Of the worker, from -20 to 19: pages go before it wherever both want a core."""

HANDS = 2
"""At most so many runs go on side by side, each on a core. What the pages leave of two cores is
more than one hand takes up; with two the worker gets it, at a niceness that keeps nobody waiting.
"""

IDLE_SECONDS = 300.0
"""After so many without a run that goes on or is kept, a worker ends and gives its memory back."""

DIED = "the worker that computed it has died"


class ProcessBackend:
    """A `Backend`: a worker is begun by the first run, and another by the next after it has died.

    `niceness`: see `NICENESS`; 0 where training goes before all else, as in a test.
    """

    def __init__(self, emit: Emit, *, niceness: int = NICENESS) -> None:
        self.emit, self.niceness, self.lock = emit, niceness, threading.Lock()
        self.worker: WorkerProcess | None = None
        self.closed = False

    def send(self, command: Command) -> None:
        if not self.sent(command) and isinstance(command, Start | Continue):
            self.emit(Ended(command.run, "lost", DIED))

    def sent(self, command: Command) -> bool:
        """False if there is no worker, and none can be had; what only ends something needs none."""
        with self.lock:
            if self.worker is not None and self.worker.take(command):
                return True
            if self.closed or not isinstance(command, Start | Continue):
                return False
            try:
                self.worker = WorkerProcess(self.emit, self.niceness)
            except OSError:  # no memory for it
                return False
            return self.worker.take(command)

    def close(self) -> None:
        with self.lock:
            self.closed = True  # runs that were held back begin when others are lost
            if self.worker is not None:
                self.worker.end()


class WorkerProcess:
    """One worker and its runs: if it dies, those that go on are lost, those kept are forgotten.

    `dead` is said before it is: nothing is handed to a worker that is about to end.
    """

    def __init__(self, emit: Emit, niceness: int) -> None:
        self.emit, self.lock = emit, threading.Lock()
        self.runs, self.kept = set[str](), set[str]()
        self.dead, self.n_taken = False, 0
        self.process = beside("lab.live.backends", str(niceness), text=True)
        threading.Thread(target=self.listen, name="live worker", daemon=True).start()

    def take(self, command: Command) -> bool:
        """Hand it on and remember its run; False if the worker is dead."""
        assert self.process.stdin is not None
        with self.lock:
            if self.dead:
                return False
            try:
                self.process.stdin.write(dump(command) + "\n")
                self.process.stdin.flush()
            except OSError:
                return False
            if isinstance(command, Start | Continue):
                self.runs.add(command.run)
            if isinstance(command, Continue | Forget):
                self.kept.discard(command.run)
            self.n_taken += 1
            self.rest()
            return True

    def listen(self) -> None:
        assert self.process.stdout is not None
        try:
            for line in self.process.stdout:
                if line.endswith("\n"):  # or it died while it spoke
                    self.hear(parse_event(line))
        finally:
            self.end()
            self.lose()

    def hear(self, event: Event) -> None:
        with self.lock:
            if isinstance(event, Ended):
                self.runs.discard(event.run)
            if isinstance(event, Ended) and event.kept:
                self.kept.add(event.run)
            if isinstance(event, Forgotten):
                self.kept.discard(event.run)
            self.rest()
        self.emit(event)  # without the lock: who hears of it may send

    def rest(self) -> None:
        """With nothing to do it ends after a while."""
        if not self.runs and not self.kept:
            timer = threading.Timer(IDLE_SECONDS, self.end_unless_asked, [self.n_taken])
            timer.daemon = True
            timer.start()

    def end_unless_asked(self, n_taken: int) -> None:
        with self.lock:
            if self.n_taken == n_taken:
                self.dead = True
                self.process.kill()

    def end(self) -> None:
        """It holds nothing that has to be saved."""
        self.process.kill()
        self.process.wait()

    def lose(self) -> None:
        assert self.process.stdin is not None and self.process.stdout is not None
        with self.lock:
            self.dead = True
            self.process.stdout.close()
            with suppress(OSError):  # what it did not read
                self.process.stdin.close()
        for run in sorted(self.runs):
            self.emit(Ended(run, "lost", DIED))
        for run in sorted(self.kept):
            self.emit(Forgotten(run))


# ---------------------------------------------------------------- the process's own side


def work(niceness: int) -> None:
    """Obey until the server is gone."""
    # What a library prints must not get between the events.
    events = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def emit(event: Event) -> None:
        events.write(dump(event) + "\n")
        events.flush()

    commands = queue.Queue[Command | None]()
    threading.Thread(target=listen, args=(sys.stdin, commands), daemon=True).start()
    keep_giving_back()
    keep_few_kernels()
    from lab.live.loop import drive  # it brings torch, for a second

    yield_to_others(niceness)  # not before: a reader waits for the first step
    drive(commands, emit, hands=min(HANDS, os.cpu_count() or 1))


def yield_to_others(niceness: int) -> None:
    """For this thread, which trains, and those that it begins. Lower than it is already, never
    higher."""
    with suppress(AttributeError, OSError):  # no such thing on Windows
        now = os.getpriority(os.PRIO_PROCESS, 0)
        os.setpriority(os.PRIO_PROCESS, 0, max(now, niceness))


def listen(lines: IO[str], commands: queue.Queue[Command | None]) -> None:
    """Take commands. They end with the server, killed or not, and the process with them: at once,
    whatever it computes. (A signal at the parent's death would come when the thread that began this
    process ends.)"""
    try:
        for line in lines:
            commands.put(parse_command(line))
    finally:
        os._exit(0)


if __name__ == "__main__":
    work(int(sys.argv[1]))
