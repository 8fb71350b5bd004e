"""torch's CPU build is tried once where it fits, and what comes of it never stops the set-up.

pip is a stub that writes down what it is asked: no test fetches anything.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from lab.records import ROOT
from tools import cpu_torch

PIP = """import json, os, sys
asked = sys.argv[1:]
with open({log!r}, "a") as log:
    log.write(json.dumps(asked) + "\\n")
sys.exit({code} if "--index-url" in asked else 0)
"""


class Stub:
    """A pip that answers one call with `--index-url` by `code`, and all others by 0."""

    def __init__(self, folder: Path, code: int) -> None:
        self.code, self.log = code, folder / "asked.jsonl"
        (folder / "pip.py").write_text(PIP.format(log=str(self.log), code=code))

    def asked(self) -> list[list[str]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]


@pytest.fixture(params=[0, 1], ids=["the index answers", "the index is out of reach"])
def pip(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stub:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return Stub(tmp_path, request.param)


@pytest.fixture
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Linux on x86-64 without a card and without torch."""
    monkeypatch.setattr(cpu_torch.platform, "system", lambda: "Linux")
    monkeypatch.setattr(cpu_torch.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(cpu_torch, "find_spec", lambda name: None)
    return tmp_path / "machine"


def test_the_index_of_requirements_is_tried_once_with_a_short_time_out(
    pip: Stub, bare_machine: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    cpu_torch.main(bare_machine)
    (asked,) = pip.asked()
    options = dict(pairwise(asked))
    assert options["--index-url"] == "https://download.pytorch.org/whl/cpu"
    assert options["--retries"] == "0" and int(options["--timeout"]) <= 15
    assert Requirement(asked[-1]).name == "torch" and "<" in asked[-1] and "+" not in asked[-1]
    out_of_reach = (
        f"{options['--index-url']} could not be reached: torch comes from pip's own index.\n"
    )
    assert capfd.readouterr().out == (out_of_reach if pip.code else "")


@pytest.mark.parametrize("there", ["dev/nvidia0", "proc/driver/nvidia/version"])
def test_where_an_nvidia_device_is_the_usual_build_is_left_alone(
    bare_machine: Path, there: str
) -> None:
    assert cpu_torch.is_wanted(bare_machine)
    (bare_machine / there).parent.mkdir(parents=True)
    (bare_machine / there).touch()
    assert not cpu_torch.is_wanted(bare_machine)


@pytest.mark.parametrize(
    ("name", "value"), [("system", "Darwin"), ("system", "Windows"), ("machine", "aarch64")]
)
def test_other_platforms_are_left_alone(
    bare_machine: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setattr(cpu_torch.platform, name, lambda: value)
    assert not cpu_torch.is_wanted(bare_machine)


def test_a_torch_that_is_installed_is_left_alone(
    bare_machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cpu_torch, "find_spec", lambda name: object())
    assert not cpu_torch.is_wanted(bare_machine)


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
@pytest.mark.parametrize(("stamp", "extra"), [(".installed", "."), (".installed-dev", ".[dev]")])
def test_make_installs_the_book_whatever_the_index_said(
    pip: Stub, tmp_path: Path, stamp: str, extra: str
) -> None:
    """In a copy of what `make` reads, with a Python that has pip's stub and no torch."""
    copy = tmp_path / "book"
    for name in ("Makefile", "pyproject.toml", "requirements.txt", "tools/cpu_torch.py"):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, copy / name)
    python = copy / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S "$@"\n')
    python.chmod(0o755)
    command = ["make", "-C", str(copy), f".venv/{stamp}"]
    done = subprocess.run(command, env=os.environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    *tries, install = pip.asked()
    assert install[-2:] == ["-e", extra] and "--index-url" not in install
    assert len(tries) == cpu_torch_fits_here()
    assert (copy / ".venv" / stamp).is_file()


def cpu_torch_fits_here() -> int:
    here = (cpu_torch.platform.system(), cpu_torch.platform.machine())
    return int(here == ("Linux", "x86_64") and not cpu_torch.has_nvidia_device())
