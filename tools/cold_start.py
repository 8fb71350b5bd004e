"""How long the first reader of a sleeping host waits: a server on one core, from nothing.

`python -m tools.cold_start [PAGE] [SECOND]` starts the book with one core to itself, opens a page
as soon as the server answers, then another one, and prints a table and one JSON document. A page is
there once its run has ended: what it drew has been sent, nothing is painted. A clock tells of the
machine's other programs too, so beside it stands the server's own processor time, which on one core
that nobody else wants is about the same.
"""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.records import provenance
from tools.latency import served
from tools.reader import Reader

PAGES = ("", "chain_of_thought")
MOST_FIRST, MOST_SECOND = 10.0, 2.0
"""Seconds that the book promises on one core of a machine that does nothing else."""


@dataclass(frozen=True)
class Waited:
    """Seconds by the clock, and of the processor's time that the server took."""

    clock: float
    server: float

    def since(self, before: Waited) -> Waited:
        return Waited(self.clock - before.clock, self.server - before.server)


def processor_seconds(pid: int) -> float:
    """Of a process and all of its threads, by Linux."""
    behind_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    user, system = (int(behind_name[field]) for field in (11, 12))
    return (user + system) / os.sysconf("SC_CLK_TCK")


def measure(first: str, second: str) -> dict[str, Waited]:
    """From the start of the process until it answers, until the first page is there; and the
    second page, for the same reader."""
    everywhere, began = os.sched_getaffinity(0), time.perf_counter()
    os.sched_setaffinity(0, {min(everywhere)})  # which the server takes over as it starts
    with served() as (url, pid):
        os.sched_setaffinity(0, everywhere)  # the reader is not the host's to carry

        def now() -> Waited:
            return Waited(time.perf_counter() - began, processor_seconds(pid))

        answers = now()
        with Reader(url, first, patience=600) as reader:
            there = now()
            reader.go(second)
            complaints = reader.exceptions()
        also_there = now()
    if complaints:
        raise RuntimeError("; ".join(complaints))
    return {
        "the server answers": answers,
        f"first page: {first or 'home'}": there,
        f"second page: {second}": also_there.since(there),
    }


def main() -> None:
    first, second = (*sys.argv[1:], *PAGES[len(sys.argv) - 1 :])[:2]
    load = os.getloadavg()[0]
    found = measure(first, second)
    for what, waited in found.items():
        print(f"{waited.clock:6.2f} s  {waited.server:6.2f} s of the server's  {what}")
    cells: list[dict[str, Any]] = [
        {"what": what, "seconds": round(w.clock, 2), "server_seconds": round(w.server, 2)}
        for what, w in found.items()
    ]
    most = {"first": MOST_FIRST, "second": MOST_SECOND}
    command = " ".join(["python -m tools.cold_start", *sys.argv[1:]])
    figures = {"cells": cells, "most_seconds": most, "load": round(load, 2)}
    print(json.dumps({**figures, "seeds": [0], **provenance(command)}))


if __name__ == "__main__":
    main()
