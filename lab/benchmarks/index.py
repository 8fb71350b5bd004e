"""Measurements to repeat at home: each prints a table, then one JSON document as the last line.

Those of a sweep are its small setting: `python -m lab sweep NAME --small`.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

NAMES = (
    "attention",
    "error_book",
    "live_runs",
    "mla",
    "mlp",
    "moe",
    "problems",
    "scene",
)


def benchmark(name: str) -> Callable[[], dict[str, Any]]:
    """The function that measures; it may print a table and returns the document."""
    return getattr(import_module(f"lab.benchmarks.{name}"), f"bench_{name}")
