"""Where an unwritten carry comes from: the digit written last is forged, and the carry followed.

No token holds a carry. If it is worked out anew from the column before, then another digit in that
column, one that this column could also have come to, implies another carry, and the next digit
changes as that carry says. If it was kept in some other way, the next digit stays.

Shapes: `N` problems, `T` tokens.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.data.problems import Format
from lab.data.samples import some_pairs
from lab.data.vocabulary import Tokens
from lab.experiments.sweep import Cell, Small, one_by_one
from lab.inference.forward import run_with_trace
from lab.inference.scoring import BATCH, likeliest
from lab.interp.patterns import patterns_of
from lab.model.gpt import GPT
from lab.training.checkpoint import load_run

Digits = NDArray[np.int64]

EVERY, LOOKED, FEW = 10_000, 500, 1000
"""Pairs whose digits are forged, and pairs in which a head's look is followed. Fewer in the small
setting."""

ADDS = 1
"""The head of layer 0 that only the sum needs."""


def carried_cells() -> list[Cell]:
    """Of each number the digits whose carry the digit before them can tell."""
    return [{"run": "chain_of_thought", "slot": slot} for slot in (8, 13, 17, 18)]


def measure_carried(cell: Cell, n: int = EVERY, looked: int = LOOKED) -> dict[str, Any]:
    """What the digit at `slot` does when the one before it is forged: it follows the carry that the
    forgery implies, stays, or does neither. In the sum also where a head looks meanwhile."""
    loaded, slot = load_run(cell["run"]), int(cell["slot"])
    form = loaded.format
    a, b, sample = some_pairs(n)
    texts, _ = form.render(a, b)
    forged, implied = forgeries(form, texts, slot)
    said = [
        likeliest(run_with_trace(loaded.model, some[:, :-1], ["logits"])["logits"], some)[:, slot]
        for some in np.split(forged, range(BATCH, len(forged), BATCH))
    ]
    written, stayed = np.concatenate(said), forged[:, slot]
    followed, same = int((written == implied).sum()), int((written == stayed).sum())
    looks = head_looks(loaded.model, form, looked, slot) if slot in form.answer.positions else {}
    return {
        "n": len(forged),
        "followed": followed,
        "stayed": same,
        "neither": len(forged) - followed - same,
        **looks,
        **sample.document(),
        "seeds": [0],
    }


def forgeries(form: Format, texts: Tokens, slot: int) -> tuple[Tokens, Digits]:
    """Texts (N, T) with another digit before `slot`, wherever that column allows it and it implies
    another digit at `slot`; and that digit, (N,)."""
    before, most = column(form, texts, slot - 1)
    now, _ = column(form, texts, slot)
    found: list[Tokens] = []
    implied: list[Digits] = []
    for digit in range(10):
        carry_in = (digit - before) % 10
        next_digit = (now + (before + carry_in) // 10) % 10
        usable = (carry_in <= most) & (next_digit != texts[:, slot])
        forged = texts[usable].copy()
        forged[:, slot - 1] = digit
        found.append(forged)
        implied.append(next_digit[usable])
    return np.concatenate(found), np.concatenate(implied)


def column(form: Format, texts: Tokens, slot: int) -> tuple[Digits, Digits | int]:
    """What a column comes to before its carry, and the largest carry that can come into it."""
    field = form.field_at(slot)
    place = field.place(slot)
    if field == form.answer:
        parts = [digit_at(texts, part.positions, place) for part in form.partial_products]
        return sum(parts, np.zeros(len(texts), dtype=np.int64)), 1
    a, b = (next(one for one in form.fields if one.kind == kind) for kind in ("a", "b"))
    times = texts[:, b.positions[::-1][field.number]].astype(np.int64)
    return digit_at(texts, a.positions[::-1], place - field.number) * times, times - 1


def digit_at(texts: Tokens, units_first: range | list[int], place: int) -> Digits:
    """The digit of a number at a place; zero where the number has none."""
    if not 0 <= place < len(units_first):
        return np.zeros(len(texts), dtype=np.int64)
    return texts[:, units_first[place]].astype(np.int64)


def head_looks(model: GPT, form: Format, n: int, slot: int) -> dict[str, int]:
    """In the sum, wherever the two digits of the column before differ: does the head look at the
    smaller of them, at the larger, or elsewhere?"""
    a, b, _ = some_pairs(n)
    texts, _ = form.render(a, b)
    place = form.answer.place(slot - 1)
    places = [p.positions[place] for p in form.partial_products if place < len(p.positions)]
    first, second = (texts[:, place].astype(np.int64) for place in places)
    looks = patterns_of(model, texts[:, :-1])[0, :, ADDS, slot - 1].argmax(axis=1)
    differ = first != second
    smaller = np.where(first < second, places[0], places[1])
    larger = np.where(first < second, places[1], places[0])
    counts = {"smaller": looks == smaller, "larger": looks == larger}
    told = {f"looks_{name}": int((is_so & differ).sum()) for name, is_so in counts.items()}
    return {"n_looks": int(differ.sum()), **told}


def carried_small() -> dict[str, Small]:
    few = partial(measure_carried, n=FEW, looked=100)
    return one_by_one(carried_cells(), few, "followed", "stayed")
