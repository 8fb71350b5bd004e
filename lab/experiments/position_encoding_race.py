"""How many steps an encoding of positions needs, in three kinds of text.

*fixed*: every text has one width, so a digit always stands at the same place. *packed*: a stream of
sums, cut anywhere, so a sum may begin at any place. *mixed*: numbers of one or two digits without
leading zeros, so what a place means changes from text to text.

All runs read the same number of tokens a step, at a rate that is warmed up and then constant, and
are looked at through the running mean of their weights, which takes the noise of a constant rate
out of the comparison. They stop when they have arrived.

Shapes: `N` rows of `S` tokens.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray

from lab.data.packing import pack, texts_in, whole_texts
from lab.data.problems import BOUNDS, Format, SplitName, sample_pairs, sample_shapes
from lab.data.samples import Sample
from lab.data.sources import PackedStream, Pairs, Shapes
from lab.data.vocabulary import Tokens
from lab.experiments.sweep import Cell, Figures, Row, Small
from lab.inference.scoring import teacher_forced
from lab.model.gpt import GPT
from lab.recipes.chain_of_thought import FULL_SIZE
from lab.recipes.rope import BASE, ENCODINGS, STREAM, Encoding, position_of, small
from lab.records import RECORDS, read_lines, select
from lab.statistics import steps_until
from lab.training.recipe import Recipe
from lab.training.state import TrainState
from lab.training.train import train

Setting = Literal["fixed", "mixed", "packed"]
SETTINGS: tuple[Setting, ...] = get_args(Setting)

RATES: dict[Setting, tuple[float, ...]] = {
    "fixed": (1e-3, 2e-3, 4e-3),
    "mixed": (1e-3, 2e-3, 4e-3),
    "packed": (5e-4, 1e-3, 2e-3, 4e-3, 8e-3),
}
"""The grid of AdamW's rate; Muon's is five times it. In the deciding setting it goes on until the
best of each arm has a worse one on either side."""

TOKENS_A_STEP = 8 * STREAM
MOST_STEPS, MOST_PACKED_STEPS, MOST_TUNING_STEPS = 2000, 3000, 1500
BASE_STEPS, FULL_STEPS = 1000, 1500
CHECK_EVERY = 25
N_CHECK = 2000
GOAL = 0.05
"""A run has arrived at the first of two checks in a row with at most so large a part wrong."""

TRAINED_TO: dict[Setting, float] = {"fixed": 0.01, "mixed": GOAL, "packed": 0.001}
"""How far an arm is trained in the race; a rate is tried to the goal that the race is read at.

