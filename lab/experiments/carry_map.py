"""Where can a carry be read, and where is it used: every token, every layer, the book's network.

Read: linear probes as those of `carry_probes`, told on pairs of digits that they have not met, of
the stream at every token; some problems of training and validation, drawn by seed. Used: the same
stream, at one token and one layer, copied from another problem along the class means alone, as in
`carry_swaps`; some validation pairs in which column and carry differ. A token behind the step that
writes the column is not swapped: causal attention lets nothing flow back.

Both are maps of one look, not counts that decide: those are made on test problems at few sites.

Shapes: `N` texts, `L` tokens of a text, `D` numbers of an activation.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from lab.data.vocabulary import Tokens
from lab.experiments.carry_models import BOOK, loaded, named
from lab.experiments.carry_swaps import (
    BATCH,
    CHOICE,
    Begun,
    Site,
    both_right,
    copied,
    drawn,
    kept_at,
    not_of_test,
    outcomes,
)
from lab.experiments.sweep import Cell, Figures
from lab.interp.carries import CARRIES, FORM, Carry
from lab.interp.intervene import Node
from lab.interp.linear_probes import Numbers, activations, commonest, told_apart
from lab.model.gpt import GPT
from lab.model.trace import Trace

PROBED, SWAPPED = 1500, 100
"""Problems, and pairs of problems."""

AT_ONCE = 7
"""Tokens whose streams are held in memory together."""

SEED = 0


def map_cells() -> list[Cell]:
    return [{"model": BOOK, "carry": name} for name in CARRIES]


def measure_map(cell: Cell, n: int = PROBED, pairs: int = SWAPPED) -> Figures:
    model, carry = loaded(cell["model"]).model, CARRIES[cell["carry"]]
    texts = not_of_test()
    texts = texts[np.random.default_rng(SEED).permutation(len(texts))[:n]]
    x, y = drawn(carry.name, "both differ", "validation", pairs, CHOICE)
    x, y, _ = both_right(model, carry, x, y)
    labels = carry.into(texts)
    read: list[list[int]] = []
    used: list[list[int | None]] = []
    places = places_of(model)
    groups = carry.recurs(texts)
    for first in range(0, FORM.length - 1, AT_ONCE):
        slots = range(first, min(first + AT_ONCE, FORM.length - 1))
        every = [Node(name, layer, None, (slot,)) for slot in slots for name, layer in places]
        seen = activations(model, texts[:, : slots[-1] + 1], every, BATCH)
        for slot in slots:
            nodes = [Node(name, layer, None, (slot,)) for name, layer in places]
            told = [told_apart(seen[node], labels, groups, seed=SEED) for node in nodes]
            read.append([int(right.sum()) for right in told])
            sites = [Site("means", (node,), class_means(seen[node], labels)) for node in nodes]
            used.append(moved(model, carry, slot, sites, x, y))
    return {
        "n": len(texts),
        "commonest": round(commonest(labels) * len(texts)),
        "pairs": len(x),
        "places": [f"{name}.{layer}" for name, layer in places],
        # A row a token.
        "read": read,
        "used": used,
        "sample": {
            "drawn": "generator",
            "of": "ordered pairs of training and validation; swapped: pairs of validation problems",
            "n": len(texts),
            "seed": SEED,
        },
        "precision": "fp32; probes fp64",
        **named(cell["model"]),
        "seeds": [SEED, CHOICE],
    }


def places_of(model: GPT) -> list[tuple[str, int]]:
    """The stream from the embedding up: (name, layer)."""
    layers = range(model.config.n_layer)
    return [("resid_pre", 0), *((what, k) for k in layers for what in ("resid_mid", "resid_post"))]


def class_means(x: Numbers, labels: NDArray[np.int64]) -> torch.Tensor | None:
    """The directions in which the means (D,) of the labels lie apart; none where they do not."""
    means = np.stack([x[labels == label].mean(axis=0) for label in np.unique(labels)])
    rows = (means - means.mean(axis=0))[:-1]
    return torch.from_numpy(rows) if np.linalg.matrix_rank(rows) == len(rows) else None


def moved(
    model: GPT, carry: Carry, slot: int, sites: list[Site], x: Tokens, y: Tokens
) -> list[int | None]:
    """In how many pairs (N, L) the carry moves with each site, at one slot, as it is in y; by the
    column's own digit alone. None behind the slot that writes it."""
    if slot > carry.slot:
        return [None] * len(sites)
    own, other = Begun(model, x, slot), Begun(model, y, slot)
    kept = kept_at(other, [node for site in sites for node in site.nodes])
    found: list[int | None] = []
    for site in sites:
        if site.directions is None:
            found.append(0)
            continue
        (node,) = site.nodes
        own.cache.cut(slot)
        edits = [copied(node, kept[node], site.directions)]
        trace = own.forward(slice(slot, carry.slot + 1), Trace(("logits",), edits))
        said = trace["logits"][:, -1:].argmax(-1).numpy().astype(np.uint8)
        found.append(int((outcomes(carry, x, y, said)[0] == 0).sum()))
    return found
