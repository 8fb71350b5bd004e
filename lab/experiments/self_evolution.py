"""A model that labels longer problems for itself: does what it learns from its own answers hold?

`reach_coupled_slow`, taught problems of up to 3x3 digits, labels problems with one digit more,
trains on its own labels, and so on, a digit a round. Its arms differ in what a round trains on.

Shapes: `N` problems.
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
    pairs_of,
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
from lab.records import RECORDS, read_lines, select
from lab.training.checkpoint import CHECKPOINTS
from lab.training.recipe import Recipe
from lab.training.run import STATES
from lab.training.state import TrainState
from lab.training.train import precision_on, train

Arm = Literal["sieve", "unfiltered", "short", "true", "two_agree"]
ARMS: tuple[Arm, ...] = get_args(Arm)
"""Its own labels that pass all checks, all its own labels, nothing longer than it was taught, the
true labels of the same problems, and the labels of any two of three models that pass the checks."""

WITH_VOTE: tuple[Arm, ...] = ("sieve", "two_agree")

TAUGHT = "reach_coupled_slow"
VOTERS = (0, 1, 2)
TAUGHT_DIGITS, MOST_DIGITS = 3, 8
ROUNDS = range(TAUGHT_DIGITS + 1, MOST_DIGITS + 1)
"""A round is named by the digits of the longest problems that it labels."""

LABELS, SHOWN = 2000, 1000
"""Problems that are labelled in a round, and of these the first that a row holds one by one."""

TOKENS, BATCH = 1_000_000, 32
"""Read in a round by each model."""

NEW, OLD, SHORT = 50, 25, 25
"""Parts of a batch: labels of this round, labels of earlier ones, true labels of up to 3x3."""

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
    """One round of one arm: label, sieve, train, evaluate every length."""
    arm, digits = cell["arm"], cell["digits"]
    return one_round(arm, digits, voters_of(arm))


def one_round(arm: Arm, digits: int, seeds: Sequence[int]) -> dict[str, Any]:
    """A round of the models of these seeds, who label together; the labels are the first one's."""
    author = seeds[0]
    models = {seed: model_after(arm, digits - 1, seed) for seed in seeds}
    labeller = label_by_two if arm == "two_agree" else label
    labels = own_labels(labeller, list(models.values()), digits)
    texts = [text for some in labels for text in texts_to_read(arm, some)]
    file_of_texts(arm, digits, author).write_text(json.dumps(texts))
    states = {seed: train_round(arm, digits, seed, model, author) for seed, model in models.items()}
    first = states[author]
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


# ---------------------------------------------------------------- the controls, two networks more

ALONE: tuple[Arm, ...] = ("unfiltered", "short", "true")
"""Arms of one network each."""

OTHER_VOTERS = VOTERS[1:]


def seed_cells() -> list[Cell]:
    """The networks that the rounds begin with, taught again; then each control from the two others,
    arm by arm."""
    return [
        {"part": "voters"},
        *(
            {"part": "round", "arm": arm, "seed": seed, "digits": digits}
            for seed in OTHER_VOTERS
            for arm in ALONE
            for digits in ROUNDS
        ),
    ]


def measure_seed(cell: Cell) -> dict[str, Any]:
    """A round of a control by a network of its own, the problems those of seed 0."""
    if cell["part"] == "voters":
        return about_voters()
    arm, digits, seed = cell["arm"], cell["digits"], cell["seed"]
    found = one_round(arm, digits, (seed,))
    return {**found, "ones": wrong_ones(model_after(arm, digits, seed)), "order": ORDER[arm]}


ORDER: dict[Arm, str] = {
    "true": "the order of unfiltered: the same problem in the same row of the same step",
    "unfiltered": "the order of true: the same problem in the same row of the same step",
    "short": "matches no other arm: it reads one source, in shorter rows and more steps",
}
"""How the data of arms with one seed go together. All begin a round with the same generator; the
arms with a vote keep fewer texts, so that theirs come in another order."""


