"""Heads, attentions and FFNs ablated one by one, and how sharply a head looks."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from itertools import combinations, product
from typing import Any

from lab.data.samples import some_pairs
from lab.evaluation import read_model
from lab.experiments.sweep import Cell, Small, one_by_one
from lab.inference.scoring import exactness, last
from lab.interp.intervene import Node, ablate
from lab.interp.patterns import sharpness
from lab.model.trace import Edit
from lab.training.checkpoint import load_run

LOOKED_INTO = ("chain_of_thought", "few_pairs", "rope")
"""The book's model, and two to try on what holds for it."""


def head_cells() -> list[Cell]:
    return [
        {"run": run, "layer": layer.index, "head": head}
        for run in LOOKED_INTO
        for layer in load_run(run).model.config.layers
        for head in range(layer.attention.n_head)
    ]


def ablated_head_cells() -> list[Cell]:
    """Every head, and each model with nothing ablated."""
    return [*({"run": run} for run in LOOKED_INTO), *head_cells()]


PAIRS, FEW = 1000, 500
"""Pairs that are evaluated with a part ablated: drawn once, the same for every part. Fewer in the
small setting."""


def measure_head(cell: Cell, n: int = PAIRS) -> dict[str, Any]:
    """Some pairs with one head ablated, or none."""
    edits = [ablate(Node("z", cell["layer"], cell["head"]))] if "head" in cell else []
    return measure_under(edits, cell, n)


def heads_small() -> dict[str, Small]:
    return one_by_one(ablated_head_cells(), partial(measure_head, n=FEW), "errors_answer")


def measure_under(edits: list[Edit], cell: Cell, n: int) -> dict[str, Any]:
    """`n` pairs decoded greedily under edits."""
    loaded = load_run(cell["run"])
    a, b, sample = some_pairs(n)
    *_, total = read_model(loaded.model, loaded.format, a, b, edits=edits)
    return {**total.document(), **sample.document(), "seeds": [0]}


def measure_sharpness(cell: Cell, n: int = PAIRS) -> dict[str, Any]:
    """How much of its weight a head puts on one token, over some pairs, as the model writes.

    The texts are the right ones: what is measured is where a head looks, not what is written.
    """
    loaded = load_run(cell["run"])
    a, b, sample = some_pairs(n)
    texts, _ = loaded.format.render(a, b)
    found = sharpness(loaded.model, texts, loaded.format.prompt_length)
    return {
        "n": len(a),
        "largest_weight": float(found[cell["layer"], cell["head"]]),
        **sample.document(),
        "seeds": [0],
    }


def part_cells() -> list[Cell]:
    config = load_run("chain_of_thought").model.config
    return [
        {"run": "chain_of_thought", "layer": layer, "part": part}
        for layer in range(config.n_layer)
        for part in ("attn_out", "ffn_out")
    ]


def measure_part(cell: Cell, n: int = PAIRS) -> dict[str, Any]:
    """Some pairs with one whole attention or one FFN ablated."""
    return measure_under([ablate(Node(cell["part"], cell["layer"]))], cell, n)


# ---------------------------------------------------------------- several at once

ASKED_OF_A_PAIR = 100
"""Problems for each pair of heads: there are many pairs."""


def silenced_cells() -> list[Cell]:
    """All heads of some layers, the first one apart, and two heads of these layers at a time."""
    book: Cell = {"run": "chain_of_thought"}
    return [
        *({**book, "layers": layers} for layers in ([1], [1, 2], [2, 3, 4, 5], [1, 2, 3, 4, 5])),
        {"run": "few_pairs", "layers": [1, 2]},
        {**book, "two_of_layers": [1, 2, 3, 4, 5]},
    ]


def measure_silenced(cell: Cell, n: int = PAIRS) -> dict[str, Any]:
    """Wrong texts without the heads of these layers, or, pair by pair, without two of them."""
    if "layers" in cell:
        edits = [ablate(Node("attn_out", layer)) for layer in cell["layers"]]
        return wrong_texts(cell["run"], edits, n)
    n = min(n, ASKED_OF_A_PAIR)
    n_head = load_run(cell["run"]).model.config.heads.n_head
    heads = list(product(cell["two_of_layers"], range(n_head)))
    pairs: list[list[int]] = []
    for one, other in combinations(heads, 2):
        edits = [ablate(Node("z", layer, head)) for layer, head in (one, other)]
        without = wrong_texts(cell["run"], edits, n)
        pairs.append([*one, *other, without["errors_strict"]])
    return {**wrong_texts(cell["run"], [], n), "pairs": pairs}


def wrong_texts(run: str, edits: Collection[Edit], n: int) -> dict[str, Any]:
    """Of `n` pairs those whose text has a wrong token under edits, by teacher forcing: the first
    token that goes wrong there goes wrong in greedy decoding too."""
    loaded = load_run(run)
    a, b, sample = some_pairs(n)
    scores = exactness(loaded.model, loaded.format, a, b, decode=False, batch=n, edits=edits)
    return {
        "n": n,
        "errors_strict": last(scores).errors_strict,
        **sample.document(),
        "seeds": [0],
    }
