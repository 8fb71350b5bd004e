"""Modules that are imported when something of them is first asked for.

torch takes seconds to import. A page names its modules once, on top, and is drawn before they load.
"""

from __future__ import annotations

import gc
import sys
from importlib import import_module
from types import ModuleType
from typing import Any

HEAVY = "torch"
"""It brings some hundred thousand objects along."""


class Late(ModuleType):
    """Stands for the module of its name; any attribute is that module's own."""

    def __getattr__(self, name: str) -> Any:
        was_there = HEAVY in sys.modules
        module = import_module(self.__name__)
        if not was_there and HEAVY in sys.modules:
            spare_the_collector()
        return getattr(module, name)


def spare_the_collector() -> None:
    """What is here by now stays, so no collection needs to walk it. Streamlit collects after every
    run and holds the GIL meanwhile: with torch not frozen, a fifth of a second each time."""
    gc.collect()
    gc.freeze()


def lazily(name: str) -> ModuleType:
    """The module `name` of lab, not imported yet: `probes = lazily("lab.interp.position_probes")`.

    Raises `ModuleNotFoundError` at the first use, if there is none of that name.
    """
    return Late(name)
