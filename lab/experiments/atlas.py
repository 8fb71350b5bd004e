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
from lab.interp.intervene import Node, ablate
from lab.interp.logit_lens import notebook
from lab.interp.patterns import patterns
from lab.interp.position_probes import not_turned
from lab.interp.taken_out import take_each_out
from lab.training.checkpoint import CHECKPOINTS, Checkpoint, load_run, read_result
from lab.training.recipe import Recipe


def opening_cells() -> list[Cell]:
    whole = [{"run": "chain_of_thought", "a": 37, "b": 48}, {"run": "few_pairs", "a": 61, "b": 76}]
    return [*whole, whole[0] | {"without": [0, 0]}]


def measure_opening(cell: Cell) -> dict[str, Any]:
    """What a page shows of a problem before any model is awake: what the run writes, where the
    heads of its first layer look, how long each contribution to the stream is, and what the right
    text costs. `without` a head, [layer, head], only the first two.
    """
    loaded = load_run(cell["run"])
    prompt = decode(loaded.format.prompt(cell["a"], cell["b"])[0])
    if "without" in cell:
        return without_a_head(loaded, prompt, *cell["without"])
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


def pair_cells() -> list[Cell]:
    return [{"run": "rope_small", "head": 0}]


def measure_pairs(cell: Cell) -> dict[str, Any]:
    """The query of the = and the key of the 3 in 37*48=, in the first layer: pair by pair, before
    anything is turned, and the speed of each pair in radians per position."""
    model = load_run(cell["run"]).model
    speeds, q, k = not_turned(model, "=", "3", cell["head"])
    return {
        "speeds": speeds.tolist(),
        "q": q.tolist(),
        "k": k.tolist(),
        **Sample("given", "two tokens with nothing around them", 1).document(),
        "seeds": [0],
    }


def without_a_head(loaded: Checkpoint, prompt: str, layer: int, head: int) -> dict[str, Any]:
    """What the run writes without a head, and where the heads of its first layer look then.

    What a head puts out is zero, and nothing of its own layer's weights depends on that.
    """
    edits = [ablate(Node("z", layer, head))]
    written = transcribe(loaded.model, prompt, loaded.format.length, edits)
    return {
        **asdict(written),
        "patterns": patterns(loaded.model, written.text)[0].round(4).tolist(),
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


def taken_out_cells() -> list[Cell]:
    return opening_cells()[:1]


def measure_taken_out(cell: Cell) -> dict[str, Any]:
    """What each part of the run adds to every token of a problem, and what is left without it."""
    loaded = load_run(cell["run"])
    prompt = decode(loaded.format.prompt(cell["a"], cell["b"])[0])
    text = transcribe(loaded.model, prompt, loaded.format.length).text
    found = take_each_out(loaded.model, text, len(prompt))
    return {**asdict(found), **Sample("given", PAIRS, 1).document(), "seeds": [0]}


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
