"""Which problems break first when latents are squeezed? Directions are dropped in every layer, and
each problem is followed until its text has a wrong token.

Shapes: `N` problems, `L` tokens of one text.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.data.problems import BOUNDS, Format, Integers, sample_exact
from lab.data.samples import Sample
from lab.data.vocabulary import Tokens
from lab.experiments.error_book import some
from lab.experiments.sweep import Cell
from lab.inference.forward import run_with_trace
from lab.inference.scoring import likeliest
from lab.interp.latents import Directions, directions, squeeze
from lab.model.gpt import GPT
from lab.training.checkpoint import load_run

RUN, BEFORE = "mla_moe", "mla_moe_before"
FORM = Format("cot_reversed", 4, 4)
N, AT_ONCE = 500, 100
SEEDS = (0, 1)
"""What is found on the problems of the first is tried on those of the second."""

RANKS = (64, 48, 40, 32, 28, *range(24, 0, -1))
"""Directions that are kept in every layer, one number after another."""

N_TEXT = 64
"""Problems on whose texts the directions are found."""


def squeezed_cells() -> list[Cell]:
    runs = [(RUN, seed) for seed in SEEDS] + [(BEFORE, SEEDS[0])]
    return [{"run": run, "seed": seed} for run, seed in runs]


def measure_squeezed(cell: Cell) -> dict[str, Any]:
    """Of each problem, a x b: the directions with which it breaks, and the token that breaks.

    `broken_at`: the most directions tried with which a token is wrong. `slot`: the first wrong one
    then. Every token is predicted from the right ones before it, so up to there the text is what
    the model writes by itself.
    """
    model = load_run(cell["run"]).model
    a, b = some(np.random.default_rng(cell["seed"]), N, FORM, "test")
    broken_at, slot = breaks(model, directions_of(model), a, b)
    of = "test pairs of 4x4, without replacement"
    return {
        "n": N,
        "ranks": list(RANKS),
        **{
            name: values.tolist()
            for name, values in (("a", a), ("b", b), ("broken_at", broken_at), ("slot", slot))
        },
        **Sample("generator", of, N, cell["seed"]).document(),
        "seeds": [cell["seed"]],
    }


def directions_of(model: GPT, n_text: int = N_TEXT) -> list[Directions]:
    """Layer by layer, of the latents of validation problems."""
    rng = np.random.default_rng(1)
    a, b = sample_exact(rng, n_text, FORM.p, FORM.q, *BOUNDS["validation"])
    return directions(model, FORM.render(a, b)[0][:, :-1])


def breaks(
    model: GPT, found: list[Directions], a: Integers, b: Integers
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Directions and token at which each text breaks, (N,) both; -1 where none tried breaks it."""
    texts, mask = FORM.render(a, b)
    broken_at, slot = (np.full(len(a), -1) for _ in range(2))
    for rank in RANKS:
        whole = np.flatnonzero(broken_at < 0)
        for begin in range(0, len(whole), AT_ONCE):
            part = whole[begin : begin + AT_ONCE]
            wrong = wrong_tokens(model, found, texts[part], mask[part], rank)
            gone = wrong.any(axis=1)
            broken_at[part[gone]], slot[part[gone]] = rank, wrong[gone].argmax(axis=1)
    return broken_at, slot


def wrong_tokens(
    model: GPT, found: list[Directions], texts: Tokens, mask: NDArray[np.bool_], rank: int
) -> NDArray[np.bool_]:
    """(N, L), of the tokens that the model writes, with `rank` directions in every layer."""
    edits = [squeeze(layer, own, rank) for layer, own in enumerate(found)]
    logits = run_with_trace(model, texts[:, :-1], ["logits"], edits)["logits"]
    return (likeliest(logits, texts) != texts) & mask
