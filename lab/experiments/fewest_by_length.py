"""How few different problems teach multiplying, by length: two, three and four digits.

A hundred times as many problems exist with every digit more. Here one length is trained on at a
time, d by d digits and nothing shorter, so that problems counted and problems evaluated are
of one kind and all alike. The twin of chapter 3 reads as many tokens at every length, in as
many steps, of a pool of so many problems and no others.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from statistics import median
from typing import Any

from lab.data.problems import Format, Integers, SplitName, operands_in
from lab.data.samples import Sample
from lab.data.sources import Pool, Shapes, pooled
from lab.data.vocabulary import decode
from lab.experiments.lengths import problems_of_shape
from lab.experiments.sweep import Cell
from lab.inference.scoring import exactness, last
from lab.model.cost import parameters_of
from lab.model.gpt import GPT
from lab.recipes.curriculum import COUPLED, STYLE, twin
from lab.records import RECORDS, read_lines, replacing, select
from lab.training.recipe import Recipe
from lab.training.run import STATES
from lab.training.state import TrainState
from lab.training.train import train

LENGTHS = (2, 4, 3)
"""Digits of both numbers, in the order in which they are measured."""

SEEDS = range(3)
STEPS, TOKENS_A_STEP = 985, 2048
"""As many as the twin that reads all lengths at once: 2 million tokens."""

RATES = (1e-3, 2e-3, 4e-3)
LOWEST, HIGHEST = 2.5e-4, 3.2e-2
"""Rates to begin with, and how far they may be extended until the best one lies inside."""

START = {2: 2**10, 3: 2**11, 4: 2**12}
"""Problems with which a search begins, and with which rates are compared."""

LEAST = 2**6
MOST = {2: 2**11, 3: 2**14, 4: 2**14}
"""The largest power of two that the training part holds, or that a run reads whole."""

GOALS = (95, 99)
"""Of a hundred test problems, how many are right in every token."""

ASKED = 2000
PARTS: tuple[SplitName, ...] = ("validation", "test")
FOLDER = STATES / "fewest_by_length"


def length_cells() -> list[Cell]:
    """Of each length the rate, then the fewest problems for each seed."""
    cells: list[Cell] = []
    for digits in LENGTHS:
        cells.append({"part": "rate", "digits": digits})
        cells += [{"part": "fewest", "digits": digits, "seed": seed} for seed in SEEDS]
    return cells


def measure_length(cell: Cell) -> dict[str, Any]:
    """All trainings of a choice of rate, or of a search, one by one."""
    digits = cell["digits"]
    if cell["part"] == "rate":
        found, seeds = choose_rate(digits), list(SEEDS)
    else:
        found, seeds = find_fewest(digits, cell["seed"]), [cell["seed"]]
    recipe = plan_of(digits, START[digits], RATES[0], 0)
    return {
        "parameters": parameters_of(recipe.model),
        "steps": recipe.steps,
        "tokens": recipe.steps * recipe.tokens_per_step,
        "exist": 81 * 100 ** (digits - 1),
        "precision": recipe.precision,
        **found,
        "training_seconds": round(sum(one["seconds"] for one in found["tried"]), 1),
        **sample(digits).document(),
        "seeds": seeds,
    }


def sample(digits: int) -> Sample:
    a, _ = asked(digits, "test")
    return Sample("generator", f"test pairs of {digits}x{digits} digits, each once", len(a), 0)


# ---------------------------------------------------------------- which rate


def choose_rate(digits: int) -> dict[str, Any]:
    """On validation, by the median of three seeds; the lowest of equal ones."""
    tried: list[dict[str, Any]] = []

    def wrong(rate: float) -> float:
        runs = [outcome(digits, START[digits], rate, seed) for seed in SEEDS]
        tried.extend(runs)
        return median(run["validation"][1] for run in runs)

    return {"rate": best_inside(wrong, RATES), "problems": START[digits], "tried": tried}


def best_inside(wrong: Callable[[float], float], rates: Sequence[float]) -> float:
    """The rate with the fewest wrong; the grid grows at its end until that lies inside."""
    found = {rate: wrong(rate) for rate in rates}
    while True:
        best = min(sorted(found), key=found.__getitem__)
        if best == min(found) and best > LOWEST:
            more = best / 2
        elif best == max(found) and best < HIGHEST:
            more = best * 2
        else:
            return best
        found[more] = wrong(more)


# ---------------------------------------------------------------- how few


def find_fewest(digits: int, seed: int) -> dict[str, Any]:
    """From `START` up to the second goal and down past the first, in powers of two."""
    (row,) = select(read_lines(RECORDS / "fewest_by_length.jsonl"), part="rate", digits=digits)
    runs: dict[int, dict[str, Any]] = {}

    def right(problems: int) -> float:
        runs[problems] = outcome(digits, problems, row["rate"], seed)
        n, wrong = runs[problems]["test"]
        return 100 * (n - wrong) / n

    shares = search(right, START[digits], LEAST, MOST[digits])
    return {
        "rate": row["rate"],
        "fewest": {str(goal): fewest_for(shares, goal) for goal in GOALS},
        "most": MOST[digits],
        "tried": [runs[n] for n in sorted(runs)],
    }


def search(right: Callable[[int], float], start: int, least: int, most: int) -> dict[int, float]:
    """By the number of problems, the share right in 100, until both goals are bracketed."""
    low, high = GOALS
    found = {start: right(start)}
    while found[max(found)] < high and max(found) < most:
        found[2 * max(found)] = right(2 * max(found))
    while found[min(found)] >= low and min(found) > least:
        found[min(found) // 2] = right(min(found) // 2)
    return found


def fewest_for(shares: dict[int, float], goal: float) -> int | None:
    """The fewest problems from which on every number that was tried reaches a goal, if any does."""
    fewest = None
    for n in sorted(shares, reverse=True):
        if shares[n] < goal:
            break
        fewest = n
    return fewest


# ---------------------------------------------------------------- one training


def plan_of(digits: int, problems: int, rate: float, seed: int) -> Recipe:
    """The twin on so many different problems of one length."""
    every = Shapes(Format(STYLE, digits, digits), ((digits, digits),))
    return replace(
        twin("fewest_by_length", COUPLED),
        data=Pool(every, problems, seed),
        steps=STEPS,
        batch_size=round(TOKENS_A_STEP / every.tokens_per_row),
        rate=rate,
        muon_rate=5 * rate,
        seed=seed,
    )


def outcome(digits: int, problems: int, rate: float, seed: int) -> dict[str, Any]:
    """What a training comes to. One that is done is kept outside the tree and not repeated.

    (n, strict errors) of the problems it read, and of validation and test problems.
    """
    path = FOLDER / f"{digits}-{problems}-{rate:g}-{seed}.json"
    if path.exists():
        return json.loads(path.read_text())
    recipe = plan_of(digits, problems, rate, seed)
    state = TrainState.start(recipe)
    loss = [done.loss for done in train(recipe, state)][-1]
    model = state.model.eval()
    found = {
        "problems": problems,
        "rate": rate,
        "seed": seed,
        "seconds": round(state.seconds, 1),
        "loss": loss,
        "own": errors(model, digits, *own_problems(recipe)),
        "validation": errors(
            model, digits, *problems_of_shape(digits, digits, ASKED, "validation")
        ),
        "test": errors(model, digits, *problems_of_shape(digits, digits, ASKED, "test")),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as part:
        part.write_text(json.dumps(found))
    return json.loads(path.read_text())


def own_problems(recipe: Recipe) -> tuple[Integers, Integers]:
    """Those of the pool, the first `ASKED` of them as they were drawn."""
    assert isinstance(recipe.data, Pool)
    tokens, _ = pooled(recipe.data)
    return operands_in([decode(row) for row in tokens[:ASKED]])


def asked(digits: int, split: SplitName) -> tuple[Integers, Integers]:
    return problems_of_shape(digits, digits, ASKED, split)


def errors(model: GPT, digits: int, a: Integers, b: Integers) -> tuple[int, int]:
    score = last(exactness(model, Format(STYLE, digits, digits), a, b, decode=False))
    return score.n, score.errors_strict
