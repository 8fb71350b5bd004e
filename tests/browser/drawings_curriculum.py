"""Two drawings of a curriculum: a course that climbs, and a sieve of labels.

All numbers are synthetic: curves of one shape, and labels thrown by dice.
"""

import numpy as np

from components.ui.drawings.climb import Band, show_climb
from components.ui.drawings.sieve import Label, Round, WrittenProblem, show_sieve

LENGTHS = ("1x1", "2x2", "3x3", "4x4")
STAGES = [
    Band("1x1", 0, 8_000),
    Band("2x2", 8_000, 40_000),
    Band("3x3", 40_000, 104_000),
    Band("4x4", 104_000, 200_000),
]
STEPS = np.arange(0, 200_001, 4_000)


def climbing() -> np.ndarray:
    """An S a length, (K, L), from its stage on; at the end all but the last are right in all."""
    begins = np.array([stage.begin for stage in STAGES])
    widths = np.array([stage.end - stage.begin for stage in STAGES])
    passed = np.clip((STEPS[:, None] - begins) / (0.8 * widths), 0, 1)
    return np.round(passed**2 * (3 - 2 * passed) * [1, 1, 1, 0.985], 3)


PASSES = {Label.VOTE: 0.93, Label.SWAP: 0.95, Label.NINE: 1.0, Label.ELEVEN: 1.0}
"""The share of right labels that passes a check; of the wrong ones it is a smaller share."""


def labels() -> np.ndarray:
    """Flags of 500 labels, one in five wrong."""
    dice = np.random.default_rng(30)
    right = dice.random(500) < 0.8
    flags = np.where(right, Label.RIGHT, 0) + Label.NUMBER
    for (check, of_right), of_wrong in zip(PASSES.items(), (0.3, 0.4, 0.2, 0.1), strict=True):
        flags |= np.where(dice.random(500) < np.where(right, of_right, of_wrong), check, 0)
    return flags


def texts(flags: np.ndarray) -> list[WrittenProblem]:
    """In a wrong one the digit before the last is wrong."""
    dice = np.random.default_rng(31)
    factors = dice.integers(1000, 10_000, size=(len(flags), 2)).tolist()
    every = [f"{a}*{b}={a * (b % 10)}+{a * (b // 10)}0={a * b}" for a, b in factors]
    return [
        WrittenProblem(text)
        if flag & Label.RIGHT
        else WrittenProblem(spoiled(text), [len(text) - 2])
        for text, flag in zip(every, flags.tolist(), strict=True)
    ]


def spoiled(text: str) -> str:
    return f"{text[:-2]}{(int(text[-2]) + 1) % 10}{text[-1]}"


ON = (Label.NINE,)


def climb(key: str) -> None:
    show_climb(key, LENGTHS, STEPS, climbing(), STAGES, alt="A course that climbs", seconds=3)


def sieve(key: str) -> None:
    flags = labels()
    rounds = [Round("4 digits", flags, texts(flags))]
    show_sieve(key, rounds, on=ON, alt="A sieve of labels", seconds=1)
