"""Processes beside this one that compute: they share what torch takes.

Each that imported torch for itself held 140 MB of relocated code and Python's objects. On Linux one
process imports it and forks the others, `python -m lab.live.beside`; the server asks it over a
socket that is its input, and cannot be forked itself, since it has many threads. Elsewhere each is
a process of its own: torch is not safe to fork there.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
import traceback
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import IO, Any, NoReturn, Protocol

from lab.live.memory import keep_few_kernels
from lab.records import ROOT

ONE_THREAD = {"OMP_NUM_THREADS": "1"}
"""On a busy core a team of threads waits for its slowest member: on 2 cores, 2 threads beside
another program made a step up to 40 times slower. And what has threads cannot be forked."""

SHARED = ("torch", "lab.live.loop")
"""What is imported before the fork."""

IDLE_SECONDS = 30.0
"""After so many without a child the forking process ends, and gives its memory back."""

FORKS = sys.platform == "linux"


class Beside(Protocol):
    """A process as its parent sees it; a `subprocess.Popen` is one."""

    @property
    def stdin(self) -> IO[Any] | None: ...

    @property
    def stdout(self) -> IO[Any] | None: ...

    @property
    def pid(self) -> int: ...

    def kill(self) -> None: ...

    def wait(self, timeout: float | None = None) -> int: ...

    def poll(self) -> int | None: ...


def beside(module: str, *arguments: str, text: bool) -> Beside:
    """A module run as a process beside this one, with its input and output: it computes on one
    thread. Returns before it runs. `OSError` if none can be had."""
    if FORKS:
        return forked(module, *arguments, text=text)
    command = [sys.executable, "-m", module, *arguments]
    return begun(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=text)


def begun(command: list[str], **streams: Any) -> subprocess.Popen[Any]:
    # Ctrl-C is for the server, which then ends this. No session of its own: where Linux groups
    # processes by session, a niceness counts within one only.
    return subprocess.Popen(
        command, cwd=ROOT, env=os.environ | ONE_THREAD, process_group=0, **streams
    )


# ---------------------------------------------------------------- the server's side


class Forked:
    """A child of the forking process. `life` ends at this side to have it killed; what comes over
    it is the child's pid, then its exit code, and nothing if the forking process has died, with
    which its children die."""

    def __init__(self, stdin: IO[Any], stdout: IO[Any], life: socket.socket) -> None:
        self.stdin, self.stdout, self.life = stdin, stdout, life
        self.lock, self.told = threading.Lock(), list[int]()

    @property
    def pid(self) -> int:
        return self.hear(1)[0]

    def kill(self) -> None:
        with suppress(OSError):  # it has ended
            self.life.shutdown(socket.SHUT_WR)

    def wait(self, timeout: float | None = None) -> int:
        return self.hear(2, timeout)[1]

    def poll(self) -> int | None:
        try:
            return self.wait(0.0)
        except (TimeoutError, BlockingIOError):
            return None

    def hear(self, n: int, timeout: float | None = None) -> list[int]:
        """The first so many numbers that are told."""
        with self.lock:
            self.life.settimeout(timeout)
            while len(self.told) < n:
                said = self.life.recv(64)
                self.told += [int(said)] if said else [0, -signal.SIGKILL][len(self.told) :]
            return self.told


class ForkingProcess:
    """The one process that has imported torch."""

    def __init__(self) -> None:
        self.control, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with its:
            command = [sys.executable, "-m", "lab.live.beside", str(IDLE_SECONDS), *SHARED]
            self.process = begun(command, stdin=its)
        # Whenever it ends, somebody has to ask how.
        threading.Thread(target=self.process.wait, name="forking process", daemon=True).start()

    def ask(self, module: str, *arguments: str, text: bool) -> Forked:
        """`OSError` if it has ended, or is about to."""
        life, its_life = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        (its_in, to), (back, its_out) = os.pipe(), os.pipe()
        stdin, stdout = os.fdopen(to, "w" if text else "wb"), os.fdopen(back, "r" if text else "rb")
        its = [its_in, its_out, its_life.detach()]
        try:
            socket.send_fds(self.control, [json.dumps([module, *arguments]).encode()], its)
        except OSError:
            for stream in (stdin, stdout, life):
                stream.close()
            raise
        finally:
            for fd in its:
                os.close(fd)
        return Forked(stdin, stdout, life)


lock = threading.Lock()
forking: ForkingProcess | None = None


def forked(module: str, *arguments: str, text: bool) -> Forked:
    global forking
    with lock:
        if forking is not None:
            with suppress(OSError):  # it has ended
                return forking.ask(module, *arguments, text=text)
            forking.control.close()
        forking = ForkingProcess()
        return forking.ask(module, *arguments, text=text)


# ---------------------------------------------------------------- the forking process's own side


class Children:
    """Forks a child a request, until the server is gone or has wanted none in a while."""

    def __init__(self, control: socket.socket) -> None:
        self.control, self.lives = control, dict[int, socket.socket]()
        self.killed = set[int]()
        # A child's end wakes it.
        self.woken, self.wake = socket.socketpair()
        self.wake.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self.wake.fileno(), warn_on_full_buffer=False)

    def serve(self, idle_seconds: float) -> list[str] | None:
        """What to run, in a child; None at the end of the forking process."""
        listening = True
        while listening or self.lives:
            lives = {life: pid for pid, life in self.lives.items() if pid not in self.killed}
            watched = [self.woken, *lives, *([self.control] if listening else [])]
            ready, _, _ = select.select(watched, [], [], None if self.lives else idle_seconds)
            if not ready:
                self.control.shutdown(socket.SHUT_RD)  # who asks from now on begins another
            for life in lives.keys() & ready:
                os.kill(lives[life], signal.SIGKILL)  # nobody else takes it off the list of pids
                self.killed.add(lives[life])
            if self.woken in ready:
                self.woken.recv(4096)
                self.bury()
            if self.control in ready:
                said, fds, _, _ = socket.recv_fds(self.control, 65536, 3)
                if said and self.fork(*fds):
                    return json.loads(said)
                listening = bool(said)
        return None

    def bury(self) -> None:
        while self.lives:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            self.killed.discard(pid)
            with self.lives.pop(pid) as life, suppress(OSError):  # nobody asks any more
                life.send(str(os.waitstatus_to_exitcode(status)).encode())

    def fork(self, stdin: int, stdout: int, life_fd: int) -> bool:
        """True in the child."""
        life, parent = socket.socket(fileno=life_fd), os.getpid()
        try:
            pid = os.fork()
        except OSError:  # no memory for it: who asked is told by the end of its output
            pid = -1
        if pid == 0:
            self.leave(parent)
            life.close()
            os.dup2(stdin, 0)
            os.dup2(stdout, 1)
        elif pid > 0:
            self.lives[pid] = life
            with suppress(OSError):
                life.send(str(pid).encode())
        else:
            life.close()
        os.close(stdin)
        os.close(stdout)
        return pid == 0

    def leave(self, parent: int) -> None:
        """What a child does not share with its parent."""
        os.setpgid(0, 0)
        die_with(parent)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self.control.detach()  # the child's input takes its place
        for other in (self.woken, self.wake, *self.lives.values()):
            other.close()


PR_SET_PDEATHSIG = 1
"""Of Linux's prctl.h."""


def die_with(parent: int) -> None:
    """It began this process in its only thread. Nobody else could kill this one."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def run(module: str, *arguments: str) -> NoReturn:
    """As `python -m` does, in a process that was forked."""
    sys.argv, code = [module, *arguments], 0
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        code = 1
    finally:
        with suppress(OSError):
            sys.stdout.flush()
        os._exit(code)


def main(idle_seconds: float, *shared: str) -> None:
    os.dup2(2, 1)  # what a library prints
    keep_few_kernels()
    for module in shared:
        import_module(module)
    gc.collect()
    gc.freeze()
    assert len(list(Path("/proc/self/task").iterdir())) == 1, "what has threads is not forked"
    asked = Children(socket.socket(fileno=0)).serve(idle_seconds)
    if asked is not None:
        run(*asked)


if __name__ == "__main__":
    main(float(sys.argv[1]), *sys.argv[2:])
