"""To be imported first by a process that draws nothing: Streamlit without plotly, and pandas and
pyarrow when something of them is asked for. They would take 45 MB of it."""

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


modules = cast("dict[str, ModuleType | None]", sys.modules)
modules["plotly"] = None  # as if it were not installed: Streamlit can do without
import_module("streamlit")
del modules["plotly"]
set_log_level = import_module("streamlit.logger").set_log_level
set_log_level("ERROR")  # it would say again and again that there is no page
modules.update({name: Later(name) for name in LATER if name not in modules})
