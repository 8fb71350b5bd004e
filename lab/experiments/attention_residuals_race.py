"""Does it help a layer to choose which earlier layers it reads? Three kinds of residual, raced.

Plain sum, attention over depth and attention over groups of layers (which the paper calls blocks),
as twins of three and of six layers with exactly as many parameters: two queries a layer are 2 D
numbers, and so is one more neuron of an FFN, which the plain arm has. All read the same problems of
up to 3 x 3 digits in the same order, at a rate that is warmed up and then constant, and are looked
at through the running mean of their weights.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from statistics import median
from typing import Any, Literal, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from lab.data.position_ids import position_ids
from lab.data.problems import BOUNDS, SplitName, sample_shapes
from lab.data.samples import Sample
from lab.data.sources import Shapes
from lab.data.vocabulary import Tokens
from lab.experiments.fine_tuning import as_live
from lab.experiments.position_encoding_race import evaluate, make_eval_set, update_ema
from lab.experiments.sweep import Cell, Figures, Row, Small
from lab.inference.forward import run_with_trace
from lab.inference.token_loss import token_loss
from lab.interp.diagnostics import norm_of
from lab.interp.intervene import DEPTH_PATTERNS
from lab.model.config import AttentionResidualConfig, GPTConfig
from lab.model.cost import flops_per_token_forward, parameters, parameters_of
from lab.model.gpt import GPT
from lab.model.residual import AttentionResidual, DepthStream, Stream
from lab.recipes.attention_residuals import (
    ARMS,
    LIVE,
    Arm,
    at_full_size,
    full_size,
    twin,
    with_arm,
)
from lab.recipes.live import multiply
from lab.recipes.reach import sums_up_to
from lab.records import RECORDS, read_lines, select
from lab.statistics import steps_until
from lab.training.checkpoint import CHECKPOINTS, load
from lab.training.optim import build_optimiser
from lab.training.recipe import Recipe
from lab.training.run import STATES, run
from lab.training.state import TrainState
from lab.training.train import Batch, masked_loss, train

Mask = NDArray[np.bool_]
DEPTHS = (3, 6)
STEPS, MEASURED_AT = {3: 1600, 6: 1200}, {3: 1000, 6: 700}
"""At most so many steps; after so many all arms are compared, and rates are chosen."""

RATES = (1e-3, 2e-3, 4e-3, 8e-3)
"""The grid of AdamW's rate; Muon's is five times it."""

LOWER: dict[tuple[int, Arm], tuple[float, ...]] = {
    (3, "plain"): (5e-4,),
    (3, "full"): (2.5e-4, 5e-4),
    (3, "block"): (5e-4,),
    (6, "block"): (5e-4,),
}
"""For arms that did best at the lowest rate, lower ones until the best lay inside."""

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


def measure(
    recipe: Recipe,
    split: SplitName,
    measured_at: int,
    state: TrainState | None = None,
    ask_all_below: float = GOAL,
) -> dict[str, Any]:
    """One run as a line of the record: to its goal, or its last step.

    Loss, contributions, gradients and depth patterns are those at step `measured_at`, in every arm.
    A check evaluates on all problems unless more than `ask_all_below` of them are wrong in its
    first parts.
    """
    paper, state = make_eval_set(recipe, split, N_CHECK), state or TrainState.start(recipe)
    mean = deepcopy(state.model).eval().requires_grad_(False)
    curve: list[list[float]] = []
    then: dict[str, Any] = {}
    spent, began = 0.0, time.process_time()
    for done in train(recipe, state):
        update_ema(mean, state.model, min(MEMORY, done.step / (done.step + 10)))
        if done.step % CHECK_EVERY:
            continue
        spent += time.process_time() - began
        whole = done.step in (measured_at, recipe.steps)
        errors, n = evaluate(mean, paper, ask_all_below, whole=whole)
        curve.append([done.step, errors, n, round(done.loss, 5)])
        if done.step == measured_at:
            then = {"errors": errors, "n": n, "loss": held_out_loss(mean, recipe, split)}
            then |= by_depth(mean, recipe)
        if done.step > measured_at and steps_to_target(curve) is not None:
            break
        began = time.process_time()
    return {
        "parameters": sum(parameters(state.model).values()),
        "most_steps": recipe.steps,
        "steps": state.step,
        "tokens": state.tokens,
        "precision": recipe.precision,
        "ms_per_step": round(1000 * spent / state.step, 1),
        "steps_to_target": steps_to_target(curve),
        "measured_at": measured_at,
        **then,
        "curve": curve,
        **Sample("generator", f"texts of {split} pairs", paper.n, 0).document(),
        "seeds": [recipe.seed],
    }


def steps_to_target(curve: Sequence[Sequence[float]]) -> float | None:
    """None for a run that never arrived."""
    steps = steps_until(curve, GOAL)
    return None if math.isinf(steps) else steps


def held_out_loss(model: GPT, recipe: Recipe, split: SplitName) -> float:
    """Mean -ln p of a token that the model writes."""
    shapes = cast(Shapes, recipe.data).shapes
    a, b = sample_shapes(np.random.default_rng(0), N_CHECK, shapes, *BOUNDS[split])
    return rounded(token_loss(model, recipe.format, a, b).loss)


def by_depth(model: GPT, recipe: Recipe) -> dict[str, Any]:
    """Layer by layer: how large contributions and stream are, how long the gradient, who reads
    whom."""
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
    """The length of the loss's gradient by all weights of a layer."""
    own = deepcopy(model).requires_grad_(True)
    tokens = torch.from_numpy(texts).long()
    ids = position_ids(tokens, model.config.position.n_axis)
    with torch.enable_grad():
        masked_loss(recipe, own, Batch(tokens, torch.from_numpy(mask), ids)).backward()
    layers = [list(block.parameters()) for block in own.blocks]
    return [rounded(norm_of([cast(Tensor, p.grad) for p in layer])) for layer in layers]


