"""Reading the test set: its problems, the texts that a model writes for them, scored, and the
record of each reading.

Whatever is tuned is tuned on validation problems. A reading of a committed run on test problems is
made here and stands in its `result.json`, so that a second one shows. Sweeps that measure on test
problems (`lab/experiments`) name their sample in each row of their record.

What is read need not be the test set. `python -m lab evaluate NAME --pairs all` without `--split`
decodes every pair, those that the run was trained on as well, and `n` and the errors beside it
count them all. `n_heldout` and `errors_strict_heldout` count the pairs with u >= 0.30, on which no
run trains but the times tables: validation and test together. With `--split test` nothing but test
pairs is decoded.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lab.data.problems import (
    BOUNDS,
    HELDOUT_FROM,
    Format,
    Integers,
    SplitName,
    all_pairs,
    count_digits,
    sample_exact,
    sample_pairs,
    split_values,
)
from lab.data.vocabulary import Tokens
from lab.inference.scoring import BATCH, NOTHING, Score, decode_all, score
from lab.model.gpt import GPT
from lab.model.trace import Edit
from lab.records import locked, provenance, write_json
from lab.statistics import lower_bound_95
from lab.training.checkpoint import read_result

COUNTS = ("n", "errors_strict", "errors_answer", "n_heldout", "errors_strict_heldout")


def problems_of(
    form: Format, split: SplitName | None, n: int | None, *, seed: int, padded: bool
) -> tuple[Integers, Integers]:
    """Problems of one part of the split, such as "test", or of all parts: a and b, (N,) each.

    `n` are drawn by the seed; None takes every one. Of all parts, a `padded` format takes numbers
    with zeros in front as well.
    """
    low, high = BOUNDS[split] if split else (0.0, 1.0)
    zeros_in_front = padded and not split
    if n is not None:
        draw = sample_pairs if zeros_in_front else sample_exact
        return draw(np.random.default_rng(seed), n, form.p, form.q, low, high)
    a, b = all_pairs(form.p, form.q)
    u = split_values(a, b)
    exact = (count_digits(a) == form.p) & (count_digits(b) == form.q)
    chosen = (low <= u) & (u < high) & (exact | zeros_in_front)
    return a[chosen], b[chosen]


@dataclass(frozen=True)
class Reading:
    """Scores of written texts: over all problems, and over those no run ever trains on."""

    all: Score = NOTHING
    heldout: Score = NOTHING

    def __add__(self, other: Reading) -> Reading:
        return Reading(self.all + other.all, self.heldout + other.heldout)

    def document(self) -> dict[str, Any]:
        held = self.heldout
        return {
            "n": self.all.n,
            "errors_strict": self.all.errors_strict,
            "errors_answer": self.all.errors_answer,
            "n_heldout": held.n,
            "errors_strict_heldout": held.errors_strict,
            "lower_bound_95_strict_heldout": (
                lower_bound_95(held.errors_strict, held.n) if held.n else None
            ),
        }


def read_texts(form: Format, a: Integers, b: Integers, texts: Tokens) -> Reading:
    """The reading of texts (N, L) written for a and b, (N,) each."""
    held = split_values(a, b) >= HELDOUT_FROM
    return Reading(score(form, a, b, texts), score(form, a[held], b[held], texts[held]))


def read_model(
    model: GPT,
    form: Format,
    a: Integers,
    b: Integers,
    *,
    batch: int = BATCH,
    edits: Collection[Edit] = (),
) -> Iterator[Reading]:
    """Decode every problem greedily, under `edits` if any; yields the running reading."""
    total = Reading()
    for rows, texts in decode_all(model, form, a, b, batch=batch, edits=edits):
        total = total + read_texts(form, a[rows], b[rows], texts)
        yield total


def why_not_recorded(folder: Path) -> str:
    """What keeps readings from being added to a run's record; empty if nothing does."""
    path = folder / "result.json"
    if not path.exists():
        return f"{path} is missing"
    if not (os.access(path, os.W_OK) and os.access(folder, os.W_OK)):
        return f"{path} cannot be written"
    read_result(folder)
    return ""


def is_on_record(folder: Path, reading: dict[str, Any], command: str) -> bool:
    """Whether this very reading stands in a run's record: its command, its counts, its weights."""
    return any(
        old.get("command") == command
        and all(old.get(name) == reading[name] for name in (*COUNTS, "weights"))
        for old in read_result(folder)["readings"]
    )


def record_reading(folder: Path, reading: dict[str, Any], command: str) -> None:
    """Add one reading of the test, with its provenance, to a run's `result.json`."""
    source = provenance(command)
    with locked(folder.resolve().parent):  # as `write_run` does, which may exchange the folder
        result = read_result(folder)
        result["readings"].append({**reading, **source})
        write_json(folder / "result.json", result)
