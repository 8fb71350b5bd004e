"""One connection between two layers cut, or one reading pinned to the plain sum: which digits go
wrong?

Every token is predicted from the right ones before it, so that one wrong digit does not spoil the
rest.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from lab.data.problems import BOUNDS, Format, Kind, sample_exact
from lab.data.samples import Sample
from lab.data.vocabulary import Tokens
from lab.experiments.stage_heads import counted, kinds_in
from lab.experiments.sweep import Cell
from lab.inference.forward import run_with_trace
from lab.inference.scoring import teacher_forced
from lab.interp.depth import DepthRead, cut, readings_of
from lab.interp.intervene import even_depth
from lab.model.gpt import GPT
from lab.model.trace import Edit
from lab.training.checkpoint import load_run

RUNS = ("attention_residuals_small",)
FORM = Format("cot_reversed", 3, 3)
ASKED = 200


def connection_cells() -> list[Cell]:
    """Of each run every reading, then the run whole and with all its readings pinned."""
    cells: list[Cell] = []
    for run in RUNS:
        n_reading = len(readings_of(load_run(run).model.config))
        cells += [{"run": run, "reading": n} for n in range(n_reading)]
        cells += [{"run": run, "pinned": which} for which in ("none", "even", "fixed")]
    return cells


def measure_connections(cell: Cell) -> dict[str, Any]:
    """By kind of number (digits, wrong ones): with each connection cut, and with the reading pinned
    to even shares, or to its own mean over all tokens."""
    model = load_run(cell["run"]).model
    told = {**Sample("generator", "validation pairs of 3x3", ASKED, 0).document(), "seeds": [0]}
    readings = readings_of(model.config)
    if "pinned" in cell:
        edits = [pinned(model, reading, cell["pinned"]) for reading in readings]
        return {
            "n": ASKED,
            **count_wrong_by_kind(model, edits if cell["pinned"] != "none" else []),
            **told,
        }
    reading = readings[cell["reading"]]
    return {
        "n": ASKED,
        "cut": [
            count_wrong_by_kind(model, [cut(model.config, cell["reading"], source)])
            for source in range(reading.n_source)
        ],
        **{
            how: count_wrong_by_kind(model, [pinned(model, reading, how)])
            for how in ("even", "fixed")
        },
        **told,
    }


def pinned(model: GPT, reading: DepthRead, how: str) -> Edit:
    """The same shares at every token: those of a plain sum, or the mean of the reading's own."""
    if how == "fixed":
        texts, mask = sums()
        trace = run_with_trace(model, texts[:, :-1], [reading.pattern])
        shares = trace[f"blocks.{reading.layer}.{reading.pattern}"][torch.from_numpy(mask[:, 1:])]
        mean = shares.mean(0)
        return Edit(reading.pattern, lambda a: mean.expand_as(a), reading.layer)
    return even_depth(reading.pattern, reading.layer)


def sums(form: Format = FORM) -> tuple[Tokens, NDArray[np.bool_]]:
    a, b = sample_exact(np.random.default_rng(0), ASKED, form.p, form.q, *BOUNDS["validation"])
    return form.render(a, b)


def missed_under(model: GPT, edits: Collection[Edit], form: Format = FORM) -> NDArray[np.bool_]:
    """Tokens that the model should write and does not, (N, L)."""
    texts, mask = sums(form)
    return (teacher_forced(model, texts, edits=edits) != texts) & mask


def count_wrong_by_kind(model: GPT, edits: Collection[Edit], form: Format = FORM) -> dict[str, Any]:
    return counted_by_kind(missed_under(model, edits, form), form)


def counted_by_kind(missed: NDArray[np.bool_], form: Format) -> dict[str, Any]:
    """Texts with a wrong token, and by kind of number its digits and those that are wrong."""
    kinds: list[Kind] = kinds_in(form)
    return {
        "errors": int(missed.any(axis=1).sum()),
        "wrong": {kind: counted(missed, form, kind) for kind in kinds},
    }
