"""Can the carry be read off an activation? By layer and position, of problems unlike those fitted.

Every probe is fitted to problems of training and validation, and told on pairs of digits that it
has not met: each pair of digits that a carry is made of recurs a hundred times, so rows drawn at
random would have every pair on both sides. Test problems are not looked at.

What would say that nothing is there: the real labels told no better than the commonest one, or than
by a network with random weights. Four controls: random labels, one for each token that stands at
the slot; shuffled labels; an untrained network; and, to show the leak, the real labels and random
ones, one for each pair of digits, with rows split at random.

Shapes: `N` texts.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from lab.experiments.carry_models import BOOK, loaded, named
from lab.experiments.carry_swaps import BATCH, not_of_test, swap_cells
from lab.experiments.sweep import Cell, Figures, Row, Small
from lab.interp.carries import CARRIES, Carry
from lab.interp.intervene import Node
from lab.interp.linear_probes import (
    Numbers,
    activations,
    commonest,
    labels_by_token,
    shuffled_labels,
    told_apart,
    untrained,
)
from lab.model.gpt import GPT

READ = ("attn_out", "resid_mid", "ffn_out", "resid_post")
FEW = 600
SEED = 0


def measure_probes(cell: Cell, n: int | None = None) -> dict[str, Any]:
    """Of each activation of each layer, at the slot that writes the column and at the one before:
    how many carries are told right, and how many by each control."""
    model, carry, texts = loaded(cell["model"]).model, CARRIES[cell["carry"]], not_of_test()
    rng = np.random.default_rng(SEED)
    if n is not None:
        texts = texts[rng.permutation(len(texts))[:n]]
    y, groups = carry.into(texts), carry.recurs(texts)
    nodes = nodes_of(model, carry)
    seen = activations(model, texts[:, :-1], nodes, BATCH)
    mixed = activations(untrained(model), texts[:, :-1], nodes, BATCH)
    every_row = np.arange(len(texts))
    probes: list[dict[str, Any]] = []
    for node, x in seen.items():
        assert node.slots is not None
        (slot,) = node.slots
        tokens = texts[:, slot].astype(np.int64)
        by_token = labels_by_token(tokens, y, np.random.default_rng(SEED))
        by_group = labels_by_token(groups, y, np.random.default_rng(SEED))
        shuffled = shuffled_labels(y, np.random.default_rng(SEED))
        right = partial(right_of, x)
        probes.append(
            {
                **{"name": node.name, "layer": node.layer, "slot": slot},
                "right": right(y, groups),
                "untrained": right_of(mixed[node], y, groups),
                # Every text has the same `=` there: one token, and nothing to tell.
                "by_token": right(by_token, groups) if len(set(tokens.tolist())) > 1 else None,
                "shuffled": right(shuffled, groups),
                "rows": right(y, every_row),
                "by_pair_rows": right(by_group, every_row),
            }
        )
    return {
        "n": len(texts),
        "commonest": round(commonest(y) * len(texts)),
        "groups": len(np.unique(groups)),
        "probes": probes,
        "sample": {
            "drawn": "census" if n is None else "generator",
            "of": "ordered pairs of training and validation",
            "n": len(texts),
            "seed": None if n is None else SEED,
        },
        "precision": "fp32; probes fp64",
        **named(cell["model"]),
        "seeds": [SEED],
    }


def nodes_of(model: GPT, carry: Carry) -> list[Node]:
    """The embedding and each layer, at the slot before and at the slot that writes the column."""
    slots = (carry.slot - 1, carry.slot)
    layers = range(model.config.n_layer)
    return [
        *(Node("resid_pre", 0, None, (slot,)) for slot in slots),
        *(Node(what, layer, None, (slot,)) for layer in layers for what in READ for slot in slots),
    ]


def right_of(x: Numbers, y: Any, groups: Any) -> int:
    return int(told_apart(x, y, groups, seed=SEED).sum())


def probes_small() -> dict[str, Small]:
    """Of the book's network, by fewer problems: the shares told by the best probe at the slot that
    writes the column, and by always naming the commonest."""

    def read(rows: list[Row]) -> Figures:
        (row,) = rows
        last = max(probe["slot"] for probe in row["probes"])
        best = max(probe["right"] for probe in row["probes"] if probe["slot"] == last)
        shares = {"best probe": best, "commonest": row["commonest"]}
        return {what: round(right / row["n"], 3) for what, right in shares.items()}

    cells = [cell for cell in swap_cells() if cell["model"] == BOOK]
    return {cell["carry"]: Small([cell], partial(measure_probes, n=FEW), read) for cell in cells}
