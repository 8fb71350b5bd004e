"""How does an FFN make a new digit of old ones? Every neuron of every layer, at the steps that
write the first partial product, over all 10,000 problems; and the test: swap some of them between
problems, and see whether the digit follows.

A neuron *goes by* the smallest set of digits of a and b that tells nine tenths of the variance of
what it hands on, over all problems. One that goes by the units of both has a table of ten by ten
means. Such a table is, in this order,

  the digit     told, nine tenths of its variance, by the digit that is written, the product mod 10
  the size      told by how large the product is, its tens
  a rule each   a rule on the one digit times a rule on the other (ranges, odd or even), but for a
                tenth of its variance
  a lookup      more than half of its largest value in at most `FEW_CELLS` cells
  a blend       none of these

Swapped are the values of a set of neurons, from one problem into another whose digit at that step
is another, on test problems; all else is computed. "These neurons make the digit" is refuted for a
set if fewer than half of the swaps write the other problem's digit, or if as many other neurons,
drawn by seed, do it as often. Such others come from any layer; where a layer decides more than a
kind, that is no fair contrast. So beside each kind stand also others drawn `DRAWS` times from the
same layers, as many of each: of all neurons, and of those that go by the same two digits. (The
kinds of tables were settled while looking at one cell, the units of the product in the book's
network; every other cell was measured afterwards.)

Shapes: `N` problems, `F` neurons of a layer, `S` sets of digits.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lab.data.problems import all_pairs, pairs_of
from lab.data.samples import CENSUS, PAIRS
from lab.data.vocabulary import Tokens
from lab.experiments.carry_models import MODELS, loaded, named
from lab.experiments.carry_swaps import Begun
from lab.experiments.sweep import Cell, Row
from lab.inference.forward import run_with_trace
from lab.interp.carries import FIRST, FORM
from lab.interp.intervene import Node
from lab.model.gpt import GPT

ENOUGH = 0.9
"""Of a variance."""

FEW_CELLS = 5
SWAPPED = 1000
BATCH = 500
SEED, ALIKE = 0, 1
"""Of the pairs and of the others; of those from the same layers."""

DRAWS = 5

DIGITS = ("tens of a", "units of a", "tens of b", "units of b")
"""In the order of the axes of all pairs, a major: (10, 10, 10, 10)."""

TABLES = ("the digit", "the size", "a rule each", "a lookup", "a blend")
SHOWN = 4
"""Neurons of each kind whose tables are kept: those that vary most."""

Numbers = NDArray[np.float64]
Truth = NDArray[np.bool_]


def neuron_cells() -> list[Cell]:
    return [{"model": model, "token": int(token)} for model in MODELS for token in FIRST]


def measure_neurons(cell: Cell, n: int = SWAPPED) -> dict[str, Any]:
    """What every neuron goes by, what its table is, and what swaps do."""
    values = values_of(cell)
    kinds = [goes_by(own) for own in values]
    tables = [table_over_units(own) for own in values]
    of_table = [
        np.array([kind_of_table(t) if by == UNITS else "" for t, by in zip(own, kind, strict=True)])
        for own, kind in zip(tables, kinds, strict=True)
    ]
    return {
        "n": CENSUS.n,
        "goes_by": [counted(kind) for kind in kinds],
        "tables": [{name: int((own == name).sum()) for name in TABLES} for own in of_table],
        "shown": shown(tables, of_table),
        "swaps": swaps(cell, sets_of(kinds, of_table), n),
        "alike": alike(cell, kinds, of_table, n),
        **CENSUS.document(),
        "swapped": {"of": f"test part of {PAIRS}", "drawn": "generator", "seed": SEED},
        **named(cell["model"]),
        "seeds": [SEED, ALIKE],
    }


def counted(kind: NDArray[np.str_]) -> dict[str, int]:
    names, n = np.unique(kind, return_counts=True)
    return dict(zip(names.tolist(), n.tolist(), strict=True))


# ---------------------------------------------------------------- what a neuron goes by

UNITS = "units of a and units of b"
SILENT, MORE = "silent", "more than three"


def values_of(cell: Cell) -> list[Numbers]:
    """What each neuron hands on at the step that writes the token, over all pairs: (N, F) a
    layer."""
    model, (a, b), slot = loaded(cell["model"]).model, all_pairs(), cell["token"] - 1
    found: list[list[Tensor]] = [[] for _ in model.blocks]
    for begin in range(0, len(a), BATCH):
        texts, _ = FORM.render(a[begin : begin + BATCH], b[begin : begin + BATCH])
        trace = run_with_trace(model, texts[:, : slot + 1], ["ffn_post"])
        for layer, own in enumerate(found):
            own.append(trace[f"blocks.{layer}.ffn_post"][:, slot])
    return [torch.cat(own).double().numpy() for own in found]


def told_by_sets(values: Numbers, most: int = 3) -> dict[str, Numbers]:
    """Of each neuron (N, F): the share of its variance that each set of digits tells, (F,)."""
    grid = values.reshape(10, 10, 10, 10, -1)
    whole = np.maximum(values.var(axis=0), 1e-300)
    found: dict[str, Numbers] = {}
    for size in range(1, most + 1):
        for axes in combinations(range(4), size):
            rest = tuple(axis for axis in range(4) if axis not in axes)
            means = grid.mean(axis=rest).reshape(10**size, -1)
            found[" and ".join(DIGITS[axis] for axis in axes)] = means.var(axis=0) / whole
    return found


def goes_by(values: Numbers) -> NDArray[np.str_]:
    """The smallest set of digits that tells enough of each neuron, by its name. (N, F) -> (F,)"""
    told = told_by_sets(values)
    names = np.array([*told])
    shares = np.stack([*told.values()])  # (S, F)
    size = np.array([name.count(" and ") for name in names])[:, None]
    # The smallest set first, and of these the one that tells most.
    rank = np.where(shares >= ENOUGH, size - shares / 2, np.inf)
    kind = np.where(np.isinf(rank.min(axis=0)), MORE, names[rank.argmin(axis=0)])
    spread = values.std(axis=0)
    return np.where(spread < 1e-3 * spread.max(), SILENT, kind)


# ---------------------------------------------------------------- what its table is


def table_over_units(values: Numbers) -> Numbers:
    """Means over the tens: (N, F) -> (F, 10, 10), units of a down."""
    return values.reshape(10, 10, 10, 10, -1).mean(axis=(0, 2)).transpose(2, 0, 1)


PRODUCT = np.outer(np.arange(10), np.arange(10))


def kind_of_table(table: Numbers) -> str:
    """One of `TABLES`, for the means (10, 10) of a neuron."""
    if told(table, PRODUCT % 10) >= ENOUGH:
        return TABLES[0]
    if told(table, PRODUCT // 10) >= ENOUGH:
        return TABLES[1]
    left = np.linalg.svd(table, compute_uv=False)[1:] ** 2
    # Of its variance and not of its squares, or whatever is large everywhere would be such a rule.
    if float(left.sum()) <= (1 - ENOUGH) * float(((table - table.mean()) ** 2).sum()):
        return TABLES[2]
    if int((table > table.max() / 2).sum()) <= FEW_CELLS:
        return TABLES[3]
    return TABLES[4]


def told(table: Numbers, labels: NDArray[np.int64]) -> float:
    """The share of a table's variance that a label of its cells tells."""
    n = np.bincount(labels.ravel())
    mean = np.bincount(labels.ravel(), table.ravel()) / np.maximum(n, 1)
    whole = float(table.var())
    return float(mean[labels].var() / whole) if whole else 0.0


