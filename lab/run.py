"""From a recipe to a committed run: train, check on validation, keep history, write the result.

`checkpoints/RUN/` gets `model.safetensors`, `config.json`, `history.jsonl` and `result.json`; the
state to resume from lies outside the work tree.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lab import checkpoint
from lab.bounds import lower_bound_95
from lab.cost import parameters
from lab.evaluate import (
    BATCH,
    NOTHING,
    Score,
    decode_all,
    exactness,
    last,
    score,
)
from lab.gpt import GPT
from lab.problems import (
    BOUNDS,
    HELDOUT_FROM,
    Format,
    Integers,
    SplitName,
    pairs_of,
    sample_exact,
    split_values,
)
from lab.provenance import append_line, provenance, read_lines, write_lines
from lab.trace import Edit
from lab.train import Recipe, StepMetrics, TrainState, train, trained_on
from lab.vocabulary import Tokens

STATES = Path.home() / ".cache" / "white-box"

ALL = 10_000
"""As many problems as a split of two-digit pairs can hold."""


@dataclass(frozen=True)
class Check:
    """A look at the model in mid-training, on pairs it never trains on and on those it does."""

    step: int
    tokens: int
    seconds: float
    loss: float
    n_validation: int
    errors_validation: int
    n_train: int
    errors_train: int


def run(
    recipe: Recipe, out: Path, *, resume: bool, device: str = "cpu"
) -> Iterator[StepMetrics | Check]:
    """Train to the end, yielding every step and every check; then write the run to `out`."""
    state_path = STATES / f"{recipe.name}-seed{recipe.seed}.safetensors"
    state = (
        TrainState.load(recipe, state_path, device)
        if resume and state_path.exists()
        else TrainState.start(recipe, device)
    )
    source = provenance(f"python -m lab train {recipe.name} --seed {recipe.seed}")
    history_path = out / "history.jsonl"
    keep_history_until(history_path, state.step)
    for metrics in train(recipe, state):
        yield metrics
        if metrics.step % recipe.check_every == 0 or metrics.step == recipe.steps:
            check = look(recipe, state, metrics)
            append_line(history_path, asdict(check))
            state.save(state_path)
            yield check
    checkpoint.save(out, state.model, recipe.format)
    write_result(out, recipe, state, source)


def keep_history_until(path: Path, step: int) -> None:
    """Drop the lines past `step`: a fresh run starts an empty history, a resumed one goes on."""
    rows = [row for row in read_lines(path) if row["step"] <= step]
    write_lines(path, rows)


def look(recipe: Recipe, state: TrainState, metrics: StepMetrics, most: int = 1000) -> Check:
    state.model.eval()
    seen = score_some(state.model, problems_of(recipe, "train", most))
    held = score_some(state.model, problems_of(recipe, "validation", most))
    state.model.train()
    return Check(
        step=metrics.step,
        tokens=metrics.tokens,
        seconds=metrics.seconds,
        loss=metrics.loss,
        n_validation=held.n,
        errors_validation=held.errors_strict,
        n_train=seen.n,
        errors_train=seen.errors_strict,
    )


Problems = list[tuple[Format, Integers, Integers]]


def problems_of(recipe: Recipe, split: SplitName, most: int) -> Problems:
    """About `most` problems of a split, by the shape of their text; of "train" those trained on.

    A run that has seen everything has no others. Where shapes are many, problems are drawn.
    """
    form = recipe.format
    if recipe.trains_on_everything and split != "train":
        return []
    if recipe.shapes:
        shapes = sorted(set(recipe.shapes))
        rng, n = np.random.default_rng(0), most // len(shapes)
        low, high = (0.0, recipe.fraction) if split == "train" else BOUNDS[split]
        return [
            (Format(form.style, p, q), *sample_exact(rng, n, p, q, low, high)) for p, q in shapes
        ]
    if split == "train":
        a, b = np.nonzero(trained_on(recipe))
    else:
        a, b = pairs_of(split, form.p, form.q)
    stride = max(1, len(a) // most)
    return [(form, a[::stride], b[::stride])]


def score_some(model: GPT, problems: Problems, *, decode: bool = False) -> Score:
    """Strict exactness under teacher forcing, or by real decoding."""
    scores = (last(exactness(model, form, a, b, decode=decode)) for form, a, b in problems)
    return sum(scores, NOTHING)


def write_result(out: Path, recipe: Recipe, state: TrainState, source: dict[str, Any]) -> None:
    """The run's record: recipe, cost of training, and validation on the weights as committed."""
    loaded = checkpoint.load(out)
    problems = problems_of(recipe, "validation", ALL)
    validation = score_some(loaded.model, problems, decode=True)
    document = {
        "run": recipe.name,
        "seeds": [recipe.seed],
        **source,
        "recipe": recipe_document(recipe),
        "parameters": sum(parameters(loaded.model).values()),
        "training_tokens": state.step * recipe.tokens_per_step,
        "training_seconds": round(state.seconds, 1),
        "validation": asdict(validation),
        "readings": [],
    }
    write_json(out / "result.json", document)


def recipe_document(recipe: Recipe) -> dict[str, Any]:
    return {**asdict(recipe), "model": recipe.model.to_dict()}


def write_json(path: Path, document: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=2) + "\n")


@dataclass(frozen=True)
class Reading:
    """Scores of written texts: over all problems, and over those no run ever trains on."""

    all: Score = NOTHING
    heldout: Score = NOTHING

    def __add__(self, other: Reading) -> Reading:
        return Reading(self.all + other.all, self.heldout + other.heldout)

    def document(self) -> dict[str, Any]:
        held = self.heldout
        return {
            "n": self.all.n,
            "errors_strict": self.all.errors_strict,
            "errors_answer": self.all.errors_answer,
            "n_heldout": held.n,
            "errors_strict_heldout": held.errors_strict,
            "lower_bound_95_strict_heldout": (
                lower_bound_95(held.errors_strict, held.n) if held.n else None
            ),
        }


def read_texts(form: Format, a: Integers, b: Integers, texts: Tokens) -> Reading:
    """The reading of texts (N, L) written for a and b, (N,) each."""
    held = split_values(a, b) >= HELDOUT_FROM
    return Reading(score(form, a, b, texts), score(form, a[held], b[held], texts[held]))


def read_model(
    model: GPT,
    form: Format,
    a: Integers,
    b: Integers,
    *,
    batch: int = BATCH,
    edits: Collection[Edit] = (),
) -> Iterator[Reading]:
    """Decode every problem greedily, under `edits` if any; yields the running reading."""
    total = Reading()
    for rows, texts in decode_all(model, form, a, b, batch=batch, edits=edits):
        total = total + read_texts(form, a[rows], b[rows], texts)
        yield total


def has_seen_everything(folder: Path) -> bool:
    """Whether the record of a run says that nothing was held out from it."""
    path = folder / "result.json"
    recorded = json.loads(path.read_text()) if path.exists() else {}
    return bool(recorded.get("recipe", {}).get("trains_on_everything"))


def record_reading(folder: Path, document: dict[str, Any], command: str) -> None:
    """Add one reading of the test, with its provenance, to a run's `result.json`."""
    path = folder / "result.json"
    result = json.loads(path.read_text())
    result["readings"].append({**document, **provenance(command)})
    write_json(path, result)
