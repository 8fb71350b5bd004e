"""The exercises of chapter 6, first page: a matrix absorbed by hand, and directions shared out."""

from __future__ import annotations

import numpy as np
import streamlit as st

from components.ui.chapter import Chapter
from components.ui.chapters.ch60 import probes, worked
from components.ui.exercise_verdict import show_verdict
from lab.recipes.recipe_index import recipe

NUMBERS = tuple(range(-4, 5))
N_LATENT = 20
"""Latents on which an absorbed query is tried."""

RANKS = (0, 2, 4, 8, 12, 16, 24, 32, 48, 64)
BUDGET, FEW = worked.BUDGET, worked.FEW_WRONG


def absorb(page: Chapter) -> None:
    """Three numbers of a query that scores every latent as the key made of it is scored."""
    columns = st.columns(3)
    own = np.zeros(3)
    for i, column in enumerate(columns):
        with column:
            own[i] = page.choose(f"q{i}", f"Number {i + 1}", NUMBERS, 0, kind="list")
    tried = np.random.default_rng(0).normal(size=(N_LATENT, 3))
    right = np.isclose(tried @ own, (tried @ worked.W_UK) @ worked.Q)
    said = f"Your query gives the score of {right.sum()} of {N_LATENT} latents."
    on_paper = bool(np.isclose(own @ worked.C, worked.Q @ (worked.C @ worked.W_UK)))
    hint = "It is right for the latent of section 2. It must be right for every latent."
    show_verdict(bool(right.all()), said, hint if on_paper else HINT)
    page.source("components.ui.chapters.ch60.worked.absorbed")


HINT = "What does the query make of each row of the matrix, one row for each number of a latent?"


def share_out(page: Chapter) -> None:
    """Directions for each layer, within a budget; sums are asked again."""
    n_layer = recipe(probes.RUN).model.n_layer
    ranks: list[int] = []
    for row in range(0, n_layer, 3):
        for layer, column in zip(range(row, min(row + 3, n_layer)), st.columns(3), strict=False):
            with column:
                ranks.append(page.choose(f"r{layer}", f"Layer {layer}", RANKS, 24, kind="list"))
    spent, (errors, n) = sum(ranks), probes.asked_with(tuple(ranks))
    said = f"{spent} directions in all, and {errors} of {n} problems are wrong."
    show_verdict(spent <= BUDGET and errors <= FEW, said, hint_of(spent, errors))
    page.source("lab.interp.latents.squeeze")


def hint_of(spent: int, errors: int) -> str:
    if spent <= BUDGET:
        return "Too many problems go wrong. Which layers could give some directions to the others?"
    if errors <= FEW:
        return (
            f"All is right, with {spent - BUDGET} too many. Which layer needs its directions least?"
        )
    return (
        f"Spend at most {BUDGET}: try one layer at a time with few directions, the others with all."
    )
