"""Which networks chapter 4 measures, and which problems they are evaluated on."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from lab.data.problems import BOUNDS, Format, all_pairs, sample_exact
from lab.data.samples import CENSUS, Sample
from lab.data.vocabulary import Tokens
from lab.experiments.lengths import clipped
from lab.model.gpt import GPT
from lab.training.checkpoint import load_run

LIMIT = (4, 3)
"""Farthest place and line of `far_coupled`, chosen on validation in `records/limits.jsonl`."""


def run_called(name: str) -> str:
    """The committed run whose weights a network of this name has."""
    return "far_coupled" if name == "far_clipped" else name


@lru_cache
def model_called(name: str) -> GPT:
    """A committed run; `far_clipped` is `far_coupled` with its limit, which its drafts have too."""
    loaded = load_run(run_called(name)).model
    return clipped(loaded, LIMIT) if name.startswith(("far_", "draft_")) else loaded


def test_sums(n: int, digits: int) -> tuple[Format, Tokens, Sample]:
    """Texts (N, L) of problems of so many digits on both sides: of the test part, or all 2 x 2."""
    form = Format("cot_reversed", digits, digits)
    if digits == 2 and n == CENSUS.n:
        return form, form.render(*all_pairs())[0], CENSUS
    a, b = sample_exact(np.random.default_rng(0), n, digits, digits, *BOUNDS["test"])
    sample = Sample("generator", f"test pairs of {digits}x{digits} digits", n, 0)
    return form, form.render(a, b)[0], sample
