"""What the heads of block 0 fetch before a digit is written, and whether the digit needs it.

A large weight tells where a head looks. That what it finds there is used, is tried: the head, and
no other, is kept from seeing that token, and the digit is asked again.

Shapes: `N` texts, `T` tokens.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from lab.data.samples import some_pairs
from lab.data.vocabulary import Tokens
from lab.experiments.sweep import Cell
from lab.inference.evaluate import likeliest
from lab.inference.forward import run_with_trace, with_math_kernel
from lab.interp.patterns import patterns_of
from lab.model.gpt import GPT
from lab.model.trace import Edit
from lab.training.checkpoint import load_run

ASKED = 500
"""Pairs that are asked: drawn once, the same for every head."""


def fetched_cells() -> list[Cell]:
    heads = load_run("chain_of_thought").model.config.attention.n_head
    return [{"run": "chain_of_thought", "layer": 0, "head": head} for head in range(heads)]


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
                "wrong_without": missed(model, texts, slot, kept_from(cell, slot, source)),
            }
        )
    return {"n": n, "written": written, **sample.document(), "seeds": [0]}


def kept_from(cell: Cell, slot: int, source: int) -> Edit:
    """As token `slot` is written, one head does not see token `source`."""
    index = {"head": cell["head"], "query": slot - 1, "key": source}
    return Edit(
        "scores", lambda x: torch.full_like(x, -torch.inf), layer=cell["layer"], index=index
    )


def missed(model: GPT, texts: Tokens, slot: int, edit: Edit) -> int:
    """In how many of the right texts (N, T) token `slot` comes out wrong under an edit."""
    trace = run_with_trace(model, texts[:, :-1], ["logits"], [edit])
    return int((likeliest(trace["logits"], texts) != texts)[:, slot].sum())
