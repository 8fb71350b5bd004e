"""A server that is stopped while readers train ends as one that was idle."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.request import urlopen

import pytest

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


@pytest.mark.slow
@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_a_server_stopped_while_readers_train_ends_cleanly(
    sent: signal.Signals, tmp_path: Path
) -> None:
    from tools.latency import read_step
    from tools.reader import Reader

    def trains(reader: Reader) -> bool:
        reader.poll()
        return read_step(reader) > 0

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "Home.py", "--server.headless", "true"]
    command += ["--server.address", "127.0.0.1", "--server.port", str(port)]
    command += ["--server.fileWatcherType", "none"]
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(
            command, cwd=ROOT, env=alone(), stdout=log, stderr=log, start_new_session=True
        )
    try:
        url = f"http://127.0.0.1:{port}"
        eventually(lambda: healthy(url, server))
        with Reader(url, "chain_of_thought") as one, Reader(url, "chain_of_thought") as other:
            for reader in (one, other):
                reader.press("ch10_train")
            for reader in (one, other):
                eventually(lambda: trains(reader))  # noqa: B023
            os.killpg(server.pid, sent)  # to all it has started, as Ctrl-C goes
            code = server.wait(15)
    finally:
        server.kill()
    said = (tmp_path / "log").read_text()
    assert code == 0, said
    assert "terminate called" not in said and "Traceback" not in said, said


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
