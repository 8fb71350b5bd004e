"""All 10,000 sums and where each goes wrong, and the one sum that opens the book."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from lab.data.problems import all_pairs
from lab.data.samples import CENSUS, PAIRS, Sample
from lab.data.vocabulary import decode
from lab.experiments.sweep import Cell
from lab.inference.evaluate import decode_all, first_wrong
from lab.inference.transcript import transcribe
from lab.training.checkpoint import CHECKPOINTS, load_run, read_result
from lab.training.recipe import Recipe


def opening_cells() -> list[Cell]:
    return [{"run": "chain_of_thought", "a": 37, "b": 48}]


def measure_opening(cell: Cell) -> dict[str, Any]:
    """The sum that stands on Home before the model is awake."""
    loaded = load_run(cell["run"])
    prompt = decode(loaded.format.prompt(cell["a"], cell["b"])[0])
    transcribe(loaded.model, prompt, loaded.format.length)  # the first is slower: warm up
    written = transcribe(loaded.model, prompt, loaded.format.length)
    return {**asdict(written), **Sample("given", PAIRS, 1).document(), "seeds": [0]}


def atlas_cells() -> list[Cell]:
    return [{"run": run} for run in ("chain_of_thought", "plain", "few_pairs")]


def measure_atlas(cell: Cell) -> dict[str, Any]:
    """The first wrong token of all 10,000 texts, a major, a signed byte each; `RIGHT` for none."""
    loaded = load_run(cell["run"])
    a, b = all_pairs()
    places = np.concatenate(
        [
            first_wrong(loaded.format, a[rows], b[rows], texts)
            for rows, texts in decode_all(loaded.model, loaded.format, a, b)
        ]
    )
    return {
        "n": len(a),
        "first_wrong": places.astype(np.int8).tobytes().hex(),
        "fraction": trained_fraction(cell["run"]),
        **CENSUS.document(),
        "seeds": [0],
    }


def trained_fraction(run: str) -> float:
    """The share of the pairs that a committed run was trained on, from its record."""
    return Recipe.from_dict(read_result(CHECKPOINTS / run)["recipe"]).fraction
