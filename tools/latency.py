"""How the book answers while readers train: a server, visitors without browsers, a stopwatch.

`python -m tools.latency` prints a table, then one JSON document. `python -m lab bench
live_runs` runs it in a process of its own, since lab knows nothing of Streamlit.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from tools.reader import Reader

ROOT = Path(__file__).resolve().parents[1]
PAGE = "chain_of_thought"
LONG = "ch10_steps=2000"
"""In a link: a run that goes on longer than it is watched."""
MOVED = "ch10_forge_to"
"""A control whose every value lets the model write a text on."""
RUNS = (0, 1, 4, 8)
MOVES = 60
WATCHED_SECONDS = 10.0
PROGRESS = re.compile(r"step ([\d,]+) of ([\d,]+), (\d+) s of the processor's time")
HELDOUT = re.compile(r"held out: ([\d,]+) errors? in ([\d,]+)")


@contextmanager
def served(streamlit: Sequence[str] = ("-m", "streamlit")) -> Generator[tuple[str, int]]:
    """The book on a free port: its address and its process. Python is told to run `streamlit`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, *streamlit, "run", "Home.py", "--server.port", str(port)]
    command += ["--server.address", "127.0.0.1", "--server.headless", "true"]
    command += ["--server.fileWatcherType", "none"]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        until(lambda: answers(url), 60)
        yield url, server.pid
    finally:
        server.terminate()
        server.wait()


def answers(url: str) -> bool:
    try:
        return urllib.request.urlopen(f"{url}/_stcore/health", timeout=1).status == 200
    except OSError:
        return False


def until(true: Callable[[], Any], most: float) -> float:
    """Seconds until it is so. `TimeoutError` after `most` of them."""
    began = time.perf_counter()
    while not true():
        if time.perf_counter() - began > most:
            raise TimeoutError(f"it did not come within {most:.0f} s")
        time.sleep(0.02)
    return time.perf_counter() - began


def read_step(reader: Reader) -> int:
    found = PROGRESS.search(" ".join(reader.texts()))
    return int(found[1].replace(",", "")) if found else 0


def says(reader: Reader, text: str) -> bool:
    return any(text in line for line in reader.texts())


def tree_of(pid: int) -> list[int]:
    """A process and all below it, whichever of its threads began them: a server and its worker."""
    lists = [path.read_text().split() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    children = [int(child) for listed in lists for child in listed]
    return [pid, *(one for child in children for one in tree_of(child))]


def resident_mb(pid: int) -> int:
    """Memory of a process and of all below it; what several share, such as the code of torch, is
    counted once, as the host counts it (Pss)."""
    return said_mb(pid, "smaps_rollup", "Pss")


def peak_mb(pid: int) -> int:
    """The sum of the most that each held at any time; what they share counts for each."""
    return said_mb(pid, "status", "VmHWM")


def said_mb(pid: int, file: str, field: str) -> int:
    told = [Path(f"/proc/{one}/{file}").read_text() for one in tree_of(pid)]
    return sum(int(re.findall(rf"^{field}:\s+(\d+) kB", text, re.M)[0]) for text in told) // 1024


def processor_seconds(pid: int) -> float:
    """That a process and all below it have computed."""
    stats = [Path(f"/proc/{one}/stat").read_text().rpartition(")")[2] for one in tree_of(pid)]
    ticks = sum(int(used) for stat in stats for used in stat.split()[11:13])
    return ticks / os.sysconf("SC_CLK_TCK")


def measure(url: str, pid: int, n_runs: int) -> dict[str, Any]:
    """`n_runs` readers train at once, one more moves a slider that redraws a traced forward."""
    with ExitStack() as stack:
        visitors = [stack.enter_context(Reader(url, PAGE, LONG)) for _ in range(n_runs)]
        mover = stack.enter_context(Reader(url, PAGE, "reveal=1"))
        for visitor in visitors:
            visitor.keep_polling()
        with ThreadPoolExecutor(n_runs + 1) as pool:
            firsts = list(pool.map(start, visitors))
        before, clock = sum(map(read_step, visitors)), time.perf_counter()
        seconds = [mover.set(MOVED, move % 10) for move in range(MOVES)]
        time.sleep(max(0.0, WATCHED_SECONDS - (time.perf_counter() - clock)))
        steps = sum(map(read_step, visitors)) - before
        rate = steps / (time.perf_counter() - clock)
        memory = resident_mb(pid)
        stops = [stop(visitor) for visitor in visitors]
    return {
        "runs": n_runs,
        "slider_p50_ms": round(1000 * float(np.percentile(seconds, 50)), 1),
        "slider_p95_ms": round(1000 * float(np.percentile(seconds, 95)), 1),
        "seconds_to_first_progress": round(max(firsts, default=0.0), 2),
        "seconds_to_stop": round(max(stops, default=0.0), 2),
        "steps_a_second": round(rate, 2),
        "server_mb": memory,
    }


def start(visitor: Reader) -> float:
    """From the click to the first step on the page; all visitors click at once."""
    began = time.perf_counter()
    visitor.press("ch10_train")
    until(lambda: read_step(visitor), 60)
    return time.perf_counter() - began


def can_stop(visitor: Reader) -> bool:
    return any(widget.label == "Stop" for widget in visitor.widgets())


def stop(visitor: Reader) -> float:
    """From the click to the page that says so; who has ended by itself has no such button."""
    began = time.perf_counter()
    if can_stop(visitor):
        visitor.press("Stop")
    until(lambda: not can_stop(visitor), 30)
    return time.perf_counter() - began


def default_run(url: str) -> dict[str, Any]:
    """The run that the page offers untouched, alone on the machine, to its end."""
    with Reader(url, PAGE) as reader:
        reader.keep_polling()
        reader.press("ch10_train")
        wall = until(lambda: says(reader, "Done."), 600)
        text = " ".join(reader.texts())
    progress, heldout = PROGRESS.search(text), HELDOUT.search(text)
    assert progress and heldout
    return {
        "seconds": round(wall, 1),
        "seconds_computing": int(progress[3]),
        "steps": int(progress[2].replace(",", "")),
        "errors_heldout": int(heldout[1].replace(",", "")),
        "n_heldout": int(heldout[2].replace(",", "")),
    }


def main() -> None:
    with served() as (url, pid):
        with Reader(url, PAGE, "reveal=1") as first:
            first.set(MOVED, 1)  # wakes the model up
        rows: list[dict[str, Any]] = []
        for n_runs in RUNS:
            rows.append(measure(url, pid, n_runs))
            print(rows[-1], flush=True)
        alone = default_run(url)
        print(alone, flush=True)
    print(json.dumps({"cells": rows, "default_run": alone, "cores": os.cpu_count()}))


if __name__ == "__main__":
    main()
