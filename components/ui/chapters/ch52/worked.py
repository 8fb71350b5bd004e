"""The worked numbers in the prose of chapter 5, third page, and what its record says."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from components.ui.chapters.ch52 import probes
from components.ui.lazily import lazily
from components.ui.words import band
from lab.data.problems import pairs_of
from lab.experiments import collapse_texts as texts
from lab.experiments import warnings
from lab.readings import listed
from lab.recipes import feature_collapse as recipes
from lab.recipes.feature_collapse import Stream
from lab.records import select
from lab.statistics import Spread, spread

diagnostics = lazily("lab.interp.diagnostics")
optim = lazily("lab.training.optim")
torch = lazily("torch")

Row = dict[str, Any]
Rows = Sequence[Row]
Judged = warnings.Rule | warnings.Clock

# ---------------------------------------------------------------- the runs, by name

USUAL: Row = {
    "stream": "plain",
    "weight_decay": 0.0,
    "goes_on_with": "few",
    "optimiser": "adamw",
    "precision": "fp32",
    "logit_gradient": "whole",
    "eps": 1e-8,
}
STREAMS: dict[Stream, str] = {"plain": "plain sum", "attention": "attention over depth"}
DECAYS = {0.0: "no weight decay", 0.1: "weight decay 0.1"}

FEW, EXACT, CENTRED, BALANCED, SMALL_EPS, LARGE_EPS, ALL = (
    "float32, as above",
    "softmax in float64",
    "no push: taken off all logits",
    "no push: taken off wrong ones",
    "float64, small eps",
    "float32, large eps",
    "all problems",
)
ARM_OF = {
    FEW: "usual",
    EXACT: "fp64",
    CENTRED: "centred",
    BALANCED: "balanced",
    SMALL_EPS: "fp64_small_eps",
    LARGE_EPS: "large_eps",
    ALL: "all",
}
KINDS: dict[str, Row] = {name: texts.ARMS[arm] for name, arm in ARM_OF.items()}
"""How a run goes on; the first is the usual way."""

ROUNDED = (FEW, EXACT, ALL)
"""Those that tell whether rounding turns the features."""

CAUSES = (FEW, EXACT, CENTRED, BALANCED, SMALL_EPS, LARGE_EPS)
"""Those that tell what costs the score."""

BESIDE: dict[str, Row] = {
    "as above": {},
    "weight decay 1": {"weight_decay": 1.0},
    "numbers of 16 bits": {"precision": "bf16"},
    "Muon": {"optimiser": "muon"},
}


def runs(rows: Rows, **unusual: Any) -> list[Row]:
    """The usual runs, but for what is named."""
    return select(rows, **{**USUAL, **unusual})


def grid(rows: Rows) -> list[Row]:
    """All runs on few problems with either stream and either decay, AdamW and float32."""
    return [
        row for s in STREAMS for decay in DECAYS for row in runs(rows, stream=s, weight_decay=decay)
    ]


def arm_of(row: Row) -> tuple[str, str]:
    return STREAMS[row["cell"]["stream"]], DECAYS[row["cell"]["weight_decay"]]


# ---------------------------------------------------------------- what is looked at

LAST = 3
"""The last place in the stream: what leaves block 2."""

PLACES = ("before block 0", "after block 0", "after block 1", "after block 2")

SHARES: dict[str, tuple[str, str]] = {
    "other problems wrong": ("wrong", "n"),
    "the few problems wrong": ("few_wrong", "n_few"),
}
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

MOVING = (*INSIDE, "other problems wrong")
"""What may be compared between ways to go on."""


def curve(row: Row, what: str) -> list[tuple[int, float]]:
    """(step, value) of every look but the one before the first step."""
    if what in SHARES:
        name, n = SHARES[what]
        values = [look[name] / row[n] for look in row["looks"]]
    else:
        values = warnings.curve_of(row, *INSIDE[what])
    steps = [look["step"] for look in row["looks"]]
    return list(zip(steps, values, strict=True))[1:]


def grid_rows(rows: Rows, what: str) -> list[Row]:
    return [
        {
            "run": arm_of(row)[0],
            "decay": arm_of(row)[1],
            "seed": row["cell"]["seed"],
            "step": step,
            "value": value,
        }
        for row in grid(rows)
        for step, value in curve(row, what)
    ]


def kind_rows(rows: Rows, what: str, kinds: Sequence[str] = ROUNDED) -> list[Row]:
    return [
        {"run": kind, "seed": row["cell"]["seed"], "step": step, "value": value}
        for kind in kinds
        for row in runs(rows, **KINDS[kind])
        for step, value in curve(row, what)
    ]


def at(row: Row, name: str, place: int | None = None, look: int = -1) -> float:
    """A reading at one look, the last if not said otherwise."""
    return warnings.curve_of(row, name, place)[look]


def scores(row: Row, *, compact: bool) -> dict[str, list[float]]:
    """Counts under the cloud; at the top of a page those alone that give no answer away."""
    few = {"the few problems wrong": [look["few_wrong"] for look in row["looks"]]}
    if compact:
        return few
    return few | {
        "other problems wrong": [look["wrong"] for look in row["looks"]],
        "token cosine": [look["token_cosine"][LAST] for look in row["looks"]],
        "effective rank": [look["effective_rank"][LAST] for look in row["looks"]],
    }


def score_rows(row: Row) -> list[Row]:
    found = scores(row, compact=False)
    steps = [look["step"] for look in row["looks"]]
    return [
        {"step": step, **{name: values[n] for name, values in found.items()}}
        for n, step in enumerate(steps)
    ]


def over_seeds(rows: Rows, name: str, place: int | None = None, look: int = -1) -> Spread:
    return spread(at(row, name, place, look) for row in rows)


PARTED = 1174
"""The look up to which runs with the loss in float32 and float64 go together."""

MIDWAY = 3427
"""A look at which features point one way and are still as rich about their mean."""


def look_at(row: Row, step: int) -> int:
    return [look["step"] for look in row["looks"]].index(step)


# ---------------------------------------------------------------- 1. past the end

FALLS = ("about as many", "two to five times as many", "more than five times as many")


def how_it_falls(rows: Rows) -> str:
    """The option of the guess: other problems wrong at the end over those at the start."""
    start, end = (over_seeds(runs(rows), "wrong", look=look).median for look in (0, -1))
    return band(end / start, (2, 5), FALLS)


def times_read() -> float:
    """How often the long run reads each of its problems."""
    n_pair = len(recipes.few_pairs(recipes.N_PAIR, 1).both_ways()[0])
    return recipes.STEPS * recipes.BATCH / n_pair


def times_read_before() -> float:
    """How often the base reads each of its own."""
    base = recipes.knows_two_digits()
    return base.steps * base.batch_size / base.data.trained_on().sum()


# ---------------------------------------------------------------- 2. the features

TURNS = ("they stay as they are", "they move apart", "they turn one way")


def how_they_turn(rows: Rows) -> str:
    """The option of the guess: the token cosine after block 2, less that at the start."""
    moved = [
        at(row, "token_cosine", LAST) - at(row, "token_cosine", LAST, look=0) for row in runs(rows)
    ]
    middle = spread(moved).median
    if middle > warnings.TURN:
        return TURNS[2]
    return TURNS[1] if middle < -warnings.TURN else TURNS[0]


FIRST, SECOND, ARROW = (1.0, 0.0), (0.0, 1.0), (3.0, 3.0)
"""Two features of two numbers, and an arrow that is added to both."""


def cosine(x: Sequence[float], y: Sequence[float]) -> float:
    (between,) = diagnostics.cosines(torch.tensor([[x, y]]))
    return float(between[0, 1])


def added(x: Sequence[float]) -> list[float]:
    return [a + b for a, b in zip(x, ARROW, strict=True)]


def vector(x: Sequence[float]) -> str:
    return f"({', '.join(f'{number:g}' for number in x)})"


WORKED_SHARES = (0.9, 0.1)


def rank_of(shares: Sequence[float]) -> float:
    return diagnostics.effective_rank(torch.tensor(shares, dtype=torch.float64))


# ---------------------------------------------------------------- 3. who pushes


def eps_of_adamw() -> float:
    """What AdamW adds to the size of the gradients."""
    return inspect.signature(optim.AdamW).parameters["eps"].default


LEADS = (4.0, 8.0, 12.0, 16.0, 19.0, 20.0, 24.0)
LEAD = 20.0

STILL = ("yes, as much as before", "yes, but less than half as much", "no, hardly at all")


def still_turn(rows: Rows) -> str:
    """The option of the guess: how much of the rise of the token cosine is left in float64."""

    def rise(found: Rows) -> float:
        return spread(
            at(row, "token_cosine", LAST) - at(row, "token_cosine", LAST, look=0) for row in found
        ).median

    left = rise(runs(rows, **KINDS[EXACT])) / rise(runs(rows))
    return STILL[0] if left >= 0.5 else STILL[1] if left >= 0.1 else STILL[2]


def pull_rows(lead: float) -> list[dict[str, str]]:
    """A line for either format: the pulls on the logits of one token."""
    return [
        {
            "softmax in": f"{bits} bits",
            "the right logit is pulled up by": power(found.up),
            "all others together are pushed down by": power(found.down),
            "left over": power(found.left),
        }
        for bits in (32, 64)
        for found in (probes.pulls(lead, bits),)
    ]


def power(x: float) -> str:
    """0, or with two digits: 2.7e-08."""
    return f"{x:.1e}" if x else "0"


COSTS = (
    "hardly any",
    "about half as many as with the push",
    "about as many as with the push",
)


def what_the_push_costs(rows: Rows) -> str:
    """The option of the guess: of the problems lost with the push, the part that is lost without
    it."""

    def lost(found: Rows) -> float:
        return spread(at(row, "wrong") - at(row, "wrong", look=0) for row in found).median

    return band(lost(runs(rows, **KINDS[CENTRED])) / lost(runs(rows)), (0.25, 0.75), COSTS)


# ---------------------------------------------------------------- 4. what warned first

WHEN = ("before step 100", "from step 100 to step 1,000", "later, or never")


def when_it_falls(rows: Rows) -> str:
    """The option of the guess, of the usual runs."""
    return band(spread(map(warnings.fall_of, runs(rows))).median, (100, 1000), WHEN)


def change_rows(row: Row) -> list[Row]:
    """Of one run: by how much of its whole change each reading has changed."""
    out: list[Row] = []
    for what in ("other problems wrong", *INSIDE):
        found = curve(row, what)
        values = np.array([value for _, value in found])
        if what == "loss of the few problems":
            values = np.log(values)
        whole = np.abs(values - values[0]).max() or 1.0
        sign = np.sign(values[-1] - values[0]) or 1.0
        out += [
            {"reading": what, "step": step, "value": float(sign * (value - values[0]) / whole)}
            for (step, _), value in zip(found, values, strict=True)
        ]
    return out


def fitted_and_tested(rows: Rows, kinds: Iterable[str] = (FEW, ALL)) -> tuple[list[Row], list[Row]]:
    """Runs of these kinds, by the seeds that rules are written down on, and the others."""
    others = [row for kind in kinds if kind != FEW for row in runs(rows, **KINDS[kind])]
    found = [*grid(rows), *others]
    fitted, tested = (
        [row for row in found if row["cell"]["seed"] in seeds]
        for seeds in (warnings.FITTED_ON, warnings.TESTED_ON)
    )
    return fitted, tested


def judged(rows: Rows) -> list[tuple[Judged, warnings.Verdict, warnings.Verdict]]:
    """Of each kind of reading its rule, from the block where that did best on the seeds that rules
    are written down on, with its verdicts on those and on the others.

    The rule with the fewest mistakes on the others is first, and of these the earliest.
    """
    fitted, tested = fitted_and_tested(rows)
    rules: dict[str, list[warnings.Rule]] = {}
    for name, place in warnings.readings():
        rules.setdefault(name, []).append(warnings.fit(fitted, name, place))
    best = [min(some, key=lambda rule: warnings.worth(rule, fitted)) for some in rules.values()]
    found = [
        (rule, warnings.judge(rule, fitted), warnings.judge(rule, tested))
        for rule in (*best, warnings.fit_clock(fitted))
    ]
    return sorted(found, key=lambda one: (one[2].mistakes, -one[2].lead))


READINGS = {
    "token_cosine": "token cosine",
    "effective_rank": "effective rank",
    "centred_rank": "effective rank about the mean",
    "rank_residual": "rank residual",
    "attention_entropy": "attention entropy",
    "weight_norm": "size of the weights",
    "logit_norm": "size of the logits",
    "few_loss": "loss of the few problems",
}
CLOCK = "a clock"


def name_of(rule: Judged) -> str:
    if isinstance(rule, warnings.Clock):
        return f"{CLOCK}, at step {rule.step:,}"
    if rule.place is None:
        return READINGS[rule.name]
    block = rule.place if rule.name == "attention_entropy" else rule.place - 1
    return f"{READINGS[rule.name]}, block {block}"


def condition_of(rule: Judged) -> str:
    if isinstance(rule, warnings.Clock):
        return ""
    return f"{'risen' if rule.rises else 'fallen'} by {100 * rule.amount:g}%"


def useful(rows: Rows) -> list[Judged]:
    """Rules that warned before most falls of the other seeds, and never where nothing fell."""
    return [
        rule
        for rule, _, tested in judged(rows)
        if not isinstance(rule, warnings.Clock)
        and tested.warned > tested.fell / 2
        and not tested.false
    ]


def rule_rows(rows: Rows) -> list[dict[str, str]]:
    return [
        {
            "reading": name_of(rule),
            "warns once it has": condition_of(rule),
            "before a fall": f"{tested.warned} of {tested.fell}",
            "where nothing fell": f"{tested.false} of {tested.stood}",
            "earlier by": f"{tested.lead:.1f} times" if tested.warned else "",
        }
        for rule, _, tested in judged(rows)
    ]


# ---------------------------------------------------------------- 5. the last network, taken apart

WHERE = ("the token table", "block 0", "block 1", "block 2")


def part_rows(rows: Rows) -> list[Row]:
    """Other problems wrong of the last network, as it is and with one part put back; with softmax
    in float32 and in float64."""
    out: list[Row] = []
    for kind, row in [(k, row) for k in (FEW, EXACT) for row in runs(rows, **KINDS[k])]:
        seed, n = row["cell"]["seed"], row["n"]
        counts = {
            "as it is": at(row, "wrong"),
            "without the mean feature": row["wrong_without_mean"],
            **{f"{part} as before": x for part, x in row["wrong_with_part_of_base"].items()},
        }
        out += [
            {"network": name, "run": kind, "seed": seed, "value": x / n}
            for name, x in counts.items()
        ]
    return out


def where_it_is(rows: Rows) -> str:
    """The option of the guess: the part that mends most when it is put back."""
    parts = list(runs(rows)[0]["wrong_with_part_of_base"])
    medians = [
        spread(row["wrong_with_part_of_base"][part] for row in runs(rows)).median for part in parts
    ]
    return WHERE[int(np.argmin(medians))]


# ---------------------------------------------------------------- beside


def beside_rows(rows: Rows) -> list[dict[str, str]]:
    """One run each, all of the same seed."""
    out: list[dict[str, str]] = []
    for name, unusual in BESIDE.items():
        for row in runs(rows, **unusual, seed=texts.PICTURED_SEED):
            fall = warnings.fall_of(row)
            out.append(
                {
                    "goes on with": name,
                    "the few wrong": f"{at(row, 'few_wrong'):,} of {row['n_few']:,}",
                    "others wrong": f"{at(row, 'wrong'):,} of {row['n']:,}",
                    "fell at step": f"{fall:,}" if math.isfinite(fall) else "never",
                    "token cosine": f"{at(row, 'token_cosine', LAST):.2f}",
                    "effective rank": f"{at(row, 'effective_rank', LAST):.1f}",
                    "size of the weights": f"{at(row, 'weight_norm'):.1f}",
                }
            )
    return out


# ---------------------------------------------------------------- the live run

FEWS = (4, 16, 64, 256)
"""Pairs that a reader may go on with."""


def recorded_curves(rows: Rows) -> list[Row]:
    """Loss and held-out share of the recorded runs, by the number of pairs."""
    return [
        {"run": f"{row['cell']['few']} pairs, recorded", "step": step, "what": what, "value": value}
        for row in rows
        for step, errors, n, loss in row["curve"]
        for what, value in (("loss", loss), ("held out", 1 - errors / n))
    ]


CALC: dict[str, Callable[[], str]] = {
    "few": lambda: f"{recipes.N_PAIR}",
    "steps": lambda: f"{recipes.STEPS:,}",
    "asked": lambda: f"{texts.N_ASKED:,}",
    "times_read": lambda: f"{times_read():,.0f}",
    "times_before": lambda: f"{times_read_before():.1f}",
    "past": lambda: f"{times_read() / times_read_before():.0f}",
    "share_large": lambda: f"{WORKED_SHARES[0]:g}",
    "share_small": lambda: f"{WORKED_SHARES[1]:g}",
    "entropy": lambda: f"{math.log(rank_of(WORKED_SHARES)):.2f}",
    "rank": lambda: f"{rank_of(WORKED_SHARES):.2f}",
    "rank_alike": lambda: f"{rank_of((0.5, 0.5)):g}",
    "lead": lambda: f"{LEAD:g}",
    "lead_rounds": lambda: f"{next(x for x in range(30) if probes.pulls(float(x), 32).up <= 0)}",
    "eps": lambda: power(eps_of_adamw()),
    "parted": lambda: f"{PARTED:,}",
    "midway": lambda: f"{MIDWAY:,}",
    "cos_x": lambda: vector(FIRST),
    "cos_y": lambda: vector(SECOND),
    "cos_xy": lambda: f"{cosine(FIRST, SECOND):g}",
    "cos_arrow": lambda: vector(ARROW),
    "cos_added": lambda: f"{cosine(added(FIRST), added(SECOND)):.2f}",
    "pull_down": lambda: power(probes.pulls(LEAD, 32).down),
    "pull_up": lambda: power(probes.pulls(LEAD, 32).up),
    "turn": lambda: f"{warnings.TURN:g}",
    "fitted": lambda: listed([f"{seed}" for seed in warnings.FITTED_ON]),
    "tested": lambda: listed([f"{seed}" for seed in warnings.TESTED_ON]),
    "small_eps": lambda: power(texts.ARMS["fp64_small_eps"]["eps"]),
    "large_eps": lambda: power(texts.ARMS["large_eps"]["eps"]),
    "validation": lambda: f"{len(pairs_of('validation')[0]):,}",
}
