"""The ladder: how the live network came to be trained in fewer seconds, one idea a rung.

Every rung keeps what the rungs before it changed. An attempt was tried on one of them and not kept.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, NamedTuple

from lab.recipes.live import multiply
from lab.training.recipe import Recipe

Older = Literal["one by one", "norm by autograd"]
"""What the code did before: Muon took one matrix at a time; autograd found the gradient of RMSNorm.
"""


class Rung(NamedTuple):
    """A recipe of seed 0, the one `idea` that is new in it, as a sentence, the threads that it is
    timed on, and what of the code was still older. Its `title` is short enough to stand beside a
    bar. An attempt has no more than that, and `on`: the rung that it was tried on."""

    name: str
    title: str
    recipe: Recipe
    idea: str = ""
    threads: int = 1
    older: frozenset[Older] = frozenset()
    on: str = ""


BEFORE = multiply()
TWO_HEADS = multiply(d_model=64)
BATCH_128 = replace(TWO_HEADS, batch_size=128, steps=560)
STEPS_480 = replace(BATCH_128, steps=480)
STEPS_400 = replace(BATCH_128, steps=400)

AS_IT_WAS = frozenset[Older](("one by one", "norm by autograd"))
BY_AUTOGRAD = frozenset[Older](("norm by autograd",))

RUNGS = (
    Rung(
        "default_before",
        "As it was",
        BEFORE,
        "The live network as the pages trained it.",
        older=AS_IT_WAS,
    ),
    Rung(
        "two_heads", "Two heads", TWO_HEADS, "Half as wide: two heads, not four.", older=AS_IT_WAS
    ),
    Rung(
        "batch_128", "Half the batch", BATCH_128, "Half the batch, and more steps.", older=AS_IT_WAS
    ),
    Rung("steps_480", "480 steps", STEPS_480, "One step in seven less.", older=AS_IT_WAS),
    Rung("steps_400", "400 steps", STEPS_400, "One step in six less.", older=AS_IT_WAS),
    Rung(
        "together",
        "Muon batched",
        STEPS_400,
        "Muon takes equal shapes in one batch.",
        older=BY_AUTOGRAD,
    ),
    Rung("norm_by_hand", "Norm by hand", STEPS_400, "The norm's gradient by hand."),
    Rung("two_threads", "Two threads", STEPS_400, "Two threads.", threads=2),
    Rung(
        "steps_560",
        "560 steps again",
        BATCH_128,
        "560 steps again, for fewer errors.",
        threads=2,
    ),
)

ON = "norm_by_hand"
"""The last rung on one thread."""

ATTEMPTS = (
    Rung("four_heads", "As wide as before", replace(BEFORE, batch_size=128), on=ON),
    Rung("in_32_bits", "32 bits in place of 16", replace(STEPS_400, precision="fp32"), on=ON),
    Rung("batch_64", "A batch of 64", replace(STEPS_400, batch_size=64, steps=800), on=ON),
    Rung("muon_up", "Twice Muon's rate", replace(STEPS_400, muon_rate=0.03), on=ON),
    Rung("steps_340", "340 steps", replace(STEPS_400, steps=340), on=ON),
)


def named(name: str) -> Rung:
    """A rung or an attempt. `ValueError` for a name that neither has."""
    for rung in (*RUNGS, *ATTEMPTS):
        if rung.name == name:
            return rung
    raise ValueError(f"{name!r} is no rung; there are: {', '.join(r.name for r in RUNGS)}")


def recipe_of(name: str, seed: int) -> Recipe:
    """Of a rung or an attempt. `ValueError` for a name that neither has."""
    return replace(named(name).recipe, seed=seed)


def speedrun(rung: str, seed: int = 0) -> Recipe:
    """The live run of a rung. `ValueError` says what is not allowed."""
    return recipe_of(rung, seed)
