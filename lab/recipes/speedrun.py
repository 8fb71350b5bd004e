"""The ladder: how the live network came to be trained in fewer seconds, one idea a rung.

Every rung keeps what the rungs before it changed. An attempt was tried on one of them and not kept.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from lab.recipes.live import multiply
from lab.training.recipe import Recipe


class Rung(NamedTuple):
    """A recipe of seed 0, the one `idea` that is new in it, and the threads that it is timed on."""

    name: str
    idea: str
    recipe: Recipe
    threads: int


BEFORE = multiply()
BATCH_128 = replace(BEFORE, batch_size=128)
STEPS_300 = replace(BATCH_128, steps=300)
RATE_UP = replace(STEPS_300, rate=4e-3, muon_rate=0.02)
WARMUP_20 = replace(RATE_UP, warmup=20)
DECAY_LATER = replace(WARMUP_20, decay=0.6)
STEPS_250 = replace(DECAY_LATER, steps=250)
BATCH_96 = replace(STEPS_250, batch_size=96)

RUNGS = (
    Rung("default_before", "The live network as the pages trained it.", BEFORE, 1),
    Rung("batch_128", "Half as many problems a step.", BATCH_128, 1),
    Rung("steps_300", "Fewer steps.", STEPS_300, 1),
    Rung("rate_up", "A larger learning rate.", RATE_UP, 1),
    Rung("warmup_20", "A shorter warm-up.", WARMUP_20, 1),
    Rung("decay_later", "A longer decay.", DECAY_LATER, 1),
    Rung("steps_250", "Fewer steps again.", STEPS_250, 1),
    Rung("batch_96", "Fewer problems a step again.", BATCH_96, 1),
)
ATTEMPTS = (
    Rung("batch_64", "A quarter of the problems a step.", replace(BEFORE, batch_size=64), 1),
    Rung("no_warmup", "No warm-up at all.", replace(RATE_UP, warmup=0), 1),
)


def recipe_of(name: str, seed: int) -> Recipe:
    """Of a rung or an attempt. `ValueError` for a name that neither has."""
    for rung in (*RUNGS, *ATTEMPTS):
        if rung.name == name:
            return replace(rung.recipe, seed=seed)
    raise ValueError(f"{name!r} is no rung; there are: {', '.join(r.name for r in RUNGS)}")


def speedrun(rung: str, seed: int = 0) -> Recipe:
    """The live run of a rung. `ValueError` says what is not allowed."""
    return recipe_of(rung, seed)
