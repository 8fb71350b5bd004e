"""Longer sums than any that was trained, and where each way to say positions gives out.

Under greedy decoding a text is right up to some token, so a model can be asked for all tokens at
once, each from the right ones before it: the first wrong guess is the first wrong token it writes.

Shapes: `N` problems, `L` tokens of a text.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lab.checkpoint import Checkpoint, load_run
from lab.config import (
    ClippedCoupledRotaryPositions,
    ClippedRotaryPositions,
    CoupledRotaryPositions,
    InterpolatedRotaryPositions,
    Position,
    RotaryPositions,
    YarnRotaryPositions,
)
from lab.evaluate import teacher_forced_all
from lab.gpt import GPT, with_position
from lab.problems import TEST_FROM, Format, Integers, sample_exact

Slowed = Literal["interpolated", "yarn"]
Stretch = Slowed | Literal["clipped"]
N_DIGITS = 10
"""Tokens below this are digits, the others signs."""

FULL_TURNS = 4.0
BATCH = 50


@dataclass(frozen=True)
class Arm:
    """A run, and how its rotation is changed for texts longer than it was trained on.

    It is asked `draws` sums for each pair of numbers of digits up to `most_digits`.
    """

    run: str
    stretch: Stretch | None = None
    most_digits: int = 6
    draws: int = 1000

    def model_for(self, loaded: Checkpoint, length: int) -> GPT:
        """The run for texts of `length` tokens; one no longer than trained is left as it was."""
        usual, form = loaded.model.config.position, loaded.format
        match self.stretch, usual:
            case None, _:
                return loaded.model
            case "clipped", RotaryPositions() | CoupledRotaryPositions():
                return with_position(loaded.model, clipped(usual, farthest_in(form, usual)))
            case "interpolated" | "yarn", RotaryPositions():
                if length <= form.length:
                    return loaded.model
                return with_position(
                    loaded.model, stretched(usual, self.stretch, length, form.length)
                )
            case _:
                raise ValueError(f"{self.run} has {usual}, which cannot be {self.stretch}")


CanBeClipped = RotaryPositions | CoupledRotaryPositions


def clipped(usual: CanBeClipped, farthest: tuple[int, ...]) -> Position:
    """The rotation with no distance beyond `farthest`, a limit an axis."""
    if isinstance(usual, RotaryPositions):
        return ClippedRotaryPositions(usual.base, *farthest)
    return ClippedCoupledRotaryPositions(usual.base, usual.factor, *farthest)


def farthest_in(form: Format, usual: CanBeClipped) -> tuple[int, ...]:
    """The distances that texts of `form` are full of.

    Along the places as many as a has digits, along the rows from the first digit of b to its last,
    and for a plain count of tokens the whole text.
    """
    return (form.length - 1,) if isinstance(usual, RotaryPositions) else (form.p, form.q - 1)


def stretched(usual: RotaryPositions, how: Slowed, length: int, trained: int) -> Position:
    """The rotation for `length` tokens, its slow pairs no further than they came in `trained`.

    `interpolated` slows all pairs down alike (arXiv:2306.15595), `yarn` leaves those alone that
    turn `FULL_TURNS` times and more within `trained` (arXiv:2309.00071, there 32, for long texts).
    """
    factor = length / trained
    if how == "interpolated":
        return InterpolatedRotaryPositions(usual.base, factor)
    return YarnRotaryPositions(usual.base, factor, original_length=trained, beta_fast=FULL_TURNS)


ARMS: dict[str, Arm] = {
    "learned": Arm("reach_learned"),
    "none": Arm("reach_none"),
    "rotary": Arm("reach_rotary"),
    "interpolated": Arm("reach_rotary", "interpolated"),
    "yarn": Arm("reach_rotary", "yarn"),
    "gaps": Arm("reach_gaps"),
    "coupled": Arm("reach_coupled"),
    "coupled_gaps": Arm("reach_coupled_gaps"),
    "coupled_slow": Arm("reach_coupled_slow"),
    "rotary_clipped": Arm("reach_rotary", "clipped"),
    "coupled_clipped": Arm("reach_coupled", "clipped"),
    "coupled_slow_clipped": Arm("reach_coupled_slow", "clipped"),
    "far_rotary": Arm("far_rotary", most_digits=10, draws=200),
    "far_coupled": Arm("far_coupled", most_digits=10, draws=200),
    "far_clipped": Arm("far_coupled", "clipped", most_digits=10, draws=200),
}


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

Cell = dict[str, Any]


def length_cells() -> list[Cell]:
    return [
        {"arm": name, "p": p, "q": q}
        for name, arm in ARMS.items()
        for p, q in product(range(1, arm.most_digits + 1), repeat=2)
    ]


def problems_of_shape(p: int, q: int, draws: int) -> tuple[Integers, Integers]:
    """Different test pairs of p and q digits, (N,) each: `draws`, less those drawn twice."""
    a, b = sample_exact(np.random.default_rng(0), draws, p, q, TEST_FROM, 1.0)
    pairs = np.unique(np.stack([a, b], axis=1), axis=0)
    return pairs[:, 0], pairs[:, 1]


def measure_lengths(cell: Cell) -> dict[str, Any]:
    """Failures of one arm on one shape, by their first wrong token."""
    arm, form = ARMS[cell["arm"]], Format("cot_reversed", cell["p"], cell["q"])
    model = arm.model_for(load_run(arm.run), form.length)
    found = first_wrong_tokens(model, form, *problems_of_shape(form.p, form.q, arm.draws))
    lengths = int(found.of_length.sum())
    return {
        "n": len(found.slot),
        "wrong_digit": int(found.wrong.sum()) - lengths,
        "wrong_length": lengths,
        "seeds": [0],
    }
