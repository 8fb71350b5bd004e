"""Where the runs of chapter 3 go wrong: by what a problem holds, and on those hard on purpose.

Shapes: `N` problems.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.data.difficulty import longest_carry, zeros
from lab.data.problems import BOUNDS, Format, Integers, sample_exact
from lab.data.samples import Sample
from lab.data.suites import PADDED, SUITES, draw_suite, in_words
from lab.experiments.frontier import company, failure
from lab.experiments.served_models import model_called
from lab.experiments.sweep import Cell
from lab.inference.scoring import RIGHT, first_wrong, teacher_forced_all
from lab.model.gpt import GPT

FORM = Format("cot_reversed", 4, 4)
MODELS = ("curriculum_before_small", "curriculum_before", "curriculum_4x4")
ASKED = 10_000
Failures = list[dict[str, Any]]
LISTED = 200
"""Wrong problems that a row holds one by one, at most."""


def mistake_cells() -> list[Cell]:
    return [{"model": model} for model in MODELS]


def measure_mistakes(cell: Cell) -> dict[str, Any]:
    """Of validation problems of 4x4: how many are wrong, by longest carry and by zeros."""
    a, b = sample_exact(np.random.default_rng(0), ASKED, FORM.p, FORM.q, *BOUNDS["validation"])
    model = model_called(cell["model"])
    wrong = wrong_sums(model, FORM, a, b)
    failures = [one_failure(model, int(x), int(y)) for x, y in zip(a[wrong], b[wrong], strict=True)]
    return {
        "n": len(a),
        "wrong": int(wrong.sum()),
        "by_carry": counts_by(longest_carry(a, b), wrong),
        "by_zeros": counts_by(zeros(a, b), wrong),
        "by_chain": counts_by_chain(a, b, failures),
        "failures": failures[:LISTED],
        **Sample("generator", "validation pairs of 4x4 digits", len(a), 0).document(),
        "seeds": [0],
    }


def wrong_sums(model: GPT, form: Format, a: Integers, b: Integers) -> NDArray[np.bool_]:
    """Which problems have a wrong token under teacher forcing. (N,)"""
    parts = teacher_forced_all(model, form, a, b)
    found = [first_wrong(form, a[rows], b[rows], texts) for rows, texts in parts]
    return np.concatenate(found) != RIGHT


def counts_by(measure: Integers, wrong: NDArray[np.bool_]) -> dict[str, tuple[int, int]]:
    """By the value of a measure (n, wrong)."""
    return {
        str(value): (int((measure == value).sum()), int(wrong[measure == value].sum()))
        for value in np.unique(measure).tolist()
    }


def counts_by_chain(a: Integers, b: Integers, failures: Failures) -> dict[str, tuple[int, int]]:
    """Of all digits that are written, by how they are made and through how many columns the carry
    into them comes, as in 'times 2': (digits, texts whose first wrong token is one)."""
    digits = Counter(
        chain_of(asdict(company(FORM, field, field.place(slot), x, y)))
        for x, y in zip(a.tolist(), b.tolist(), strict=True)
        for field in FORM.written
        for slot in field.positions
    )
    wrong = Counter(chain_of(failure["company"]) for failure in failures if failure["company"])
    return {chain: (n, wrong[chain]) for chain, n in sorted(digits.items())}


def chain_of(found: dict[str, Any]) -> str:
    return f"{found['made_by']} {found['chain']}"


def one_failure(model: GPT, a: int, b: int) -> dict[str, Any]:
    ((_, guesses),) = teacher_forced_all(model, FORM, np.array([a]), np.array([b]))
    right, _ = FORM.render(a, b)
    return failure(FORM, a, b, right[0], guesses[0])


# ---------------------------------------------------------------- hard on purpose


SUITE_SIZE = 1000


def suite_cells() -> list[Cell]:
    return [{"model": model, "suite": suite} for model in MODELS for suite in SUITES]


def measure_suite(cell: Cell) -> dict[str, Any]:
    """Of the problems of a stress suite, all of the test part, how many are wrong."""
    suite = cell["suite"]
    a, b = draw_suite(suite, SUITE_SIZE)
    form = Format("cot_reversed", 4, 4, padded=suite in PADDED)
    wrong = wrong_sums(model_called(cell["model"]), form, a, b)
    return {
        "n": len(a),
        "wrong": int(wrong.sum()),
        "examples": [(int(x), int(y)) for x, y in zip(a[wrong][:20], b[wrong][:20], strict=True)],
        **Sample("generator", f"test sums of the suite {in_words(suite)!r}", len(a), 0).document(),
        "seeds": [0],
    }
