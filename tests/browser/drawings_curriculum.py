"""A sieve of labels, thrown by dice."""

import numpy as np

from components.ui.drawings.sieve import Label, Round, WrittenProblem, show_sieve

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


def sieve(key: str) -> None:
    flags = labels()
    rounds = [Round("4 digits", flags, texts(flags))]
    show_sieve(key, rounds, on=ON, alt="A sieve of labels", seconds=1)
