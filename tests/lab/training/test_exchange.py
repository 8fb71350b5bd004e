"""exchange: whoever is killed while a run is written leaves the old one or the new one, whole."""

import ctypes
import errno
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from tiny import failures, refusal

from lab.records import ROOT
from lab.training import checkpoint, exchange
from lab.training.checkpoint import FILES, committed_runs, load_run
from lab.training.exchange import beside, replacing_folder, settle

KILLED_AT_EVERY_STEP = """
import ctypes, errno, itertools, os, shutil, signal, sys
from pathlib import Path

import torch

torch.set_num_threads(1)
from tiny import tiny_recipe

import lab.training.run
from lab.records import provenance
from lab.training import exchange
from lab.training.run import result_of, run, write_run
from lab.training.state import TrainState

root = Path(sys.argv[1])
lab.training.run.STATES = root / "states"
list(run(tiny_recipe(), root / "old", resume=False))
(root / "old" / "notes.txt").write_text("mine")
(root / "old" / "pictures").mkdir()
(root / "old" / "pictures" / "1").write_text("mine too")
recipe = tiny_recipe(seed=1)
state = TrainState.start(recipe)
result = result_of(recipe, state, provenance("train"))
STEPS = {"open", "fcntl.flock"} | {
    f"os.{name}"
    for name in ("rename", "mkdir", "remove", "rmdir", "listdir", "scandir", "chmod", "truncate")
}


def unable(*_: object) -> int:
    ctypes.set_errno(errno.EINVAL)
    return -1


def child(out: Path, last: int) -> None:
    "Write the run, but die before the step that comes as number `last`."
    taken = itertools.count(1)

    def hook(event: str, _: object) -> None:
        if event in STEPS and next(taken) == last:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
    write_run(out, recipe, state.model, [], result)


for over in ("run", "nothing"):
    for how in ("exchange", "renames"):
        if how == "renames":
            exchange.SYSTEM_CALL = unable
        else:
            exchange.SYSTEM_CALL = exchange.system_call()
        for n in itertools.count(1):
            out = root / f"{over}, {how}" / str(n) / "tiny"
            out.parent.mkdir(parents=True)
            if over == "run":
                shutil.copytree(root / "old", out)
            if not (process := os.fork()):
                child(out, n)
                os._exit(0)
            if os.waitpid(process, 0)[1] == 0:
                break
"""


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.mark.push
@pytest.mark.skipif(not hasattr(os, "fork"), reason="a writer is killed in a fork")
def test_killed_at_any_step_a_writer_leaves_the_old_run_or_the_new_one_whole(
    tmp_path: Path,
) -> None:
    subprocess.run(
        [sys.executable, "-c", KILLED_AT_EVERY_STEP, str(tmp_path)],
        check=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests' / 'lab'}"},
    )

    def holds(over: str, how: str) -> None:
        tries = sorted((tmp_path / f"{over}, {how}").iterdir(), key=lambda path: int(path.name))
        old = contents(tmp_path / "old") if over == "run" else {}
        new = contents(tries[-1] / "tiny")  # of the writer that was not killed
        assert {*FILES} <= new.keys() and new["model.safetensors"] != old.get("model.safetensors")
        assert old.keys() - {*FILES} == new.keys() - {*FILES}
        found, gaps, left = list[bool](), 0, 0
        for root in tries:
            gaps += over == "run" and not (root / "tiny").exists()
            left += beside(root / "tiny").exists()
            if over == "run":
                load_run("tiny", root)
            else:
                said = refusal(lambda root=root: checkpoint.load(root / "tiny"))
                missing = "tiny/config.json is missing" in said
                assert missing is not (root / "tiny").exists(), root.name
            there = contents(root / "tiny")
            assert there in (old, new), root.name
            assert not beside(root / "tiny").exists(), root.name
            found.append(there == new)
        assert found == sorted(found) and not found[0] and found[-2]
        assert len(found) > 15 and left > 5
        assert gaps == (over == "run" and how == "renames")

    assert failures(holds, product(("run", "nothing"), ("exchange", "renames"))) == []


# ---------------------------------------------------------------- in one process


def filled(folder: Path, **texts: str) -> Path:
    folder.mkdir(parents=True)
    for name, text in texts.items():
        (folder / name).write_text(text)
    return folder


