"""A server that is stopped or killed while readers train, and one whose reader reloads the page."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from tools.latency import read_step, says, tree_of
from tools.reader import Reader

PAGE = "chain_of_thought"

ROOT = Path(__file__).resolve().parents[2]

TRAINS = """if True:
    import sys, threading
    from components.ui.live.service import LiveRuns
    from components.ui.live.training import service
    from lab.live.protocol import RunSpec
    hear, said = LiveRuns.hear, threading.Condition()
    def heard(runs, event):
        hear(runs, event)
        with said:
            said.notify()
    LiveRuns.hear = heard
    long = RunSpec("multiply", {"d_model": 32, "steps": 2000})
    runs = [service().runs[service().start(long, f"reader {n}")] for n in range(2)]
    with said:
        said.wait_for(lambda: all(run.snapshots for run in runs))
    print(*[run.phase for run in runs], "torch" in sys.modules, flush=True)
"""
"""What a server does where readers train, which needs no torch for it."""

KILLED = (
    TRAINS
    + """
    import os, signal
    os.kill(os.getpid(), signal.SIGKILL)
"""
)


@pytest.mark.parametrize(
    ("script", "code"), [(TRAINS, 0), (KILLED, -signal.SIGKILL)], ids=["ends", "is killed"]
)
def test_a_server_that_ends_or_is_killed_while_readers_train_leaves_no_worker(
    script: str, code: int
) -> None:
    """The worker has its standard error from the server, and nobody is told of the end of that
    before both are gone."""
    command = [sys.executable, "-c", script]
    done = subprocess.run(
        command, cwd=ROOT, env=alone(), capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stdout) == (code, "going going False\n"), done.stderr
    assert "terminate called" not in done.stderr and "Traceback" not in done.stderr, done.stderr


def alone() -> dict[str, str]:
    return os.environ | {"OMP_NUM_THREADS": "1"}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


@contextmanager
def book_at(port: int, log: Path) -> Generator["tuple[str, subprocess.Popen[bytes]]"]:
    """The book, served in a group of its own."""
    command = [sys.executable, "-m", "streamlit", "run", "Home.py", "--server.headless", "true"]
    command += ["--server.address", "127.0.0.1", "--server.port", str(port)]
    command += ["--server.fileWatcherType", "none"]
    with log.open("wb") as to:
        server = subprocess.Popen(
            command, cwd=ROOT, env=alone(), stdout=to, stderr=to, start_new_session=True
        )
    try:
        url = f"http://127.0.0.1:{port}"
        eventually(lambda: healthy(url, server))
        yield url, server
    finally:
        server.kill()
        server.wait()


def trains(reader: Any) -> bool:
    reader.poll()
    return read_step(reader) > 0


@pytest.mark.slow
@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_a_server_stopped_while_readers_train_ends_cleanly(
    sent: signal.Signals, tmp_path: Path
) -> None:
    """uvicorn, which serves an `st.App`, gives everything back and then lets the signal have its
    way: SIGTERM ends the process, and Ctrl-C is what Click makes of it, "Aborted!" and a 1."""
    log = tmp_path / "log"
    with book_at(free_port(), log) as (url, server):
        with Reader(url, PAGE) as one, Reader(url, PAGE) as other:
            for reader in (one, other):
                reader.press("ch10_train")
            for reader in (one, other):
                eventually(lambda: trains(reader))  # noqa: B023
            forking, worker = tree_of(server.pid)[1:]
            os.killpg(server.pid, sent)  # to all it has started, as Ctrl-C goes
            code = server.wait(60)
        eventually(lambda: gone(worker) and gone(forking))
    said = log.read_text()
    assert code in {signal.SIGTERM: (0, -signal.SIGTERM), signal.SIGINT: (0, 1)}[sent], said
    assert "terminate called" not in said and "Traceback" not in said, said
    assert code != 1 or said.split()[-1] == "Aborted!", said


@pytest.mark.slow
def test_a_link_says_that_its_run_was_lost_with_a_killed_server_and_another_can_begin(
    tmp_path: Path,
) -> None:
    port = free_port()
    with book_at(port, tmp_path / "first") as (url, server):
        with Reader(url, PAGE, "ch10_steps=1999") as reader:
            reader.press("ch10_train")
            eventually(lambda: trains(reader))
            link = reader.query
            forking, worker = tree_of(server.pid)[1:]
            server.kill()
            server.wait()
        eventually(lambda: gone(worker) and gone(forking))
    assert "run=" in link
    with (
        book_at(port, tmp_path / "second") as (url, server),
        Reader(url, PAGE, link) as reader,
    ):
        assert says(reader, "the server has forgotten it or was started again since")
        assert says(reader, "The settings in the link still stand; train it once more")
        assert tree_of(server.pid) == [server.pid] and "run=" not in reader.query
        assert reader.widget("ch10_steps").stated == 1999
        reader.press("ch10_train")
        eventually(lambda: trains(reader))
        assert says(reader, "of 1999") and reader.exceptions() == []


@pytest.mark.slow
def test_twenty_reloads_in_mid_run_leave_one_visit_one_run_and_no_more_threads(
    tmp_path: Path,
) -> None:
    with book_at(free_port(), tmp_path / "log") as (url, server):
        reader = Reader(url, PAGE, "ch10_steps=2000&ch10_d_model=128").__enter__()
        reader.press("ch10_train")
        eventually(lambda: trains(reader))
        threads: list[int] = []
        for _ in range(20):
            link = reader.query
            reader.close()
            reader = Reader(url, PAGE, link).__enter__()
            eventually(lambda: trains(reader))  # noqa: B023
            assert reader.query == link and not says(reader, "not known here")
            eventually(lambda: visits(url) == 1)
            threads.append(threads_of(server.pid))
        assert max(threads) < threads[0] + 5, threads  # and not one a reload
        assert len(tree_of(server.pid)) == 3
        eventually(lambda: owns(reader))
        reader.press("Stop")
        eventually(lambda: reader.poll() or says(reader, "Stopped."))
        reader.close()


def owns(reader: Any) -> bool:
    """A reload that came before its old tab was missed watches for a moment."""
    reader.poll()
    return not says(reader, "You are watching")


def visits(url: str) -> int:
    """As Streamlit counts them."""
    told = urlopen(f"{url}/_stcore/metrics", timeout=10).read().decode()
    return int(float(re.findall(r"^active_sessions\S* (\S+)", told, re.MULTILINE)[0]))


def threads_of(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


def gone(pid: int) -> bool:
    """It has ended, though nobody may have asked how."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def healthy(url: str, server: "subprocess.Popen[bytes]") -> bool:
    assert server.poll() is None, "the server ended"
    try:
        return urlopen(f"{url}/_stcore/health", timeout=1).status == 200
    except OSError:
        return False


def eventually(true: Callable[[], bool], seconds: float = 60.0) -> None:
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < seconds, f"not within {seconds:g} s"
        time.sleep(0.05)