def about_voters() -> dict[str, Any]:
    """What the taught networks can do, and how their first labels compare with those on record.

    The networks of seeds 1 and 2 of those rows were trained on another processor and are not kept.
    """
    models = [model_after("sieve", TAUGHT_DIGITS, seed) for seed in VOTERS]
    first = ROUNDS[0]
    said = {
        "sieve": about_labels(own_labels(label, models, first)),
        "two_agree": about_labels(own_labels(label_by_two, models, first)),
    }
    return {
        "shapes": {
            str(seed): evaluate_lengths(model) for seed, model in zip(VOTERS, models, strict=True)
        },
        "ones": {str(seed): wrong_ones(model) for seed, model in zip(VOTERS, models, strict=True)},
        "first_labels": {arm: compared(arm, first, about) for arm, about in said.items()},
        **Sample("generator", f"{SPLIT} pairs of every length", ASKED, 0).document(),
        "seeds": list(VOTERS),
    }


def compared(arm: str, digits: int, about: dict[str, Any]) -> dict[str, Any]:
    """Right labels, and what each check keeps, here and on record."""
    (row,) = select(read_lines(RECORDS / "self_evolution.jsonl"), arm=arm, digits=digits)
    return {
        where: {"labels": found["labels"], "right": found["right"], "checks": found["checks"]}
        for where, found in (("here", about), ("on_record", row))
    } | {"cpu_on_record": row["cpu"]}


def wrong_ones(model: GPT) -> tuple[int, int]:
    """Of all test pairs of one by one digit, each once (n, strict errors)."""
    form = Format("cot_reversed", 1, 1)
    score = last(exactness(model, form, *pairs_of(SPLIT, 1, 1), decode=False))
    return score.n, score.errors_strict


# ---------------------------------------------------------------- labels

Labeller = Callable[[Sequence[GPT], Format, Integers, Integers], Labels]


def shapes_with(digits: int) -> PairList:
    """Shapes whose longer number has so many digits, as often as they have products of two."""
    shapes = ((p, q) for p in range(1, digits + 1) for q in range(1, digits + 1))
    return tuple((p, q) for p, q in shapes if max(p, q) == digits for _ in range(p * q))


def own_labels(labeller: Labeller, models: Sequence[GPT], digits: int) -> list[Labels]:
    """`LABELS` problems that no test holds, labelled shape by shape."""
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
    """What a round trains on, of problems of one shape."""
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


def train_round(
    arm: Arm, digits: int, seed: int, model: GPT, author: int = VOTERS[0]
) -> TrainState:
    """Go on with a model on what its arm reads this round, and keep its weights."""
    plan = plan_of_round(arm, digits, seed, author)
    state = TrainState.start(plan)
    state.model.load_state_dict(model.state_dict())
    for _ in train(plan, state):
        pass
    save_weights(state.model, file_of_weights(arm, digits, seed))
    return state


def plan_of_round(arm: Arm, digits: int, seed: int, author: int = VOTERS[0]) -> Recipe:
    usual = recipe(TAUGHT, seed=seed)
    data = Mix(parts_to_read(arm, digits, author))
    return replace(
        usual,
        name="self_evolution",
        data=data,
        batch_size=BATCH,
        steps=round(TOKENS / (BATCH * data.tokens_per_row)),
        rate=RATE,
        muon_rate=5 * RATE,
    )


def parts_to_read(
    arm: Arm, digits: int, author: int = VOTERS[0]
) -> tuple[tuple[Member, float], ...]:
    """Texts of up to 3x3 that are true, and the texts of this round and of the earlier ones."""
    short: tuple[Member, float] = (sums_up_to(TAUGHT_DIGITS), SHORT)
    new = texts_of_round(arm, digits, author)
    old = tuple(text for d in ROUNDS if d < digits for text in texts_of_round(arm, d, author))
    form = Format("cot_reversed", digits, digits, padded=False)
    parts = [(WrittenTexts(form, texts), part) for texts, part in ((new, NEW), (old, OLD)) if texts]
    return (*parts, short)


def texts_of_round(arm: Arm, digits: int, author: int = VOTERS[0]) -> tuple[str, ...]:
    return tuple(json.loads(file_of_texts(arm, digits, author).read_text()))


# ---------------------------------------------------------------- what a round leaves behind


def file_of_texts(arm: Arm, digits: int, author: int = VOTERS[0]) -> Path:
    FOLDER.mkdir(parents=True, exist_ok=True)
    whose = "" if author == VOTERS[0] else f"-seed{author}"
    return FOLDER / f"{arm}-{digits}{whose}.json"


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
