"""One seed of the deciding pair of chapter 2, measured again beside the recorded ratio."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from lab.bounds import ratio_of_medians
from lab.convergence import best_rate, measure, plan
from lab.provenance import RECORDS, read_lines
from lab.recipes.rope import Encoding

SEED = 1
PAIR: tuple[Encoding, ...] = ("learned", "rotary")


def bench_rope() -> dict[str, Any]:
    """Steps to the target in the packed stream, learned over rotary; some six minutes."""
    rows = read_lines(RECORDS / "rope.jsonl")
    measured = {encoding: steps(rows, encoding) for encoding in PAIR}
    recorded = {encoding: on_record(rows, encoding) for encoding in PAIR}
    ratio = ratio_of_medians(recorded["learned"], recorded["rotary"])
    for encoding, found in measured.items():
        print(f"{encoding:>8}  measured {found or 'not arrived'}  record {recorded[encoding]}")
    print(f"ratio of the medians on record {ratio.ratio:.2f} ({ratio.low:.2f} to {ratio.high:.2f})")
    return {
        "seeds": [SEED],
        "measured": measured,
        "record": {name: finite(x) for name, x in asdict(ratio).items()},
    }


def on_record(rows: list[dict[str, Any]], encoding: Encoding) -> list[float]:
    cell = {"part": "race", "setting": "packed", "encoding": encoding}
    seeds = [row for row in rows if cell.items() <= row["cell"].items()]
    return [row["steps_to_target"] or math.inf for row in seeds]


def steps(rows: list[dict[str, Any]], encoding: Encoding) -> int | None:
    recipe = plan("packed", encoding, best_rate(rows, "packed", encoding), SEED)
    return measure(recipe, "test")["steps_to_target"]


def finite(x: float) -> float | None:
    """JSON has no infinity: a ratio without end is none."""
    return x if math.isfinite(x) else None
