"""lab.live.beside: one process imports torch, and forks those that compute."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from lab.live import beside as module
from lab.live.beside import Beside, Forked, ForkingProcess, beside
from lab.records import ROOT

pytestmark = [
    pytest.mark.push,
    pytest.mark.skipif(not module.FORKS, reason="nothing is forked here"),
]

SPEAKS = "speaks_beside"
SCRIPT = """
import os, sys

print("of a library", file=sys.stdout if "aloud" in sys.argv else sys.stderr)
told = [__name__, *sys.argv[1:], os.getppid(), os.getpgrp() == os.getpid(), "torch" in sys.modules]
print(*told, flush=True)
for line in sys.stdin:
    print(line.strip()[::-1], flush=True)
    if line == "raise\\n":
        raise ValueError("as asked")
    if line.startswith("exit"):
        sys.exit(int(line.split()[1]))
"""
PATIENCE = 300.0
OURS = module.SHARED


@pytest.fixture
def speaks(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A module that says who it is and then every line from its end, and a forking process that
    finds it."""
    (tmp_path / f"{SPEAKS}.py").write_text(SCRIPT, "utf-8")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), str(ROOT)]))
    monkeypatch.setattr(module, "forking", None)
    monkeypatch.setattr(module, "SHARED", ())  # torch takes seconds
    yield
    if module.forking is not None:
        module.forking.control.close()
        module.forking.process.wait(PATIENCE)


def forking() -> ForkingProcess:
    assert module.forking is not None
    return module.forking


def said(process: Beside) -> str:
    """Its next line; nothing once it has ended."""
    assert process.stdout is not None
    return process.stdout.readline()


def asked(process: Beside, line: str) -> str:
    assert process.stdin is not None
    process.stdin.write(line + "\n")
    process.stdin.flush()
    return said(process)


def begun(*arguments: str) -> Forked:
    process = beside(SPEAKS, *arguments, text=True)
    assert isinstance(process, Forked)
    return process


@pytest.mark.usefixtures("speaks")
def test_a_child_is_a_module_with_its_arguments_and_has_torch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "SHARED", OURS)
    one = begun("a", "b c")
    assert said(one) == f"__main__ a b c {forking().process.pid} True True\n"
    assert asked(one, "drawer") == "reward\n" and one.poll() is None
    one.stdin.close()
    assert (said(one), one.wait(PATIENCE), one.poll()) == ("", 0, 0)


@pytest.mark.usefixtures("speaks")
def test_its_pipes_are_bytes_or_text() -> None:
    one = beside(SPEAKS, text=False)
    assert one.stdin is not None and one.stdout is not None
    one.stdout.readline()
    one.stdin.write(b"\xc3\xa9a\n")
    one.stdin.flush()
    assert one.stdout.readline() == b"a\xc3\xa9\n"


@pytest.mark.usefixtures("speaks")
def test_how_it_ended_is_told() -> None:
    ends = {"exit 0": 0, "exit 7": 7, "raise": 1}
    for line, code in ends.items():
        one = begun()
        said(one)
        asked(one, line)
        assert (said(one), one.wait(PATIENCE)) == ("", code), line


@pytest.mark.usefixtures("speaks")
def test_two_children_share_a_forking_process_and_one_that_is_killed_leaves_the_other() -> None:
    one, other = begun(), begun()
    forks = [said(child).split()[-3] for child in (one, other)]
    assert forks == [str(forking().process.pid)] * 2 and one.pid != other.pid
    one.kill()
    assert (said(one), one.wait(PATIENCE)) == ("", -signal.SIGKILL)
    one.kill()
    assert asked(other, "live") == "evil\n"
    os.kill(other.pid, signal.SIGKILL)  # as a system without memory does
    assert (said(other), other.wait(PATIENCE)) == ("", -signal.SIGKILL)
    assert forking().process.poll() is None


@pytest.mark.usefixtures("speaks")
def test_who_lets_go_of_a_child_ends_it() -> None:
    one = begun()
    said(one)
    one.life.close()
    assert said(one) == ""


@pytest.mark.usefixtures("speaks")
def test_children_end_with_the_forking_process_and_the_next_request_begins_another() -> None:
    one, other, first = begun(), begun(), forking()
    assert said(one) and said(other)
    os.kill(first.process.pid, signal.SIGKILL)
    assert [said(one), said(other)] == ["", ""]
    assert [child.wait(PATIENCE) for child in (one, other)] == [-signal.SIGKILL] * 2
    first.process.wait(PATIENCE)
    again = begun()
    assert said(again) and forking() is not first
    assert one.pid and first.process.poll() == -signal.SIGKILL


@pytest.mark.usefixtures("speaks")
def test_a_request_that_the_forking_process_did_not_live_to_take_ends_as_one_that_died() -> None:
    begun()
    os.kill(forking().process.pid, signal.SIGSTOP)
    one = begun()
    os.kill(forking().process.pid, signal.SIGKILL)
    assert (said(one), one.pid, one.wait(PATIENCE)) == ("", 0, -signal.SIGKILL)


SERVES = f"""if True:
    import os, signal, sys
    from lab.live import beside as module
    children = [module.beside({SPEAKS!r}, text=True) for _ in range(2)]
    print(*[child.stdout.readline().split()[-3] for child in children], flush=True)
    if sys.argv[1:] == ["killed"]:
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.usefixtures("speaks")
@pytest.mark.parametrize("how", ["ends", "killed"])
def test_all_end_with_the_server(how: str) -> None:
    """All have its standard error, whose end is told when the last of them has closed it."""
    command = [sys.executable, "-c", SERVES, how]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == {"ends": 0, "killed": -signal.SIGKILL}[how], done.stderr
    assert len(set(done.stdout.split())) == 1 and "Traceback" not in done.stderr, done.stderr


@pytest.mark.usefixtures("speaks")
def test_without_a_child_it_ends_after_a_while_and_the_next_request_begins_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "IDLE_SECONDS", 0.0)
    one = begun()
    first = forking()
    assert said(one) and first.process.poll() is None
    one.kill()
    assert one.wait(PATIENCE) == -signal.SIGKILL and first.process.wait(PATIENCE) == 0
    again = begun()
    assert said(again) and forking() is not first


@pytest.mark.usefixtures("speaks")
def test_a_request_that_meets_it_just_ending_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    """It refuses what comes later, and takes what had come."""
    control, its = module.socket.socketpair(module.socket.AF_UNIX, module.socket.SOCK_SEQPACKET)
    control.send(b"in time")
    its.shutdown(module.socket.SHUT_RD)
    with pytest.raises(BrokenPipeError):
        control.send(b"too late")
    assert [its.recv(64), its.recv(64)] == [b"in time", b""]
    begun()
    monkeypatch.setattr(forking(), "control", control)
    first = forking()
    again = begun()
    assert said(again) and forking() is not first


@pytest.mark.usefixtures("speaks")
def test_elsewhere_it_is_a_process_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FORKS", False)
    one = beside(SPEAKS, "a", text=True)
    assert said(one) == f"__main__ a {os.getpid()} True False\n"
    assert asked(one, "drawer") == "reward\n" and one.poll() is None
    one.kill()
    assert one.wait(PATIENCE) == -signal.SIGKILL and module.forking is None
    for pipe in (one.stdin, one.stdout):
        assert pipe is not None
        pipe.close()
