"""What a count of errors proves about the share that is right."""

from __future__ import annotations

import math

import numpy as np


def lower_bound_95(errors: int, n: int) -> float:
    """One-sided 95% Clopper-Pearson lower bound of the share that is right.

    The p at which n draws would show at most `errors` errors with probability 5%.
    """
    if not 0 <= errors <= n or n < 1:
        raise ValueError(f"errors={errors} of n={n}; needs 0 <= errors <= n and n >= 1")
    if errors == n:
        return 0.0
    counts = np.arange(errors + 1)
    log_choose = np.array(
        [math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) for k in counts]
    )
    low, high = errors / n, 1.0
    for _ in range(60):
        q = (low + high) / 2
        logs = log_choose + counts * math.log(q) + (n - counts) * math.log1p(-q)
        low, high = (low, q) if np.exp(logs).sum() < 0.05 else (q, high)
    return 1 - high
