"""All 10,000 problems and where each goes wrong, and those that open the book and its pages."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from lab.data.problems import all_pairs
from lab.data.samples import CENSUS, PAIRS, Sample
from lab.data.vocabulary import decode
from lab.experiments.sweep import Cell
from lab.inference.scoring import decode_all, first_wrong
from lab.inference.token_loss import prices
from lab.inference.transcript import transcribe
from lab.interp.logit_lens import notebook
from lab.interp.patterns import patterns
from lab.training.checkpoint import CHECKPOINTS, load_run, read_result
from lab.training.recipe import Recipe


def opening_cells() -> list[Cell]:
    return [{"run": "chain_of_thought", "a": 37, "b": 48}, {"run": "few_pairs", "a": 61, "b": 76}]


def measure_opening(cell: Cell) -> dict[str, Any]:
    """What a page shows of a problem before any model is awake: what the run writes, where the
    heads of its first layer look, how long each contribution to the stream is, and what the right
    text costs.
    """
    loaded = load_run(cell["run"])
    prompt = decode(loaded.format.prompt(cell["a"], cell["b"])[0])
    transcribe(loaded.model, prompt, loaded.format.length)  # the first is slower: warm up
    written = transcribe(loaded.model, prompt, loaded.format.length)
    stream = notebook(loaded.model, written.text)
    right = loaded.format.text(cell["a"], cell["b"])
    return {
        **asdict(written),
        "patterns": patterns(loaded.model, written.text)[0].round(4).tolist(),
        "lines": stream.lines,
        "lengths": stream.length_of_contributions.round(2).tolist(),
        "prices": prices(loaded.model, right).round(4).tolist(),
        **Sample("given", PAIRS, 1).document(),
        "seeds": [0],
    }


def lane_cells() -> list[Cell]:
    return [{"run": "plain", "a": 37, "b": 48}]


def measure_lane(cell: Cell) -> dict[str, Any]:
    """What a run writes, and where all heads of all layers look before each token that it writes:
    (n_layer, n_head, written, T - 1). Those of the book's model are in `opening`."""
    loaded = load_run(cell["run"])
    prompt = decode(loaded.format.prompt(cell["a"], cell["b"])[0])
    written = transcribe(loaded.model, prompt, loaded.format.length)
    weights = patterns(loaded.model, written.text)[:, :, written.given - 1 : -1, :-1]
    return {
        "text": written.text,
        "patterns": weights.round(3).tolist(),
        **Sample("given", PAIRS, 1).document(),
        "seeds": [0],
    }


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
