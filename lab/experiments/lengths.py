"""Longer problems than any that was trained, and where each way to say positions gives out.

Under greedy decoding a text is right up to some token, so a model can predict all tokens at
once, each from the right ones before it: the first wrong guess is the first wrong token it writes.

Shapes: `N` problems, `L` tokens of a text.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from lab.data.position_ids import coupled_ids, with_gaps
from lab.data.problems import BOUNDS, Format, Integers, SplitName, number_type, sample_exact
from lab.data.samples import Sample
from lab.data.vocabulary import decode
from lab.experiments.sweep import Cell
from lab.inference.scoring import teacher_forced_all
from lab.model.config import (
    ClippedCoupledRotaryPositionsConfig,
    ClippedRotaryPositionsConfig,
    CoupledRotaryPositionsConfig,
    InterpolatedRotaryPositionsConfig,
    PositionConfig,
    RotaryPositionsConfig,
    YarnRotaryPositionsConfig,
)
from lab.model.gpt import GPT, with_position
from lab.training.checkpoint import Checkpoint, load_run
from lab.training.recipe import Recipe

Stretch = Literal["interpolated", "yarn"]
N_DIGITS = 10
"""Tokens below this are digits, the others signs."""

FULL_TURNS = 4.0
BATCH = 50


@dataclass(frozen=True)
class Arm:
    """A run, and how its rotation is changed when it is evaluated, without training it again.

    `stretch` slows the clocks for texts longer than trained, `farthest` clips distances in every
    text. It is evaluated on `draws` problems for each pair of numbers of digits up to
    `most_digits`.
    """

    run: str
    stretch: Stretch | None = None
    farthest: tuple[int, ...] | None = None
    most_digits: int = 6
    draws: int = 1000

    def model_for(self, loaded: Checkpoint, length: int) -> GPT:
        """The run for texts of `length` tokens, as this arm changes it."""
        if self.farthest is not None:
            return clipped(loaded.model, self.farthest)
        trained = loaded.format.length
        if self.stretch is None or length <= trained:
            return loaded.model
        usual = loaded.model.config.position
        if not isinstance(usual, RotaryPositionsConfig):
            raise ValueError(f"{self.run} has {usual}; only rotary positions can be stretched")
        return with_position(loaded.model, stretched(usual, self.stretch, length, trained))


def clipped(model: GPT, farthest: tuple[int, ...]) -> GPT:
    """The same weights, no distance counted as larger than `farthest`, a limit an axis."""
    return with_position(model, limited(model.config.position, farthest))


def limited(usual: PositionConfig, farthest: tuple[int, ...]) -> PositionConfig:
    """The same rotation with a limit an axis. `ValueError` for positions that know none."""
    match usual:
        case RotaryPositionsConfig(base):
            return ClippedRotaryPositionsConfig(base, *farthest)
        case CoupledRotaryPositionsConfig(base, factor):
            return ClippedCoupledRotaryPositionsConfig(base, factor, *farthest)
        case _:
            raise ValueError(f"{usual}: only rotary and coupled distances can be clipped")


def stretched(
    usual: RotaryPositionsConfig, how: Stretch, length: int, trained: int
) -> PositionConfig:
    """The rotation for `length` tokens, its slow pairs no further than they came in `trained`.

    `interpolated` slows all pairs down alike (arXiv:2306.15595), `yarn` leaves those alone that
    turn `FULL_TURNS` times and more within `trained` (arXiv:2309.00071, there 32, for long texts).
    """
    factor = length / trained
    if how == "interpolated":
        return InterpolatedRotaryPositionsConfig(usual.base, factor)
    return YarnRotaryPositionsConfig(
        usual.base, factor, original_length=trained, beta_fast=FULL_TURNS
    )


ARMS: dict[str, Arm] = {
    "learned": Arm("reach_learned"),
    "none": Arm("reach_none"),
    "rotary": Arm("reach_rotary"),
    "interpolated": Arm("reach_rotary", "interpolated"),
    "yarn": Arm("reach_rotary", "yarn"),
    "gaps": Arm("reach_gaps"),
    "rotary_clipped": Arm("reach_rotary", farthest=(32,)),
    "coupled": Arm("reach_coupled"),
    "coupled_gaps": Arm("reach_coupled_gaps"),
    "coupled_slow": Arm("reach_coupled_slow"),
    "coupled_clipped": Arm("reach_coupled", farthest=(3, 2)),
    "coupled_slow_clipped": Arm("reach_coupled_slow", farthest=(3, 2)),
    "far_rotary": Arm("far_rotary", most_digits=10, draws=200),
    "far_coupled": Arm("far_coupled", most_digits=10, draws=200),
    "far_clipped": Arm("far_coupled", farthest=(4, 3), most_digits=10),
}


def share_drawn_out(recipe: Recipe, length: int, draws: int = 10_000) -> float:
    """Of the longest texts of a training, how many its gaps draw out to `length` marks and more."""
    ids = torch.arange(recipe.format.length).reshape(1, -1, 1).expand(draws, -1, 1)
    ids = with_gaps(ids, np.random.default_rng(0), recipe.gap_chance, recipe.gap_most)[..., 0]
    return float((ids[:, -1] - ids[:, 0] + 1 >= length).double().mean())


def count_turns(position: CoupledRotaryPositionsConfig, p: int, q: int, axis: int = 0) -> float:
    """How far round the fastest clock has come from one end of a p x q working to the other.

    In whole turns: places apart, or with axis 1 lines, over `factor` and 2 pi.
    """
    return span(p, q)[axis] / position.factor / (2 * np.pi)


def span(p: int, q: int) -> tuple[int, int]:
    """(places, lines) between the tokens of a p x q working that stand farthest apart."""
    text, _ = Format("cot_reversed", p, q, padded=False).render(*problems_of_shape(p, q, 1))
    ids = coupled_ids(torch.from_numpy(text[:, :-1]).long())[0]  # `$` is never read
    places, lines = (ids.amax(0) - ids.amin(0)).tolist()
    return places, lines


# ---------------------------------------------------------------- where a text first goes wrong


@dataclass(frozen=True)
class FirstWrong:
    """Of each problem the slot of the first wrong token, (N,), -1 for none, and what stands there.

    `right` and `written`, (N,), are the tokens that belong there and that the model writes.
    """

    slot: NDArray[np.int64]
    right: NDArray[np.uint8]
    written: NDArray[np.uint8]

    @property
    def wrong(self) -> NDArray[np.bool_]:
        return self.slot >= 0

    @property
    def of_length(self) -> NDArray[np.bool_]:
        """A sign where a digit belongs, a digit where a sign, or the wrong sign. (N,)"""
        return self.wrong & ((self.right >= N_DIGITS) | (self.written >= N_DIGITS))


def first_wrong_tokens(model: GPT, form: Format, a: Integers, b: Integers) -> FirstWrong:
    """Where greedy decoding of each problem first leaves the right text. a and b (N,)."""
    parts = list(each_part(model, form, a, b))
    return FirstWrong(*(np.concatenate([getattr(p, x) for p in parts]) for x in FIELDS))


FIELDS = ("slot", "right", "written")


def each_part(model: GPT, form: Format, a: Integers, b: Integers) -> Iterator[FirstWrong]:
    for rows, guesses in teacher_forced_all(model, form, a, b, batch=BATCH):
        right, _ = form.render(a[rows], b[rows])
        missed = guesses != right
        slot = missed.argmax(axis=1)
        at = np.arange(len(slot)), slot
        yield FirstWrong(np.where(missed.any(axis=1), slot, -1), right[at], guesses[at])


# ---------------------------------------------------------------- the sweep


def length_cells() -> list[Cell]:
    return [
        {"arm": name, "p": p, "q": q}
        for name, arm in ARMS.items()
        for p, q in product(range(1, arm.most_digits + 1), repeat=2)
    ]


def problems_of_shape(
    p: int, q: int, draws: int, split: SplitName = "test"
) -> tuple[Integers, Integers]:
    """Different pairs of p and q digits, (N,) each: `draws`, less those drawn twice."""
    a, b = sample_exact(np.random.default_rng(0), draws, p, q, *BOUNDS[split])
    a, b = zip(*sorted({*zip(a.tolist(), b.tolist(), strict=True)}), strict=True)
    return np.array(a, dtype=number_type(p)), np.array(b, dtype=number_type(q))


def measure_lengths(cell: Cell) -> dict[str, Any]:
    """Failures of one arm on one shape, by their first wrong token."""
    return failures(ARMS[cell["arm"]], cell["p"], cell["q"], "test")


GROWS = ("rotary", "rotary_clipped", "coupled", "coupled_clipped")
"""One size and one training; they differ in their counts, and in whether distances have a limit."""

GROWN, SHORTEST = (3141592653, 2718281828), 3
"""Two numbers that are known by heart, and how many of their first digits the shortest has."""


def first_digits(number: int, digits: int) -> int:
    """The number itself if it has fewer."""
    return int(str(number)[:digits])


def grown_cells() -> list[Cell]:
    a, b = GROWN
    return [
        {"arm": arm, "a": first_digits(a, n), "b": first_digits(b, n)}
        for arm in GROWS
        for n in range(SHORTEST, len(str(a)) + 1)
    ]


def measure_grown(cell: Cell) -> dict[str, Any]:
    """The slot of the first wrong token that an arm writes, -1 for none, and that token."""
    form = Format("cot_reversed", len(str(cell["a"])), len(str(cell["b"])))
    model = ARMS[cell["arm"]].model_for(load_run(ARMS[cell["arm"]].run), form.length)
    found = first_wrong_tokens(model, form, np.array([cell["a"]]), np.array([cell["b"]]))
    return {
        "slot": int(found.slot[0]),
        "written": decode([int(found.written[0])]),
        **Sample("given", "the first digits of two numbers", 1).document(),
        "seeds": [0],
    }


LIMITED_TO: dict[str, tuple[int, ...]] = {"far_coupled": (4, 5, 8)}
"""Digits of both numbers: the longest trained and one more, unless said otherwise."""

LIMITS: dict[str, list[tuple[int, ...]]] = {
    "reach_rotary": [(8,), (16,), (24,), (32,), (38,)],
    "reach_coupled": [*product(range(2, 7), range(1, 4))],
    "reach_coupled_slow": [*product(range(2, 7), range(1, 4))],
    "reach_coupled_gaps": [(3, 2), (6, 3), (12, 6)],
    "far_coupled": [*product(range(3, 7), range(2, 5))],
}
LIMIT_DRAWS = 200


def chosen_limit(rows: list[Cell], run: str) -> tuple[int, ...]:
    """The limit that fails least on validation problems of all sizes; of equals the smallest."""
    failed: dict[tuple[int, ...], int] = {}
    for row in rows:
        if row["cell"]["run"] == run:
            limit = tuple(row["cell"]["farthest"])
            failed[limit] = failed.get(limit, 0) + row["wrong_digit"] + row["wrong_length"]
    return min(failed, key=lambda limit: (failed[limit], limit))


def limit_cells() -> list[Cell]:
    return [
        {"run": run, "farthest": list(farthest), "digits": digits}
        for run, limits in LIMITS.items()
        for farthest in limits
        for digits in LIMITED_TO.get(run, (3, 4))
    ]


def measure_limit(cell: Cell) -> dict[str, Any]:
    """Failures on validation problems with distances clipped at a limit: how limits are chosen."""
    arm = Arm(cell["run"], farthest=tuple(cell["farthest"]), draws=LIMIT_DRAWS)
    return failures(arm, cell["digits"], cell["digits"], "validation")


def failures(arm: Arm, p: int, q: int, split: SplitName) -> dict[str, Any]:
    form = Format("cot_reversed", p, q)
    model = arm.model_for(load_run(arm.run), form.length)
    found = first_wrong_tokens(model, form, *problems_of_shape(p, q, arm.draws, split))
    lengths, n = int(found.of_length.sum()), len(found.slot)
    return {
        "n": n,
        "wrong_digit": int(found.wrong.sum()) - lengths,
        "wrong_length": lengths,
        **Sample("generator", f"{split} pairs of {p}x{q} digits, each once", n, 0).document(),
        "seeds": [0],
    }


LENGTHS_FAIL = 0.01
"""A shape is past the edge if its lengths go wrong in more than this part of the problems."""


def edges(rows: list[Cell]) -> tuple[int, int]:
    """(digits of a and b together, digits of b alone) from which on lengths go wrong, of one arm.

    The fewest digits of both among the shapes past the edge, those aside whose b is so long that
    lengths go wrong even beside a single digit of a.
    """
    past = [
        (row["cell"]["p"], row["cell"]["q"])
        for row in rows
        if row["wrong_length"] > LENGTHS_FAIL * row["n"]
    ]
    alone = min((q for p, q in past if p == 1), default=1 + max(row["cell"]["q"] for row in rows))
    return min(p + q for p, q in past if q < alone), alone
