"""The worked numbers in the prose of page 31, and what its records say: the rows of a chart, in the
words of the page, and the option of a guess that is borne out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from components.ui.chapters.ch31 import claims
from components.ui.chapters.ch31.figures import KINDS_OF_LABELS
from components.ui.drawings.guess import Answer, Axis, Dragged
from components.ui.drawings.guess import Row as Line
from components.ui.drawings.sieve import Label, WrittenProblem
from components.ui.lazily import lazily
from components.ui.words import band
from lab.readings import Row

remainders = lazily("lab.data.remainders")
rounds = lazily("lab.experiments.self_evolution")

Record = Sequence[Row]
Bars = list[dict[str, Any]]

SIEVE_OPTIONS = ("none", "a few in 100", "about half")
ROT_OPTIONS = ("they stay right", "some are lost", "most are lost")
TAUGHT_DIGITS = range(1, 4)
"""Of the sums that it was taught before the first round."""

WITH_VOTE = ("two_agree", "sieve")
LABELLING = (*WITH_VOTE, "unfiltered")
"""Arms that train on what the networks wrote; in those with a vote there are three."""

SHOWN = 7
"""The round that is shown at first: few labels are right in it, and the swap lets many through."""

VOTERS = {"0": "the first", "1": "the second", "2": "the third"}
"""Networks of the arms with a vote, by their seeds; the other arms have the first alone."""


def through_the_sieve(record: Record) -> Dragged:
    """The frame of the guess: labels that all checks keep, in all rounds together."""
    kept = sum(n for *_, n in claims.kept(claims.rounds()).points(record))
    axis = Axis(f"of {kept:,} labels", 0, kept)
    return Dragged(axis, "wrong", [Line("kept in all rounds", kept)])


def what_passes(record: Record) -> Answer:
    """The answer of the guess."""
    wrong = sum(part for _, part, _ in claims.kept(claims.rounds()).points(record))
    return Answer(wrong, f"{wrong:,}" if wrong else SIEVE_OPTIONS[0])


def how_it_rots(record: Record) -> str:
    """What becomes of the sums that the network was taught, if it trains on all of its labels."""
    return band(most_rotten(record), (0.05, 0.5), ROT_OPTIONS)


def most_rotten(record: Record) -> float:
    """After the last round, the share wrong of the length that it was taught and does worst."""
    return max(claims.wrong_after("unfiltered", n).value(record) for n in TAUGHT_DIGITS)


def rotting(record: Record) -> Dragged:
    """The frame of the guess: round by round the labels that are wrong, and the start of what the
    network does with the problems that it was taught."""
    found = claims.rounds("unfiltered").of(record)
    labels = [
        (row["cell"]["digits"], 100 * claims.wrong_labels(row) / row["labels"]) for row in found
    ]
    return Dragged(
        Axis.percent("% wrong"),
        "problems it was taught",
        [Line("its labels", points=labels, hue="ochre")],
        across=Axis("digits of the round's labels", claims.FIRST, claims.LAST),
        begun=taught_by_round(record)[:1],
    )


def taught_by_round(record: Record) -> list[tuple[float, float]]:
    """After each round, of the lengths that the network was taught the one that it does worst."""
    names = [f"{n}x{n}" for n in TAUGHT_DIGITS]
    network = next(iter(VOTERS))
    worst = [
        max(errors / n for n, errors in (row["shapes"][network][name] for name in names))
        for row in claims.rounds("unfiltered").of(record)
    ]
    return [(claims.FIRST + i, 100 * share) for i, share in enumerate(worst)]


def left_to_rot(record: Record) -> Answer:
    """The answer of the guess."""
    points = taught_by_round(record)[1:-1]
    return Answer(100 * most_rotten(record), how_it_rots(record), points=points)


def round_of(record: Record, arm: str, digits: int) -> Row:
    (row,) = claims.rounds(arm, digits=digits).of(record)
    return row


def flags_of(row: Row) -> list[int]:
    """What each of the labels shown is, as the drawing wants it."""
    return [
        Label.RIGHT * label.right + sum(Label[name.upper()] for name in label.passes)
        for label in claims.labels_of(row)
    ]


def texts_of(row: Row) -> list[WrittenProblem]:
    return [mark_wrong_digits(label.a, label.b, label.answer) for label in claims.labels_of(row)]


def mark_wrong_digits(a: int, b: int, answer: int) -> WrittenProblem:
    """A sum and what was written for it, the places of its wrong digits marked."""
    beginning = f"{a} × {b} = "
    if answer < 0:
        return WrittenProblem(f"{beginning}no number")
    shown, right = str(answer), str(a * b)
    wide = max(len(shown), len(right))
    pairs = zip(shown.zfill(wide), right.zfill(wide), strict=True)
    wrong = [place for place, (x, y) in enumerate(pairs) if x != y]
    return WrittenProblem(
        beginning + shown.zfill(wide), [len(beginning) + place for place in wrong]
    )


def kept_of(row: Row) -> tuple[int, int]:
    """Labels that a round trains on, and how many of these are wrong."""
    if row["cell"]["arm"] == "unfiltered":
        return row["labels"], claims.wrong_labels(row)
    return row["checks"]["all"]["kept"], row["checks"]["all"]["wrong"]


def strip_of_rounds(record: Record, arm: str) -> Bars:
    """Of each round the labels, kept and thrown away, right and wrong: parts of a bar."""
    out = Bars()
    for row in claims.rounds(arm).of(record):
        kept, wrong = kept_of(row)
        right = kept - wrong
        counts = (right, wrong, claims.wrong_labels(row) - wrong, row["right"] - right)
        name = f"{row['cell']['digits']} digits"
        out += [
            {"round": name, "label": kind, "rank": rank, "n": n}
            for rank, (kind, n) in enumerate(zip(KINDS_OF_LABELS, counts, strict=True))
        ]
    return out


def right_after_rounds(
    record: Record, arm: str, network: str
) -> tuple[NDArray[np.float64], list[str], list[str]]:
    """The share right of each length after each round (rounds, lengths), and the names of both."""
    found = claims.rounds(arm).of(record)
    shapes = [row["shapes"][network] for row in found]
    shares = [[1 - errors / n for n, errors in counts.values()] for counts in shapes]
    return np.array(shares), [f"{row['cell']['digits']} digits" for row in found], list(shapes[0])


# ---------------------------------------------------------------- prose

A, B = 37, 48
EXCHANGED, APART = 1767, 7716
"""Digits of 1,776 exchanged: neighbours, and two places apart."""


def verdict(answer: int, m: int) -> str:
    return "passes" if remainders.remainders_agree(A, B, answer, m) else "fails"


CALC: dict[str, Callable[[], str]] = {
    "labels_shown": lambda: f"{rounds.SHOWN:,}",
    "labels_made": lambda: f"{rounds.LABELS:,}",
    "short_share": lambda: f"{rounds.SHORT} in 100",
    "product_nine": lambda: f"{A * B % 9}",
    "a_nine": lambda: f"{A % 9}",
    "b_nine": lambda: f"{B % 9}",
    "exchanged": lambda: f"{EXCHANGED}",
    "exchanged_nine": lambda: verdict(EXCHANGED, 9),
    "exchanged_eleven": lambda: verdict(EXCHANGED, 11),
    "apart": lambda: f"{APART}",
    "apart_nine": lambda: verdict(APART, 9),
    "apart_eleven": lambda: verdict(APART, 11),
}
