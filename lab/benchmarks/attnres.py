"""The first steps of the six-layer race of chapter 5, and what a step costs, beside the record."""

from __future__ import annotations

from typing import Any

from lab.experiments.attention_residuals import best_rate, measure, measure_cost, plan
from lab.recipes.attention_residuals import ARMS
from lab.records import RECORDS, read_lines, select

DEPTH, NETWORK, SEED, STEPS = 6, "6 layers", 1, 200


def bench_attnres() -> dict[str, Any]:
    """Loss of the last batch after as many steps, each kind of residual at its own rate; two or
    three minutes."""
    rows = read_lines(RECORDS / "residuals.jsonl")
    losses: dict[str, dict[str, float]] = {}
    for arm in ARMS:
        (row,) = select(rows, part="race", depth=DEPTH, arm=arm, seed=SEED)
        recipe = plan(arm, DEPTH, best_rate(rows, arm, DEPTH), SEED, STEPS)
        losses[arm] = {
            "measured": loss_at_the_end(measure(recipe, "test", STEPS)["curve"]),
            "record": loss_at_the_end([check for check in row["curve"] if check[0] <= STEPS]),
        }
        both = "  ".join(f"{when} {loss:.3f}" for when, loss in losses[arm].items())
        print(f"{arm:>6}  loss {both}", flush=True)
    (timed,) = select(read_lines(RECORDS / "residuals_cost.jsonl"), network=NETWORK)
    seconds = {
        arm: {"measured": now[1], "record": timed["seconds"][arm][1]}
        for arm, now in measure_cost({"network": NETWORK})["seconds"].items()
    }
    for arm, took in seconds.items():
        both = "  ".join(f"{when} {1e3 * x:.0f} ms" for when, x in took.items())
        print(f"{arm:>6}  a step {both}")
    return {"seeds": [SEED], "steps": STEPS, "loss": losses, "seconds": seconds}


def loss_at_the_end(curve: list[list[float]]) -> float:
    return curve[-1][3]
