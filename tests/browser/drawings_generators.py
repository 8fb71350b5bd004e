"""Two drawings of writing with a cache: two generators on one sum, and a queue of sums.

The text is as long as one may be, its numbers are thrown by dice.
"""

import numpy as np

from components.ui.drawings.generators import show_generators
from components.ui.drawings.queue import Bar, Timeline, show_queue
from lab.data.problems import Format
from lab.measure.clocked import Clocked

SUM = Format("cot_reversed", 4, 4)
TEXT, GIVEN = SUM.text(1234, 5678), SUM.prompt_length
N_SLOTS = 8


def two_writings() -> tuple[Clocked, Clocked]:
    """The left takes 8 ms a token and more, the right 3 ms and more."""
    dice = np.random.default_rng(9)
    there = np.arange(GIVEN, len(TEXT))
    reads = (there, np.where(there > GIVEN, 1, GIVEN))
    without, cached = (
        Clocked(TEXT, GIVEN, read, 9_000_000 * read, least + dice.random(len(there)) / 1000)
        for read, least in zip(reads, (0.008, 0.003), strict=True)
    )
    return without, cached


def texts() -> list[tuple[str, int]]:
    """Thirty sums, and how many tokens of each are written."""
    dice = np.random.default_rng(4)
    out: list[tuple[str, int]] = []
    for p, q in dice.integers(1, 5, size=(30, 2)).tolist():
        a, b = (int(dice.integers(10 ** (digits - 1), 10**digits)) for digits in (p, q))
        shape = Format("cot_reversed", p, q)
        out.append((shape.text(a, b), shape.length - shape.prompt_length))
    return out


def served(title: str, *, at_once: bool) -> Timeline:
    """`at_once`: a batch waits until all of the one before are written. Else a sum reads its prompt
    token by token."""
    free, bars = [0] * N_SLOTS, list[Bar]()
    for i, (text, n) in enumerate(texts()):
        if at_once and i % N_SLOTS == 0:
            free = [max(free)] * N_SLOTS
        slot = i % N_SLOTS if at_once else free.index(min(free))
        reading = 0 if at_once else len(text) - n - 1
        bars.append(Bar(slot, free[slot], reading, free[slot] + reading + n, text))
        free[slot] += reading + n
    return Timeline(title, bars, max(free), N_SLOTS)


def timelines() -> list[Timeline]:
    return [served("Static batching", at_once=True), served("Continuous batching", at_once=False)]


def generators(key: str) -> None:
    show_generators(key, *two_writings(), n_layer=6, alt="Two generators")


def queue(key: str) -> None:
    show_queue(key, timelines(), alt="A queue of sums")
