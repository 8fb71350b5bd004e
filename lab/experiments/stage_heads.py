"""The twin after each stage of the course, with one head ablated, or none.

Every token is predicted from the right ones before it: in a text that is written greedily one wrong
digit spoils all that follow, and after the first stages hardly a text is right.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.data.problems import BOUNDS, WRITTEN, Format, Kind, sample_exact
from lab.data.samples import Sample
from lab.experiments.sweep import Cell
from lab.inference.scoring import teacher_forced
from lab.interp.intervene import Node, ablate
from lab.training.checkpoint import load_run

STAGES = {
    "course_2x2_small": (2, 2),
    "course_2x3_small": (2, 3),
    "course_3x3_small": (3, 3),
    "curriculum_before_small": (4, 4),
}
"""The twin as each stage left it, and the digits of the longest problems that are new in it."""

ASKED = 200


def stage_head_cells() -> list[Cell]:
    """Every head after every stage, and the twin whole."""
    cells: list[Cell] = []
    for run in STAGES:
        config = load_run(run).model.config
        cells.append({"run": run})
        cells += [
            {"run": run, "layer": layer.index, "head": head}
            for layer in config.layers
            for head in range(layer.attention.n_head)
        ]
    return cells


def measure_stage_head(cell: Cell) -> dict[str, Any]:
    """Of validation problems, by kind of number (digits, wrong ones)."""
    p, q = STAGES[cell["run"]]
    form = Format("cot_reversed", p, q)
    a, b = sample_exact(np.random.default_rng(0), ASKED, p, q, *BOUNDS["validation"])
    texts, _ = form.render(a, b)
    edits = [ablate(Node("z", cell["layer"], cell["head"]))] if "head" in cell else []
    missed = teacher_forced(load_run(cell["run"]).model, texts, edits=edits) != texts
    return {
        "n": ASKED,
        "wrong": {kind: counted(missed, form, kind) for kind in kinds_in(form)},
        **Sample("generator", f"validation pairs of {p}x{q}", ASKED, 0).document(),
        "seeds": [0],
    }


def kinds_in(form: Format) -> list[Kind]:
    """Of the numbers that a text has the model write."""
    return [kind for kind in WRITTEN if any(field.kind == kind for field in form.fields)]


def counted(missed: NDArray[np.bool_], form: Format, kind: Kind) -> tuple[int, int]:
    """Digits of one kind of number, and how many of them are `missed` (N, L)."""
    slots = [i for field in form.fields if field.kind == kind for i in field.positions]
    return missed[:, slots].size, int(missed[:, slots].sum())
