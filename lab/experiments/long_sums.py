"""Longer sums than any that was trained: latents and experts beside heads that keep their own.

Test sums of d x d digits, with the limit on distances that served the longer sums of validation
best, and without. The texts are read as in `lengths`, all tokens at once.
"""

from __future__ import annotations

from typing import Any

from lab.data.problems import Format
from lab.data.samples import Sample
from lab.experiments.frontier import asked
from lab.experiments.latent_experts import LIMIT
from lab.experiments.lengths import clipped, problems_of_shape
from lab.experiments.sweep import Cell
from lab.training.checkpoint import load_run

RUNS = ("mla_moe", "far_coupled")
N_ASKED = {4: 2000, 5: 1000, 6: 1000, 8: 1000, 10: 1000, 12: 300, 16: 300}
"""Sums of so many digits by as many: the longest are 832 tokens each."""


def long_sum_cells() -> list[Cell]:
    return [
        {"run": run, "limited": limited, "digits": digits}
        for run in RUNS
        for limited in (True, False)
        for digits in N_ASKED
    ]


def measure_long_sums(cell: Cell) -> dict[str, Any]:
    loaded, digits = load_run(cell["run"]), cell["digits"]
    model = clipped(loaded.model, LIMIT) if cell["limited"] else loaded.model
    form = Format("cot_reversed", digits, digits)
    a, b = problems_of_shape(digits, digits, N_ASKED[digits])
    errors, n = asked(model, form, a, b)["wrong"], len(a)
    return {
        "errors": errors,
        "n": n,
        "tokens": form.length,
        "limit": LIMIT if cell["limited"] else None,
        **Sample("generator", f"test pairs of {digits}x{digits} digits", n, 0).document(),
        "seeds": [0],
    }
