"""How the pages answer while readers train at the same time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from lab.records import RECORDS, ROOT


def bench_live_runs() -> dict[str, Any]:
    """A server of the book, 0, 1, 4 and 8 readers who train, one who moves a slider.

    `server_mb` is the memory of the server and of its worker.
    """
    return measured_by("tools.latency", "live_runs")


def measured_by(tool: str, name: str) -> dict[str, Any]:
    """What a tool prints as its last line, and beside it what stands in the record of that name.
    The tool is a module, or a script by its path."""
    command = [sys.executable, *([tool] if tool.endswith(".py") else ["-m", tool])]
    found = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = os.environ | {"PYTHONPATH": found}  # a script looks beside itself alone
    lines: list[str] = []
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            lines.append(line)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")
    path = RECORDS / f"bench_{name}.json"
    record = json.loads(path.read_text()) if path.exists() else None
    measured = json.loads(lines[-1])
    return {**measured, "record": record and {k: record[k] for k in measured if k in record}}
