"""Chapter 0's multiplication table with a fifth of it hidden."""

from __future__ import annotations

from typing import Any

import numpy as np

from lab.by_hand.mlp import Encoding, Target, Task
from lab.by_hand.mlp_experiment import Settings, film, hide_share, right_cells
from lab.data.samples import Sample
from lab.experiments.sweep import Cell

HOLDOUT_ARMS: tuple[tuple[Encoding, Target, float], ...] = (
    ("one_hot", "class", 0.02),
    ("digits", "digits", 0.02),
    ("scalar", "regression", 0.05),
    ("log", "class", 0.02),
    ("log", "regression", 0.05),
)
"""Encoding, target, and the best of three rates on other splits (seeds 100 to 103)."""


def holdout_cells() -> list[Cell]:
    return [
        {"encoding": encoding, "target": target, "seed": seed}
        for encoding, target, _ in HOLDOUT_ARMS
        for seed in range(10)
    ]


def measure_holdout(cell: Cell) -> dict[str, Any]:
    """The 10 x 10 table with a fifth of its unordered pairs hidden, after 1,000 epochs.

    `guess`: wrong if every hidden cell gets the product that is most frequent among those shown.
    """
    rate = next(r for e, t, r in HOLDOUT_ARMS if (e, t) == (cell["encoding"], cell["target"]))
    task, seed = Task(1, cell["encoding"], cell["target"]), cell["seed"]
    settings = Settings(task, hidden=(32,), rate=rate, epochs=1000, seed=seed)
    shown = hide_share(task, 0.2, seed)
    *_, last = film(settings, shown)
    a, b = task.cells()
    wrong = ~right_cells(task, last.answers)
    common = np.bincount((a * b)[shown]).argmax()
    out: dict[str, Any] = {"rate": rate, "loss": last.loss}
    for group, cells in (
        ("shown", shown),
        ("hidden", ~shown),
        ("hidden_nonzero", ~shown & (a * b > 0)),
        ("hidden_zero", ~shown & (a * b == 0)),
    ):
        out |= {f"errors_{group}": int(wrong[cells].sum()), f"n_{group}": int(cells.sum())}
    out |= {"errors_guess": int(((a * b)[~shown] != common).sum()), "n_guess": out["n_hidden"]}
    hidden = Sample("generator", "unordered pairs of 1x1 digits, hidden", int((~shown).sum()), seed)
    return {**out, **hidden.document(), "seeds": [seed]}
