"""Whether a file has changed, asked of the disk once a second at most: a page asks hundreds of
times while it is drawn."""

from __future__ import annotations

import time
from functools import lru_cache
from pathlib import Path


def stamp_of(path: Path) -> tuple[int, int]:
    """When a file last changed, and its size. `OSError` if it cannot be had."""
    return stamp_at(path, this_second())


def is_there(path: Path) -> bool:
    try:
        stamp_of(path)
    except OSError:
        return False
    return True


def this_second() -> int:
    return int(time.monotonic())


@lru_cache(maxsize=512)
def stamp_at(path: Path, _second: int) -> tuple[int, int]:
    about = path.stat()
    return about.st_mtime_ns, about.st_size
