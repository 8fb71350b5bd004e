"""One thread between two layers cut, or one reading pinned to the plain sum: which digits go wrong?

Every token is asked from the right ones before it, so that one wrong digit does not spoil the rest.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from lab.data.problems import BOUNDS, Format, Kind, sample_exact
from lab.data.samples import Sample
from lab.experiments.stage_heads import counted, kinds_in
from lab.experiments.sweep import Cell
from lab.inference.evaluate import likeliest
from lab.inference.forward import run_with_trace
from lab.interp.depth import cut, readings_of
from lab.interp.intervene import even_depth
from lab.model.gpt import GPT
from lab.model.trace import Edit
from lab.training.checkpoint import load_run

RUNS = ("attention_residuals_small",)
FORM = Format("cot_reversed", 3, 3)
ASKED = 200


def thread_cells() -> list[Cell]:
    """Of each run every reading, then the run whole and with all its readings pinned."""
    cells: list[Cell] = []
    for run in RUNS:
        n_reading = len(readings_of(load_run(run).model.config))
        cells += [{"run": run, "reading": n} for n in range(n_reading)]
        cells += [{"run": run, "pinned": which} for which in ("none", "all")]
    return cells


def measure_threads(cell: Cell) -> dict[str, Any]:
    """By kind of number (digits, wrong ones): with each thread cut, and with the reading pinned."""
    model = load_run(cell["run"]).model
    told = {**Sample("generator", "validation pairs of 3x3", ASKED, 0).document(), "seeds": [0]}
    readings = readings_of(model.config)
    if "pinned" in cell:
        even = [even_depth(r.pattern, r.layer) for r in readings if cell["pinned"] == "all"]
        return {"n": ASKED, **asked(model, even), **told}
    reading = readings[cell["reading"]]
    return {
        "n": ASKED,
        "cut": [
            asked(model, [cut(model.config, cell["reading"], source)])
            for source in range(reading.n_source)
        ],
        "pinned": asked(model, [even_depth(reading.pattern, reading.layer)]),
        **told,
    }


def asked(model: GPT, edits: Collection[Edit]) -> dict[str, Any]:
    """Texts with a wrong token, and by kind of number its digits and those that are wrong."""
    a, b = sample_exact(np.random.default_rng(0), ASKED, FORM.p, FORM.q, *BOUNDS["validation"])
    texts, mask = FORM.render(a, b)
    trace = run_with_trace(model, texts[:, :-1], ["logits"], edits)
    missed = (likeliest(trace["logits"], texts) != texts) & mask
    kinds: list[Kind] = kinds_in(FORM)
    return {
        "errors": int(missed.any(axis=1).sum()),
        "wrong": {kind: counted(missed, FORM, kind) for kind in kinds},
    }
