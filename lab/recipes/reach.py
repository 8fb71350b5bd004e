"""The runs that are tested on longer problems than they learned: seven ways to say where."""

from __future__ import annotations

from dataclasses import replace

from lab.data.problems import Format
from lab.data.sources import Shapes
from lab.model.config import (
    CoupledRotaryPositionsConfig,
    DenseFFNConfig,
    GPTConfig,
    LearnedPositionsConfig,
    MultiHeadAttentionConfig,
    NoPositionsConfig,
    PositionConfig,
    RotaryPositionsConfig,
)
from lab.recipes.chain_of_thought import FULL_SIZE
from lab.recipes.rope import BASE
from lab.training.recipe import Recipe

SLOW, FAR, SLOW_BASE = 2.0, 3.0, 10.0
"""How much slower the clocks are: none comes half way round within 3 x 3 digits, or 4 x 4."""

ROOM = 256
"""Rows of the learned table. Those past the longest text trained stay as they began."""


def shapes_up_to(most: int) -> tuple[tuple[int, int], ...]:
    """All numbers of digits up to `most`, each as often as it has products of two digits."""
    digits = range(1, most + 1)
    return tuple((p, q) for p in digits for q in digits for _ in range(p * q))


def sums_up_to(most: int) -> Shapes:
    """Problems of all these shapes, the working back to front."""
    return Shapes(Format("cot_reversed", most, most, padded=False), shapes_up_to(most))


def reaching(name: str, position: PositionConfig) -> Recipe:
    """The small network of three layers on problems of up to 3 x 3 digits."""
    return Recipe(
        name=name,
        model=GPTConfig(
            n_layer=3,
            d_model=128,
            position=position,
            attention=MultiHeadAttentionConfig(n_head=4, head_dim=32),
            ffn=DenseFFNConfig(d_ff=512),
        ),
        data=sums_up_to(3),
        steps=1600,
        batch_size=64,
        precision="fp32",
        rate=2e-3,
        muon_rate=0.01,
    )


def far(name: str, position: PositionConfig) -> Recipe:
    """The full-size network on problems of up to 4 x 4 digits."""
    return replace(
        reaching(name, position),
        model=replace(FULL_SIZE, position=position),
        data=sums_up_to(4),
    )


def far_rotary() -> Recipe:
    """Rotary positions, a plain count of tokens, at full size."""
    return far("far_rotary", RotaryPositionsConfig(BASE))


def far_coupled() -> Recipe:
    """The two axes on slow clocks, at full size."""
    return far("far_coupled", CoupledRotaryPositionsConfig(SLOW_BASE, FAR))


def reach_learned() -> Recipe:
    """A learned table; no row past the longest text trained has ever been asked for."""
    return reaching("reach_learned", LearnedPositionsConfig(ROOM))


def reach_none() -> Recipe:
    """Nothing is said of positions."""
    return reaching("reach_none", NoPositionsConfig())


def reach_rotary() -> Recipe:
    """Rotary positions, a plain count of tokens."""
    return reaching("reach_rotary", RotaryPositionsConfig(BASE))


def reach_gaps() -> Recipe:
    """Rotary positions, with gaps that draw a fifth of 3 x 3 out to 4 x 4.

    It has four times the steps of the others: no digit stands at a distance of its own now.
    """
    usual = reaching("reach_gaps", RotaryPositionsConfig(BASE))
    return replace(usual, gap_chance=0.2, gap_most=4, steps=4 * usual.steps)


def reach_coupled() -> Recipe:
    """Rotary positions along two axes, read off the text."""
    return reaching("reach_coupled", CoupledRotaryPositionsConfig(BASE))


def reach_coupled_slow() -> Recipe:
    """The two axes, all clocks so slow that none comes round within the longest problem read."""
    return reaching("reach_coupled_slow", CoupledRotaryPositionsConfig(SLOW_BASE, SLOW))


def reach_coupled_gaps() -> Recipe:
    """The two axes, with gaps in both that draw 3 x 3 digits out to about 6 x 6."""
    model = reaching("reach_coupled_gaps", CoupledRotaryPositionsConfig(BASE))
    return replace(model, gap_chance=0.15, gap_most=8)
