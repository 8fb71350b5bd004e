"""The worked numbers in the prose of chapter 5, third page, and what its record says."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from statistics import median
from typing import Any

from components.ui.chapters.ch52 import claims, probes
from components.ui.chapters.ch52.claims import (
    ALL,
    CAUSES,
    CENTRED,
    EXACT,
    FEW,
    KINDS,
    RUNS,
)
from components.ui.chapters.ch52.figures import FOLDS, NO_FOLD
from components.ui.computed_ahead import ahead
from components.ui.drawings.guess import Answer, Axis, Dragged
from components.ui.drawings.guess import Row as Line
from components.ui.drawings.spheres import Arm
from components.ui.lazily import lazily
from components.ui.page_records import rows_of
from lab.experiments import collapse_texts as texts
from lab.experiments import warnings
from lab.numerals import written
from lab.readings import Counts, Row, Rows, join_words

recipes = lazily("lab.recipes.feature_collapse")
diagnostics = lazily("lab.interp.diagnostics")
optim = lazily("lab.training.optim")
torch = lazily("torch")

RECORD = "collapse.jsonl"

Drawn = dict[str, Any]
"""A row of a chart or a table."""

# ---------------------------------------------------------------- the runs

EVERY_WAY = (claims.JUDGED, *(KINDS[kind] for kind in CAUSES if kind != FEW))
"""All runs by which a reader's rule is judged."""


def fitted_and_tested(record: Any) -> tuple[list[Row], list[Row]]:
    """Those by the seeds that rules are written down on, and the others."""
    return warnings.by_seeds(row for runs in EVERY_WAY for row in runs.of(record))


# ---------------------------------------------------------------- what is looked at

LAST = 3
"""The last place in the stream: what leaves layer 2."""

INSIDE: dict[str, tuple[str, int | None]] = {
    "token cosine": ("token_cosine", LAST),
    "effective rank": ("effective_rank", LAST),
    "rank about the mean": ("centred_rank", LAST),
    "attention entropy": ("attention_entropy", LAST - 1),
    "size of the weights": ("weight_norm", None),
    "size of the logits": ("logit_norm", None),
    "loss of the few problems": ("few_loss", None),
}
"""A reading of a network, as the page calls it: in the record, and at which place."""

WATCHED = INSIDE | {"rank residual": ("rank_residual", LAST)}
"""What the rule of an exercise may watch."""


def curve(row: Row, what: str) -> list[tuple[int, float]]:
    """(step, value) of every look but the one before the first step."""
    steps = [look["step"] for look in row["looks"]]
    return list(zip(steps, warnings.curve_of(row, *INSIDE[what]), strict=True))[1:]


def kind_rows(record: Any, what: str, kinds: Iterable[str]) -> list[Drawn]:
    return [
        {"run": kind, "seed": row["cell"]["seed"], "step": step, "value": value}
        for kind in kinds
        for row in KINDS[kind].of(record)
        for step, value in curve(row, what)
    ]


DRAWN = {
    FEW: ("folds", "ochre"),
    CENTRED: ("no fold, as bad", "rose"),
    EXACT: ("no fold, better", "teal"),
}
"""The runs whose arrows are drawn: what becomes of them, and their colour."""


def arms_drawn(record: Any, found: probes.Arrows) -> list[Arm]:
    """The run of the pictured seed of each."""
    out: list[Arm] = []
    for kind, ends, cosines in zip(DRAWN, found.ends, found.cosines, strict=True):
        looks = pictured(record, kind)["looks"]
        out.append(
            Arm(
                kind,
                *DRAWN[kind],
                ends,
                cosines,
                few_wrong=[look["few_wrong"] for look in looks],
                wrong=[look["wrong"] for look in looks],
                token_cosine=[look["token_cosine"][LAST] for look in looks],
            )
        )
    return out


def pictured(record: Any, kind: str) -> Row:
    (row,) = KINDS[kind].where(seed=texts.PICTURED_SEED).of(record)
    return row


def folding_begins(record: Any) -> tuple[int, str]:
    """The look at which the features of the usual run have begun to point one way."""
    row = pictured(record, FEW)
    steps = [look["step"] for look in row["looks"]]
    return steps.index(int(warnings.turn_of(row))), "float32 folds"


def drawn_rows(arms: Sequence[Arm], steps: Sequence[int]) -> list[Drawn]:
    return [
        {
            "step": step,
            "run": arm.name,
            "trained, wrong": arm.few_wrong[n],
            "others, wrong": arm.wrong[n],
            "token cosine": arm.token_cosine[n],
        }
        for arm in arms
        for n, step in enumerate(steps)
    ]


# ---------------------------------------------------------------- 1. past the end

ON_ALL = ("fewer than at the start", "about as many as at the start", "many more")
"""Words that a link may say of the guess."""


