"""A model that labels longer sums for itself: does what it learns from its own answers hold?

`reach_coupled_slow`, taught sums of up to 3x3 digits, labels sums with one digit more, trains on
its own labels, and so on, a digit a round. Its arms differ in what a round trains on.

Shapes: `N` sums.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from safetensors.torch import load_file, save_file

from lab.data.problems import (
    BOUNDS,
    HELDOUT_FROM,
    Format,
    Integers,
    count_digits,
    sample_exact,
    sample_shapes,
)
from lab.data.samples import Sample
from lab.data.sources import Member, Mix, PairList, WrittenTexts
from lab.data.vocabulary import decode
from lab.experiments.sweep import Cell
from lab.inference.pseudo_labels import CHECKS, CheckName, Labels, Verdict, label, label_by_two
from lab.inference.scoring import exactness, last
from lab.model.gpt import GPT
from lab.recipes.reach import sums_up_to
from lab.recipes.recipe_index import recipe
from lab.training.checkpoint import CHECKPOINTS
from lab.training.recipe import Recipe
from lab.training.run import STATES
from lab.training.state import TrainState
from lab.training.train import precision_on, train

Arm = Literal["sieve", "unfiltered", "short", "true", "two_agree"]
ARMS: tuple[Arm, ...] = get_args(Arm)
"""Its own labels that pass all checks, all its own labels, nothing longer than it was taught, the
true labels of the same sums, and the labels of any two of three models that pass the checks."""

WITH_VOTE: tuple[Arm, ...] = ("sieve", "two_agree")

TAUGHT = "reach_coupled_slow"
VOTERS = (0, 1, 2)
TAUGHT_DIGITS, MOST_DIGITS = 3, 8
ROUNDS = range(TAUGHT_DIGITS + 1, MOST_DIGITS + 1)
"""A round is named by the digits of the longest sums that it labels."""

LABELS, SHOWN = 2000, 1000
"""Sums that are labelled in a round, and of these the first that a row holds one by one."""

TOKENS, BATCH = 1_000_000, 32
"""Read in a round by each model."""

NEW, OLD, SHORT = 50, 25, 25
"""Parts of a batch: labels of this round, labels of earlier ones, true sums of up to 3x3."""

RATE = 1e-3
ASKED = 200
SPLIT = "test"
FOLDER = STATES / "self_evolution"
COMMITTED = CHECKPOINTS / TAUGHT / "model.safetensors"


def evolution_cells() -> list[Cell]:
    """Arm by arm, since a round goes on from the one before."""
    return [{"arm": arm, "digits": digits} for arm in ARMS for digits in ROUNDS]


def voters_of(arm: Arm) -> tuple[int, ...]:
    """Seeds of the models of an arm."""
    return VOTERS if arm in WITH_VOTE else VOTERS[:1]


def measure_evolution(cell: Cell) -> dict[str, Any]:
    """One round of one arm: label, sieve, train, ask every length."""
    arm, digits = cell["arm"], cell["digits"]
    models = {seed: model_after(arm, digits - 1, seed) for seed in voters_of(arm)}
    labeller = label_by_two if arm == "two_agree" else label
    labels = own_labels(labeller, list(models.values()), digits)
    texts = [text for some in labels for text in texts_to_read(arm, some)]
    file_of_texts(arm, digits).write_text(json.dumps(texts))
    states = {seed: train_round(arm, digits, seed, model) for seed, model in models.items()}
    first = states[VOTERS[0]]
    return {
        **about_labels(labels),
        "read": len(texts),
        "tokens": first.tokens,
        "training_seconds": round(sum(state.seconds for state in states.values()), 1),
        "precision": precision_on(first.recipe, first.device),
        "shapes": {
            str(seed): evaluate_lengths(state.model.eval()) for seed, state in states.items()
        },
        **Sample("generator", f"{SPLIT} pairs of every length", ASKED, 0).document(),
        "seeds": list(states),
    }


# ---------------------------------------------------------------- labels

Labeller = Callable[[Sequence[GPT], Format, Integers, Integers], Labels]


def shapes_with(digits: int) -> PairList:
    """Shapes whose longer number has so many digits, as often as they have products of two."""
    shapes = ((p, q) for p in range(1, digits + 1) for q in range(1, digits + 1))
    return tuple((p, q) for p, q in shapes if max(p, q) == digits for _ in range(p * q))


def own_labels(labeller: Labeller, models: Sequence[GPT], digits: int) -> list[Labels]:
    """`LABELS` sums that no test holds, labelled shape by shape."""
    rng = np.random.default_rng(digits)
    a, b = sample_shapes(rng, LABELS, shapes_with(digits), 0.0, HELDOUT_FROM)
    digits_a, digits_b = count_digits(a), count_digits(b)
    out: list[Labels] = []
    for p, q in sorted(set(shapes_with(digits))):
        rows = (digits_a == p) & (digits_b == q)
        if rows.any():
            out.append(labeller(models, Format("cot_reversed", p, q), a[rows], b[rows]))
    return out


def texts_to_read(arm: Arm, labels: Labels) -> list[str]:
    """What a round trains on, of sums of one shape."""
    match arm:
        case "sieve" | "two_agree":
            texts = labels.texts[labels.passes(CHECKS)]
        case "unfiltered":
            texts = labels.texts
        case "short":
            texts = labels.texts[:0]
        case "true":
            texts, _ = labels.form.render(labels.a, labels.b)
    return [decode(text) for text in texts]


def about_labels(labels: Sequence[Labels]) -> dict[str, Any]:
    """How many labels are right; of each check how many it keeps, and how many of these wrongly.

    `flags`, of `SHOWN` labels drawn by a seed, are bits: right, then the checks as in `names`.
    """
    names: list[CheckName] = [name for name in CHECKS if name != "vote" or labels[0].others]
    right = every(labels, lambda some: some.right)
    verdicts: dict[str, Verdict] = {str(name): every(labels, CHECKS[name]) for name in names}
    verdicts["all"] = np.all(list(verdicts.values()), axis=0)
    order = np.random.default_rng(0).permutation(len(right))[:SHOWN]
    bits = [right, *(verdicts[str(name)] for name in names)]
    flags = sum(bit.astype(np.int64) << k for k, bit in enumerate(bits))
    sums = [(a, b, answer) for some in labels for a, b, answer in sums_of(some)]
    return {
        "labels": len(right),
        "right": int(right.sum()),
        "checks": {
            name: {"kept": int(passed.sum()), "wrong": int((passed & ~right).sum())}
            for name, passed in verdicts.items()
        },
        "names": names,
        "flags": np.asarray(flags)[order].tolist(),
        "sums": [sums[row] for row in order],
    }


def every(labels: Sequence[Labels], verdict: Callable[[Labels], Verdict]) -> Verdict:
    return np.concatenate([verdict(some) for some in labels])


def sums_of(labels: Labels) -> list[tuple[int, int, int]]:
    """(a, b, the answer that was written) of every label."""
    return list(zip(labels.a.tolist(), labels.b.tolist(), labels.answer.tolist(), strict=True))


# ---------------------------------------------------------------- training


def train_round(arm: Arm, digits: int, seed: int, model: GPT) -> TrainState:
    """Go on with a model on what its arm reads this round, and keep its weights."""
    plan = plan_of_round(arm, digits, seed)
    state = TrainState.start(plan)
    state.model.load_state_dict(model.state_dict())
    for _ in train(plan, state):
        pass
    save_weights(state.model, file_of_weights(arm, digits, seed))
    return state


def plan_of_round(arm: Arm, digits: int, seed: int) -> Recipe:
    usual = recipe(TAUGHT, seed=seed)
    data = Mix(parts_to_read(arm, digits))
    return replace(
        usual,
        name="self_evolution",
        data=data,
        batch_size=BATCH,
        steps=round(TOKENS / (BATCH * data.tokens_per_row)),
        rate=RATE,
        muon_rate=5 * RATE,
    )


def parts_to_read(arm: Arm, digits: int) -> tuple[tuple[Member, float], ...]:
    """True sums of up to 3x3, and the texts of this round and of the earlier ones."""
    short: tuple[Member, float] = (sums_up_to(TAUGHT_DIGITS), SHORT)
    new = texts_of_round(arm, digits)
    old = tuple(text for d in ROUNDS if d < digits for text in texts_of_round(arm, d))
    form = Format("cot_reversed", digits, digits, padded=False)
    parts = [(WrittenTexts(form, texts), part) for texts, part in ((new, NEW), (old, OLD)) if texts]
    return (*parts, short)


def texts_of_round(arm: Arm, digits: int) -> tuple[str, ...]:
    return tuple(json.loads(file_of_texts(arm, digits).read_text()))


# ---------------------------------------------------------------- what a round leaves behind


def file_of_texts(arm: Arm, digits: int) -> Path:
    FOLDER.mkdir(parents=True, exist_ok=True)
    return FOLDER / f"{arm}-{digits}.json"


def file_of_weights(arm: str, digits: int, seed: int) -> Path:
    FOLDER.mkdir(parents=True, exist_ok=True)
    return FOLDER / f"{arm}-{digits}-seed{seed}.safetensors"


def model_after(arm: Arm, digits: int, seed: int) -> GPT:
    """The model of an arm as the round of `digits` left it; before the first, as it was taught."""
    plan = recipe(TAUGHT, seed=seed)
    if digits == TAUGHT_DIGITS:
        path = taught(plan)
    else:
        path = file_of_weights(arm, digits, seed)
    model = TrainState.blank(plan).model
    model.load_state_dict(load_file(path))
    return model.eval()


def taught(plan: Recipe) -> Path:
    """The weights of a voter at the start: those of the committed run, of the other seeds trained
    now if they are not there."""
    if plan.seed == VOTERS[0]:
        return COMMITTED
    path = file_of_weights("taught", TAUGHT_DIGITS, plan.seed)
    if not path.exists():
        state = TrainState.start(plan)
        for _ in train(plan, state):
            pass
        save_weights(state.model, path)
    return path


def save_weights(model: GPT, path: Path) -> None:
    save_file({name: tensor.detach() for name, tensor in model.state_dict().items()}, path)


# ---------------------------------------------------------------- what it can do then


def evaluate_lengths(model: GPT) -> dict[str, tuple[int, int]]:
    """By digits of both numbers (n, strict errors)."""
    found: dict[str, tuple[int, int]] = {}
    for digits in range(1, MOST_DIGITS + 1):
        form = Format("cot_reversed", digits, digits)
        a, b = sample_exact(np.random.default_rng(0), ASKED, digits, digits, *BOUNDS[SPLIT])
        score = last(exactness(model, form, a, b, decode=False, batch=50))
        found[f"{digits}x{digits}"] = (score.n, score.errors_strict)
    return found
