"""The controls of chapter 1: trainings of the twin that differ in one thing, the thing in question.

All but one read the same number of tokens. Rates were chosen on the validation pairs with seed 0.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.data.coverage import (
    choose_cover,
    covered,
    random_pairs,
    trainable_pairs,
    unseen_partial_products,
)
from lab.data.problems import HELDOUT_FROM, STYLES, TEST_FROM, all_pairs, split_values
from lab.data.samples import CENSUS
from lab.experiments.sweep import Cell
from lab.inference.scoring import RIGHT, decode_all, first_wrong
from lab.model.cost import parameters_of
from lab.model.gpt import GPT
from lab.recipes.live import multiply
from lab.recipes.recipe_index import recipe
from lab.records import read_lines
from lab.training.checkpoint import load
from lab.training.recipe import Recipe
from lab.training.run import Check, check, run, state_path
from lab.training.state import TrainState
from lab.training.train import precision_on, train

Groups = dict[str, NDArray[np.bool_]]

SEEDS = range(5)
TOKENS = multiply().steps * multiply().tokens_per_step
"""What every arm reads."""


def equal_tokens(recipe: Recipe, times: float = 1) -> Recipe:
    return replace(recipe, steps=round(times * TOKENS / recipe.tokens_per_step))


def training_of(recipe: Recipe, state: TrainState) -> dict[str, Any]:
    """What a training took, for its row."""
    return {
        "parameters": parameters_of(recipe.model),
        "steps": recipe.steps,
        "tokens": state.tokens,
        "training_seconds": round(state.seconds, 1),
        "precision": precision_on(recipe, state.device),
    }


def train_and_score(recipe: Recipe, groups: Groups | None = None) -> dict[str, Any]:
    """Train to the end: the curve on the way, and what is wrong of all 10,000 pairs, by group."""
    return score_trained(equal_tokens(recipe), groups)


def score_trained(recipe: Recipe, groups: Groups | None = None) -> dict[str, Any]:
    """The same for as many steps as the recipe says."""
    state = TrainState.start(recipe)
    curve = [asdict(checked) for checked in checks(recipe, state)]
    return {
        **training_of(recipe, state),
        "curve": curve,
        **census(recipe, state.model.eval(), {**usual_groups(recipe), **(groups or {})}),
        "seeds": [recipe.seed],
    }


def checks(recipe: Recipe, state: TrainState) -> Iterator[Check]:
    for done in train(recipe, state):
        if done.step % recipe.check_every == 0 or done.step == recipe.steps:
            yield check(recipe, state, done, most=500)


def usual_groups(recipe: Recipe) -> Groups:
    """Trained on, held out, test, and held out by how many partial products were never seen."""
    a, b = all_pairs()
    u, trained = split_values(a, b), recipe.trained_on()
    unseen = unseen_partial_products(
        covered((a, b) for a, b in np.argwhere(trained).tolist()), a, b
    )
    held = u >= HELDOUT_FROM
    by_unseen = {f"unseen_{k}": held & (unseen == k) for k in range(3)}
    return {"trained": trained.ravel(), "heldout": held, "test": u >= TEST_FROM, **by_unseen}


def census(recipe: Recipe, model: GPT, groups: Groups) -> dict[str, Any]:
    """Strict errors of greedy decoding among all pairs, and in each group of them."""
    a, b = all_pairs()
    wrong = np.concatenate(
        [
            first_wrong(recipe.format, a[rows], b[rows], texts) != RIGHT
            for rows, texts in decode_all(model, recipe.format, a, b)
        ]
    )
    counts = {"n": len(wrong), "errors": int(wrong.sum()), **CENSUS.document()}
    for name, group in groups.items():
        counts |= {f"n_{name}": int(group.sum()), f"errors_{name}": int((wrong & group).sum())}
    return counts


# ---------------------------------------------------------------- the arms


def race_cells() -> list[Cell]:
    """Five formats, five seeds."""
    return [{"style": style, "seed": seed} for seed in SEEDS for style in STYLES]


def measure_race(cell: Cell) -> dict[str, Any]:
    return train_and_score(multiply(**cell))


LONGER = 10
"""Times the tokens of the race."""


def longer_cells() -> list[Cell]:
    """The plain format, trained on as in the race; the schedule is stretched with the steps."""
    plan = multiply(style="plain")
    return [{"style": "plain", "times": LONGER, "seed": 0, "weight_decay": plan.weight_decay}]


def measure_longer(cell: Cell) -> dict[str, Any]:
    """The test pairs are read once, at the end, and decide nothing."""
    plan = equal_tokens(multiply(style=cell["style"], seed=cell["seed"]), cell["times"])
    decay, checked = cell["weight_decay"], round(plan.steps / 10)
    return score_trained(replace(plan, weight_decay=decay, check_every=checked))


def fraction_cells() -> list[Cell]:
    """Fewer pairs; at 0.30 the race has the arm already."""
    return [{"fraction": f, "seed": seed} for seed in SEEDS for f in (0.05, 0.10, 0.20)]


def measure_fraction(cell: Cell) -> dict[str, Any]:
    return train_and_score(multiply(**cell))


def choice_cells() -> list[Cell]:
    """300 pairs chosen to hold all partial products, and 300 drawn blindly."""
    return [{"choice": choice, "seed": seed} for seed in SEEDS for choice in ("chosen", "random")]


def measure_choice(cell: Cell) -> dict[str, Any]:
    pairs = (choose_cover if cell["choice"] == "chosen" else random_pairs)(seed=cell["seed"])
    recipe = multiply(pairs=tuple(pairs), seed=cell["seed"])
    return {
        "n_pairs": len(pairs),
        "partial_products": int(covered(pairs).sum()),
        **train_and_score(recipe),
    }


def size_cells() -> list[Cell]:
    """The plain format on ever larger models, and the working on the smallest."""
    sizes = ((64, 2), (128, 2), (256, 2))
    cells = [{"style": "plain", "d_model": d, "n_layer": n} for d, n in sizes]
    cells.append({"style": "cot_reversed", "d_model": 64, "n_layer": 2})
    return [{**cell, "seed": seed} for seed in range(3) for cell in cells]


def measure_size(cell: Cell) -> dict[str, Any]:
    return train_and_score(multiply(**cell))


def operand_cells() -> list[Cell]:
    """Twenty numbers that stand in no training pair, other ones for each seed."""
    return [{"numbers": 20, "seed": seed} for seed in SEEDS]


def measure_operands(cell: Cell) -> dict[str, Any]:
    """Errors on test pairs with 0, 1 or 2 of the numbers that were never shown."""
    rng = np.random.default_rng(cell["seed"])
    hidden = np.sort(rng.choice(100, cell["numbers"], replace=False))
    pairs = [pair for pair in trainable_pairs() if not set(pair) & set(hidden.tolist())]
    recipe = multiply(pairs=tuple(pairs), seed=cell["seed"])
    a, b = all_pairs()
    strange = np.isin(a, hidden).astype(int) + np.isin(b, hidden)
    groups = {f"strange_{k}": (strange == k) & (split_values(a, b) >= TEST_FROM) for k in range(3)}
    return {
        "hidden": hidden.tolist(),
        "n_pairs": len(pairs),
        **train_and_score(recipe, groups),
    }


def seed_cells() -> list[Cell]:
    """The book's model from other random numbers; seed 0 is committed."""
    return [{"run": "chain_of_thought", "seed": seed} for seed in (1, 2)]


def measure_seed(cell: Cell) -> dict[str, Any]:
    """Train at full size, resumable, and score the rounded weights as the committed run is."""
    plan = recipe(cell["run"], seed=cell["seed"])
    out = state_path(plan).with_suffix("")
    for _ in run(plan, out, resume=True):
        pass
    result = json.loads((out / "result.json").read_text())
    return {
        "tokens": result["training_tokens"],
        "training_seconds": result["training_seconds"],
        "validation": result["validation"],
        "curve": read_lines(out / "history.jsonl"),
        **census(plan, load(out).model, usual_groups(plan)),
        "seeds": [plan.seed],
    }


CONTROLS: dict[str, tuple[Callable[[], list[Cell]], Callable[[Cell], dict[str, Any]]]] = {
    "race": (race_cells, measure_race),
    "longer": (longer_cells, measure_longer),
    "fractions": (fraction_cells, measure_fraction),
    "choice": (choice_cells, measure_choice),
    "sizes": (size_cells, measure_size),
    "operands": (operand_cells, measure_operands),
    "seeds": (seed_cells, measure_seed),
}