def asked(record: Any) -> int:
    """Other problems that each run is evaluated on."""
    return RUNS.of(record)[0]["n"]


def bar_of(name: str, found: Counts, record: Any, hue: str = "brown") -> Line:
    """The median of the seeds, and a dot for each."""
    value, dots = asked(record) * found.value(record), [n for _, n, _ in found.points(record)]
    return Line(name, value, f"median {value:,.0f}", dots, hue=hue)


def to_be_wrong(record: Any) -> Dragged:
    """The frame of the guess: what the few problems alone come to gives nothing away."""
    given = [
        bar_of("at the start", claims.wrong(RUNS, 0), record, "ink"),
        bar_of("on the few", claims.wrong(RUNS), record, "ochre"),
    ]
    later = ["the few, weight decay 0.1", "the few, attention over depth"]
    axis = Axis(f"wrong of {asked(record):,}", 0, asked(record))
    return Dragged(axis, "on all of them", given, later, hue="grey")


def wrong_on_all(record: Any) -> Answer:
    """The answer of the guess, and two other ways to go on with the few."""
    own = bar_of("on all of them", claims.wrong(KINDS[ALL]), record)
    rows = [
        bar_of("the few, weight decay 0.1", claims.wrong(claims.DECAYED), record),
        bar_of("the few, attention over depth", claims.wrong(claims.ATTENTION), record, "violet"),
    ]
    return Answer(own.value or 0, own.words, dots=own.dots, rows=rows)


def few_problems() -> str:
    """So many they are in both orders, by the seed that drew them."""
    return " or ".join(f"{n}" for n in sorted({row["n_few"] for row in RUNS.of(rows_of(RECORD))}))


def times_read() -> float:
    """How often the long run reads each of its problems."""
    n_pair = len(recipes.few_pairs(recipes.N_PAIR, 1).both_ways()[0])
    return recipes.STEPS * recipes.BATCH / n_pair


def times_read_before() -> float:
    """How often the base reads each of its own."""
    base = recipes.knows_two_digits()
    return base.steps * base.batch_size / base.data.trained_on().sum()


# ---------------------------------------------------------------- 2. the features

FIRST, SECOND, ARROW = (1.0, 0.0), (0.0, 1.0), (3.0, 3.0)
"""Two features of two numbers, and an arrow that is added to both."""


@ahead
def cosine(x: Sequence[float], y: Sequence[float]) -> float:
    (between,) = diagnostics.cosines(torch.tensor([[x, y]]))
    return float(between[0, 1])


def added(x: Sequence[float]) -> list[float]:
    return [a + b for a, b in zip(x, ARROW, strict=True)]


def vector(x: Sequence[float]) -> str:
    return f"({', '.join(map(written, x))})"


WORKED_SHARES = (0.9, 0.1)


@ahead
def rank_of(shares: Sequence[float]) -> float:
    return diagnostics.effective_rank(torch.tensor(shares, dtype=torch.float64))


# ---------------------------------------------------------------- 3. who pushes


@ahead
def eps_of_adamw() -> float:
    """What AdamW adds to the size of the gradients."""
    return inspect.signature(optim.AdamW).parameters["eps"].default


LEADS = tuple(float(lead) for lead in range(4, 41))
LEAD = 20.0

ROUNDED_AT = ("below 10", "from 10 to 25", "above 25")
"""Words that a link may say of the guess."""

UNTIL_ROUNDED = Dragged(
    Axis("lead of the right logit", 0, 60), "float32", later=["float64"], start=5, hue="ochre"
)
"""The frame of the guess."""


def lead_that_rounds(bits: int) -> int:
    """The least lead at which the right logit is no longer pulled."""
    return next(int(lead) for lead in LEADS if probes.pulls(lead, bits).up <= 0)


def where_the_pull_ends() -> Answer:
    """The answer of the guess."""
    return Answer(lead_that_rounds(32), rows=[Line("float64", lead_that_rounds(64), hue="teal")])


SHIFTED: dict[str, float] = {"6": 2.5, "4": 1.5, "8": 0.0, "0": -2.0, "2": -3.5}
"""Logits made up for five digits; the first is right."""

SHIFTS = {"low": -45, "high": 10, "at": -12}
"""The ends of the slider, and where it stands at first."""


def marks_of_shift(record: Any) -> list[tuple[float, str]]:
    """By how much the mean logit had moved at the last look of two recorded runs."""

    def moved(kind: str) -> float:
        return round(claims.logits_moved(kind).value(record), 1)

    return [(moved(FEW), "float32 went here"), (moved(CENTRED), "the three others stayed here")]


