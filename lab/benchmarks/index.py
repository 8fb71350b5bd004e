"""Measurements to repeat at home: each prints a table, then one JSON document as the last line."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

NAMES = (
    "attention",
    "attnres",
    "error_book",
    "flash",
    "handed",
    "heads",
    "kv_cache",
    "live_runs",
    "mla",
    "mlp",
    "moe",
    "problems",
    "rope",
    "scene",
    "tamper",
)


def benchmark(name: str) -> Callable[[], dict[str, Any]]:
    """The function that measures; it may print a table and returns the document."""
    module = "sweeps" if name in ("handed", "heads", "tamper") else name
    return getattr(import_module(f"lab.benchmarks.{module}"), f"bench_{name}")
