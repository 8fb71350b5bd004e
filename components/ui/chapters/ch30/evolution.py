"""The record of the network that labels for itself, as its figures show it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from components.ui.drawings.sieve import Label, Written
from components.ui.plots.colours import GREY, RIGHT_FIELD, WORSE, WRONG, Tone
from lab.records import select

Row = dict[str, Any]
Rows = Sequence[Row]

RECORD = "self_evolution.jsonl"
ARMS = {
    "two agree": "own labels, sieved: any two agree",
    "sieve": "own labels, sieved: all three agree",
    "unfiltered": "own labels, all of them",
    "short": "no labels, short sums alone",
    "true": "true labels",
}
SIEVED = "two agree"
"""The arm whose labels the sieve shows."""

WITH_VOTE = ("two agree", "sieve")
LABELLING = (*WITH_VOTE, "unfiltered")
"""Arms that train on what the networks wrote; in those with a vote there are three."""

BITS = {
    "vote": Label.VOTE,
    "swap": Label.SWAP,
    "nine": Label.NINE,
    "eleven": Label.ELEVEN,
}
FIRST, LAST = 4, 8
"""Digits of the longest sums of the first round and of the last."""

SHOWN = 7
"""The round that is shown at first: few labels are right in it, and the swap lets many through."""

VOTERS = {"0": "the first", "1": "the second", "2": "the third"}
"""Networks of the arms with a vote, by their seeds; the other arms have the first alone."""

SEED = "0"

KINDS: dict[str, tuple[Tone, str]] = {
    "kept, right": (RIGHT_FIELD, "✓"),
    "kept, wrong": (WRONG, "✗"),
    "thrown away, wrong": (WORSE, "✗"),
    "thrown away, right": (GREY, "✓"),
}


def round_of(rows: Rows, arm: str, digits: int) -> Row:
    (row,) = select(rows, arm=arm, digits=digits)
    return row


# ---------------------------------------------------------------- one round, label by label


def flags_of(row: Row) -> list[int]:
    """What each of the labels shown is, as the drawing wants it."""
    bits = [Label.RIGHT, *(BITS[name] for name in row["names"])]
    return [
        int(sum(bit for k, bit in enumerate(bits) if recorded >> k & 1))
        for recorded in row["flags"]
    ]


def kept_by(row: Row, check: str) -> list[tuple[Sequence[int], bool]]:
    """Of the labels shown those that a check lets pass: (a, b, answer), and whether it is right."""
    bit = 1 + row["names"].index(check)
    shown = zip(row["sums"], row["flags"], strict=True)
    return [(label, bool(flag & 1)) for label, flag in shown if flag >> bit & 1]


def texts_of(row: Row) -> list[Written]:
    return [written(a, b, answer) for a, b, answer in row["sums"]]


def written(a: int, b: int, answer: int) -> Written:
    """A sum and what was written for it, the places of its wrong digits marked."""
    beginning = f"{a} × {b} = "
    if answer < 0:
        return Written(f"{beginning}no number")
    shown, right = str(answer), str(a * b)
    wide = max(len(shown), len(right))
    pairs = zip(shown.zfill(wide), right.zfill(wide), strict=True)
    wrong = [place for place, (x, y) in enumerate(pairs) if x != y]
    return Written(beginning + shown.zfill(wide), [len(beginning) + place for place in wrong])


# ---------------------------------------------------------------- rounds


def kept_of(row: Row) -> tuple[int, int]:
    """Labels that a round trains on, and how many of these are wrong."""
    if row["cell"]["arm"] == "unfiltered":
        return row["labels"], row["labels"] - row["right"]
    return row["checks"]["all"]["kept"], row["checks"]["all"]["wrong"]


def strip_of_rounds(rows: Rows, arm: str) -> list[Row]:
    """Of each round the labels, kept and thrown away, right and wrong: parts of a bar."""
    out: list[Row] = []
    for row in select(rows, arm=arm):
        kept, wrong = kept_of(row)
        right = row["right"]
        counts = (kept - wrong, wrong, row["labels"] - right - wrong, right - (kept - wrong))
        name = f"{row['cell']['digits']} digits"
        out += [
            {"round": name, "label": kind, "rank": rank, "n": n}
            for rank, (kind, n) in enumerate(zip(KINDS, counts, strict=True))
        ]
    return out


def right_after_rounds(
    rows: Rows, arm: str, seed: str = SEED
) -> tuple[NDArray[np.float64], list[str], list[str]]:
    """The share right of each length after each round (rounds, lengths), and the names of both."""
    found = [row["shapes"][seed] for row in select(rows, arm=arm)]
    lengths = list(found[0])
    shares = [[1 - errors / n for n, errors in shapes.values()] for shapes in found]
    rounds = [f"{row['cell']['digits']} digits" for row in select(rows, arm=arm)]
    return np.array(shares), rounds, lengths


def wrong_after(row: Row, digits: int, seed: str = SEED) -> tuple[int, int]:
    """(n, wrong) of sums of so many digits on both sides, behind a round."""
    n, errors = row["shapes"][seed][f"{digits}x{digits}"]
    return n, errors