def pull_rows(lead: float) -> list[dict[str, str]]:
    """A line for either format: the pulls on the logits of one token."""
    return [
        {
            "softmax in": f"float{bits}",
            "the right logit is pulled up by": written(found.up, TWO_DIGITS),
            "all others together are pushed down by": written(found.down, TWO_DIGITS),
            "left over": written(found.left, TWO_DIGITS),
        }
        for bits in (32, 64)
        for found in (probes.pulls(lead, bits),)
    ]


# ---------------------------------------------------------------- 4. what costs accuracy

ARMS_COMPARED: dict[str, Rows] = KINDS | claims.OTHERS

WHEN = {"at the end": None, f"at step {claims.PARTED:,}": claims.PARTED}


def folds(found: Rows, record: Any) -> bool:
    """Have features turned at the end, by the median of the seeds?"""
    return median(map(claims.seen(claims.COSINE), found.of(record))) > 0.5


def beside_rows(record: Any, when: str) -> list[Drawn]:
    """A dot a seed and way to go on but the usual, those that fold first: how many more other
    problems are wrong than in the usual run of the same seed."""
    wrong = claims.seen("wrong", WHEN[when])
    usual = {row["cell"]["seed"]: wrong(row) for row in RUNS.of(record)}
    ways = {name: found for name, found in ARMS_COMPARED.items() if name != FEW}
    groups = {name: FOLDS if folds(found, record) else NO_FOLD for name, found in ways.items()}
    return [
        {
            "group": groups[name],
            "arm": name,
            "seed": row["cell"]["seed"],
            "more": wrong(row) - usual[row["cell"]["seed"]],
        }
        for name in sorted(ways, key=lambda name: groups[name] != FOLDS)
        for row in ways[name].of(record)
    ]


# ---------------------------------------------------------------- 5. what warned, and where

USEFUL = ("none", "one to four", "more than four")
"""Words that a link may say of the guess."""

N_KIND = len({name for name, _ in warnings.readings()})

HAVE_A_RULE = Dragged(
    Axis(f"of {N_KIND} kinds of readings", 0, N_KIND), "have a useful rule", hue="brown"
)
"""The frame of the guess."""


def useful_readings(record: Any) -> Answer:
    return Answer(len(claims.useful_kinds(claims.JUDGED.of(record))))


# ---------------------------------------------------------------- the live run

FEWS = (4, 16, 64, 256)
"""Pairs that a reader may go on with."""


def recorded_curves(rows: Iterable[Row]) -> list[Drawn]:
    """Loss and held-out share of the recorded runs, by the number of pairs."""
    return [
        {"run": f"{row['cell']['few']} pairs, recorded", "step": step, "what": what, "value": value}
        for row in rows
        for step, errors, n, loss in row["curve"]
        for what, value in (("loss", loss), ("held out", 1 - errors / n))
    ]


TWO_DIGITS = "{:.1e}"

CALC: dict[str, Callable[[], str]] = {
    "shift_at": lambda: written(SHIFTS["at"]),
    "few": lambda: f"{recipes.N_PAIR}",
    "steps": lambda: f"{recipes.STEPS:,}",
    "few_problems": few_problems,
    "asked": lambda: f"{texts.N_ASKED:,}",
    "times_before": lambda: f"{times_read_before():.1f}",
    "past": lambda: f"{times_read() / times_read_before():.0f}",
    "share_large": lambda: f"{WORKED_SHARES[0]:g}",
    "share_small": lambda: f"{WORKED_SHARES[1]:g}",
    "rank": lambda: f"{rank_of(WORKED_SHARES):.2f}",
    "rank_alike": lambda: f"{rank_of((0.5, 0.5)):g}",
    "lead_rounds": lambda: f"{lead_that_rounds(32)}",
    "lead_rounds_later": lambda: f"{lead_that_rounds(64)}",
    "eps": lambda: written(eps_of_adamw()),
    "parted": lambda: f"{claims.PARTED:,}",
    "midway": lambda: f"{claims.MIDWAY:,}",
    "cos_x": lambda: vector(FIRST),
    "cos_y": lambda: vector(SECOND),
    "cos_xy": lambda: f"{cosine(FIRST, SECOND):g}",
    "cos_arrow": lambda: vector(ARROW),
    "cos_added": lambda: f"{cosine(added(FIRST), added(SECOND)):.2f}",
    "turn": lambda: f"{warnings.TURN:g}",
    "fall": lambda: f"{warnings.FALL:.0%}",
    "fitted": lambda: join_words([f"{seed}" for seed in warnings.FITTED_ON]),
    "tested": lambda: join_words([f"{seed}" for seed in warnings.TESTED_ON]),
    "small_eps": lambda: written(texts.ARMS["fp64_small_eps"]["eps"]),
    "large_eps": lambda: written(texts.ARMS["large_eps"]["eps"]),
}
