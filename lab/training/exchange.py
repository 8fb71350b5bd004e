"""A folder takes the place of another in one step: a process killed at any moment leaves the old
one or the new one, whole.

For the folder NAME, `.NAME.tmp` beside it holds `part`, which is being filled, and `new`, which is
whole and about to take the place. Where the system cannot exchange two folders, the old one is
moved to `old` first; if the process is killed before the new one has taken its place, whoever loads
the folder next finishes that.
"""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import sys
from collections.abc import Callable, Collection, Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from lab.records import locked

AT_FDCWD, RENAME_EXCHANGE = -100, 2
UNABLE = (errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.EPERM)
"""What a kernel or a file system answers that knows no exchange, and a container that forbids what
it does not know."""


@contextmanager
def replacing_folder(folder: Path, files: Collection[str]) -> Generator[Path]:
    """An empty folder to fill with `files`, which then takes the place of `folder` at once.

    If filling it fails, all stays as it was. What else lay in the old folder goes over to the new.
    """
    folder = folder.resolve()
    part, new = beside(folder) / "part", beside(folder) / "new"
    with locked(folder.parent):
        finish(folder)
        clear(folder, files)
        part.mkdir(parents=True)
        try:
            yield part
            part.rename(new)
            put(new, folder)
        finally:
            finish(folder)
            clear(folder, files)


def settle(folder: Path, files: Collection[str]) -> None:
    """Finish what a killed process began to put in the place of a folder, and clear what it left.

    Whoever may not write there leaves it to others.
    """
    folder = folder.resolve()
    if beside(folder).exists():
        with suppress(OSError), locked(folder.parent) as alone:
            finish(folder)
            if alone:  # or it may be a living process that is still at it
                clear(folder, files)


def settle_all(root: Path, files: Collection[str]) -> None:
    """The same for every folder in another."""
    for left in root.glob(".*.tmp"):
        settle(root / left.name[len(".") : -len(".tmp")], files)


def beside(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.tmp")


def put(new: Path, folder: Path) -> None:
    """Put a folder that is whole in the place of another, or where none is."""
    if not folder.exists():
        new.rename(folder)
        return
    shutil.copymode(folder, new)
    if not exchange(new, folder):
        folder.rename(new.with_name("old"))
        new.rename(folder)


def exchange(one: Path, other: Path) -> bool:
    """Two folders change places in one step, on Linux; False where that is not to be had."""
    if SYSTEM_CALL is None:
        return False
    if SYSTEM_CALL(AT_FDCWD, os.fsencode(one), AT_FDCWD, os.fsencode(other), RENAME_EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in UNABLE:
        return False
    raise OSError(number, os.strerror(number), str(other))


def system_call() -> Callable[..., int] | None:
    """renameat2 of the C library, if it has it: glibc does from 2.28 on."""
    if sys.platform != "linux":
        return None
    return getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)


SYSTEM_CALL = system_call()


def finish(folder: Path) -> None:
    """The second of two renames, where the first has been made and the process was killed."""
    new, old = beside(folder) / "new", beside(folder) / "old"
    if old.exists() and new.exists() and not folder.exists():
        new.rename(folder)


def clear(folder: Path, files: Collection[str]) -> None:
    """Remove what lies beside a folder, all but what somebody else had put into the old one."""
    new, old = beside(folder) / "new", beside(folder) / "old"
    assert folder.exists() or not old.exists(), "the only whole one would be removed"
    for was in (new, old):  # an exchange leaves the old one in place of the new
        for path in was.iterdir() if was.exists() else ():
            if path.name not in files and not (folder / path.name).exists():
                path.rename(folder / path.name)
    shutil.rmtree(beside(folder), ignore_errors=True)
