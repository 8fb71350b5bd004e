"""Fairer contests for the neurons of `product_neurons`, at the step that writes the units.

There, all neurons of layer 0 stand beside one draw of as many others, and lookups beside draws of
as many others of their layers. One draw may be lucky, and as many others hand on more. So here, on
the same pairs of test problems:

  layer 0   As many neurons of other layers, drawn by seed `DRAWS` times.
  lookups   Others of the same layers, drawn `DRAWS` times, until together they have in each layer
            at least the written spread of its lookups: the sum over neurons of the variance of what
            a neuron hands on, over all problems, times the squared length of the vector by which
            its FFN writes it into the stream. Spreads are added up neuron by neuron; neurons that
            agree with each other move the stream more than that. "Lookups do less than others" is
            refuted where these others move the digit less often than the lookups do.

Shapes: `F` neurons of a layer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from lab.data.samples import PAIRS
from lab.experiments.carry_models import MODELS, loaded, named
from lab.experiments.product_neurons import (
    SEED,
    SILENT,
    SWAPPED,
    UNITS,
    Numbers,
    Truth,
    as_many_others,
    goes_by,
    kind_of_table,
    problems_apart,
    swapped,
    table_over_units,
    values_of,
)
from lab.experiments.sweep import Cell, Row
from lab.interp.carries import FIRST
from lab.model.gpt import GPT

DRAWS, DRAWN = 20, 2
"""How often, and the seed."""


def control_cells() -> list[Cell]:
    return [{"model": model, "token": int(FIRST[0])} for model in MODELS]


def measure_controls(cell: Cell, n: int = SWAPPED, draws: int = DRAWS) -> dict[str, Any]:
    model, values = loaded(cell["model"]).model, values_of(cell)
    kinds = [goes_by(own) for own in values]
    awake = [kind != SILENT for kind in kinds]
    lookups = [lookups_of(own, kind == UNITS) for own, kind in zip(values, kinds, strict=True)]
    first = [own if layer == 0 else np.zeros_like(own) for layer, own in enumerate(awake)]
    spreads = written(model, values)
    rng = np.random.default_rng(DRAWN)
    others = [as_many_others(first, awake, rng) for _ in range(draws)]
    as_much = [others_as_much(lookups, awake, spreads, rng) for _ in range(draws)]
    fair = [one for one in as_much if one is not None]
    own, other = problems_apart(cell["token"], n)
    said = swapped(model, own, other, cell["token"] - 1, [first, lookups, *others, *fair])
    counts: list[Row] = [
        {
            "neurons": int(sum(mask.sum() for mask in masks)),
            "follows": int((digits == other[:, cell["token"]]).sum()),
            "stays": int((digits == own[:, cell["token"]]).sum()),
        }
        for masks, digits in zip([first, lookups, *others, *fair], said, strict=True)
    ]
    return {
        "n": n,
        "layer 0": {**counts[0], "others": each(counts[2 : 2 + draws])},
        "lookups": {**counts[1], "others": each(counts[2 + draws :])},
        "sample": {
            "drawn": "generator",
            "of": f"test part of {PAIRS}",
            "n": n,
            "seed": SEED,
        },
        **named(cell["model"]),
        "seeds": [SEED, DRAWN],
    }


def each(counts: Sequence[Row]) -> dict[str, list[int]]:
    """Draw by draw."""
    return {what: [one[what] for one in counts] for what in ("neurons", "follows", "stays")}


def lookups_of(values: Numbers, by_units: Truth) -> Truth:
    """Of a layer's values (N, F), the neurons that go by the units and whose table is a lookup."""
    tables = table_over_units(values)
    return np.array(
        [by and kind_of_table(t) == "a lookup" for t, by in zip(tables, by_units, strict=True)]
    )


def written(model: GPT, values: Sequence[Numbers]) -> list[Numbers]:
    """The spread that each neuron writes into the stream: (F,) a layer."""
    found: list[Numbers] = []
    for block, own in zip(model.blocks, values, strict=True):
        columns = cast(Any, block).ffn.w_out.weight.detach().double()  # (D, F)
        found.append(own.var(axis=0) * (columns**2).sum(0).numpy())
    return found


def others_as_much(
    masks: Sequence[Truth],
    awake: Sequence[Truth],
    spreads: Sequence[Numbers],
    rng: np.random.Generator,
) -> list[Truth] | None:
    """Others of each layer, one after another until their spreads come to at least those of the
    mask; none where a layer has too little."""
    found: list[Truth] = []
    for mask, able, spread in zip(masks, awake, spreads, strict=True):
        free, wanted = rng.permutation(np.flatnonzero(able & ~mask)), spread[mask].sum()
        drawn = np.zeros(len(mask), dtype=bool)
        if mask.any():
            n = int(np.searchsorted(np.cumsum(spread[free]), wanted)) + 1
            if n > len(free):
                return None
            drawn[free[:n]] = True
        found.append(drawn)
    return found
