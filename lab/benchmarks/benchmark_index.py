"""Measurements to repeat at home: each prints a table, then one JSON document as the last line.

Those of a sweep are its small setting: `python -m lab sweep NAME --small`.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

BENCHMARKS = {
    "attention": "attention_speed",
    "error_book": "error_book_new_seed",
    "flash_tiles": "flash_tiles",
    "live_runs": "live_runs",
    "mla": "mla_cost",
    "mlp": "mlp_training",
    "moe": "moe_speed",
    "pages": "pages_weight",
    "peers": "peer_speed",
    "problems": "problem_speed",
    "readers": "readers",
    "scene": "scene",
}
"""The module that measures, by the name that the command line and the record have for it."""


def benchmark(name: str) -> Callable[[], dict[str, Any]]:
    """The function that measures; it may print a table and returns the document."""
    return getattr(import_module(f"lab.benchmarks.{BENCHMARKS[name]}"), f"bench_{name}")
