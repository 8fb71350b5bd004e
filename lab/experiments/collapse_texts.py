"""What the long runs of `lab.experiments.collapse` change and are evaluated on, and how the arrows
that are kept of their features are drawn.

NumPy alone, so that a page draws a recorded picture before torch is there.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.data.problems import Integers, SplitName, pairs_of
from lab.data.vocabulary import Tokens
from lab.recipes.feature_collapse import FORM, N_PAIR, few_pairs
from lab.records import RECORDS

Numbers = NDArray[np.float64]

N_ASKED = 1000
"""Test problems that are evaluated at every moment; of validation all are."""

N_LOOKED_AT = 64
"""Validation problems whose features are looked at."""

N_POINT = 128
"""Features drawn, of all tokens of their texts."""

PICTURED_SEED = 1


NO_ROUNDING = {"precision": "fp64_loss"}

ARMS: dict[str, dict[str, Any]] = {
    "usual": {},
    "all": {"goes_on_with": "all"},
    "fp64": NO_ROUNDING,
    "centred": {"logit_gradient": "centred"},
    "balanced": {"logit_gradient": "balanced"},
    "fp64_small_eps": {**NO_ROUNDING, "eps": 1e-14},
    "large_eps": {"eps": 1e-6},
}
"""Ways to go on, each with the plain residual and without weight decay, by what is unusual."""

DRAWN = ("usual", "centred", "fp64")
"""The arms whose features are kept as arrows."""


@dataclass(frozen=True)
class Asked:
    """The small set; problems that no run trains on, of the test part, each once, and all of the
    validation part; and texts of some of the latter to look inside."""

    few: tuple[Integers, Integers]
    others: tuple[Integers, Integers]
    validation: tuple[Integers, Integers]
    texts: Tokens

    @classmethod
    def of(cls, seed: int) -> Asked:
        rng = np.random.default_rng(0)
        others, inside = some(rng, "test", N_ASKED), some(rng, "validation", N_LOOKED_AT)
        return cls(
            few=few_pairs(N_PAIR, seed).both_ways(),
            others=others,
            validation=pairs_of("validation", FORM.p, FORM.q),
            texts=FORM.render(*inside)[0],
        )


def some(rng: np.random.Generator, split: SplitName, n: int) -> tuple[Integers, Integers]:
    """`n` different problems of a part of the split, (n,) each."""
    a, b = pairs_of(split, FORM.p, FORM.q)
    rows = rng.permutation(len(a))[:n]
    return a[rows], b[rows]


def units_path(arm: str) -> Path:
    return RECORDS / f"collapse_units_{arm}.safetensors"


def points_drawn() -> tuple[list[int], list[int]]:
    """Which tokens are drawn, by text and position."""
    n_token = FORM.length - 1
    chosen = np.random.default_rng(0).choice(N_LOOKED_AT * n_token, N_POINT, replace=False)
    return (chosen // n_token).tolist(), (chosen % n_token).tolist()


# ---------------------------------------------------------------- arrows of length one


def three_directions(arrows: Numbers) -> Numbers:
    """The three directions, (D, 3), that hold the most of the squared length of arrows (..., D),
    from zero: their mean is left in. The largest number of each is positive, on every machine."""
    rows = arrows.reshape(-1, arrows.shape[-1])
    _, directions = np.linalg.eigh(rows.T @ rows)
    first = directions[:, :-4:-1]
    largest = abs(first).argmax(0)
    return first * np.sign(first[largest, range(3)])


def cosines_by_position(arrows: Numbers, positions: list[int]) -> Numbers:
    """The mean cosine of two different arrows that stand at two positions of their texts, or at one
    and the same: (M, P, D) -> (M, C, C). Two at least are wanted of each position."""
    of_position = np.eye(max(positions) + 1)[:, positions]  # (C, P)
    n = of_position.sum(1)
    together = of_position @ arrows  # (M, C, D)
    pairs = np.outer(n, n) - np.diag(n)
    return (together @ together.transpose(0, 2, 1) - np.diag(n)) / pairs
