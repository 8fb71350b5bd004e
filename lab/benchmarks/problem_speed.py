"""How fast problems are written: 2x2 problems a second, each format."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from lab.data.problems import STYLES, Format, sample_pairs
from lab.statistics import spread

N = 200_000


def bench_problems() -> dict[str, Any]:
    """Problems a second for sampling and rendering, padded and not; the median of five."""
    rates: dict[str, int] = {}
    for style in STYLES:
        for padded in (True, False):
            name = f"{style}{'' if padded else ', unpadded'}"
            rates[name] = round(N / spread(seconds(Format(style, padded=padded))).median)
            print(f"{name:>24}  {rates[name]:>12,} problems/s")
    return {"problems_per_second": rates, "slowest": min(rates.values())}


def seconds(form: Format) -> list[float]:
    out: list[float] = []
    for seed in range(5):
        rng = np.random.default_rng(seed)
        began = time.perf_counter()
        form.render(*sample_pairs(rng, N, form.p, form.q, 0.0, 0.3))
        out.append(time.perf_counter() - began)
    return out
