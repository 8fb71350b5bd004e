"""The worked numbers in the prose of chapter 5, third page, and what its record says."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from components.ui.chapters.ch52 import claims, probes
from components.ui.chapters.ch52.claims import (
    CAUSES,
    CENTRED,
    DECAYS,
    EXACT,
    FEW,
    KINDS,
    RUNS,
    STREAMS,
)
from components.ui.drawings.guess import Answer, Axis, Dragged, Picked
from components.ui.drawings.guess import Row as Line
from components.ui.lazily import lazily
from components.ui.words import band
from lab.data.problems import pairs_of
from lab.experiments import collapse_texts as texts
from lab.experiments import warnings
from lab.numerals import written
from lab.readings import Counts, Question, Row, Rows, join_words

recipes = lazily("lab.recipes.feature_collapse")
diagnostics = lazily("lab.interp.diagnostics")
optim = lazily("lab.training.optim")
torch = lazily("torch")

Drawn = dict[str, Any]
"""A row of a chart or a table."""

Judged = warnings.WarningRule | warnings.Clock

# ---------------------------------------------------------------- the runs

BESIDE: dict[str, Rows] = {
    "as above": RUNS,
    "weight decay 1": RUNS.where(weight_decay=1.0),
    "bfloat16": RUNS.where(precision="bf16"),
    "Muon": claims.MUON,
}

EVERY_WAY = (claims.JUDGED, *(KINDS[kind] for kind in CAUSES if kind != FEW))
"""All runs by which a reader's rule is judged."""


def fitted_and_tested(record: Any) -> tuple[list[Row], list[Row]]:
    """Those by the seeds that rules are written down on, and the others."""
    return warnings.by_seeds(row for runs in EVERY_WAY for row in runs.of(record))


# ---------------------------------------------------------------- what is looked at

LAST = 3
"""The last place in the stream: what leaves layer 2."""

PLACES = ("before layer 0", "after layer 0", "after layer 1", "after layer 2")

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


def grid_rows(record: Any, what: str) -> list[Drawn]:
    return [
        {
            "run": STREAMS[row["cell"]["stream"]],
            "decay": DECAYS[row["cell"]["weight_decay"]],
            "seed": row["cell"]["seed"],
            "step": step,
            "value": value,
        }
        for row in claims.GRID.of(record)
        for step, value in curve(row, what)
    ]


def kind_rows(record: Any, what: str, kinds: Sequence[str]) -> list[Drawn]:
    return [
        {"run": kind, "seed": row["cell"]["seed"], "step": step, "value": value}
        for kind in kinds
        for row in KINDS[kind].of(record)
        for step, value in curve(row, what)
    ]


def scores(row: Row, *, compact: bool) -> dict[str, list[float]]:
    """Counts under the cloud; at the top of a page those alone that give no answer away."""
    few = {"the few problems wrong": [look["few_wrong"] for look in row["looks"]]}
    if compact:
        return few
    return few | {
        "other problems wrong": [look["wrong"] for look in row["looks"]],
        "token cosine": warnings.curve_of(row, "token_cosine", LAST),
        "effective rank": warnings.curve_of(row, "effective_rank", LAST),
    }


def score_rows(row: Row) -> list[Drawn]:
    found = scores(row, compact=False)
    steps = [look["step"] for look in row["looks"]]
    return [
        {"step": step, **{name: values[n] for name, values in found.items()}}
        for n, step in enumerate(steps)
    ]


# ---------------------------------------------------------------- 1. past the end

FALLS = ("about as many", "two to five times as many", "more than five times as many")


def how_it_falls(record: Any) -> str:
    """The option of the guess: other problems wrong at the end over those at the start."""
    start, end = (claims.wrong(RUNS, step).value(record) for step in (0, recipes.STEPS))
    return band(end / start, (2, 5), FALLS)


def wrong_at_start(record: Any) -> int:
    return round(asked(record) * claims.wrong(RUNS, 0).value(record))


def asked(record: Any) -> int:
    """Other problems that each run is evaluated on."""
    return RUNS.of(record)[0]["n"]


def to_be_wrong(record: Any) -> Dragged:
    """The frame of the guess."""
    start = wrong_at_start(record)
    axis = Axis(f"wrong of {asked(record):,}", 0, asked(record))
    return Dragged(axis, "at the end", [Line("at the start", start)], start=start, hue="brown")


