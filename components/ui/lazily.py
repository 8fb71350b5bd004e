"""Modules that are imported when something of them is first asked for.

torch takes seconds to import. A page names its modules once, on top, and is drawn before they load.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import Any


class Late(ModuleType):
    """Stands for the module of its name; any attribute is that module's own."""

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self.__name__), name)


def lazily(name: str) -> ModuleType:
    """The module `name` of lab, not imported yet: `probes = lazily("lab.interp.position_probes")`.

    Raises `ModuleNotFoundError` at the first use, if there is none of that name.
    """
    return Late(name)
