"""The twin after each stage of the course, with one head pulled out, or none."""

from __future__ import annotations

from typing import Any

import numpy as np

from lab.data.problems import BOUNDS, Format, sample_exact
from lab.data.samples import Sample
from lab.experiments.sweep import Cell
from lab.inference.evaluate import NOTHING, decode_all, score
from lab.interp.intervene import ablate_head
from lab.training.checkpoint import load_run

STAGES = {
    "course_2x2_small": 2,
    "course_2x3_small": 2,
    "course_3x3_small": 3,
    "curriculum_before_small": 4,
}
"""The twin as each stage left it, and the digits of both numbers of the longest square sums that
it has been taught."""

ASKED = 200


def stage_head_cells() -> list[Cell]:
    """Every head after every stage, and the twin whole."""
    cells: list[Cell] = []
    for run in STAGES:
        config = load_run(run).model.config
        cells.append({"run": run})
        cells += [
            {"run": run, "layer": layer, "head": head}
            for layer in range(config.n_layer)
            for head in range(config.attention.n_head)
        ]
    return cells


def measure_stage_head(cell: Cell) -> dict[str, Any]:
    """Errors on validation sums, written greedily with the head pulled out."""
    digits = STAGES[cell["run"]]
    form = Format("cot_reversed", digits, digits)
    a, b = sample_exact(np.random.default_rng(0), ASKED, digits, digits, *BOUNDS["validation"])
    edits = [ablate_head(cell["layer"], cell["head"])] if "head" in cell else []
    total = NOTHING
    for rows, texts in decode_all(load_run(cell["run"]).model, form, a, b, edits=edits):
        total = total + score(form, a[rows], b[rows], texts)
    return {
        "digits": digits,
        "n": total.n,
        "errors_strict": total.errors_strict,
        "errors_answer": total.errors_answer,
        **Sample("generator", f"validation pairs of {digits}x{digits}", ASKED, 0).document(),
        "seeds": [0],
    }
