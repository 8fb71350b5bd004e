"""Disks that are full, or may not be written: real ones, in a room of mounts of their own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lab.records import ROOT

pytestmark = pytest.mark.slow

ROOM = ["unshare", "--mount", "--map-root-user", "sh", "-ec"]


def has_rooms() -> bool:
    if shutil.which("unshare") is None:
        return False
    command = [*ROOM, "mount -t tmpfs none /mnt"]
    return subprocess.run(command, capture_output=True).returncode == 0


needs_rooms = pytest.mark.skipif(not has_rooms(), reason="no mounts can be made here")


def trained_on(disk: Path, size: str, then: str = "") -> subprocess.CompletedProcess[str]:
    """A training of two steps that keeps its run on a disk of this size; what is on it is told
    behind its words, since the disk goes with the room."""
    disk.mkdir()
    train = f"{sys.executable} -m lab train one_digit_small --steps 2 --out {disk}/run"
    script = f"""
    mount -t tmpfs -o size={size} none {disk}
    {then}
    code=0; {train} || code=$?
    find {disk} -mindepth 1 -printf 'left: %f\\n'
    exit $code
    """
    return subprocess.run([*ROOM, script], cwd=ROOT, capture_output=True, text=True)


@needs_rooms
def test_a_disk_that_is_full_is_told_in_a_sentence_and_no_half_of_a_run_is_left(
    tmp_path: Path,
) -> None:
    done = trained_on(tmp_path / "disk", "64k")
    assert done.returncode == 2, done.stderr
    said = done.stderr.splitlines()[-1]
    assert said.startswith("lab: ") and "No space left on device" in said and "disk/" in said
    assert "left: " not in done.stdout


@needs_rooms
def test_a_disk_that_may_not_be_written_is_told_in_a_sentence(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    done = trained_on(disk, "64m", f"mount -o remount,ro {disk}")
    assert done.returncode == 2, done.stderr
    said = done.stderr.splitlines()[-1]
    assert said.startswith("lab: ") and "disk/run cannot be written" in said
    assert "left: " not in done.stdout


@needs_rooms
def test_a_disk_with_room_gets_the_run(tmp_path: Path) -> None:
    done = trained_on(tmp_path / "disk", "64m")
    assert done.returncode == 0, done.stderr
    assert "left: model.safetensors" in done.stdout


SERVED = """if True:
    from tools.latency import PAGE, read_step, served, start, stop
    from tools.reader import Reader
    from components.ui.book import CONTENTS
    with served() as (url, pid):
        for page in ("", *(entry.url for entry in CONTENTS if entry.written)):
            with Reader(url, page, "reveal=1", patience=120.0) as reader:
                assert not reader.exceptions(), (page, reader.exceptions())
        with Reader(url, PAGE, patience=120.0) as reader:
            reader.keep_polling()
            start(reader)
            stop(reader)
"""


@needs_rooms
def test_the_book_is_served_from_a_disk_that_may_not_be_written() -> None:
    """Its pages open, and a training goes on: none writes a file."""
    script = f"""
    mount --bind {ROOT} {ROOT}
    mount -o remount,ro,bind {ROOT}
    cd {ROOT}
    ! touch {ROOT}/written 2>/dev/null
    exec {sys.executable} -B -c "$BOOK"
    """
    environment = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "BOOK": SERVED, "PYTHONPATH": "."}
    done = subprocess.run([*ROOM, script], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