def wrong_at_end(record: Any) -> Answer:
    """The answer of the guess, a dot for each seed."""
    found = claims.wrong(RUNS, recipes.STEPS)
    value = asked(record) * found.value(record)
    then = f"That is {how_it_falls(record)}."
    return Answer(value, f"median {value:,.0f}", then, [n for _, n, _ in found.points(record)])


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


def how_they_turn(record: Any) -> str:
    """The option of the guess: the token cosine after layer 2, less that at the start."""
    rise = claims.rise(RUNS, claims.COSINE).value(record)
    if rise > warnings.TURN:
        return TURNS[2]
    return TURNS[1] if rise < -warnings.TURN else TURNS[0]


FIRST, SECOND, ARROW = (1.0, 0.0), (0.0, 1.0), (3.0, 3.0)
"""Two features of two numbers, and an arrow that is added to both."""


def cosine(x: Sequence[float], y: Sequence[float]) -> float:
    (between,) = diagnostics.cosines(torch.tensor([[x, y]]))
    return float(between[0, 1])


def added(x: Sequence[float]) -> list[float]:
    return [a + b for a, b in zip(x, ARROW, strict=True)]


def vector(x: Sequence[float]) -> str:
    return f"({', '.join(map(written, x))})"


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


def still_turn(record: Any) -> str:
    """The option of the guess: how much of the rise of the token cosine is left in float64."""
    exact, usual = (claims.rise(KINDS[kind], claims.COSINE) for kind in (EXACT, FEW))
    left = exact.ratio_to(usual).value(record)
    return STILL[0] if left >= 0.5 else STILL[1] if left >= 0.1 else STILL[2]


TURN_LEFT = Dragged(
    Axis.percent("of the rise of the token cosine"),
    "softmax in float64",
    given=[Line("softmax in float32", 100)],
)
"""The frame of the guess."""


def turn_left(record: Any) -> Answer:
    exact, usual = (claims.rise(KINDS[kind], claims.COSINE) for kind in (EXACT, FEW))
    value = 100 * exact.ratio_to(usual).value(record)
    return Answer(
        value,
        f"{value:.0f}%",
        f"Do they still turn one way? **{still_turn(record).capitalize()}**.",
    )


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


COSTS = (
    "hardly any",
    "about half as many as with the push",
    "about as many as with the push",
)


def what_the_push_costs(record: Any) -> str:
    """The option of the guess: of the problems lost with the push, the part that is lost without
    it."""
    without, usual = (claims.rise(KINDS[kind], "wrong") for kind in (CENTRED, FEW))
    return band(without.ratio_to(usual).value(record), (0.25, 0.75), COSTS)


LOST_WITHOUT_PUSH = Dragged(
    Axis.percent("of those lost with the push", 150),
    "lost without the push",
    given=[Line("lost with it", 100)],
)
"""The frame of the guess."""


def lost_without_push(record: Any) -> Answer:
    without, usual = (claims.rise(KINDS[kind], "wrong") for kind in (CENTRED, FEW))
    value = 100 * without.ratio_to(usual).value(record)
    return Answer(value, f"{value:.0f}%", f"That is {what_the_push_costs(record)}.")


# ---------------------------------------------------------------- 4. what warned first

WHEN = ("before step 100", "from step 100 to step 1,000", "later, or never")


def when_it_falls(record: Any) -> str:
    """The option of the guess, of the usual runs."""
    return band(claims.fall(RUNS).value(record), (100, 1000), WHEN)


UNTIL_IT_FALLS = Dragged(
    Axis("steps", 1, 20_000, unit=" steps", log=True),
    "five more in a hundred are wrong",
    hue="brown",
)
"""The frame of the guess."""


def step_of_fall(record: Any) -> Answer:
    """The answer of the guess, a dot for each seed."""
    found = claims.fall(RUNS)
    value = found.value(record)
    return Answer(value, f"median step {value:,.0f}", dots=found.values(record))


def change_rows(row: Row) -> list[Drawn]:
    """Of one run: by how much of its whole change each reading has changed."""
    out: list[Drawn] = []
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


def describe_rule(rule: Judged) -> str:
    if isinstance(rule, warnings.Clock):
        return f"{CLOCK}, at step {rule.step:,}"
    if rule.place is None:
        return READINGS[rule.name]
    layer = rule.place if rule.name == "attention_entropy" else rule.place - 1
    return f"{READINGS[rule.name]}, layer {layer}"


