"""What a stopwatch is held against: how slow the machine is, by work that is always the same."""

from __future__ import annotations

import time

import pytest
import torch

YARDSTICK_MS = 7.0
"""Of one turn on the two cores that the limits of the timing tests were set on, nothing beside."""


@pytest.fixture
def slowness() -> float:
    """How many times slower than those cores this machine is now; never below 1.

    Tests with a stopwatch allow so many times more: what they hold is the book's own cost, and a
    machine at half the speed, or a busy one, is not a regression.
    """
    x, w = torch.ones(64, 256), torch.full((256, 256), 1 / 256)
    return max(1.0, min(turn(x, w) for _ in range(20)) / YARDSTICK_MS)


def turn(x: torch.Tensor, w: torch.Tensor) -> float:
    """Milliseconds of some work for the interpreter, and of the small products of a model."""
    began, total = time.perf_counter(), 0
    for number in range(50_000):
        total += number & 7
    for _ in range(100):
        x = (x @ w).relu()
    return 1000 * (time.perf_counter() - began)
