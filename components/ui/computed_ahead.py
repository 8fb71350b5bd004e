"""What a page shows before anyone has touched it, computed once and committed: a first view and an
untouched reveal run no forward, and torch is not imported for them.

`python -m tools.first_views` opens the pages and keeps what the functions marked `ahead` gave. What
a reader asks beyond that is computed as ever.
"""

from __future__ import annotations

import lzma
import pickle
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import lru_cache, wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

from components.ui import computed_apart
from components.ui.computed_apart import key_of

FILE = Path(__file__).with_name("first_views.pickle.xz")

Given = ParamSpec("Given")
Found = TypeVar("Found")


class Recording:
    """What was computed while pages were opened, by what was asked."""

    def __init__(self) -> None:
        self.found: dict[str, bytes] = {}
        self.depth = 0


recording: Recording | None = None


def ahead(compute: Callable[Given, Found]) -> Callable[Given, Found]:
    """As `apart`, and what a page shows untouched comes from the file, if that has it."""

    @wraps(compute)
    def looked_up(*args: Given.args, **kwargs: Given.kwargs) -> Found:
        asked = key_of(compute, args, kwargs)
        if recording is not None:
            return recorded(recording, asked, lambda: compute(*args, **kwargs))
        kept = kept_ahead().get(asked)
        if kept is not None:
            return pickle.loads(kept)
        return computed_apart.ask(asked, compute, args, kwargs)

    return looked_up


def recorded(into: Recording, asked: str, compute: Callable[[], Found]) -> Found:
    """What one marked function computes inside another is not asked by itself, and not kept."""
    into.depth += 1
    try:
        found = compute()
    finally:
        into.depth -= 1
    if into.depth == 0:
        into.found[asked] = pickle.dumps(found)
    return found


@contextmanager
def record() -> Generator[Recording]:
    """Compute everything anew, and remember it."""
    global recording
    recording = Recording()
    try:
        yield recording
    finally:
        recording = None


@lru_cache(maxsize=1)
def kept_ahead() -> dict[str, bytes]:
    """Empty where the file is missing or damaged: then all is computed."""
    try:
        return pickle.loads(lzma.decompress(FILE.read_bytes()))["found"]
    except (OSError, lzma.LZMAError, pickle.UnpicklingError, EOFError, KeyError):
        return {}
