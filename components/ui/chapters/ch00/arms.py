"""Ways of writing the table, in the words of the page, and the record of those that were tried."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from lab.by_hand.mlp import Encoding, Init, Target
from lab.readings import part_of
from lab.records import select

Row = dict[str, Any]

ENCODINGS: dict[Encoding, str] = {
    "one_hot": "one place a number",
    "scalar": "its size",
    "log": "its logarithm",
}
TARGETS: dict[Target, str] = {
    "digits": "its digits",
    "class": "one place a product",
    "regression": "its size",
}
INITS: tuple[Init, ...] = ("he", "xavier", "equal")
STARTS: tuple[int | Literal["equal"], ...] = (0, 1, 2, 3, "equal")
"""Random starts by their number, and one from equal weights."""
START_NAMES = {start: "equal" if start == "equal" else f"random {start}" for start in STARTS}
WIDTHS, DEPTHS = (1, 2, 4, 8, 16, 32, 64), (0, 1, 2, 3)
RATES = (0.0001, 0.001, 0.005, 0.02, 0.1, 0.5, 2.0, 10.0, 100.0)

HELD_OUT = {
    ("one_hot", "class"): "one place a number, one place a product",
    ("digits", "digits"): "one place a digit, its digits",
    ("scalar", "regression"): "size in, size out",
    ("log", "class"): "logarithm in, one place a product",
    ("log", "regression"): "logarithm in, logarithm out",
}
AS_A_GUESS = ("about as often as a constant guess", "clearly more often")
FEW_OR_MANY = ("under a third", "about half", "over two thirds")


def few_or_many(part: int, n: int) -> str:
    return FEW_OR_MANY[int(np.searchsorted([1 / 3, 2 / 3], part / n, side="right"))]


def held_out_points(rows: Sequence[Row]) -> list[Row]:
    """The share of hidden cells that are right, a point a seed of each way to write the table."""
    return [
        {
            "arm": name,
            "share": 1 - row["errors_hidden"] / row["n_hidden"],
            "seed": row["cell"]["seed"],
            "right": part_of(row["n_hidden"] - row["errors_hidden"], row["n_hidden"]),
        }
        for (encoding, target), name in HELD_OUT.items()
        for row in select(rows, encoding=encoding, target=target)
    ]


def as_a_guess(rows: Sequence[Row]) -> str:
    """How one place a number does in hidden cells, against saying the most frequent product."""
    chosen = select(rows, encoding="one_hot")
    guess, wrong = (sum(row[f"errors_{what}"] for row in chosen) for what in ("guess", "hidden"))
    return AS_A_GUESS[int(wrong < 0.9 * guess)]
