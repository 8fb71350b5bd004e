"""Modules that are imported when something of them is first asked for.

torch takes seconds to import. A page names its modules once, on top, and is drawn before they load.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Collection
from functools import lru_cache
from importlib import import_module
from types import ModuleType
from typing import Any

from components.ui import computed_ahead
from components.ui.computed_ahead import ahead


class Late(ModuleType):
    """Stands for the module of its name; any attribute is that module's own."""

    def __init__(self, name: str, known: Collection[str]) -> None:
        super().__init__(name)
        self.known_ahead = known

    def __getattr__(self, name: str) -> Any:
        recording = computed_ahead.recording is not None
        if name in self.known_ahead and (recording or self.__name__ not in sys.modules):
            return constant(self.__name__, name)
        return getattr(import_module(self.__name__), name)


def spare_the_collector() -> None:
    """What is here by now stays, so no collection needs to walk it, which holds the GIL meanwhile:
    torch alone brings some hundred thousand objects along."""
    gc.collect()
    gc.freeze()


@lru_cache(maxsize=64)
def spare_what_came_with(page: str) -> None:
    """After the first run of a page on this server: its modules, and what it keeps for all."""
    spare_the_collector()


def lazily(name: str, known: Collection[str] = ()) -> ModuleType:
    """The module `name` of lab, not imported yet: `probes = lazily("lab.interp.position_probes")`.

    `known` are constants of it that a first view says, such as how many seeds were trained: numbers
    and words, computed ahead, so that to say them imports nothing. Raises `ModuleNotFoundError` at
    the first use, if there is none of that name.
    """
    return Late(name, known)


@ahead
def constant(module: str, name: str) -> Any:
    return getattr(import_module(module), name)
