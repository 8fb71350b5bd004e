"""Does it help a layer to choose which earlier layers it reads? Three kinds of residual, raced.

Plain sum, full and block Attention Residuals as twins of three and of six layers with exactly as
many parameters: two queries a layer are 2 D numbers, and so is one more neuron of an FFN, which the
plain arm has. All read the same sums of up to 3 x 3 digits in the same order, at a rate that is
warmed up and then constant, and are looked at through the running mean of their weights.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lab.data.position_ids import position_ids
from lab.data.problems import BOUNDS, SplitName, sample_shapes
from lab.data.samples import Sample
from lab.data.sources import Shapes
from lab.data.vocabulary import Tokens
from lab.experiments.rope import Exam, exam, follow, grade
from lab.experiments.sweep import Cell
from lab.inference.forward import run_with_trace
from lab.inference.token_loss import token_loss
from lab.interp.diagnostics import norm_of
from lab.interp.intervene import DEPTH_PATTERNS
from lab.model.cost import parameters_of
from lab.model.gpt import GPT
from lab.recipes.attention_residuals import ARMS, Arm, full_size, twin, with_arm
from lab.recipes.reach import sums_up_to
from lab.records import RECORDS, read_lines, select
from lab.training.recipe import Recipe
from lab.training.state import TrainState
from lab.training.train import Batch, masked_loss, train

Mask = NDArray[np.bool_]
DEPTHS = (3, 6)
STEPS, TUNING_STEPS = {3: 1600, 6: 1200}, {3: 1000, 6: 700}
FULL_STEPS = 800
RATES = (2e-3, 4e-3, 8e-3)
"""The grid of AdamW's rate; Muon's is five times it."""

BATCH = 32
CHECK_EVERY = 25
GOAL = 0.001
"""A run has arrived at the first of two checks in a row with at most so large a part wrong."""

N_CHECK, N_LOOKED_AT = 2000, 256
MEMORY = 0.98
"""The running mean keeps this share of itself at every step: about the last 50 steps."""


def plan(arm: Arm, depth: int, rate: float, seed: int, steps: int) -> Recipe:
    """One run of the race, as a recipe."""
    return Recipe(
        name=f"depth_{arm}",
        model=with_arm(twin(depth), arm),
        data=sums_up_to(3),
        steps=steps,
        batch_size=BATCH,
        rate=rate,
        muon_rate=5 * rate,
        decay=0.0,
        precision="fp32",
        seed=seed,
    )


# ---------------------------------------------------------------- one run


@dataclass(frozen=True)
class Look:
    """The running mean of the weights at a check: errors in n problems (fewer than all where it has
    too many already), and the loss of the batch."""

    step: int
    errors: int
    n: int
    loss: float


def steps_to_goal(looks: Sequence[Look], n: int) -> int | None:
    """The first of two checks in a row with at most GOAL of n wrong; None if there are none."""
    for one, following in pairwise(looks):
        if max(one.errors, following.errors) <= GOAL * n:
            return one.step
    return None


def run_to_the_end(recipe: Recipe, paper: Exam) -> tuple[GPT, list[Look], TrainState, float]:
    """The running mean, its checks, the state, and seconds of computing without the checks."""
    state = TrainState.start(recipe)
    mean = deepcopy(state.model).eval().requires_grad_(False)
    looks: list[Look] = []
    spent, began = 0.0, time.process_time()
    for done in train(recipe, state):
        follow(mean, state.model, min(MEMORY, done.step / (done.step + 10)))
        if done.step % CHECK_EVERY == 0:
            spent += time.process_time() - began
            errors, n = grade(mean, paper, GOAL, whole=done.step == recipe.steps)
            looks.append(Look(done.step, errors, n, round(done.loss, 5)))
            began = time.process_time()
    return mean, looks, state, spent


def measure(recipe: Recipe, split: SplitName) -> dict[str, Any]:
    """One run as a line of the record."""
    paper = exam(recipe, split, N_CHECK)
    mean, looks, state, spent = run_to_the_end(recipe, paper)
    return {
        "parameters": parameters_of(recipe.model),
        "steps": recipe.steps,
        "tokens": state.tokens,
        "precision": recipe.precision,
        "ms_per_step": round(1000 * spent / recipe.steps, 1),
        "steps_to_target": steps_to_goal(looks, paper.n),
        "errors": looks[-1].errors,
        "n": paper.n,
        "loss": held_out_loss(mean, recipe, split),
        **by_depth(mean, recipe),
        "curve": [[look.step, look.errors, look.n, look.loss] for look in looks],
        **Sample("generator", f"texts of {split} pairs", paper.n, 0).document(),
        "seeds": [recipe.seed],
    }


def held_out_loss(model: GPT, recipe: Recipe, split: SplitName) -> float:
    """Mean -ln p of a token that the model writes."""
    shapes = cast(Shapes, recipe.data).shapes
    a, b = sample_shapes(np.random.default_rng(0), N_CHECK, shapes, *BOUNDS[split])
    return rounded(token_loss(model, recipe.format, a, b).loss)


def by_depth(model: GPT, recipe: Recipe) -> dict[str, Any]:
    """Layer by layer: how large notes and stream are, how long the gradient, who reads whom."""
    shapes = cast(Shapes, recipe.data).shapes
    a, b = sample_shapes(np.random.default_rng(1), N_LOOKED_AT, shapes, *BOUNDS["validation"])
    texts, mask = recipe.format.render(a, b)
    written = torch.from_numpy(mask[:, 1:])
    sizes = ["attn_out", "ffn_out", "resid_post"]
    trace = run_with_trace(model, texts[:, :-1], [*sizes, *patterns_of(model)])
    layers = range(model.config.n_layer)
    return {
        **{
            name: [root_mean_square(trace[f"blocks.{i}.{name}"][written]) for i in layers]
            for name in sizes
        },
        "gradient": gradient_by_layer(model, recipe, texts, mask),
        "depth_pattern": [
            [rounded(share) for share in trace[f"blocks.{i}.{name}"][written].mean(0).tolist()]
            for i in layers
            for name in patterns_of(model)
        ],
        "depth_pattern_spread": [
            [rounded(share) for share in trace[f"blocks.{i}.{name}"][written].std(0).tolist()]
            for i in layers
            for name in patterns_of(model)
        ],
    }


def patterns_of(model: GPT) -> list[str]:
    """The readings of a layer that choose, in their order; none where the stream is a sum."""
    return [name for name in DEPTH_PATTERNS if name in model.emits]


def gradient_by_layer(model: GPT, recipe: Recipe, texts: Tokens, mask: Mask) -> list[float]:
    """The length of the loss's gradient by all weights of a block."""
    own = deepcopy(model).requires_grad_(True)
    tokens = torch.from_numpy(texts).long()
    ids = position_ids(tokens, model.config.position.n_axis)
    with torch.enable_grad():
        masked_loss(recipe, own, Batch(tokens, torch.from_numpy(mask), ids)).backward()
    blocks = [list(block.parameters()) for block in own.blocks]
    return [rounded(norm_of([cast(Tensor, p.grad) for p in block])) for block in blocks]


