"""The drawing of features: for the top of a page, and in full.

All numbers are synthetic: dots that shrink to a line, on which 32 tokens point one way or the
other.
"""

import numpy as np

from components.ui.drawings.cloud import show_cloud

STEPS = [0, *(100 * 2 ** np.arange(10)).tolist()]
TOKENS = [*"37*48=692+0841=6771$12*34=840+06"]
KINDS = ["operand", "operator", "working", "carry", "answer", "padding"]
GONE = np.linspace(0, 1, len(STEPS))
"""How much of the way to the end is gone."""

SCORES = {
    "held out, wrong": np.rint(900 - 2000 * GONE + 1500 * GONE**2),
    "train, wrong": np.rint(900 * (1 - GONE) ** 4),
    "effective rank": 40 - 38.5 * GONE,
}


def points() -> np.ndarray:
    """(S, 240, 3): all but the first axis shrink to a fiftieth."""
    start = np.random.default_rng(52).normal(size=(240, 3))
    return start * (1 - GONE[:, None, None] * [0.5, 0.98, 0.98])


def spectra() -> np.ndarray:
    return np.exp(-np.arange(48) * (0.03 + GONE[:, None] * np.array([[0.2], [0.6]])[:, None]))


def cosines() -> np.ndarray:
    """(S, 32, 32): every other token points the other way at the end."""
    signs = (-1.0) ** np.arange(len(TOKENS))
    end = np.outer(signs, signs)
    return np.eye(len(TOKENS)) + GONE[:, None, None] * (end - np.eye(len(TOKENS)))


def cloud(key: str, *, compact: bool) -> None:
    show_cloud(
        key,
        STEPS,
        points(),
        [KINDS[i % len(KINDS)] for i in range(240)],
        spectra().transpose(1, 0, 2),
        cosines(),
        SCORES,
        layers=["layer 1", "layer 6"],
        tokens=TOKENS,
        alt="A cloud of features that shrinks to a line",
        compact=compact,
    )
