"""Where a figure comes from: date, commit, CPU, versions and the command that made it.

And how files are written, so that neither a killed process nor two at once lose what they hold.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from glob import escape
from pathlib import Path
from reprlib import repr as shown
from typing import Any, cast

ROOT = Path(__file__).resolve().parent.parent
RECORDS = ROOT / "records"

REQUIRED = ("date", "commit", "cpu", "amx", "torch", "command")


def provenance(command: str) -> dict[str, Any]:
    """The fields every record carries. `commit` is that of the code that ran, `+` if changed."""
    import torch

    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "commit": commit(),
        "cpu": cpu(),
        "amx": bool(torch.cpu._is_amx_tile_supported()),  # pyright: ignore
        "torch": torch.__version__,
        "command": command,
    }


def commit() -> str:
    """The short commit of the work tree, with `+` behind it if `lab/` differs from it."""
    head = git("rev-parse", "--short", "HEAD")
    return (head + ("+" if git("status", "--porcelain", "lab") else "")) or "unknown"


def git(*arguments: str) -> str:
    try:
        done = subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, text=True)
    except FileNotFoundError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def cpu() -> str:
    """The processor's name and the number of cores this process may use."""
    name = platform.processor() or platform.machine()
    for line in read_cpuinfo():
        if line.startswith("model name"):
            name = line.partition(":")[2].strip()
            break
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{name}, {cores} cores"


def read_cpuinfo() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.exists() else []


# ---------------------------------------------------------------- one writer at a time


class Held(threading.local):
    """The folders that a thread keeps others out of, and whether that could be done."""

    def __init__(self) -> None:
        self.folders: dict[Path, bool] = {}


HELD = Held()


@contextmanager
def locked(folder: Path) -> Generator[bool]:
    """Keep out whoever else locks this folder; whether that could be done.

    Whoever reads a file in order to write it anew holds the lock from the one to the other. It is a
    lock on the folder itself: no file is left of it, and it ends with its process, however that
    ends. Some file systems over a network, and Windows, have none.
    """
    folder.mkdir(parents=True, exist_ok=True)
    name, held = folder.resolve(), HELD.folders
    if name in held:
        yield held[name]
    elif sys.platform == "win32":
        yield False
    else:
        import fcntl

        descriptor = os.open(name, os.O_RDONLY)
        try:
            held[name] = False
            with suppress(OSError):
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                held[name] = True
            yield held[name]
        finally:
            del held[name]
            os.close(descriptor)


@contextmanager
def naming(path: Path) -> Generator[None]:
    """What fails meanwhile says which file it was: a full disk does not say so by itself."""
    try:
        yield
    except OSError as error:
        if error.errno is None or error.filename is not None:
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error


@contextmanager
def replacing(path: Path) -> Generator[Path]:
    """Where to write what then takes the place of a file, all or nothing.

    A write that fails leaves the file as it was, and what a killed one left behind is cleared.
    """
    with locked(path.parent) as alone:
        if alone:
            for left in path.parent.glob(f".{escape(path.name)}.*.tmp"):
                left.unlink(missing_ok=True)
        part = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        try:
            with naming(path):
                yield part
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)


def line_of(row: dict[str, Any]) -> str:
    """Without blanks, a tenth of a record, which only machines read line by line."""
    return json.dumps(row, separators=(",", ":")) + "\n"


def write_lines(path: Path, rows: list[dict[str, Any]]) -> None:
    """One JSON object a line, in place of what the file held."""
    with replacing(path) as part:
        part.write_text("".join(map(line_of, rows)))


def write_json(path: Path, document: dict[str, Any]) -> None:
    """One JSON object, laid out to be read, in place of what the file held."""
    with replacing(path) as part:
        part.write_text(json.dumps(document, indent=2) + "\n")


def append_line(path: Path, row: dict[str, Any]) -> None:
    """One JSON object as one line at the end of a file, behind its last whole line."""
    with locked(path.parent):
        if path.exists() and not path.read_bytes().endswith(b"\n"):
            write_lines(path, read_lines(path))  # a killed process left a part of a line
        size = path.stat().st_size if path.exists() else 0
        try:
            with naming(path), path.open("a") as file:
                file.write(line_of(row))
        except OSError:
            if path.exists():
                os.truncate(path, size)  # the disk is full, and half a line is none
            raise


# ---------------------------------------------------------------- rows


def select(rows: Sequence[dict[str, Any]], /, **cell: Any) -> list[dict[str, Any]]:
    """The rows of a record whose cell says this."""
    return [row for row in rows if cell.items() <= row["cell"].items()]


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The rows of a JSON-lines file, none if it is missing.

    A last line cut in half, as a killed run leaves it, is left out; any other that is not JSON, or
    no object, raises `ValueError`.
    """
    lines = path.read_text().splitlines() if path.exists() else []
    rows: list[dict[str, Any]] = []
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
        except ValueError:
            if number < len(lines):
                raise ValueError(f"{path.name}: line {number} is not JSON") from None
            break
        if not isinstance(row, dict):
            raise ValueError(f"{path.name}: line {number} is {shown(row)}, no JSON object")
        rows.append(cast(dict[str, Any], row))
    return rows
