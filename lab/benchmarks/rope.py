"""One seed of the deciding pair of chapter 2, measured again beside the recorded ratio."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from lab.experiments.rope import GOAL, best_rate, measure, plan
from lab.recipes.rope import Encoding
from lab.records import RECORDS, read_lines, select
from lab.statistics import ratio_of_medians, steps_until

SEED = 2
PAIR: tuple[Encoding, ...] = ("learned", "rotary")


def bench_rope() -> dict[str, Any]:
    """Steps in the stream until 1 in 20 is wrong, learned over rotary; three to six minutes."""
    rows = read_lines(RECORDS / "rope.jsonl")
    recorded = {encoding: on_record(rows, encoding) for encoding in PAIR}
    learned, rotary = (list(recorded[encoding].values()) for encoding in PAIR)
    ratio = ratio_of_medians(learned, rotary)
    measured: dict[str, float] = {}
    for encoding in PAIR:
        recipe = plan("packed", encoding, best_rate(rows, "packed", encoding), SEED)
        measured[encoding] = steps_until(measure(recipe, "test", GOAL)["curve"], GOAL)
        both = f"measured {measured[encoding]:,.0f}  record {recorded[encoding][SEED]:,.0f}"
        print(f"{encoding:>8}  {both} steps")
    print(f"ratio  measured {measured['learned'] / measured['rotary']:.2f}", end="  ")
    print(f"record {ratio.ratio:.2f} (95%: {ratio.low:.2f} to {ratio.high:.2f})")
    return {
        "seeds": [SEED],
        "measured": {name: finite(x) for name, x in measured.items()},
        "record": {name: finite(x) for name, x in asdict(ratio).items()},
    }


def on_record(rows: list[dict[str, Any]], encoding: Encoding) -> dict[int, float]:
    """Steps to the goal, by seed."""
    seeds = select(rows, part="race", setting="packed", encoding=encoding)
    return {row["cell"]["seed"]: steps_until(row["curve"], GOAL) for row in seeds}


def finite(x: float) -> float | None:
    """JSON has no infinity: what never came is none."""
    return x if math.isfinite(x) else None
