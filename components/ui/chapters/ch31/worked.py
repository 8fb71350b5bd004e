"""The worked numbers in the prose of page 31, and what its records say: the rows of a chart, in the
words of the page, and the option of a guess that is borne out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from statistics import median
from typing import Any

from components.ui.chapters.ch31 import claims
from components.ui.chapters.ch31.claims import TRAINS_ON
from components.ui.drawings.guess import Answer, Axis, Dragged, Picked
from components.ui.drawings.guess import Row as Line
from components.ui.drawings.sieve import CHECKS, Label, Round, WrittenProblem
from components.ui.lazily import lazily
from components.ui.words import band, spelled
from lab.readings import Row, part_of

remainders = lazily("lab.data.remainders")
rounds = lazily("lab.experiments.self_evolution", known=["ASKED", "LABELS", "SHORT"])

Record = Sequence[Row]
Bars = list[dict[str, Any]]

SIX_OPTIONS = ("a few in 100", "about half", "nearly all")
ROT_OPTIONS = ("they stay right", "some are lost", "most are lost")
TAUGHT_DIGITS = range(1, 4)
"""Of the problems that it was taught before the first round."""

KNOWN = range(1, 5)
"""And of those that it has right after it, whatever it trains on."""

LONGER = range(5, 9)
"""Digits of both numbers of the problems that only a round can teach."""

ROUNDS = range(claims.FIRST, claims.LAST + 1)


def all_networks(first: Record, more: Record) -> Record:
    """The rounds of the arms, and of those of one network each the rounds of two more."""
    return [*first, *(row for row in more if row["cell"]["part"] == "round")]


def networks_after(record: Record, arm: str, round_: int, digits: int) -> list[tuple[int, int]]:
    """Of each network of an arm (wrong, n) of the problems of so many by so many digits, after the
    round of `round_` digits. In the order of their seeds."""
    found = [shapes for row in of_round(record, arm, round_) for shapes in row["shapes"].items()]
    counts = [shapes[f"{digits}x{digits}"] for _, shapes in sorted(found)]
    return [(wrong, n) for n, wrong in counts]


def of_round(record: Record, arm: str, digits: int) -> list[Row]:
    """The rows of a round of an arm, however many networks each has."""
    cells = [(row, row["cell"]) for row in record]
    return [row for row, cell in cells if (cell["arm"], cell["digits"]) == (arm, digits)]


def networks(record: Record) -> str:
    """How many there are of each arm, in a sentence."""
    (many,) = {len(networks_after(record, arm, claims.LAST, 1)) for arm in TRAINS_ON}
    return f"Each dot is one network, and each bar the median of {spelled(many)}."


def right_after(record: Record, round_: int, digits: int) -> Bars:
    """A point a network: the share right of the problems of so many by so many digits."""
    return [
        {
            "arm": words,
            "seed": seed,
            "share": 1 - wrong / n,
            "wrong": part_of(wrong, n),
        }
        for arm, words in TRAINS_ON.items()
        for seed, (wrong, n) in enumerate(networks_after(record, arm, round_, digits))
    ]


def sixes(record: Record) -> Dragged:
    """The frame of the guess: problems of five by five digits that are wrong at the end."""
    shorter = networks_after(record, claims.SIEVED, claims.LAST, LONGER[0])
    n = shorter[0][1]
    wrong = [float(wrong) for wrong, _ in shorter]
    five = Line("five by five", median(wrong), dots=wrong, hue="grey")
    return Dragged(Axis(f"wrong of {n}", 0, n), "six by six", [five], start=n / 2)


def sixes_left(record: Record) -> Answer:
    """The answer of the guess: the median of the networks, each as a dot."""
    wrong = [wrong for wrong, _ in networks_after(record, claims.SIEVED, claims.LAST, LONGER[1])]
    middle = median(wrong)
    return Answer(middle, f"median {middle:g}", dots=[*map(float, wrong)])


def lost(record: Record) -> dict[str, float]:
    """Of the network of the sieved arm that lost most of what it had, by length: wrong ones."""
    every = {
        digits: [wrong for wrong, _ in networks_after(record, claims.SIEVED, claims.LAST, digits)]
        for digits in KNOWN
    }
    worst = max(range(len(every[KNOWN[0]])), key=lambda i: sum(every[n][i] for n in KNOWN))
    return {f"{n} by {n}": float(every[n][worst]) for n in KNOWN}


LENGTHS_LOST = tuple(f"{n} by {n}" for n in KNOWN)


def which_is_lost(record: Record) -> Picked:
    """The frame of the guess."""
    return Picked(Axis("wrong of 200", 0, 200), lambda: lost(record))


def most_lost(record: Record) -> str:
    """The answer of the guess."""
    wrong = lost(record)
    return max(wrong, key=lambda length: wrong[length])


def how_it_rots(record: Record) -> str:
    """What becomes of the problems that the networks were taught, if each trains on all of its
    labels."""
    return band(worst_taught(record, claims.LAST), (0.05, 0.5), ROT_OPTIONS)


def worst_taught(record: Record, round_: int) -> float:
    """After a round without a sieve, the share wrong of the taught length that a network does
    worst: the median of the networks."""
    by_length = [
        [wrong / n for wrong, n in networks_after(record, "unfiltered", round_, digits)]
        for digits in TAUGHT_DIGITS
    ]
    return median(map(max, zip(*by_length, strict=True)))


def rotting(record: Record) -> Dragged:
    """The frame of the guess: round by round the labels that are wrong, and the start of what the
    networks do with the problems that they were taught, medians both."""
    labels = [
        (
            digits,
            100
            * median(
                claims.wrong_labels(row) / row["labels"]
                for row in of_round(record, "unfiltered", digits)
            ),
        )
        for digits in ROUNDS
    ]
    return Dragged(
        Axis.percent("% wrong"),
        "problems it was taught",
        [Line("its labels", points=labels, hue="ochre")],
        across=Axis("digits of the round's labels", claims.FIRST, claims.LAST),
        begun=taught_by_round(record)[:1],
    )


def taught_by_round(record: Record) -> list[tuple[float, float]]:
    """In percent, after each round."""
    return [(digits, 100 * worst_taught(record, digits)) for digits in ROUNDS]


def left_to_rot(record: Record) -> Answer:
    """The answer of the guess."""
    points = taught_by_round(record)[1:-1]
    return Answer(100 * worst_taught(record, claims.LAST), how_it_rots(record), points=points)


# ---------------------------------------------------------------- the sieve


def rounds_of_labels(record: Record) -> list[Round]:
    """What the sieve shows: of each round the first labels that are on record one by one."""
    out: list[Round] = []
    for row in claims.rounds().of(record):
        labels = claims.labels_of(row)[: claims.DRAWN]
        name = f"{row['cell']['digits']} digits"
        out.append(Round(name, [*map(flag_of, labels)], [*map(text_of, labels)]))
    return out


NONE = "none"


def named(checks: Sequence[Label]) -> str:
    """The checks that are on, as a link says them: nine+swap."""
    return "+".join(str(check.name).lower() for check in CHECKS if check in checks) or NONE


EVERY_SET = [named(some) for n in range(len(CHECKS) + 1) for some in combinations(CHECKS, n)]


def checks_in(said: str) -> list[Label]:
    return [] if said == NONE else [Label[name.upper()] for name in said.split("+")]


def flag_of(label: claims.Shown) -> int:
    """What a label is, as the drawing wants it."""
    passes = sum(Label[name.upper()] for name in label.passes)
    return Label.RIGHT * label.right + Label.NUMBER * (label.answer >= 0) + passes


def text_of(label: claims.Shown) -> WrittenProblem:
    """A problem and what was written for it, the places of its wrong digits marked."""
    beginning, product = f"{label.a} × {label.b} = ", label.a * label.b
    if label.answer < 0:
        return WrittenProblem(f"{beginning}no number")
    if label.answer == product and not label.right:
        return WrittenProblem(f"{beginning}{product}, but its working is wrong")
    shown, right = str(label.answer), str(product)
    wide = max(len(shown), len(right))
    pairs = zip(shown.zfill(wide), right.zfill(wide), strict=True)
    wrong = [place for place, (x, y) in enumerate(pairs) if x != y]
    return WrittenProblem(
        beginning + shown.zfill(wide), [len(beginning) + place for place in wrong]
    )


NO_NUMBER = (
    (83308, 82251),
    "83308*82251=803380+0045614=8078424+00616661=80301902+000616661=803625781+0000464666="
    "$0366115863",
)
"""A problem, and what the network wrote for it before its first round; a test asks it again."""


# ---------------------------------------------------------------- prose

A, B = 37, 48
EXCHANGED = 1767
"""Two neighbours among the digits of 1,776 exchanged."""


def verdict(answer: int, m: int) -> str:
    return "passes" if remainders.remainders_agree(A, B, answer, m) else "fails"


CALC: dict[str, Callable[[], str]] = {
    "labels_shown": lambda: f"{claims.DRAWN}",
    "asked": lambda: f"{rounds.ASKED}",
    "labels_made": lambda: f"{rounds.LABELS:,}",
    "short_share": lambda: f"{rounds.SHORT} in 100",
    "product_nine": lambda: f"{A * B % 9}",
    "a_nine": lambda: f"{A % 9}",
    "b_nine": lambda: f"{B % 9}",
    "exchanged": lambda: f"{EXCHANGED}",
    "exchanged_nine": lambda: verdict(EXCHANGED, 9),
    "exchanged_eleven": lambda: verdict(EXCHANGED, 11),
}
