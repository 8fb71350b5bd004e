"""What a split of ordered pairs would leak: a x b is trained on, and b x a is asked.

The book's split keeps both orders of a pair together. Here half of the orders that may be trained
on are shown and the rest is asked, so of what is asked some pairs have been read the other way
round and some in neither.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.data.problems import HELDOUT_FROM, two_digit_split
from lab.data.sources import Written
from lab.experiments.controls import census, equal_tokens
from lab.experiments.sweep import Cell
from lab.model.cost import parameters_of
from lab.recipes.live import multiply
from lab.training.recipe import Recipe
from lab.training.state import TrainState
from lab.training.train import precision_on, train

SEEDS = range(3)


def mirrored_cells() -> list[Cell]:
    """The plain format, which learns pairs by heart, on the smallest network of the book's race of
    sizes."""
    return [{"style": "plain", "d_model": 64, "seed": seed} for seed in SEEDS]


def measure_mirrored(cell: Cell) -> dict[str, Any]:
    """Train on half of the orders: what is wrong of those asked, by what has been read."""
    recipe = split_by_order(multiply(**cell))
    state = TrainState.start(recipe)
    for _ in train(recipe, state):
        pass
    return {
        "parameters": parameters_of(recipe.model),
        "steps": recipe.steps,
        "tokens": state.tokens,
        "training_seconds": round(state.seconds, 1),
        "precision": precision_on(recipe, state.device),
        **census(recipe, state.model.eval(), by_mirror(recipe.trained_on())),
        "seeds": [recipe.seed],
    }


def split_by_order(usual: Recipe) -> Recipe:
    """The same recipe on half of its ordered pairs, each drawn apart from its mirror image."""
    orders = np.argwhere(two_digit_split() < HELDOUT_FROM)
    drawn = np.random.default_rng(usual.seed).permutation(len(orders))[: len(orders) // 2]
    texts = tuple(usual.format.text(int(a), int(b)) for a, b in orders[np.sort(drawn)])
    return equal_tokens(replace(usual, data=Written(usual.format, texts)))


def by_mirror(shown: NDArray[np.bool_]) -> dict[str, NDArray[np.bool_]]:
    """Of the orders that could have been shown: those shown, and of the others those whose mirror
    image was shown and those whose was not. `shown` (100, 100); (10,000,) each."""
    asked = (two_digit_split() < HELDOUT_FROM) & ~shown & ~np.eye(len(shown), dtype=bool)
    groups = {
        "trained": shown,
        "mirror_shown": asked & shown.T,
        "mirror_not_shown": asked & ~shown.T,
        "heldout": two_digit_split() >= HELDOUT_FROM,
    }
    return {name: group.ravel() for name, group in groups.items()}
