"""What page 92 measures on the reader's own server: a line of the record, as far as it takes no
long while, a size and a round at a time."""

from __future__ import annotations

from collections.abc import Iterator

from components.ui.computed_apart import apart_each_time
from components.ui.lazily import lazily
from components.ui.live.measuring import ByTurns, Measuring, Turn, take_turn

scaling = lazily("lab.experiments.time_scaling")
sizes = lazily("lab.measure.scaling")

ROUNDS, LONG_ENOUGH = 3, 0.03
"""Rounds here, and the seconds that a size is timed in one."""

SECONDS = 30.0
"""After which it stops of itself."""

LARGEST = {
    "parameters_training": 256,
    "parameters_decode": 512,
    "length_prefill": 1024,
    "length_prefill_fused": 2048,
    "length_decode": 2048,
    "batch_training": 32,
    "batch_decode": 64,
}
"""Of each line, so that a step takes less than half a second and a hundred megabytes."""

Piece = tuple[int, float]
"""A size of the line, and the seconds of a step of it."""


def values_here(line: str) -> list[int]:
    return [value for value in sizes.LINES[line].values if value <= LARGEST[line]]


def start(line: str) -> Measuring[Piece]:
    n = ROUNDS * len(values_here(line))
    return ByTurns(lambda seen: line_measured(line, len(seen)), n, SECONDS)


@apart_each_time
def line_measured(line: str, done: int) -> Turn[Piece]:
    """Behind so many pieces that are done."""
    return take_turn(pieces(line, done))


def pieces(line: str, done: int) -> Iterator[Piece]:
    """Every network is made anew and let go: what a reader measures stays in no memory."""
    values = values_here(line)
    for value in (values * ROUNDS)[done:]:
        take = scaling.step_of(sizes.LINES[line], value)
        take()  # warms up
        yield value, scaling.seconds_of(take, LONG_ENOUGH)
