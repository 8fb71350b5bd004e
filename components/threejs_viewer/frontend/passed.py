"""The digest of the front end as it stood when all its checks had passed.

`npm test` ends with this script, so it writes `passed.sha256` only where everything before it was
green. tests/ui/test_front_end.py compares, and needs no Node where the two are equal. Hashed is
every file of this folder but those that are named here: the front end reads none from outside it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
PASSED = "passed.sha256"

LEFT_OUT = {"node_modules", "__pycache__", ".DS_Store", PASSED}
"""Names of folders and files, wherever they stand."""

LEFT_OUT_ENDINGS = {".log", ".tmp"}


def hashed(folder: Path = HERE) -> Iterator[tuple[str, bytes]]:
    """Each file that counts, by its path in the folder, its lines ending as on Linux."""
    for path in sorted(walk(folder), key=lambda path: path.relative_to(folder).as_posix()):
        yield path.relative_to(folder).as_posix(), path.read_bytes().replace(b"\r\n", b"\n")


def walk(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.name in LEFT_OUT or path.suffix in LEFT_OUT_ENDINGS:
            continue
        if path.is_dir():
            yield from walk(path)
        else:
            yield path


def digest(folder: Path = HERE) -> str:
    total = hashlib.sha256()
    for name, content in hashed(folder):
        total.update(f"{name}\0{hashlib.sha256(content).hexdigest()}\n".encode())
    return total.hexdigest()


def recorded(folder: Path = HERE) -> str:
    """What stood here when all checks had last passed; empty where they never have."""
    path = folder / PASSED
    return path.read_text("utf-8").strip() if path.is_file() else ""


if __name__ == "__main__":
    (HERE / PASSED).write_text(digest() + "\n", "utf-8")
    print(f"All checks have passed: commit {PASSED} with what has changed.")
