"""One more run of the race of error books, of lots that the record has not; one minute."""

from __future__ import annotations

from typing import Any

from lab.experiments.error_book import (
    BOOK,
    COMPARED,
    MOST,
    ROUNDS,
    SEEDS,
    TASKS,
    Learner,
    best_rate,
    record_of,
    rounds_of,
    start,
)
from lab.records import read_lines


def bench_error_book() -> dict[str, Any]:
    """Validation pairs wrong after each round, at the rates that the record chose, and what it
    cost."""
    task, rows = TASKS["2x2"], read_lines(record_of("2x2"))
    sizes, found = [MOST] * ROUNDS, dict[str, Any]()
    for arm in COMPARED:
        learner = Learner(task, arm, best_rate(rows, "2x2", arm), SEEDS.stop, start(task))
        curve, _ = rounds_of(learner, sizes)
        if arm == BOOK:
            sizes = [at["distinct"] for at in curve[1:]]
        found[arm] = {
            "wrong": [at["wrong"] for at in curve],
            "n": curve[0]["n"],
            "tokens": learner.tokens,
            "tokens_asked": learner.tokens_asked,
            "seconds": round(learner.seconds + learner.seconds_asking, 1),
        }
        print(f"{arm:<20} {found[arm]['wrong']}", flush=True)
    return {"run": task.run, "seed": SEEDS.stop, "arms": found}