def root_mean_square(x: Tensor) -> float:
    return rounded(float(x.square().mean().sqrt()))


def rounded(x: float) -> float:
    return float(f"{x:.4g}")


# ---------------------------------------------------------------- the sweep

SEEDS = range(1, 6)


def residual_cells() -> list[Cell]:
    """Of each arm at each depth the rates, on validation and seed 0, then the race on test."""
    cells: list[Cell] = []
    for depth in DEPTHS:
        for arm in ARMS:
            of = {"depth": depth, "arm": arm}
            rates = rates_of(depth, arm)
            cells += [{"part": "rate", **of, "rate": rate, "seed": 0} for rate in rates]
            cells += [{"part": "race", **of, "seed": seed} for seed in SEEDS]
    return cells


def rates_of(depth: int, arm: Arm) -> tuple[float, ...]:
    return (*LOWER.get((depth, arm), ()), *RATES)


def measure_residual(cell: Cell) -> dict[str, Any]:
    """A rate on the validation pairs, or a run at the best rate on the test pairs."""
    arm, depth = cell["arm"], cell["depth"]
    if cell["part"] == "rate":
        recipe = plan(arm, depth, cell["rate"], cell["seed"], MEASURED_AT[depth])
        return measure(recipe, "validation", MEASURED_AT[depth])
    rate = best_rate(read_lines(RECORDS / "residuals.jsonl"), arm, depth)
    recipe = plan(arm, depth, rate, cell["seed"], STEPS[depth])
    return {"rate": rate, **measure(recipe, "test", MEASURED_AT[depth])}


SMALL_DEPTH, SMALL_SEED, SMALL_STEPS = 6, 1, 200


def residuals_small() -> dict[str, Small]:
    """The first steps of a race, each arm at its own rate; two minutes."""
    return {
        f"loss of {arm} after {SMALL_STEPS} steps": Small(
            [{"part": "race", "depth": SMALL_DEPTH, "arm": arm, "seed": SMALL_SEED}],
            measure_beginning,
            loss_at_the_beginning,
        )
        for arm in ARMS
    }


def measure_beginning(cell: Cell) -> dict[str, Any]:
    arm, depth = cell["arm"], cell["depth"]
    rate = best_rate(read_lines(RECORDS / "residuals.jsonl"), arm, depth)
    return measure(plan(arm, depth, rate, cell["seed"], SMALL_STEPS), "test", SMALL_STEPS)


def loss_at_the_beginning(rows: list[Row]) -> Figures:
    (row,) = rows
    return {"loss": [check for check in row["curve"] if check[0] <= SMALL_STEPS][-1][3]}


def best_rate(rows: Sequence[Cell], arm: Arm, depth: int) -> float:
    """The rate of the lowest loss at the end, of all that were tried."""
    tried = select(rows, part="rate", arm=arm, depth=depth)
    wanted = len(rates_of(depth, arm))
    if len(tried) < wanted:
        raise ValueError(f"{len(tried)} of {wanted} rates are measured for {arm} at {depth}")
    return min(tried, key=lambda row: row["loss"])["cell"]["rate"]


