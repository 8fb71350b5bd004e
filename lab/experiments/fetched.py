"""What the heads of layer 0 fetch before a digit is written, and whether the digit needs it.

A large weight tells where a head looks. Whether the digit uses what it finds there is tried: at
that one position the head hands on something else, and the digit is predicted again. That is zeros,
or its mean over other problems, or what it hands on in another problem. To hide the token from the
head would try something else, since it would look elsewhere and hand on what stands there.

Shapes: `N` texts, `T` tokens.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.data.problems import Integers
from lab.data.samples import some_pairs
from lab.data.vocabulary import Tokens
from lab.experiments.sweep import Cell, Figures, Row, Small
from lab.inference.forward import run_with_trace, with_math_kernel
from lab.inference.scoring import teacher_forced
from lab.interp.intervene import STAND_INS, Node, Recorded, ablate
from lab.interp.patterns import patterns_of
from lab.model.gpt import GPT
from lab.model.trace import Edit
from lab.training.checkpoint import load_run

ASKED, FEW = 500, 100
"""Pairs that are evaluated: drawn once, the same for every head. Fewer in the small setting."""

OTHERS = 1
"""The seed of the other problems, as many again, that a stand-in is taken from."""


def fetched_cells() -> list[Cell]:
    """Each head of layer 0 and two of them together, by three stand-ins; by zero unless said."""
    book: Cell = {"run": "chain_of_thought", "layer": 0}
    parts: list[Cell] = [*({"head": head} for head in (2, 3, 0, 1)), {"heads": [0, 1]}]
    return [
        {**book, **part, **({} if by == "zero" else {"by": by})}
        for by in STAND_INS
        for part in parts
    ]


def measure_fetched(cell: Cell, n: int = ASKED) -> dict[str, Any]:
    """Of every token that is written: how often it is wrong without a head, and the token before it
    that this head looks at most often."""
    loaded = load_run(cell["run"])
    form, model = loaded.format, with_math_kernel(loaded.model)
    a, b, sample = some_pairs(n)
    texts, _ = form.render(a, b)
    others = run_with_trace(model, form.render(*other_pairs(n))[0][:, :-1], ["z"])
    weights = patterns_of(model, texts[:, :-1])[cell["layer"]]  # (N, n_head, T - 1, T - 1)
    written: list[dict[str, Any]] = []
    for slot in range(form.prompt_length, form.length):
        looks = looked_at(weights[:, cell["head"], slot - 1]) if "head" in cell else {}
        edits = silent_at(cell, slot, others)
        written.append(
            {
                "slot": slot,
                **looks,
                "wrong_without": missed(model, texts[:, : slot + 1], slot, edits),
            }
        )
    return {"n": n, "written": written, "others": OTHERS, **sample.document(), "seeds": [0]}


def other_pairs(n: int) -> tuple[Integers, Integers]:
    """As many other problems, in no order: those of a sample are sorted, and the i-th of two
    samples would share much of its first number."""
    a, b, _ = some_pairs(n, OTHERS)
    order = np.random.default_rng(OTHERS).permutation(n)
    return a[order], b[order]


def looked_at(row: NDArray[np.float64]) -> dict[str, Any]:
    """Of one query's weights in many texts (N, T): the token that gets most in most of them, and in
    how many of them each does."""
    first = np.bincount(row.argmax(axis=1))
    source = int(first.argmax())
    return {
        "source": source,
        "times": int(first[source]),
        "weight": float(row[:, source].mean()),
        "times_each": {str(key): int(first[key]) for key in np.flatnonzero(first)},
    }


def silent_at(cell: Cell, slot: int, others: Recorded) -> list[Edit]:
    """As token `slot` is written, and only then, a head or some hand on a stand-in."""
    heads = cell["heads"] if "heads" in cell else [cell["head"]]
    nodes = [Node("z", cell["layer"], head).at(slot - 1) for head in heads]
    return [ablate(node, cell.get("by", "zero"), others) for node in nodes]


def missed(model: GPT, texts: Tokens, slot: int, edits: Collection[Edit]) -> int:
    """In how many of the right texts (N, T) token `slot` comes out wrong under edits."""
    return int((teacher_forced(model, texts, edits=edits) != texts)[:, slot].sum())


def fetched_small() -> dict[str, Small]:
    """The digits of the addition without the head that looks at the column before, in fewer."""

    def shares(rows: list[Row]) -> Figures:
        (row,) = rows
        return {
            f"token {at['slot']}": round(at["wrong_without"] / row["n"], 4) for at in row["written"]
        }

    return {
        by: Small([cell], partial(measure_fetched, n=FEW), shares)
        for by, cell in zip(
            STAND_INS, [c for c in fetched_cells() if c.get("head") == 1], strict=True
        )
    }
