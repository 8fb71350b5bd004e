"""What all tests share: a `__main__` that stays, and how slow the machine is for a stopwatch."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator

import pytest

YARDSTICK_MS = 7.0
"""Of one turn on the two cores that the limits of the timing tests were set on, nothing beside."""

SLOWEST = 3.0
"""On a machine still slower, or while so much else runs, a stopwatch says nothing: it fails."""


@pytest.fixture(autouse=True)
def main_stays_itself() -> Iterator[None]:
    """Streamlit's harness leaves its script behind as `__main__`, and a process that a later test
    spawns would run it."""
    own = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = own


@pytest.fixture
def slowness() -> float:
    """How many times slower than those cores this machine is now, from 1 to `SLOWEST`.

    Tests with a stopwatch allow so many times more: what they hold is the book's own cost, and a
    machine at half the speed, or a busy one, is not a regression.
    """
    import torch  # most tests hold no stopwatch, and some need no torch

    x, w = torch.ones(64, 256), torch.full((256, 256), 1 / 256)
    found = min(turn(lambda: (x @ w).relu()) for _ in range(20)) / YARDSTICK_MS
    return min(SLOWEST, max(1.0, found))


def turn(product: Callable[[], object]) -> float:
    """Milliseconds of some work for the interpreter, and of the small products of a model."""
    began, total = time.perf_counter(), 0
    for number in range(50_000):
        total += number & 7
    for _ in range(100):
        product()
    return 1000 * (time.perf_counter() - began)
