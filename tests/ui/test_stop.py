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

from tools.latency import steps_of
from tools.reader import Reader

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("sent", "worker"),
    [
        (signal.SIGTERM, "thread"),
        (signal.SIGINT, "thread"),
        pytest.param(signal.SIGTERM, "process", marks=pytest.mark.slow),
        pytest.param(signal.SIGINT, "process", marks=pytest.mark.slow),
    ],
)
def test_a_server_stopped_while_readers_train_ends_cleanly(
    sent: signal.Signals, worker: str, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "Home.py", "--server.headless", "true"]
    command += ["--server.address", "127.0.0.1", "--server.port", str(port)]
    command += ["--server.fileWatcherType", "none"]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "WHITE_BOX_WORKER": worker}
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True
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


def trains(reader: Reader) -> bool:
    reader.poll()
    return steps_of(reader) > 0


def eventually(true: Callable[[], bool], seconds: float = 60.0) -> None:
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < seconds, f"not within {seconds:g} s"
        time.sleep(0.05)