def condition_of(rule: Judged) -> str:
    if isinstance(rule, warnings.Clock):
        return ""
    return f"{'risen' if rule.rises else 'fallen'} by {100 * rule.amount:g}%"


def rule_rows(record: Any) -> list[dict[str, str]]:
    return [
        {
            "reading": describe_rule(rule),
            "warns once it has": condition_of(rule),
            "warned before a fall": f"{tested.warned} of {tested.fell}",
            "and where nothing fell": f"{tested.false} of {tested.stood}",
            "earlier by": f"{tested.lead:.1f} times" if tested.warned else "",
        }
        for rule, _, tested in warnings.best_rules(claims.JUDGED.of(record))
    ]


# ---------------------------------------------------------------- 5. the last network, taken apart

PARTS = {
    "the embedding": "token_table",
    "layer 0": "block_0",
    "layer 1": "block_1",
    "layer 2": "block_2",
}
"""Of a network, as the page calls them: in the record."""


def taken_apart(found: Rows) -> dict[str, Counts]:
    """Other problems wrong of the last network, as it is and with one part put back."""
    return {
        "as it is": claims.wrong(found),
        "without the mean feature": claims.without_mean(found),
        **{
            f"{words.removeprefix('the ')} as before": claims.put_back(found, part)
            for words, part in PARTS.items()
        },
    }


def part_rows(record: Any) -> list[Drawn]:
    """A point a seed, with softmax in float32 and in float64."""
    return [
        {"network": name, "run": kind, "seed": row["cell"]["seed"], "value": wrong / n}
        for kind in (FEW, EXACT)
        for name, question in taken_apart(KINDS[kind]).items()
        for row, wrong, n in question.points(record)
    ]


def where_it_is(record: Any) -> str:
    """The option of the guess: the part that mends most when it is put back."""
    return min(PARTS, key=lambda name: claims.put_back(RUNS, PARTS[name]).value(record))


def put_back(record: Any) -> Picked:
    """The frame of the guess: problems that are wrong then, medians of the seeds."""

    def wrong() -> dict[str, float]:
        return {
            name: asked(record) * claims.put_back(RUNS, part).value(record)
            for name, part in PARTS.items()
        }

    return Picked(Axis(f"wrong of {asked(record):,}, median", 0, asked(record)), wrong)


# ---------------------------------------------------------------- beside


def beside_rows(record: Any) -> list[dict[str, str]]:
    """One run each, all of the same seed."""
    return [
        {
            "goes on with": name,
            **{
                column: question.measure(record).shown
                for column, question in looked_at(found.where(seed=texts.PICTURED_SEED)).items()
            },
        }
        for name, found in BESIDE.items()
    ]


def looked_at(found: Rows) -> dict[str, Question]:
    return {
        "the few wrong": claims.few_wrong(found),
        "others wrong": claims.wrong(found),
        "fell at step": found.told(fell_at),
        "token cosine": claims.reading(found, claims.COSINE),
        "effective rank": claims.reading(found, claims.RANK, form="{:.1f}"),
        "size of the weights": claims.reading(found, "weight_norm", form="{:.1f}"),
    }


def fell_at(found: Sequence[Row]) -> str:
    (fall,) = map(warnings.fall_of, found)
    return f"{fall:,}" if math.isfinite(fall) else "never"


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
    "eps": lambda: written(eps_of_adamw()),
    "parted": lambda: f"{claims.PARTED:,}",
    "midway": lambda: f"{claims.MIDWAY:,}",
    "cos_x": lambda: vector(FIRST),
    "cos_y": lambda: vector(SECOND),
    "cos_xy": lambda: f"{cosine(FIRST, SECOND):g}",
    "cos_arrow": lambda: vector(ARROW),
    "cos_added": lambda: f"{cosine(added(FIRST), added(SECOND)):.2f}",
    "pull_down": lambda: written(probes.pulls(LEAD, 32).down, TWO_DIGITS),
    "pull_up": lambda: written(probes.pulls(LEAD, 32).up, TWO_DIGITS),
    "turn": lambda: f"{warnings.TURN:g}",
    "fitted": lambda: join_words([f"{seed}" for seed in warnings.FITTED_ON]),
    "tested": lambda: join_words([f"{seed}" for seed in warnings.TESTED_ON]),
    "small_eps": lambda: written(texts.ARMS["fp64_small_eps"]["eps"]),
    "large_eps": lambda: written(texts.ARMS["large_eps"]["eps"]),
    "validation": lambda: f"{len(pairs_of('validation')[0]):,}",
}
