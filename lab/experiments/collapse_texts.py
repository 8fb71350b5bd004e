"""What the long runs of `lab.experiments.collapse` are asked, and where their pictures lie.

NumPy alone, so that a page draws a recorded picture before torch is there.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lab.data.problems import BOUNDS, Integers, sample_pairs
from lab.data.vocabulary import Tokens
from lab.recipes.feature_collapse import FORM, N_PAIR, Stream, few_pairs
from lab.records import RECORDS

N_ASKED = 1000
"""Sums that a run never trained on, asked at every moment."""

N_LOOKED_AT = 64
"""Validation sums whose features are looked at."""

N_POINT = 128
"""Features drawn, of all tokens of their texts."""

PICTURED_SEED = 1


@dataclass(frozen=True)
class Asked:
    """The small set, sums of the test split, and texts of validation sums to look inside."""

    few: tuple[Integers, Integers]
    others: tuple[Integers, Integers]
    texts: Tokens

    @classmethod
    def of(cls, seed: int) -> Asked:
        rng = np.random.default_rng(0)
        others = sample_pairs(rng, N_ASKED, FORM.p, FORM.q, *BOUNDS["test"])
        inside = sample_pairs(rng, N_LOOKED_AT, FORM.p, FORM.q, *BOUNDS["validation"])
        return cls(few_pairs(N_PAIR, seed).both_ways(), others, FORM.render(*inside)[0])


def picture_path(stream: Stream, weight_decay: float) -> Path:
    return RECORDS / f"collapse_{stream}_{weight_decay:g}.safetensors"


def points_drawn() -> tuple[list[int], list[int]]:
    """Which tokens are drawn, by text and place."""
    n_token = FORM.length - 1
    chosen = np.random.default_rng(0).choice(N_LOOKED_AT * n_token, N_POINT, replace=False)
    return (chosen // n_token).tolist(), (chosen % n_token).tolist()
