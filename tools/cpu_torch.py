"""Fetch torch's CPU build before the rest is installed, where the usual build would be too much.

On Linux x86-64 plain `pip install torch` fetches a build for NVIDIA cards, several gigabytes large.
Where there is no such card, the index that `requirements.txt` names has one of 200 MB. It is tried
once, with a short time-out; if it can't be reached, the plain install that follows fetches torch as
ever. Called by the Makefile with the Python that torch is meant for; needs nothing but that Python.
"""

from __future__ import annotations

import platform
import re
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SECONDS = 10
"""How long the index may stay silent."""


def has_nvidia_device(machine: Path = Path("/")) -> bool:
    """Whether the driver of an NVIDIA card is there, under the root of a file system."""
    return (machine / "proc/driver/nvidia").exists() or any((machine / "dev").glob("nvidia[0-9]*"))


def is_wanted(machine: Path = Path("/")) -> bool:
    """Linux on x86-64, no card, and no torch yet."""
    here = (platform.system(), platform.machine())
    return here == ("Linux", "x86_64") and not has_nvidia_device(machine) and not find_spec("torch")


def index_named() -> str:
    """The index of CPU builds, as `requirements.txt` names it."""
    found = re.search(r"^--extra-index-url (\S+)$", (ROOT / "requirements.txt").read_text(), re.M)
    if not found:
        raise ValueError("requirements.txt names no --extra-index-url")
    return found[1]


def range_wanted() -> str:
    """torch with the range of `pyproject.toml`, as in `torch>=2.9,<2.14`."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return next(line for line in project["dependencies"] if re.match(r"torch\b", line))


def fetch() -> bool:
    """One try; whether it succeeded. What torch itself needs comes with the rest."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-compile"]
    command += ["--retries", "0", "--timeout", str(SECONDS), "--index-url", index_named()]
    return subprocess.run([*command, range_wanted()], stderr=subprocess.DEVNULL).returncode == 0


def main(machine: Path = Path("/")) -> None:
    if is_wanted(machine) and not fetch():
        print(f"{index_named()} could not be reached: torch comes from pip's own index.")


if __name__ == "__main__":
    main()
