"""The ladder: how the live network came to be trained in fewer seconds, one idea a rung.

Every rung keeps what the rungs before it changed. An attempt was tried on one of them and not kept.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, NamedTuple

from lab.model.config import DenseFFNConfig, GPTConfig, MultiHeadAttentionConfig
from lab.recipes.live import HEAD_DIM, multiply
from lab.training.recipe import Recipe

Older = Literal["one by one", "norm by autograd"]
"""What the code did before: Muon took one matrix at a time; autograd found the gradient of RMSNorm.
"""


class Rung(NamedTuple):
    """A recipe of seed 0, the one `idea` that is new in it, the threads that it is timed on, and
    what of the code was still older. `on`: of an attempt, the rung that it was tried on."""

    name: str
    idea: str
    recipe: Recipe
    threads: int = 1
    older: frozenset[Older] = frozenset()
    on: str = ""


def narrowed(recipe: Recipe, d_model: int) -> Recipe:
    """The same with a stream of so many numbers, and heads and FFN to match."""
    model = recipe.model
    return replace(
        recipe,
        model=GPTConfig(
            n_layer=model.n_layer,
            d_model=d_model,
            position=model.position,
            attention=MultiHeadAttentionConfig(n_head=d_model // HEAD_DIM, head_dim=HEAD_DIM),
            ffn=DenseFFNConfig(4 * d_model),
            residual=model.residual,
        ),
    )


BEFORE = multiply()
THREE_HEADS = narrowed(BEFORE, 96)
BATCH_128 = replace(THREE_HEADS, batch_size=128)
TWO_HEADS = replace(narrowed(BATCH_128, 64), steps=560)
SHORTER = replace(TWO_HEADS, steps=480, rate=4e-3, muon_rate=0.02)

AS_IT_WAS = frozenset[Older](("one by one", "norm by autograd"))
BY_AUTOGRAD = frozenset[Older](("norm by autograd",))

RUNGS = (
    Rung("default_before", "The live network as the pages trained it.", BEFORE, older=AS_IT_WAS),
    Rung("together", "Muon takes equal shapes in one batch.", BEFORE, older=BY_AUTOGRAD),
    Rung("norm_by_hand", "The norm's gradient by hand.", BEFORE),
    Rung("three_heads", "Three heads, not four.", THREE_HEADS),
    Rung("batch_128", "Half as many problems a step.", BATCH_128),
    Rung("two_heads", "Two heads, and more steps.", TWO_HEADS),
    Rung("shorter", "Fewer steps at larger rates.", SHORTER),
    Rung("two_threads", "Two threads.", SHORTER, threads=2),
)

ATTEMPTS = (
    Rung("four_heads", "Four heads again", replace(BEFORE, batch_size=128), on="batch_128"),
    Rung("in_32_bits", "32 bits", replace(TWO_HEADS, precision="fp32"), on="two_heads"),
    Rung(
        "batch_64",
        "A batch of 64, more steps",
        replace(TWO_HEADS, batch_size=64, steps=1000),
        on="two_heads",
    ),
    Rung("muon_up", "Twice Muon's rate", replace(TWO_HEADS, muon_rate=0.03), on="two_heads"),
    Rung(
        "from_the_start",
        "Larger rates that fall from the start",
        replace(TWO_HEADS, rate=0.01, muon_rate=0.02, warmup=20, decay=1.0),
        on="two_heads",
    ),
    Rung(
        "one_layer",
        "One layer of four heads",
        replace(BEFORE, model=replace(BEFORE.model, n_layer=1), batch_size=128, steps=560),
        on="two_heads",
    ),
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
