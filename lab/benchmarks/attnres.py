"""One seed of the six-layer race of chapter 5, and what a step costs, beside the record."""

from __future__ import annotations

from typing import Any

from lab.experiments.attention_residuals import MEASURED_AT, best_rate, measure, measure_cost, plan
from lab.recipes.attention_residuals import ARMS
from lab.records import RECORDS, read_lines, select

DEPTH, NETWORK, SEED = 6, "6 layers", 1


def bench_attnres() -> dict[str, Any]:
    """Loss after as many steps, each kind of residual at its own rate; six to eight minutes."""
    rows, steps = read_lines(RECORDS / "residuals.jsonl"), MEASURED_AT[DEPTH]
    losses: dict[str, dict[str, float]] = {}
    for arm in ARMS:
        (row,) = select(rows, part="race", depth=DEPTH, arm=arm, seed=SEED)
        found = measure(plan(arm, DEPTH, best_rate(rows, arm, DEPTH), SEED, steps), "test", steps)
        losses[arm] = {"measured": found["loss"], "record": row["loss"]}
        print(f"{arm:>6}  loss measured {found['loss']:.2e}  record {row['loss']:.2e}", flush=True)
    (timed,) = select(read_lines(RECORDS / "residuals_cost.jsonl"), network=NETWORK)
    seconds = {
        arm: {"measured": now[1], "record": timed["seconds"][arm][1]}
        for arm, now in measure_cost({"network": NETWORK})["seconds"].items()
    }
    for arm, took in seconds.items():
        both = "  ".join(f"{when} {1e3 * x:.0f} ms" for when, x in took.items())
        print(f"{arm:>6}  a step {both}")
    return {"seeds": [SEED], "steps": steps, "loss": losses, "seconds": seconds}
