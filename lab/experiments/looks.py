"""Two twins of the race trained once more, and all 10,000 problems written at every look.

The race says how a training ended; this says when each problem came right. The looks go by tokens,
so that the same look of the two has trained on as much. They read the test part and decide nothing:
recipe and seed are those of the race, and its rows stood before.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import numpy as np

from lab.data.problems import Style, all_pairs
from lab.data.samples import CENSUS
from lab.data.vocabulary import Tokens
from lab.experiments.controls import equal_tokens, training_of, usual_groups
from lab.experiments.looks_texts import (
    N_LOOK,
    right_tokens,
    save_texts,
    texts_path,
    wrong_as_text,
)
from lab.experiments.sweep import Cell
from lab.inference.scoring import decode_all, up_to_the_end
from lab.model.config import NoPositionsConfig
from lab.model.gpt import GPT
from lab.recipes.live import multiply
from lab.training.recipe import Recipe
from lab.training.run import check
from lab.training.state import TrainState
from lab.training.train import train
from lab.weights import digest

LOOKED_AT: tuple[Style, ...] = ("plain", "cot_reversed")
GROUPS = ("trained", "heldout", "test")


def look_cells() -> list[Cell]:
    return [{"style": style, "seed": 0} for style in LOOKED_AT]


def measure_looks(cell: Cell) -> dict[str, Any]:
    """Train as the race did, and at every look count what is wrong and keep all texts."""
    recipe = equal_tokens(multiply(**cell))
    state, groups = TrainState.start(recipe), usual_groups(recipe)
    right = right_tokens(recipe.format)
    texts = [written(recipe, state.model)]
    rows: list[dict[str, Any]] = [{"step": 0, "tokens": 0, **counted(texts[0] != right, groups)}]
    curve: list[dict[str, Any]] = []
    for done in train(recipe, state):
        if done.step in looks_of(recipe):
            texts.append(written(recipe, state.model))
            counts = counted(texts[-1] != right, groups)
            rows.append({"step": done.step, "tokens": done.tokens, "loss": done.loss, **counts})
        if done.step % recipe.check_every == 0 or done.step == recipe.steps:
            curve.append(asdict(check(recipe, state, done, most=500)))
    path = texts_path(cell["style"])
    save_texts(path, recipe.format, np.stack(texts))
    return {
        **training_of(recipe, state),
        **{f"n_{name}": int(groups[name].sum()) for name in GROUPS},
        "looks": rows,
        "curve": curve,
        "texts": {"file": path.name, "digest": digest(path.read_bytes())},
        "test_readings": {"times": len(rows), "decided": "nothing"},
        **CENSUS.document(),
        "seeds": [recipe.seed],
    }


def looks_of(recipe: Recipe) -> set[int]:
    """After which steps all problems are written."""
    return {round(recipe.steps * look / N_LOOK) for look in range(1, N_LOOK + 1)}


def written(recipe: Recipe, model: GPT) -> Tokens:
    """What the model writes behind the prompts of all pairs, (10,000, written)."""
    form, was_training = recipe.format, model.training
    model.eval()
    texts = [texts for _, texts in decode_all(model, form, *all_pairs())]
    model.train(was_training)
    return up_to_the_end(np.concatenate(texts))[:, form.prompt_length :]


def counted(wrong: np.ndarray, groups: dict[str, np.ndarray]) -> dict[str, int]:
    """Texts with a wrong token in each group of pairs."""
    lines = wrong.any(axis=-1) if wrong.ndim > 1 else wrong
    return {f"errors_{name}": int((lines & groups[name]).sum()) for name in GROUPS}


# ---------------------------------------------------------------- with one part changed

EVERY = 3
"""Of a network that differs in one part, every so many looks of the usual one."""


def changed_cells() -> list[Cell]:
    return [{"style": "cot_reversed", "without": "positions", "seed": 0}]


def measure_changed(cell: Cell) -> dict[str, Any]:
    """The usual network without its table of positions, as long and from the same seed: what is
    wrong at each look, of its texts no more than that."""
    recipe = without_positions(cell)
    state, groups = TrainState.start(recipe), usual_groups(recipe)
    right = right_tokens(recipe.format)
    steps = [step for i, step in enumerate(sorted(looks_of(recipe)), 1) if i % EVERY == 0]
    wrong = [(written(recipe, state.model) != right).any(axis=-1)]
    rows: list[dict[str, Any]] = [{"step": 0, "tokens": 0, **counted(wrong[0], groups)}]
    for done in train(recipe, state):
        if done.step in steps:
            wrong.append((written(recipe, state.model) != right).any(axis=-1))
            counts = counted(wrong[-1], groups)
            rows.append({"step": done.step, "tokens": done.tokens, "loss": done.loss, **counts})
    return {
        **training_of(recipe, state),
        **{f"n_{name}": int(groups[name].sum()) for name in GROUPS},
        "looks": rows,
        "wrong": wrong_as_text(np.stack(wrong)),
        "test_readings": {"times": len(rows), "decided": "nothing"},
        **CENSUS.document(),
        "seeds": [recipe.seed],
    }


def without_positions(cell: Cell) -> Recipe:
    usual = equal_tokens(multiply(cell["style"], seed=cell["seed"]))
    return replace(usual, model=replace(usual.model, position=NoPositionsConfig()))