def root_mean_square(x: Tensor) -> float:
    return rounded(float(x.square().mean().sqrt()))


def rounded(x: float) -> float:
    return float(f"{x:.4g}")


# ---------------------------------------------------------------- the sweep

SEEDS = range(1, 6)


def residual_cells() -> list[Cell]:
    """Of each arm at each depth the rates, on validation and seed 0, then five seeds on test; then
    two arms once at full size, at the rate of the twin of six layers."""
    cells: list[Cell] = []
    for depth in DEPTHS:
        for arm in ARMS:
            of = {"depth": depth, "arm": arm}
            cells += [{"part": "rate", **of, "rate": rate, "seed": 0} for rate in RATES]
            cells += [{"part": "race", **of, "seed": seed} for seed in SEEDS]
    full = [{"part": "full size", "depth": 6, "arm": arm, "seed": 0} for arm in ("plain", "block")]
    return cells + full


def measure_residual(cell: Cell) -> dict[str, Any]:
    """A rate on the validation pairs, or a run at the best rate on the test pairs."""
    arm, depth = cell["arm"], cell["depth"]
    if cell["part"] == "rate":
        recipe = plan(arm, depth, cell["rate"], cell["seed"], TUNING_STEPS[depth])
        return measure(recipe, "validation")
    rate = best_rate(read_lines(RECORDS / "residuals.jsonl"), arm, depth)
    recipe = plan(arm, depth, rate, cell["seed"], STEPS[depth])
    if cell["part"] == "full size":
        recipe = replace(recipe, model=with_arm(full_size(), arm), steps=FULL_STEPS)
    return {"rate": rate, **measure(recipe, "test")}


def best_rate(rows: Sequence[Cell], arm: Arm, depth: int) -> float:
    """The rate of the lowest loss at the end, of all that were tried."""
    tried = select(rows, part="rate", arm=arm, depth=depth)
    if len(tried) < len(RATES):
        raise ValueError(f"{len(tried)} of {len(RATES)} rates are measured for {arm} at {depth}")
    return min(tried, key=lambda row: row["loss"])["cell"]["rate"]
