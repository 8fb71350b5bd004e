"""Where live runs are computed: in a thread of the server, or in a process of their own.

Each worker owns its runs. If it dies, exactly these end as lost; the next command starts
another.
"""

from __future__ import annotations

import base64
import json
import os
import queue
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import asdict, replace
from typing import IO, Any, Protocol

from lab.live.loop import (
    Command,
    Commands,
    Continue,
    Emit,
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
    drive,
)
from lab.live.memory import keep_few_kernels, keep_giving_back
from lab.records import ROOT

CLOSE_SECONDS = 10.0
"""A worker answers after its part of work, and at its start after it has loaded torch."""


class Backend(Protocol):
    def send(self, command: Command) -> None:
        """Hand a command to the worker, a fresh one if the last has died. Never blocks for long."""
        ...

    def close(self) -> None:
        """End the worker and wait for it, `CLOSE_SECONDS` at most. Its runs are lost."""
        ...


class Owned:
    """The runs of one worker: if it dies, those that go on are lost, those kept are forgotten."""

    def __init__(self, emit: Emit) -> None:
        self.emit_on, self.lock = emit, threading.Lock()
        self.runs: set[str] = set()
        self.kept: set[str] = set()
        self.dead = False

    def take(self, command: Command) -> bool:
        """Note a run; False if the worker is dead already."""
        with self.lock:
            if not self.dead and isinstance(command, Start | Continue):
                self.runs.add(command.run)
            if isinstance(command, Continue | Forget):
                self.kept.discard(command.run)
            return not self.dead

    def emit(self, event: Event) -> None:
        with self.lock:
            if isinstance(event, Ended):
                self.runs.discard(event.run)
            if isinstance(event, Ended) and event.kept:
                self.kept.add(event.run)
            if isinstance(event, Forgotten):
                self.kept.discard(event.run)
        self.emit_on(event)

    def lose(self) -> None:
        with self.lock:
            self.dead = True
            runs, self.runs = sorted(self.runs), set[str]()
            kept, self.kept = sorted(self.kept), set[str]()
        for run in runs:
            self.emit_on(Ended(run, "lost", "the worker that computed it has died"))
        for run in kept:
            self.emit_on(Forgotten(run))


class ThreadBackend:
    """The loop in a daemon thread of this process: no memory of its own.

    Close it before the process ends: at exit Python unwinds a daemon thread that comes out of
    torch, C++ does not let that pass, and the process aborts.
    """

    def __init__(self, emit: Emit, **settings: Any) -> None:
        self.emit, self.settings, self.lock = emit, settings, threading.Lock()
        self.owned: Owned | None = None
        self.thread: threading.Thread | None = None
        self.commands: Commands = queue.Queue()

    def send(self, command: Command) -> None:
        with self.lock:
            if self.owned is None or not self.owned.take(command):
                self.owned, self.commands = Owned(self.emit), queue.Queue()
                self.owned.take(command)
                arguments = (self.owned, self.commands)
                self.thread = threading.Thread(target=self.work, args=arguments, daemon=True)
                self.thread.start()
            self.commands.put(command)

    def close(self) -> None:
        with self.lock:
            if self.thread is not None:
                self.commands.put(None)
                self.thread.join(CLOSE_SECONDS)

    def work(self, owned: Owned, commands: Commands) -> None:
        try:
            use_threads()
            drive(commands, owned.emit, **self.settings)
        finally:
            owned.lose()


class ProcessBackend:
    """The loop in a process of its own: survives a crash of torch, costs its memory again."""

    def __init__(self, emit: Emit) -> None:
        self.emit, self.lock = emit, threading.Lock()
        self.owned: Owned | None = None
        self.process: subprocess.Popen[str] | None = None

    def send(self, command: Command) -> None:
        with self.lock:
            if self.owned is None or not self.owned.take(command):
                self.owned = Owned(self.emit)
                self.owned.take(command)
                self.process = subprocess.Popen(
                    [sys.executable, "-m", "lab.live.backends"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                    cwd=ROOT,
                    start_new_session=True,  # Ctrl-C is for the server, which then closes this
                )
                arguments = (self.owned, self.process)
                threading.Thread(target=self.listen, args=arguments, daemon=True).start()
            assert self.process is not None and self.process.stdin is not None
            owned = self.owned
            try:
                self.process.stdin.write(dump(command) + "\n")
                self.process.stdin.flush()
                return
            except (BrokenPipeError, ValueError):
                pass
        owned.lose()  # without the lock: who hears of it may send

    def close(self) -> None:
        with self.lock:
            if self.process is None:
                return
            assert self.process.stdin is not None
            with suppress(BrokenPipeError):
                self.process.stdin.close()
            try:
                self.process.wait(CLOSE_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()

    @staticmethod
    def listen(owned: Owned, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                owned.emit(parse_event(line))
        finally:
            process.kill()
            process.wait()
            owned.lose()


def serve(lines: IO[str], out: IO[str]) -> None:
    """The process's side: commands come as lines of JSON, events go out as such."""
    commands: Commands = queue.Queue()

    def listen() -> None:
        for line in lines:
            commands.put(parse_command(line))
        commands.put(None)

    def emit(event: Event) -> None:
        out.write(dump(event) + "\n")
        out.flush()

    threading.Thread(target=listen, daemon=True).start()
    keep_giving_back()
    use_threads()
    drive(commands, emit)


def use_threads() -> None:
    """Half the cores for the worker, the others for the pages.

    On a busy core a team of threads waits for its slowest member: on 2 cores, 2 threads beside
    another program made a step up to 40 times slower. torch latches the number at a thread's first
    call, so ask for it at once.
    """
    keep_few_kernels()
    import torch

    torch.set_num_threads(max(1, (os.cpu_count() or 1) // 2))
    torch.get_num_threads()


# ---------------------------------------------------------------- as lines of JSON


def dump(said: Command | Event) -> str:
    """One line: the name of what is said, and its fields; bytes in base64."""
    return json.dumps([type(said).__name__, asdict(said)], default=encode_bytes)


def encode_bytes(value: bytes) -> str:
    return base64.b64encode(value).decode()


def parse_command(line: str) -> Command:
    name, fields = json.loads(line)
    if name == "Start":
        return Start(fields["run"], RunSpec(**fields["spec"]))
    return {"Stop": Stop, "Continue": Continue, "Forget": Forget}[name](**fields)


def parse_event(line: str) -> Event:
    name, fields = json.loads(line)
    if name == "Progress":
        seen = fields["snapshot"]
        if seen["check"] is not None:
            asked = base64.b64decode(seen["check"]["first_wrong"])
            seen["check"] = replace(PairsCheck(**seen["check"]), first_wrong=asked)
        seen["loads"] = tuple(map(tuple, seen["loads"]))
        return Progress(fields["run"], Snapshot(**seen))
    if name == "Weights":
        return Weights(fields["run"], fields["step"], base64.b64decode(fields["data"]))
    return {"Waiting": Waiting, "Ended": Ended, "Forgotten": Forgotten}[name](**fields)


if __name__ == "__main__":
    # What a library prints must not get between the events.
    events = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    serve(sys.stdin, events)
