"""Which reading of a network foretells that its held-out score falls, and how early?

The rows are those of `records/collapse.jsonl`. A rule is written down on some seeds, by the falls
on validation problems, and judged on others, by the falls on test problems; it may evaluate the
small set that the run trains on, but no held-out answer.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Row = Mapping[str, Any]

FALL = 0.05
"""The held-out score has fallen once so much more of it is wrong than at the start."""

TURN = 0.2
"""Features have turned one way once the last token cosine is so far above that of the start."""

PLACES: dict[str, Sequence[int]] = {
    "token_cosine": (1, 2, 3),
    "effective_rank": (1, 2, 3),
    "centred_rank": (1, 2, 3),
    "rank_residual": (1, 2, 3),
    "attention_entropy": (0, 1, 2),
}
"""Where each is read that has a number a place."""

AMOUNTS = (0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0)
"""By how much of its first value a reading must have changed; those down to 0 for a fall."""

FITTED_ON, TESTED_ON = (1, 2, 3), (4, 5, 6)
"""Seeds on which the rule is written down, and those on which it is tested."""


def readings() -> list[tuple[str, int | None]]:
    """All that might warn and needs no held-out problem; a place where there are several."""
    by_place = [(name, place) for name, places in PLACES.items() for place in places]
    return [*by_place, *((name, None) for name in ("weight_norm", "logit_norm", "few_loss"))]


def curve_of(row: Row, name: str, place: int | None) -> list[float]:
    found = [look[name] for look in row["looks"]]
    return found if place is None else [values[place] for values in found]


def fall_of(row: Row) -> float:
    """The step of the first look at which the score on test problems has fallen; infinite if at
    none."""
    return fall_in(row, "wrong", row["n"])


def fall_on_validation(row: Row) -> float:
    """The same on validation problems."""
    return fall_in(row, "wrong_validation", row["n_validation"])


def fall_in(row: Row, counted: str, n: int) -> float:
    first = row["looks"][0][counted]
    steps = [look["step"] for look in row["looks"] if look[counted] >= first + FALL * n]
    return steps[0] if steps else math.inf


def turn_of(row: Row) -> float:
    """The step of the first look at which the features have turned one way; infinite if at none."""
    cosines = [look["token_cosine"][-1] for look in row["looks"]]
    steps = [
        look["step"]
        for look, now in zip(row["looks"], cosines, strict=True)
        if now >= cosines[0] + TURN
    ]
    return steps[0] if steps else math.inf


@dataclass(frozen=True)
class WarningRule:
    """It warns at the second of two looks in a row at which a reading has risen (or fallen) by so
    much of what it was at the start."""

    name: str
    place: int | None
    rises: bool
    amount: float

    def warns(self, row: Row) -> float:
        """The step of the warning; infinite for none."""
        values = np.array(curve_of(row, self.name, self.place))
        change = (values / values[0] - 1) * (1 if self.rises else -1)
        over = change >= self.amount
        (both,) = np.nonzero(over[1:] & over[:-1])
        return row["looks"][int(both[0]) + 1]["step"] if both.size else math.inf


@dataclass(frozen=True)
class Clock:
    """It warns at a step, whatever it reads: what a reading has to beat."""

    step: int

    def warns(self, row: Row) -> float:
        return self.step


@dataclass(frozen=True)
class Verdict:
    """Of a rule on some runs: in how many of those that fell it warned before, in how many of those
    that did not it warned all the same, and how early: the step of the fall over that of the
    warning, the median of the runs where it warned before."""

    warned: int
    fell: int
    false: int
    stood: int
    lead: float

    @property
    def mistakes(self) -> int:
        return self.fell - self.warned + self.false


def judge(
    rule: WarningRule | Clock,
    rows: Sequence[Row],
    event: Callable[[Row], float] = fall_of,
) -> Verdict:
    """`event` is what it is to foretell: the step at which that comes, infinite for never."""
    pairs = [(rule.warns(row), event(row)) for row in rows]
    fell = [(warned, fall) for warned, fall in pairs if math.isfinite(fall)]
    before = [fall / max(1.0, warned) for warned, fall in fell if warned < fall]
    stood = [warned for warned, fall in pairs if not math.isfinite(fall)]
    return Verdict(
        warned=len(before),
        fell=len(fell),
        false=sum(map(math.isfinite, stood)),
        stood=len(stood),
        lead=float(np.median(before)) if before else 1.0,
    )


def fit(rows: Sequence[Row], name: str, place: int | None) -> WarningRule:
    """The rule with the fewest mistakes, and of these the one that warns earliest."""
    rules = [
        WarningRule(name, place, rises, amount)
        for rises in (True, False)
        for amount in AMOUNTS
        if rises or amount < 1
    ]
    return min(rules, key=lambda rule: worth(rule, rows))


def fit_clock(rows: Sequence[Row]) -> Clock:
    """Of all steps at which runs are looked at the best, in the same way."""
    clocks = [Clock(look["step"]) for look in rows[0]["looks"][1:]]
    return min(clocks, key=lambda clock: worth(clock, rows))


def worth(rule: WarningRule | Clock, rows: Sequence[Row]) -> tuple[int, float]:
    """On validation problems; the less the better."""
    verdict = judge(rule, rows, fall_on_validation)
    return verdict.mistakes, -verdict.lead


def by_seeds(rows: Iterable[Row]) -> tuple[list[Row], list[Row]]:
    """Runs by the seeds that rules are written down on, and the others."""
    found = list(rows)
    fitted, tested = (
        [row for row in found if row["cell"]["seed"] in seeds] for seeds in (FITTED_ON, TESTED_ON)
    )
    return fitted, tested


def best_rules(rows: Iterable[Row]) -> list[tuple[WarningRule | Clock, Verdict, Verdict]]:
    """Of each kind of reading its rule, from the place where that did best on the seeds that rules
    are written down on, with its verdicts on those and on the others; and of a clock.

    The rule with the fewest mistakes on the others is first, and of these the earliest.
    """
    fitted, tested = by_seeds(rows)
    rules: dict[str, list[WarningRule]] = {}
    for name, place in readings():
        rules.setdefault(name, []).append(fit(fitted, name, place))
    best = [min(some, key=lambda rule: worth(rule, fitted)) for some in rules.values()]
    found = [
        (rule, judge(rule, fitted), judge(rule, tested)) for rule in (*best, fit_clock(fitted))
    ]
    return sorted(found, key=lambda one: (one[2].mistakes, -one[2].lead))