def shown(tables: Sequence[Numbers], of_table: Sequence[NDArray[np.str_]]) -> list[Row]:
    """Of each kind of table, the neurons that vary most, in percent of their largest value."""
    found: list[tuple[float, Row]] = []
    for layer, (own, kinds) in enumerate(zip(tables, of_table, strict=True)):
        for neuron in np.flatnonzero(kinds != ""):
            table = own[neuron]
            row: Row = {
                "layer": layer,
                "neuron": int(neuron),
                "kind": str(kinds[neuron]),
                "table": np.rint(100 * table / np.abs(table).max()).astype(int).tolist(),
            }
            found.append((float(table.std()), row))
    found.sort(key=lambda one: -one[0])
    return [row for kind in TABLES for row in [r for _, r in found if r["kind"] == kind][:SHOWN]]


# ---------------------------------------------------------------- swapped


def sets_of(
    kinds: Sequence[NDArray[np.str_]], of_table: Sequence[NDArray[np.str_]]
) -> dict[str, list[Truth]]:
    """Sets of neurons by their names, a mask (F,) a layer; beside each as many others that hand
    something on, drawn by seed among all layers."""
    awake = [kind != SILENT for kind in kinds]
    sets = {"two digits": [np.char.count(kind, " and ") == 1 for kind in kinds]}
    for name in TABLES:
        sets[name] = [own == name for own in of_table]
    for layer in range(len(kinds)):
        sets[f"layer {layer}"] = [own & (i == layer) for i, own in enumerate(awake)]
    sets["all"] = awake
    rng = np.random.default_rng(SEED)
    found: dict[str, list[Truth]] = {}
    for name, masks in sets.items():
        found[name] = masks
        found[f"{name}, others"] = as_many_others(masks, awake, rng)
    return {name: masks for name, masks in found.items() if any(mask.any() for mask in masks)}


