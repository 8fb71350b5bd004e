"""The measured figures of chapter 8, first page: one change at a time of the usual network, from
records of earlier chapters; a small network without one of its parts; one step of one weight."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median

import numpy as np

from components.ui.claims.claim import Claim, Table
from lab.data.problems import two_digit_split
from lab.experiments.looks_texts import wrong_of_text
from lab.numerals import written
from lab.readings import Counts, Measured, Question, Row, Rows, part_of, rows, share_of

USUAL = rows("race", style="cot_reversed")

CHANGES: dict[str, Rows] = {
    "half the width": rows("sizes", style="cot_reversed", d_model=64),
    "RoPE, not a learned table": rows("low_rank", rank=0, matched=False, fraction=0.3),
    "working front to back": rows("race", style="cot"),
    "a third of the problems": rows("fractions", fraction=0.1),
}
"""Networks that differ from the usual one in one thing, and were trained on as many tokens."""

SHORT = ("width", "rope", "order", "third")
"""Of the claims, in the same order."""

SMALL = rows("left_out", without="nothing")
PARTS: tuple[str, ...] = ("attention", "norms", "positions", "FFN", "residual")
WITHOUT: dict[str, Rows] = {part: rows("left_out", without=part.lower()) for part in PARTS}
"""A network of half the width, trained without one of its parts."""

RATES = {"a tenth": rows("left_out", rate=0.1), "ten times": rows("left_out", rate=10.0)}
"""The same network, whole, at other learning rates."""

READ = {"half": rows("left_out", tokens=0.5), "twice": rows("left_out", tokens=2.0)}
"""The same network, whole, after so many times the usual tokens."""

ONE_STEP = rows("one_step")
CHANGED = rows("looks_changed")
FRACTION = 0.3
"""Of all pairs, those that the usual network was trained on."""

OF_HALF = (
    "network of two layers and width 64 with working back to front, trained on three pairs in ten"
)


def worked(found: list[Row]) -> str:
    """before − rate × mean / root = after"""
    (row,) = found
    names = {"before": "{:.5f}", "rate": "{:.4g}", "mean": "{:.4g}", "root": "{:.4g}"}
    before, rate, mean, root = (written(row[name], form) for name, form in names.items())
    mean = f"({mean})" if row["mean"] < 0 else mean
    return f"{before} − {rate} × {mean} / {root} = {row['after']:.5f}"


def trained_wrong(found: list[Row]) -> str:
    (row,) = found
    return part_of(row["looks"][-1]["errors_trained"], row["n_trained"])


def changed_wrong(wanted: Callable[[int, int], bool] | None = None) -> Callable[[list[Row]], str]:
    """Of the held-out pairs that are wanted, how many are wrong in the end."""

    def said(found: list[Row]) -> str:
        (row,) = found
        wrong = wrong_of_text(row["wrong"], len(row["looks"]))[-1]
        held = (two_digit_split() >= FRACTION).ravel()
        pairs = [i for i in np.flatnonzero(held) if not wanted or wanted(*divmod(int(i), 100))]
        return part_of(int(wrong[pairs].sum()), len(pairs))

    return said


def of_one_digit(a: int, b: int) -> bool:
    return min(a, b) < 10


def of_two_digits(a: int, b: int) -> bool:
    return not of_one_digit(a, b)


def each_seed(found: list[Row]) -> Measured:
    """The held-out errors of every seed, fewest first."""
    errors, n = sorted(row["errors_heldout"] for row in found), found[0]["n_heldout"]
    *others, last = map(str, errors)
    return Measured(f"{', '.join(others)} and {last}", errors[-1], n)


def in_hundred(part: int, n: int) -> str:
    """A share of n in hundredths, with as many decimals as the smallest of them need."""
    share = 100 * part / n
    return f"{share:.1f}" if share >= 1 else f"{share:.2f}" if part else "0"


UNBROKEN_DASH = "\u2060–\u2060"
"""No line ends at it."""


def range_of_seeds(found: list[Row]) -> Measured:
    """The fewest and the most held-out errors of a seed, in hundredths."""
    errors, n = sorted(row["errors_heldout"] for row in found), found[0]["n_heldout"]
    ends = (in_hundred(wrong, n) for wrong in (errors[0], errors[-1]))
    return Measured(UNBROKEN_DASH.join(ends), errors[-1], n)


def loss_at_last(found: list[Row]) -> str:
    """The median alone: what it means is worked out beside it."""
    return f"{median(row['loss'] for row in found):.2f}"


def costs(found: Rows) -> dict[str, Question]:
    """A row of the table of changes."""
    return {
        "held out": found.errors("heldout").median().said(in_hundred),
        "range of seeds": found.told(range_of_seeds),
        "trained on": found.errors("trained").median().said(in_hundred),
    }


def wrong(found: Rows, group: str = "heldout") -> Counts:
    """Held-out pairs, the median of the seeds; the bound is that of the worst."""
    return found.errors(group).median().said(share_of).bound()


CLAIMS = {
    "bench.usual": Claim(
        "Held-out pairs wrong, the usual network of two layers and width 128 with working back to "
        "front, trained on three pairs in ten: median of the seeds.",
        wrong(USUAL),
    ),
    "bench.usual_seeds": Claim(
        "Held-out pairs wrong, the usual network of two layers and width 128 with working back to "
        "front, trained on three pairs in ten: each seed, fewest first.",
        USUAL.told(each_seed),
    ),
    **{
        f"bench.third_{words}": Claim(
            "Trained on one pair in ten: held-out pairs wrong of those whose two partial products "
            f"{did} in training, median of the seeds.",
            wrong(CHANGES["a third of the problems"], group),
        )
        for words, did, group in (
            ("seen", "both stood", "unseen_0"),
            ("unseen", "did not both stand: one was missing", "unseen_1"),
        )
    },
    **{
        f"bench.{short}": Claim(
            f"Held-out pairs wrong, the usual small network but for one thing ({name}), after as "
            "many tokens: median of the seeds.",
            wrong(found),
        )
        for short, (name, found) in zip(SHORT, CHANGES.items(), strict=True)
    },
    "bench.changed_trained": Claim(
        "Of the pairs it was trained on, how many the usual network of two layers and width 128 "
        "gets wrong if it is trained without its table of positions, one seed.",
        CHANGED.told(trained_wrong),
    ),
    **{
        f"bench.changed{short}": Claim(
            f"Held-out pairs {of_what}wrong, the usual network of two layers and width 128 trained "
            "without its table of positions, one seed.",
            CHANGED.told(changed_wrong(wanted)),
        )
        for short, of_what, wanted in (
            ("", "", None),
            ("_short", "with a number of one digit ", of_one_digit),
            ("_long", "of two numbers with two digits ", of_two_digits),
        )
    },
    "bench.half_parameters": Claim(
        "Parameters of the usual network at half its width.",
        CHANGES["half the width"].numbers("parameters"),
    ),
    "bench.no_attention": Claim(
        f"Held-out pairs wrong, a {OF_HALF} without attention, after as many tokens: median of "
        "the seeds.",
        wrong(WITHOUT["attention"]),
    ),
    **{
        f"bench.no_{part.lower()}_trained": Claim(
            f"Pairs trained on that are wrong, a {OF_HALF} without {part}: median of the seeds.",
            wrong(WITHOUT[part], "trained"),
        )
        for part in ("FFN", "positions")
    },
    **{
        f"bench.no_{part.lower()}_loss": Claim(
            f"Loss of the last step, a {OF_HALF} without {part}: median of the seeds.",
            WITHOUT[part].told(loss_at_last),
        )
        for part in ("attention", "FFN")
    },
    "bench.one_step": Claim(
        "One step of one weight of the usual network of two layers and width 128 with working back "
        "to front, the first number in the unembedding's row of the digit 7, by AdamW: before − "
        "rate × mean / root = after.",
        ONE_STEP.told(worked),
    ),
    "bench.step": Claim(
        "The step of the usual network of two layers and width 128 that is worked out for one "
        "weight.",
        ONE_STEP.numbers("cell.step"),
    ),
}

TABLES = {
    "bench.changes": Table(
        "change",
        {
            name: costs(found)
            for name, found in (
                ("attention left out", WITHOUT["attention"]),
                ("norms left out", WITHOUT["norms"]),
                ("positions left out", WITHOUT["positions"]),
                ("a tenth of the learning rate", RATES["a tenth"]),
                ("the FFN left out", WITHOUT["FFN"]),
                ("ten times the learning rate", RATES["ten times"]),
                ("the residual left out", WITHOUT["residual"]),
                ("half as many steps", READ["half"]),
                ("**nothing changed**", SMALL),
                ("twice as many steps", READ["twice"]),
            )
        },
        about=f"Pairs wrong in 100, a {OF_HALF}, by what was changed",
    )
}
