"""What a count of errors proves, when a curve meets a goal, and what several seeds say together."""

from __future__ import annotations

import math
import statistics
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import NamedTuple, TypeVar

import numpy as np

Problem = TypeVar("Problem", bound=Hashable)

CHANCE = 0.05
"""How seldom so few errors may turn up by luck, for a bound to be given."""


@lru_cache(maxsize=1024)
def lower_bound_95(errors: int, n: int) -> float:
    """One-sided 95% Clopper-Pearson lower bound of the share that is right.

    The p at which n draws would show at most `errors` errors with probability 5%.
    """
    if not 0 <= errors <= n or n < 1:
        raise ValueError(f"errors={errors} of n={n}; needs 0 <= errors <= n and n >= 1")
    if errors == n:
        return 0.0
    counts = np.arange(errors + 1)
    # In logarithms, since 10,000 choose k is larger than any float.
    log_choose = np.array(
        [math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) for k in counts]
    )
    low, high = errors / n, 1.0
    # Halved sixty times, an interval is narrower than the spacing of floats.
    for _ in range(60):
        q = (low + high) / 2
        logs = log_choose + counts * math.log(q) + (n - counts) * math.log1p(-q)
        low, high = (low, q) if np.exp(logs).sum() < CHANCE else (q, high)
    return 1 - high


def steps_until(curve: Sequence[Sequence[float]], goal: float) -> float:
    """The step of the first of two checks in a row with at most `goal` wrong; infinity for never.

    A check is (step, errors, n, ...). Two in a row, since one may be luck.
    """
    meets = [check[1] <= goal * check[2] for check in curve]
    pairs = zip(curve, meets, meets[1:], strict=False)
    return next((check[0] for check, now, then in pairs if now and then), math.inf)


class Spread(NamedTuple):
    """The lowest, the median and the highest of several seeds, or of several timings."""

    low: float
    median: float
    high: float


def spread(values: Iterable[float]) -> Spread:
    """The median of an even number lies halfway between the middle two; infinity is a value too.

    `ValueError` for no values.
    """
    ordered = sorted(values)
    if not ordered:
        raise ValueError("no values have no median; needs at least one")
    return Spread(ordered[0], statistics.median(ordered), ordered[-1])


def in_the_same_order(pairs: Iterable[tuple[float, float]]) -> tuple[int, int]:
    """Of things measured twice, (x, y): how many two are in the same order by x and by y, of all
    two that y tells apart.

    The concordant pairs of Kendall's tau. Two that x alone holds for equal are not concordant.
    """
    counted = [(x - v, y - w) for (x, y), (v, w) in combinations(pairs, 2) if y != w]
    return sum(dx * dy > 0 for dx, dy in counted), len(counted)


def different_of(n: int, draws: int) -> float:
    """How many of `n` things are expected to be drawn at least once, each draw from all of them:
    n (1 - (1 - 1/n)^draws)."""
    return n * (1 - (1 - 1 / n) ** draws)


class Together(NamedTuple):
    """Of what two runs were both asked, over all pairs of runs: how much, wrong in both, wrong in
    one alone, and how much were wrong in both if the runs of a pair knew nothing of each other."""

    n: int
    both: int
    one_alone: int
    by_chance: float


def wrong_together(runs: Sequence[Mapping[Problem, bool]]) -> Together:
    """Of several runs, each of which says of its own problems whether they are wrong."""
    n = both = alone = 0
    by_chance = 0.0
    for one, other in combinations(runs, 2):
        shared = one.keys() & other.keys()
        ours, theirs = sum(one[x] for x in shared), sum(other[x] for x in shared)
        together = sum(one[x] and other[x] for x in shared)
        n, both, alone = n + len(shared), both + together, alone + ours + theirs - 2 * together
        by_chance += ours * theirs / len(shared) if shared else 0
    return Together(n, both, alone, by_chance)


def standard_score(part: int, n: int, other: int, other_n: int) -> float:
    """How many standard errors the share part/n lies above other/other_n, if both were one.

    z = (p - q) / sqrt(r (1 - r) (1/n + 1/m)), r the share of both together; 0 where r is 0 or 1.
    """
    pooled = (part + other) / (n + other_n)
    error = math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / other_n))
    return (part / n - other / other_n) / error if error else 0.0


@dataclass(frozen=True)
class Ratio:
    """median(a) / median(b) of steps to the target, and the middle 95% of a bootstrap."""

    ratio: float
    low: float
    high: float


def ratio_of_medians(a: Sequence[float], b: Sequence[float], draws: int = 10_000) -> Ratio:
    """Seeds are drawn again with replacement, in each arm apart (Efron 1979). Seed 0.

    A run that never arrived counts as infinitely many steps; a ratio of two such is not a number.
    `ValueError` for an arm without runs.
    """
    if not (a and b):
        raise ValueError(f"{len(a)} and {len(b)} runs; each arm needs at least one")
    rng = np.random.default_rng(0)
    x, y = np.array(a, dtype=float), np.array(b, dtype=float)
    medians = [np.median(s[rng.integers(0, len(s), (draws, len(s)))], axis=1) for s in (x, y)]
    with np.errstate(invalid="ignore"):
        drawn = medians[0] / medians[1]
        low, high = np.quantile(
            np.where(np.isnan(drawn), np.inf, drawn), (0.025, 0.975), method="nearest"
        )
        return Ratio(float(np.median(x) / np.median(y)), float(low), float(high))