def as_many_others(
    masks: Sequence[Truth], awake: Sequence[Truth], rng: np.random.Generator
) -> list[Truth]:
    """Or fewer, where there are no more."""
    every, able = np.concatenate([*masks]), np.concatenate([*awake])
    free = np.flatnonzero(able & ~every)
    drawn = np.zeros(len(every), dtype=bool)
    drawn[rng.choice(free, min(len(free), int(every.sum())), replace=False)] = True
    return np.split(drawn, np.cumsum([len(mask) for mask in masks])[:-1])


def others_alike(
    masks: Sequence[Truth], awake: Sequence[Truth], rng: np.random.Generator
) -> list[Truth] | None:
    """As many others of each layer; none where a layer has too few."""
    found: list[Truth] = []
    for mask, able in zip(masks, awake, strict=True):
        free = np.flatnonzero(able & ~mask)
        if len(free) < mask.sum():
            return None
        drawn = np.zeros(len(mask), dtype=bool)
        drawn[rng.choice(free, int(mask.sum()), replace=False)] = True
        found.append(drawn)
    return found


def alike(
    cell: Cell,
    kinds: Sequence[NDArray[np.str_]],
    of_table: Sequence[NDArray[np.str_]],
    n: int,
    draws: int = DRAWS,
) -> dict[str, Row]:
    """Of each kind of table, how often the digit follows others of the same layers, draw by draw:
    of all that hand something on, and of those that go by the same two digits."""
    model, slot = loaded(cell["model"]).model, cell["token"] - 1
    own, other = problems_apart(cell["token"], n)
    rng = np.random.default_rng(ALIKE)
    pools = {
        "any": [kind != SILENT for kind in kinds],
        "two digits": [kind == UNITS for kind in kinds],
    }
    found: dict[str, Row] = {}
    for name in TABLES:
        masks = [table == name for table in of_table]
        row: Row = {}
        for pool, able in pools.items():
            sets = [others_alike(masks, able, rng) for _ in range(draws)]
            said = swapped(model, own, other, slot, [one for one in sets if one is not None])
            row[pool] = [int((digits == other[:, slot + 1]).sum()) for digits in said]
        if any(mask.any() for mask in masks):
            found[name] = {"n": n, **row}
    return found


def swaps(cell: Cell, sets: dict[str, list[Truth]], n: int) -> dict[str, Row]:
    """How often the other problem's digit is written, and how often one's own still is."""
    model, slot = loaded(cell["model"]).model, cell["token"] - 1
    own, other = problems_apart(cell["token"], n)
    found: dict[str, Row] = {}
    every = swapped(model, own, other, slot, [*sets.values()])
    for (name, masks), said in zip(sets.items(), every, strict=True):
        follows, stays = said == other[:, slot + 1], said == own[:, slot + 1]
        found[name] = {
            "neurons": int(sum(mask.sum() for mask in masks)),
            "follows": int(follows.sum()),
            "stays": int(stays.sum()),
            "n": n,
        }
    return found


def problems_apart(token: int, n: int) -> tuple[Tokens, Tokens]:
    """Texts (n, L) of test problems, and of others whose digit at the token is another."""
    rng, (a, b) = np.random.default_rng(SEED), pairs_of("test")
    texts, _ = FORM.render(a, b)
    pairs = rng.integers(0, len(a), (4 * n, 2))
    pairs = pairs[texts[pairs[:, 0], token] != texts[pairs[:, 1], token]][:n]
    return texts[pairs[:, 0]], texts[pairs[:, 1]]


def swapped(
    model: GPT, own: Tokens, other: Tokens, slot: int, sets: Sequence[Sequence[Truth]]
) -> list[NDArray[np.int64]]:
    """Of each set of neurons, the token that is likeliest behind `slot` once they are as in the
    other text. (N,) each. What is read before the slot is the same for all, so it is read once."""
    said: list[list[NDArray[np.int64]]] = [[] for _ in sets]
    names = {"ffn_post"}
    for begin in range(0, len(own), BATCH):
        mine, theirs = (Begun(model, texts[begin : begin + BATCH], slot) for texts in (own, other))
        source = theirs.under(names=names, to_end=False)
        for masks, tokens in zip(sets, said, strict=True):
            edits = [
                copy_some(source[f"blocks.{layer}.ffn_post"][:, 0], layer, slot, mask)
                for layer, mask in enumerate(masks)
                if mask.any()
            ]
            logits = mine.under(edits, to_end=False)["logits"]
            tokens.append(logits[:, 0].argmax(-1).numpy())
    return [np.concatenate(tokens) for tokens in said]


def copy_some(value: Tensor, layer: int, slot: int, mask: Truth):
    """The neurons of the mask as in `value` (N, F), at one token."""
    where = torch.from_numpy(mask)
    node = Node("ffn_post", layer, None, (slot,))
    return node.edit(lambda x: torch.where(where, value[:, None], x))