# ---------------------------------------------------------------- is it attention, or any weights?

Racer = Literal[Arm, "fixed"]
RACERS: tuple[Racer, ...] = (*ARMS, "fixed")
RACED_DEPTH = 3
NEAR: dict[Racer, tuple[float, ...]] = {
    "plain": (5e-4, 1e-3, 2e-3),
    "full": (2.5e-4, 5e-4, 1e-3),
    "block": (5e-4, 1e-3, 2e-3),
    "fixed": (5e-4, 1e-3, 2e-3),
}
"""Three rates around the one that was best with seed 0."""

RATE_SEEDS = (0, 6, 7)
"""None of the seeds that race."""

ASK_ALL_BELOW = 0.1
"""So that every goal is decided on all problems."""


class FixedShares(AttentionResidual):
    """One learned number a connection: p = softmax(b), a free vector b for every reading, the same
    at every token (arXiv:2402.02622 learns such weights too, without softmax).

    Readings, sources and equal shares at the start are those of attention over depth.
    """

    def __init__(self, config: GPTConfig) -> None:
        own = AttentionResidualConfig()
        super().__init__(config, own)
        self.queries = nn.ParameterList(
            nn.Parameter(torch.zeros(own.n_source(config, reading.n_written)))
            for reading in config.later_readings
        )

    def begin(self, x: Tensor) -> Stream:
        return FixedStream(x, list(self.queries), self.eps, self.sources)


class FixedStream(DepthStream):
    """x = sum_n p_n v_n with shares p that no source has a part in."""

    def key(self, v: Tensor) -> Tensor:
        return v

    def pattern(self) -> Tensor:  # (B, T, N)
        return next(self.queries).softmax(-1).expand(*self.x.shape[:-1], -1)


def race_plan(arm: Racer, rate: float, seed: int, steps: int) -> Recipe:
    """Fixed shares stand in the network of the plain sum: they are 27 numbers more."""
    return plan("plain" if arm == "fixed" else arm, RACED_DEPTH, rate, seed, steps)


def begun(recipe: Recipe, arm: Racer) -> TrainState:
    state = TrainState.start(recipe)
    if arm == "fixed":
        state.model.residual = FixedShares(recipe.model)
        state.optimiser = build_optimiser(recipe, state.model)
    return state


def race_cells() -> list[Cell]:
    """Of each arm the rates, on validation by three seeds, then the race on test.

    `residuals` has the rates by seed 0 of the arms that it races.
    """
    cells: list[Cell] = []
    for arm in RACERS:
        cells += [
            {"part": "rate", "arm": arm, "rate": rate, "seed": seed}
            for rate in NEAR[arm]
            for seed in (RATE_SEEDS[1:] if arm in ARMS else RATE_SEEDS)
        ]
        cells += [{"part": "race", "arm": arm, "seed": seed} for seed in SEEDS]
    return [*cells, {"part": "cost"}]


def measure_race(cell: Cell) -> dict[str, Any]:
    if cell["part"] == "cost":
        return cost_of_the_race()
    arm, seed, at = cell["arm"], cell["seed"], MEASURED_AT[RACED_DEPTH]
    if cell["part"] == "rate":
        recipe = race_plan(arm, cell["rate"], seed, at)
        return measure(recipe, "validation", at, begun(recipe, arm))
    rate = median_rate(rates_of_the_race(), arm)
    recipe = race_plan(arm, rate, seed, STEPS[RACED_DEPTH])
    return {"rate": rate, **measure(recipe, "test", at, begun(recipe, arm), ASK_ALL_BELOW)}


def rates_of_the_race() -> list[Cell]:
    first = select(read_lines(RECORDS / "residuals.jsonl"), part="rate", depth=RACED_DEPTH)
    return [*first, *select(read_lines(RECORDS / "residuals_race.jsonl"), part="rate")]


def median_rate(rows: Sequence[Cell], arm: Racer) -> float:
    """The rate whose median loss over the seeds is lowest."""
    losses = {rate: [row["loss"] for row in select(rows, arm=arm, rate=rate)] for rate in NEAR[arm]}
    if any(len(found) < len(RATE_SEEDS) for found in losses.values()):
        raise ValueError(f"not all of {NEAR[arm]} are measured by three seeds for {arm}")
    return min(losses, key=lambda rate: median(losses[rate]))


