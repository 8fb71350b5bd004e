"""To be imported first by a process that draws nothing: Streamlit without plotly, pandas and
pyarrow when something of them is asked for, and nothing in place of altair. They would take 70 MB
of it."""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any, cast

LATER = ("pandas", "pyarrow")


class Later(ModuleType):
    """Stands for the module of its name until that is wanted."""

    def __getattr__(self, name: str) -> Any:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), name)


NEVER = ("altair", "altair.utils")


class Nothing(ModuleType):
    """Stands for all that a module holds. A chart that is made of it cannot be sent."""

    def __getattr__(self, name: str) -> Any:
        return self if not name.startswith("__") else super().__getattribute__(name)

    def __call__(self, *_args: Any, **_kwargs: Any) -> Any:
        return self

    def __or__(self, _other: Any) -> Any:
        return self

    def __reduce__(self) -> Any:
        raise TypeError("nothing is drawn in this process")


modules = cast("dict[str, ModuleType | None]", sys.modules)
modules["plotly"] = None  # as if it were not installed: Streamlit can do without
import_module("streamlit")
del modules["plotly"]
set_log_level = import_module("streamlit.logger").set_log_level
set_log_level("ERROR")  # it would say again and again that there is no page
modules.update({name: Nothing(name) for name in NEVER if name not in modules})
modules.update({name: Later(name) for name in LATER if name not in modules})
