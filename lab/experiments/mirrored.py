"""What a split of ordered pairs would leak: a x b is trained on, and b x a is evaluated.

The book's split keeps both orders of a pair together. Here half of the orders that may be trained
on are shown and the rest is evaluated, so of these some pairs have been read the other way
round and some in neither.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.data.problems import HELDOUT_FROM, two_digit_split
from lab.data.sources import WrittenTexts
from lab.experiments.controls import census, equal_tokens, training_of
from lab.experiments.sweep import Cell
from lab.recipes.live import multiply
from lab.training.recipe import Recipe
from lab.training.state import TrainState
from lab.training.train import train

SEEDS = range(3)
ONE_OF_EACH = "one_order_of_each"
"""The case where the leak should vanish if pairs read in both orders are what makes it: there are
none, though every problem that is evaluated was read the other way round."""


def mirrored_cells() -> list[Cell]:
    """The plain format, which learns pairs by heart, on the smallest network of the book's race of
    sizes."""
    cells = [{"style": "plain", "d_model": 64, "seed": seed} for seed in SEEDS]
    return [*cells, *({**cell, "shown": ONE_OF_EACH} for cell in cells)]


def measure_mirrored(cell: Cell) -> dict[str, Any]:
    """Train on half of the orders: what is wrong of the others, by what has been read."""
    settings = {name: value for name, value in cell.items() if name != "shown"}
    recipe = split_by_order(multiply(**settings), one_of_each="shown" in cell)
    state = TrainState.start(recipe)
    for _ in train(recipe, state):
        pass
    return {
        **training_of(recipe, state),
        **census(recipe, state.model.eval(), by_mirror(recipe.trained_on())),
        "seeds": [recipe.seed],
    }


def split_by_order(usual: Recipe, *, one_of_each: bool = False) -> Recipe:
    """The same recipe on half of its ordered pairs, each drawn apart from its mirror image; or on
    one order of each pair, drawn as well."""
    rng, allowed = np.random.default_rng(usual.seed), two_digit_split() < HELDOUT_FROM
    if one_of_each:
        lots = rng.random(allowed.shape)
        orders = np.argwhere(allowed & (lots >= lots.T))
    else:
        orders = np.argwhere(allowed)
        drawn = rng.permutation(len(orders))[: len(orders) // 2]
        orders = orders[np.sort(drawn)]
    texts = tuple(usual.format.text(a, b) for a, b in orders.tolist())
    return equal_tokens(replace(usual, data=WrittenTexts(usual.format, texts)))


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