def texts(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def replace(folder: Path, **new: str) -> None:
    with replacing_folder(folder, ["a", "b"]) as part:
        for name, text in new.items():
            (part / name).write_text(text)


def refusing(number: int) -> Callable[..., int]:
    """A system call that answers with an error."""

    def call(*_: Any) -> int:
        ctypes.set_errno(number)
        return -1

    return call


def test_a_folder_takes_the_place_of_another_and_what_else_lay_there_stays(tmp_path: Path) -> None:
    folder = filled(tmp_path / "run", a="old", b="old", notes="mine")
    folder.chmod(0o750)
    replace(folder, a="new")
    assert texts(folder) == {"a": "new", "notes": "mine"}
    assert folder.stat().st_mode & 0o777 == 0o750
    assert [*tmp_path.iterdir()] == [folder]


@pytest.mark.skipif(sys.platform != "linux", reason="renameat2 is Linux's")
def test_on_linux_the_two_are_exchanged(tmp_path: Path) -> None:
    one, other = filled(tmp_path / "one", a="1"), filled(tmp_path / "other", a="2")
    assert exchange.exchange(one, other)
    assert (texts(one), texts(other)) == ({"a": "2"}, {"a": "1"})


@pytest.mark.parametrize("number", exchange.UNABLE)
def test_where_no_exchange_is_to_be_had_it_takes_two_renames(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    folder = filled(tmp_path / "run", a="old", notes="mine")
    for call in (refusing(number), None):
        monkeypatch.setattr(exchange, "SYSTEM_CALL", call)
        replace(folder, a=f"new {call}")
        assert texts(folder) == {"a": f"new {call}", "notes": "mine"}
        assert [*tmp_path.iterdir()] == [folder]


def test_whatever_fails_leaves_the_folder_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = filled(tmp_path / "run", a="old", notes="mine")
    with pytest.raises(OSError, match="no space"), replacing_folder(folder, ["a"]) as part:
        (part / "a").write_text("ha")
        raise OSError("no space left on device")
    assert texts(folder) == {"a": "old", "notes": "mine"} and [*tmp_path.iterdir()] == [folder]
    monkeypatch.setattr(exchange, "SYSTEM_CALL", refusing(errno.EXDEV))
    with pytest.raises(OSError) as error:
        replace(folder, a="new")
    assert error.value.errno == errno.EXDEV and error.value.filename == str(folder)
    assert texts(folder) == {"a": "old", "notes": "mine"} and [*tmp_path.iterdir()] == [folder]


def test_a_second_rename_that_fails_loses_neither(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, rename = filled(tmp_path / "run", a="old"), Path.rename
    monkeypatch.setattr(exchange, "SYSTEM_CALL", None)

    def fails(self: Path, target: Path) -> Path:
        if target == folder:
            raise PermissionError("not now")
        return rename(self, target)

    with monkeypatch.context() as patched, pytest.raises(PermissionError):
        patched.setattr(Path, "rename", fails)
        replace(folder, a="new")
    assert not folder.exists() and texts(beside(folder) / "old") == {"a": "old"}
    settle(folder, ["a"])
    assert texts(folder) == {"a": "new"} and [*tmp_path.iterdir()] == [folder]


def test_what_a_killed_writer_left_is_cleared_by_the_next(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    filled(beside(folder) / "part", a="ha")
    replace(folder, a="first")
    filled(beside(folder) / "new", a="never put in place")
    filled(beside(folder) / "part", a="ha")
    replace(folder, a="second")
    assert texts(folder) == {"a": "second"} and [*tmp_path.iterdir()] == [folder]


def test_a_gap_is_closed_by_whoever_lists_the_runs(tmp_path: Path) -> None:
    filled(beside(tmp_path / "run") / "new", **{"config.json": "{}", "result.json": "new"})
    filled(beside(tmp_path / "run") / "old", **{"config.json": "{}", "notes": "mine"})
    assert committed_runs(tmp_path) == ["run"]
    assert texts(tmp_path / "run") == {"config.json": "{}", "result.json": "new", "notes": "mine"}


def test_a_reader_who_cannot_write_leaves_it_to_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = filled(tmp_path / "run", a="old")
    filled(beside(folder) / "new", a="left")

    def read_only(*_: Any, **__: Any) -> None:
        raise OSError(errno.EROFS, "read-only file system")

    for name in ("rename", "mkdir"):
        monkeypatch.setattr(Path, name, read_only)
    monkeypatch.setattr("os.rmdir", read_only)
    monkeypatch.setattr("os.unlink", read_only)
    settle(folder, ["a"])
    assert texts(folder) == {"a": "old"} and texts(beside(folder) / "new") == {"a": "left"}


def test_a_reader_clears_nothing_from_under_a_writer_that_lives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fcntl = pytest.importorskip("fcntl")
    folder, asked, flock = filled(tmp_path / "run", a="old"), threading.Event(), fcntl.flock

    def asking(descriptor: int, operation: int) -> None:
        asked.set()
        flock(descriptor, operation)

    reader = threading.Thread(target=lambda: settle(folder, ["a"]))
    with replacing_folder(folder, ["a"]) as part:
        (part / "a").write_text("new")
        monkeypatch.setattr(fcntl, "flock", asking)
        reader.start()
        assert asked.wait(60)  # for the lock, which the writer holds
        assert texts(part) == {"a": "new"}
    reader.join()
    assert texts(folder) == {"a": "new"} and [*tmp_path.iterdir()] == [folder]


def test_a_link_to_a_folder_stays_a_link(tmp_path: Path) -> None:
    folder = filled(tmp_path / "far" / "run", a="old")
    (tmp_path / "here").symlink_to(folder)
    replace(tmp_path / "here", a="new")
    assert (tmp_path / "here").is_symlink() and texts(folder) == {"a": "new"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["far", "here"]
