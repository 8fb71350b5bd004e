"""Working handed over or forged: what the model makes of what it did not write."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import Any

import numpy as np

from lab.data.samples import some_pairs
from lab.evaluation import Reading, read_texts
from lab.experiments.sweep import Cell, Small, one_by_one
from lab.inference.scoring import decode_all
from lab.interp.tamper import forgeries, tampered, tokens_given
from lab.training.checkpoint import load_run
from lab.training.run import ALL

FEW = 500
"""Pairs of the small settings, drawn by a seed."""


def tamper_cells() -> list[Cell]:
    form = load_run("chain_of_thought").format
    return [
        {"run": "chain_of_thought", "field": f.field.label, "position": f.position, "seed": 0}
        for f in forgeries(form)
    ]


def measure_tamper(cell: Cell, n: int = ALL) -> dict[str, Any]:
    """All 10,000 pairs with one digit forged, or `n` of them."""
    loaded = load_run(cell["run"])
    a, b, sample = some_pairs(n)
    forgery = next(f for f in forgeries(loaded.format) if f.position == cell["position"])
    rng = np.random.default_rng([cell["seed"], cell["position"]])
    *_, outcome = tampered(loaded.model, loaded.format, a, b, forgery, rng)
    figures = {"place": forgery.place, **asdict(outcome)}
    return {**figures, **sample.document(), "seeds": [cell["seed"]]}


def tamper_small() -> dict[str, Small]:
    return one_by_one(tamper_cells(), partial(measure_tamper, n=FEW), "followed", "stayed")


def handed_cells() -> list[Cell]:
    return [
        {"run": run, "given": given}
        for run in ("chain_of_thought", "few_pairs")
        for given in range(3)
    ]


def measure_handed(cell: Cell, n: int = ALL) -> dict[str, Any]:
    """All 10,000 pairs, or `n` of them, with 0, 1 or 2 partial products in the prompt."""
    loaded = load_run(cell["run"])
    a, b, sample = some_pairs(n)
    keep = tokens_given(loaded.format, cell["given"])
    total = Reading()
    for rows, texts in decode_all(loaded.model, loaded.format, a, b, keep=keep):
        total = total + read_texts(loaded.format, a[rows], b[rows], texts)
    return {**total.document(), **sample.document(), "seeds": [0]}


def handed_small() -> dict[str, Small]:
    return one_by_one(handed_cells(), partial(measure_handed, n=FEW), "errors_answer")