At a constant rate the last errors come and go, so what lies far below the goal measures luck as
well; the deciding setting shows that."""

GIVE_UP_AT, STILL_WRONG = 1000, 0.9
"""A run that fails so large a part of the problems at this step is given up."""

MEMORY = 0.95
"""The running mean keeps this share of itself at every step: about the last 20 steps."""

SHAPES = ((1, 1), (1, 2), (2, 1), (2, 2))


def plan(
    setting: Setting,
    encoding: Encoding,
    rate: float,
    seed: int,
    *,
    base: float = BASE,
    steps: int = MOST_STEPS,
) -> Recipe:
    """One run of the race, as a recipe."""
    mixed = setting == "mixed"
    form = Format("cot_reversed", padded=not mixed)
    data = Shapes(form, SHAPES) if mixed else Pairs(form)
    return Recipe(
        name=f"{setting}_{encoding}",
        model=small(position_of(encoding, base)),
        data=PackedStream(Pairs(form), STREAM) if setting == "packed" else data,
        steps=steps,
        batch_size=round(TOKENS_A_STEP / (STREAM if setting == "packed" else form.length)),
        rate=rate,
        muon_rate=5 * rate,
        decay=0.0,
        precision="fp32",
        seed=seed,
    )


# ---------------------------------------------------------------- the check


@dataclass(frozen=True)
class EvalSet:
    """Held-out problems laid out as in training. `owner` (N, S): whose token is to be predicted.

    Problems count from 0 to n - 1; -1 marks tokens that nobody is asked for.
    """

    tokens: Tokens
    owner: NDArray[np.int64]

    @property
    def n(self) -> int:
        return len(np.unique(self.owner[self.owner >= 0]))

    def parts(self) -> Iterator[EvalSet]:
        """The problems again, an eighth of the rows at a time."""
        size = -(-len(self.tokens) // 8)
        for begin in range(0, len(self.tokens), size):
            rows = slice(begin, begin + size)
            yield EvalSet(self.tokens[rows], self.owner[rows])


def make_eval_set(recipe: Recipe, split: SplitName, n: int = N_CHECK, seed: int = 0) -> EvalSet:
    """At least `n` problems of one part of the split; in a stream only those that are whole."""
    rng, (low, high), form = np.random.default_rng(seed), BOUNDS[split], recipe.format
    if isinstance(recipe.data, Shapes):
        tokens, mask = form.render(*sample_shapes(rng, n, recipe.data.shapes, low, high))
        return EvalSet(tokens, np.where(mask, np.arange(n)[:, None], -1))
    if not isinstance(recipe.data, PackedStream):
        tokens, mask = form.render(*sample_pairs(rng, n, form.p, form.q, low, high))
        return EvalSet(tokens, np.where(mask, np.arange(n)[:, None], -1))
    length = recipe.data.length
    rows = -(-n // (length // form.length - 1))
    texts = rows * texts_in(length, form)
    tokens, mask = form.render(*sample_pairs(rng, texts, form.p, form.q, low, high))
    streams, to_predict, starts = pack(tokens, mask, rows, length, rng)
    owner, count = np.full(streams.shape, -1), 0
    for row, begins in enumerate(whole_texts(form.length, length, starts)):
        for begin in begins:
            owner[row, begin : begin + form.length] = count
            count += 1
    return EvalSet(streams, np.where(to_predict, owner, -1))


def sample_of(recipe: Recipe, split: SplitName, seed: int = 0) -> Sample:
    """What a check asks; `n` where it asks all."""
    streams = isinstance(recipe.data, PackedStream)
    kind = "whole texts in streams" if streams else "texts"
    return Sample(
        "generator", f"{kind} of {split} pairs", make_eval_set(recipe, split, seed=seed).n, seed
    )


def find_wrong(model: GPT, eval_set: EvalSet, batch: int = 64) -> int:
    """How many problems have a wrong token, each token predicted from the right ones before it."""
    wrong: set[int] = set()
    for begin in range(0, len(eval_set.tokens), batch):
        rows = slice(begin, begin + batch)
        missed = teacher_forced(model, eval_set.tokens[rows]) != eval_set.tokens[rows]
        wrong |= set(eval_set.owner[rows][missed].tolist())
    return len(wrong - {-1})


def evaluate(model: GPT, eval_set: EvalSet, goal: float, *, whole: bool) -> tuple[int, int]:
    """(errors, n), part by part; there are no more parts, unless `whole`, once it cannot pass."""
    errors = n = 0
    for part in eval_set.parts():
        errors, n = errors + find_wrong(model, part), n + part.n
        if errors > goal * eval_set.n and not whole:
            break
    return errors, n


# ---------------------------------------------------------------- one run


@torch.no_grad()
def update_ema(ema: GPT, model: GPT, memory: float) -> None:
    """ema <- memory * ema + (1 - memory) * model, weight by weight; buffers are taken over."""
    for average, weight in zip(ema.parameters(), model.parameters(), strict=True):
        average.lerp_(weight, 1 - memory)
    for old, new in zip(ema.buffers(), model.buffers(), strict=True):
        old.copy_(new)


@dataclass(frozen=True)
class RaceCheck:
    """The running mean of the weights at a check: its errors in n problems; arrived or not.

    n is less than all where some of the problems have too many errors already.

    `seconds` of computing by this process, checks not counted.
    """

    step: int
    errors: int
    n: int
    loss: float
    seconds: float
    arrived: bool = False


def race(recipe: Recipe, split: SplitName, goal: float = GOAL) -> Iterator[RaceCheck]:
    """Train until two checks in a row meet the goal, the run is given up or ends."""
    state, eval_set = TrainState.start(recipe), make_eval_set(recipe, split)
    ema = deepcopy(state.model).eval().requires_grad_(False)
    met_before, spent = False, 0.0
    began = time.process_time()
    for done in train(recipe, state):
        update_ema(ema, state.model, min(MEMORY, done.step / (done.step + 10)))
        if done.step % CHECK_EVERY and done.step != recipe.steps:
            continue
        spent += time.process_time() - began
        errors, n = evaluate(ema, eval_set, goal, whole=done.step == recipe.steps)
        met = errors <= goal * eval_set.n
        yield RaceCheck(done.step, errors, n, done.loss, spent, arrived=met and met_before)
        given_up = done.step == GIVE_UP_AT and errors > STILL_WRONG * n
        if given_up or (met and met_before):
            return
        met_before, began = met, time.process_time()


def steps_to_target(checks: Sequence[RaceCheck]) -> int | None:
    """The first of the last two checks, if the run arrived; None for one that never did."""
    return checks[-2].step if checks[-1].arrived else None


def measure(recipe: Recipe, split: SplitName, goal: float = GOAL) -> dict[str, Any]:
    """One run as a line of a record; the curve holds a point a check."""
    checks = list(race(recipe, split, goal))
    last = checks[-1]
    return {
        "goal": goal,
        "steps_to_target": steps_to_target(checks),
        "most_steps": recipe.steps,
        "tokens_per_step": recipe.tokens_per_step,
        "ms_per_step": round(1000 * last.seconds / last.step, 1),
        "precision": recipe.precision,
        "n": last.n,
        **sample_of(recipe, split).document(),
        "curve": [[check.step, check.errors, check.n, round(check.loss, 5)] for check in checks],
        "seeds": [recipe.seed],
    }


# ---------------------------------------------------------------- the sweep

SEEDS, BASE_SEEDS = range(1, 6), range(1, 4)
BASES = (3.0, 10.0, 100.0, 1000.0, 10_000.0)


def rope_cells() -> list[Cell]:
    """Of each arm the rates, on validation and seed 0, then the race on five seeds; then bases,
    of which `BASE` itself is the packed arm of the race; then the deciding pair at full size, at
    the small one's rate.
    """
    cells: list[Cell] = []
    for setting in SETTINGS:
        for encoding in ENCODINGS:
            arm = {"setting": setting, "encoding": encoding}
            cells += [{"part": "rate", **arm, "rate": rate, "seed": 0} for rate in RATES[setting]]
            cells += [{"part": "race", **arm, "seed": seed} for seed in SEEDS]
    others = [base for base in BASES if base != BASE]
    cells += [{"part": "base", "base": b, "seed": s} for b in others for s in BASE_SEEDS]
    return cells + [{"part": "full_size", "encoding": e, "seed": 0} for e in ("rotary", "learned")]


def measure_rope(cell: Cell) -> dict[str, Any]:
    """A rate on the validation pairs, or a run at the best rate on the test pairs."""
    setting, encoding = cell.get("setting", "packed"), cell.get("encoding", "rotary")
    goal = TRAINED_TO[setting] if cell["part"] == "race" else GOAL
    if cell["part"] == "rate":
        recipe = plan(setting, encoding, cell["rate"], cell["seed"], steps=MOST_TUNING_STEPS)
        return measure(recipe, "validation", goal)
    rate = best_rate(read_lines(RECORDS / "rope.jsonl"), setting, encoding)
    most = MOST_PACKED_STEPS if setting == "packed" else MOST_STEPS
    steps = {"race": most, "base": BASE_STEPS, "full_size": FULL_STEPS}[cell["part"]]
    base = cell.get("base", BASE)
    recipe = plan(setting, encoding, rate, cell["seed"], base=base, steps=steps)
    if cell["part"] == "full_size":
        recipe = replace(recipe, model=replace(FULL_SIZE, position=position_of(encoding)))
    return {"rate": rate, **measure(recipe, "test", goal)}


def best_rate(rows: Sequence[Cell], setting: Setting, encoding: str) -> float:
    """The rate of the fewest steps to the target, or else the fewest errors, the lowest loss."""
    wanted = {"part": "rate", "setting": setting, "encoding": encoding}
    tried = select(rows, **wanted)
    if len(tried) < len(RATES[setting]):
        raise ValueError(f"{len(tried)} of {len(RATES[setting])} rates are measured for {wanted}")

    def standing(row: Cell) -> tuple[float, ...]:
        _, errors, n, loss = row["curve"][-1]
        return row["steps_to_target"] or math.inf, errors / n, loss

    return min(tried, key=standing)["cell"]["rate"]


# ---------------------------------------------------------------- the small setting, some minutes

SMALL_SEED = 2


def rope_small() -> dict[str, Small]:
    """The deciding pair once more, up to the goal at which the race is read."""
    pair = [
        {"part": "race", "setting": "packed", "encoding": encoding, "seed": SMALL_SEED}
        for encoding in ("learned", "rotary")
    ]
    return {"steps until 1 in 20 is wrong": Small(pair, measure_to_the_goal, steps_of_the_pair)}


def measure_to_the_goal(cell: Cell) -> dict[str, Any]:
    setting, encoding = cell["setting"], cell["encoding"]
    rate = best_rate(read_lines(RECORDS / "rope.jsonl"), setting, encoding)
    return measure(plan(setting, encoding, rate, cell["seed"]), "test", GOAL)


def steps_of_the_pair(rows: list[Row]) -> Figures:
    """Steps of each to the goal, and their ratio; None for what never arrived."""
    learned, rotary = (steps_until(row["curve"], GOAL) for row in rows)
    found = {"learned": learned, "rotary": rotary, "ratio": round(learned / rotary, 2)}
    return {name: x if math.isfinite(x) else None for name, x in found.items()}