def cost_of_the_race() -> dict[str, Any]:
    """Seconds of a training step of every arm of the race, taken by turns."""
    plans = {arm: race_plan(arm, RATES[0], 0, TIMED + 3) for arm in RACERS}
    steps = {arm: train(plans[arm], begun(plans[arm], arm)) for arm in RACERS}
    return {**by_turns(steps), "seeds": [0]}


# ---------------------------------------------------------------- once at full size

COMMITTED: Arm = "block"
"""The arm whose weights are in `checkpoints/`."""


def full_cells() -> list[Cell]:
    return [{"arm": COMMITTED}, {"arm": "plain"}]


def measure_full(cell: Cell) -> dict[str, Any]:
    """One run of 4.7M parameters, the rate falling at its end: its checks, and the last network."""
    recipe = full_run(cell["arm"])
    out = (CHECKPOINTS if cell["arm"] == COMMITTED else STATES) / recipe.name
    for _ in run(recipe, out, resume=True):
        pass
    model, checks = load(out).model, read_lines(out / "history.jsonl")
    errors, n = evaluate(model, make_eval_set(recipe, "test", N_CHECK), GOAL, whole=True)
    return {
        "parameters": parameters_of(recipe.model),
        "steps": recipe.steps,
        "training_seconds": round(checks[-1]["seconds"]),
        "precision": recipe.precision,
        "curve": [
            [c["step"], c["errors_validation"], c["n_validation"], round(c["loss"], 5)]
            for c in checks
        ],
        "errors": errors,
        "n": n,
        "loss": held_out_loss(model, recipe, "test"),
        **by_depth(model, recipe),
        **Sample("generator", "texts of test pairs", n, 0).document(),
        "seeds": [recipe.seed],
    }


def full_run(arm: Arm) -> Recipe:
    name = "attention_residuals" if arm == COMMITTED else f"attention_residuals_{arm}"
    return at_full_size(name, arm)


# ---------------------------------------------------------------- the live race, and its cost

TIMED = 15
"""Steps of each arm that are timed, by turns."""


def live_cells() -> list[Cell]:
    return [{"arm": arm, "seed": 0} for arm in ARMS]


def measure_live(cell: Cell) -> dict[str, Any]:
    return as_live(multiply(residual=cell["arm"], seed=cell["seed"], **LIVE))


NETWORKS: dict[str, Callable[[], GPTConfig]] = {
    "three_layers": lambda: twin(3),
    "six_layers": lambda: twin(6),
    "full_size": full_size,
}
"""Those of the race, and the book's."""


def cost_cells() -> list[Cell]:
    return [{"network": name} for name in NETWORKS]


def cost_small() -> dict[str, Small]:
    """Of the six-layer race; less than a minute."""
    return {"ms of a step": Small([{"network": "six_layers"}], measure_cost, ms_of_a_step)}


def ms_of_a_step(rows: list[Row]) -> Figures:
    (row,) = rows
    return {arm: round(1e3 * median) for arm, (_, median, _) in row["seconds"].items()}


def measure_cost(cell: Cell) -> dict[str, Any]:
    """Seconds of a training step of every arm, taken by turns, at as many threads as torch takes:
    median, and the middle half of them."""
    network = NETWORKS[cell["network"]]()
    plans: dict[Arm, Recipe] = {
        arm: replace(
            plan(arm, network.n_layer, RATES[0], 0, TIMED + 3), model=with_arm(network, arm)
        )
        for arm in ARMS
    }
    steps = {arm: train(plans[arm], TrainState.start(plans[arm])) for arm in ARMS}
    return {
        **by_turns(steps),
        "flops_per_token": {
            arm: flops_per_token_forward(p.model, p.format.length) for arm, p in plans.items()
        },
        "seeds": [0],
    }


def by_turns(steps: Mapping[Any, Iterator[Any]]) -> dict[str, Any]:
    """Seconds of a step of several trainings, one step of each in turn."""
    taken: dict[Any, list[float]] = {arm: [] for arm in steps}
    for _ in range(TIMED + 3):
        for arm, own in steps.items():
            began = time.perf_counter()
            next(own)
            taken[arm].append(time.perf_counter() - began)
    return {
        "n": TIMED,
        "threads": torch.get_num_threads(),
        "seconds": {arm: quartiles(found[3:]) for arm, found in taken.items()},  # warm by then
        **Sample("generator", "batches of the race", TIMED, 0).document(),
    }


def quartiles(found: Sequence[float]) -> list[float]:
    return [rounded(float(x)) for x in np.quantile(found, (0.25, 0.5, 0.75))]
