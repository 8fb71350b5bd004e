"""What two heads of layer 0 fetch before a digit is written, and whether the digit needs it.

A large weight tells where a head looks. Whether the digit uses what it finds there is tried: the
head hands on zeros at that one position, and the digit is predicted again. To hide the token from
the head would try something else, since it would look elsewhere and hand on what stands there.

Shapes: `N` texts, `T` tokens.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from lab.data.samples import some_pairs
from lab.data.vocabulary import Tokens
from lab.experiments.sweep import Cell
from lab.inference.forward import run_with_trace, with_math_kernel
from lab.inference.scoring import likeliest
from lab.interp.patterns import patterns_of
from lab.model.gpt import GPT
from lab.model.trace import Edit
from lab.training.checkpoint import load_run

ASKED = 500
"""Pairs that are evaluated: drawn once, the same for every head."""


def fetched_cells() -> list[Cell]:
    """The two heads without which no text of the book's model is right."""
    return [{"run": "chain_of_thought", "layer": 0, "head": head} for head in (2, 3)]


def measure_fetched(cell: Cell, n: int = ASKED) -> dict[str, Any]:
    """Of every token that is written: the one before it that this head looks at most often."""
    loaded = load_run(cell["run"])
    form, model = loaded.format, with_math_kernel(loaded.model)
    a, b, sample = some_pairs(n)
    texts, _ = form.render(a, b)
    weights = patterns_of(model, texts[:, :-1])[cell["layer"], :, cell["head"]]  # (N, T - 1, T - 1)
    written: list[dict[str, Any]] = []
    for slot in range(form.prompt_length, form.length):
        row = weights[:, slot - 1]
        first = np.bincount(row.argmax(axis=1), minlength=slot)
        source = int(first.argmax())
        written.append(
            {
                "slot": slot,
                "source": source,
                "times": int(first[source]),
                "weight": float(row[:, source].mean()),
                "wrong_without": missed(model, texts, slot, silent_at(cell, slot)),
            }
        )
    return {"n": n, "written": written, **sample.document(), "seeds": [0]}


def silent_at(cell: Cell, slot: int) -> Edit:
    """As token `slot` is written, and only then, one head hands on nothing."""
    index = {"head": cell["head"], "position": slot - 1}
    return Edit("z", torch.zeros_like, layer=cell["layer"], index=index)


def missed(model: GPT, texts: Tokens, slot: int, edit: Edit) -> int:
    """In how many of the right texts (N, T) token `slot` comes out wrong under an edit."""
    trace = run_with_trace(model, texts[:, :-1], ["logits"], [edit])
    return int((likeliest(trace["logits"], texts) != texts)[:, slot].sum())
