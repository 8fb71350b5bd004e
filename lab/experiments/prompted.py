"""One network that learned two formats, and writes the one that a mark before the problem names.

The twin of chapter 1 on as many tokens as its race, at the race's rate: half of its texts are
plain and half have working, of the same pairs, and both have one token before them. So with the
same weights only the prompt decides whether the working is written.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.data.problems import HELDOUT_FROM, Format, Integers, all_pairs, split_values
from lab.data.samples import CENSUS, PAIRS, Sample
from lab.data.sources import Marked, Mix, Pairs, behind
from lab.data.vocabulary import END, PLUS, Tokens, decode
from lab.experiments.controls import equal_tokens, training_of
from lab.experiments.sweep import Cell
from lab.inference.scoring import BATCH, go_on, up_to_the_end
from lab.model.gpt import GPT
from lab.recipes.live import multiply
from lab.records import RECORDS
from lab.training.checkpoint import Checkpoint, from_bytes, to_bytes
from lab.training.recipe import Recipe
from lab.training.state import TrainState
from lab.training.train import train
from lab.weights import digest

SEEDS = range(5)
KEPT = 0
"""The seed whose weights are committed, chosen before any was trained."""

PLAIN, WORKING = Format("plain"), Format("cot_reversed")
MARKS = {"working": "+", "plain": ".", "unknown": "_", "none": ""}
"""Before the problem, by what is wanted; the last two stand before no text of the training."""

EXAMPLE = (37, 48)
"""The problem whose texts are kept, word for word."""

LENGTH = WORKING.length
"""Tokens behind the mark, for a text with working; a plain one is done sooner."""

Flags = NDArray[np.bool_]


def weights_path() -> Path:
    return RECORDS / "prompted.safetensors"


def two_formats(seed: int = KEPT) -> Recipe:
    """The recipe: the race's, on both formats, each behind its mark."""
    both = Mix(
        (
            (Marked(Pairs(WORKING), MARKS["working"]), 1.0),
            (Marked(Pairs(PLAIN), MARKS["plain"]), 1.0),
        )
    )
    return equal_tokens(replace(multiply(seed=seed), data=both))


def kept_network() -> Checkpoint:
    """The committed weights, in fp32."""
    return from_bytes("prompted", weights_path().read_bytes(), two_formats().model, WORKING)


def prompted_cells() -> list[Cell]:
    return [{"seed": seed} for seed in SEEDS]


def measure_prompted(cell: Cell) -> dict[str, Any]:
    """Train from one seed, and read the rounded weights on all pairs, behind every mark."""
    recipe = two_formats(cell["seed"])
    state = TrainState.start(recipe)
    losses = [done.loss for done in train(recipe, state)]
    file = to_bytes(state.model)
    if cell["seed"] == KEPT:
        weights_path().write_bytes(file)
    model = from_bytes("prompted", file, recipe.model, WORKING).model
    a, b = all_pairs()
    held = split_values(a, b) >= HELDOUT_FROM
    counts: dict[str, Any] = {"n": len(a), "n_heldout": int(held.sum())}
    counts["n_trained"] = len(a) - counts["n_heldout"]
    for asked, mark in MARKS.items():
        counts |= counted(asked, what_is_written(model, mark, a, b), held)
    return {
        **training_of(recipe, state),
        "loss": float(np.mean(losses[-25:])),
        **counts,
        "forced": [forced(model, given, a[held], b[held]) for given in range(len_working() + 1)],
        **CENSUS.document(),
        "seeds": [recipe.seed],
    }


def text_cells() -> list[Cell]:
    a, b = EXAMPLE
    return [{"a": a, "b": b}]


def measure_texts(cell: Cell) -> dict[str, Any]:
    """What the kept network writes of one problem: with working, and at once with more and more of
    the working forced upon it."""
    a, b = cell["a"], cell["b"]
    model = kept_network().model
    each = [both_texts(model, a, b, given) for given in range(len_working() + 1)]
    return {
        "working": each[0]["working"],
        "forced": [both["plain"] for both in each],
        "digest": digest(weights_path().read_bytes()),
        **Sample("given", PAIRS, 1).document(),
        "seeds": [KEPT],
    }


def both_texts(model: GPT, a: int, b: int, given: int) -> dict[str, str]:
    """What is written behind either mark; `given` tokens of the working are forced upon the plain
    text. Each up to its end."""
    pair = np.array([a]), np.array([b])

    def text(asked: str, forced: int) -> str:
        (tokens,) = up_to_the_end(written(model, MARKS[asked], *pair, forced))
        return decode(tokens).rstrip("_")

    return {"working": text("working", 0), "plain": text("plain", given)}


# ---------------------------------------------------------------- what is written


def written(model: GPT, mark: str, a: Integers, b: Integers, given: int = 0) -> Tokens:
    """The greedy texts for a x b behind a mark, (N, LENGTH) without it; the first `given` tokens
    of the right working are forced."""
    texts, _ = WORKING.render(a, b)
    prompts = behind(mark, texts[:, : WORKING.prompt_length + given])
    parts = [
        go_on(model, prompts[begin : begin + BATCH], len(mark) + LENGTH)
        for begin in range(0, len(prompts), BATCH)
    ]
    return np.concatenate(parts)[:, len(mark) :]


def what_is_written(model: GPT, mark: str, a: Integers, b: Integers) -> dict[str, Flags]:
    """Of every problem: is it written with working, at once, and is every token right of what is
    written? (N,) each."""
    return told(written(model, mark, a, b), a, b)


def told(texts: Tokens, a: Integers, b: Integers) -> dict[str, Flags]:
    """What texts (N, LENGTH) are: with working where the sign between the partial products stands
    in its place, at once where the text ends behind four digits."""
    sums, _ = WORKING.render(a, b)
    at_once, _ = PLAIN.render(a, b)
    plus = WORKING.partial_products[1].start - 1
    working = texts[:, plus] == PLUS
    plain = texts[:, PLAIN.length - 1] == END
    right_working = (texts == sums).all(axis=1)
    right_plain = (texts[:, : PLAIN.length] == at_once).all(axis=1)
    return {
        "working": working,
        "plain": plain & ~working,
        "right_working": right_working,
        "right_plain": right_plain,
        "right": right_working | right_plain,
    }


def counted(asked: str, found: dict[str, Flags], held: Flags) -> dict[str, int]:
    """The columns of a mark: texts of either kind among held-out pairs, and errors."""
    right = found[f"right_{asked}"] if asked in ("working", "plain") else found["right"]
    return {
        f"working_{asked}": int((found["working"] & held).sum()),
        f"plain_{asked}": int((found["plain"] & held).sum()),
        f"errors_{asked}": int((~right & held).sum()),
        f"errors_{asked}_trained": int((~right & ~held).sum()),
    }


# ---------------------------------------------------------------- the mark says no working


def len_working() -> int:
    """Tokens of the working, up to the sign before the answer."""
    return WORKING.answer.start - WORKING.prompt_length


def forced(model: GPT, given: int, a: Integers, b: Integers) -> dict[str, int]:
    """The mark asks for the product at once, and the first tokens of the right working stand there
    already: how many texts go on with the working, and how many of these come out right."""
    found = told(written(model, MARKS["plain"], a, b, given), a, b)
    return {
        "given": given,
        "goes_on": int(found["working"].sum()),
        "right": int(found["right_working"].sum()),
        "at_once": int(found["plain"].sum()),
    }
