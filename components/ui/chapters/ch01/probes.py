"""What the models of page 01 are asked, kept for readers that ask the same."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from components.ui.chapters.ch01.claims import TWIN
from components.ui.computed_ahead import ahead
from components.ui.drawings.forced import Race
from components.ui.lazily import lazily
from components.ui.loaded_models import BOOK_RUN, loaded_run, write_sum
from components.ui.page_records import opening, rows_of
from lab.data.problems import Format, sample_pairs
from lab.data.vocabulary import VOCABULARY

if TYPE_CHECKING:
    from lab.inference.generate import Sampling
    from lab.inference.transcript import Transcript

choosing = lazily("lab.inference.choosing")
generate = lazily("lab.inference.generate")
gpt = lazily("lab.model.gpt")
recipes = lazily("lab.recipes.chain_of_thought")
token_loss = lazily("lab.inference.token_loss")

MODELS = {BOOK_RUN: "the book's model", TWIN: "the small twin"}
KEEPS = {"all": "all tokens", "top_k": "top-k: the 3 likeliest", "top_p": "top-p: 0.9 together"}
FORM = Format("cot_reversed")
START_SUM = 37, 48
START_SUMS, DRAWN = 200, 20


@ahead
@lru_cache
def digit_rows() -> np.ndarray:
    """The embedding rows of 0 to 9 in the book's model, (10, D)."""
    return loaded_run(BOOK_RUN).model.embed.weight[:10].detach().double().numpy()


@ahead
@st.cache_data(show_spinner=False)
def loss_at_the_start() -> float:
    """The loss of the untrained network on some sums."""
    loaded_run(BOOK_RUN)
    a, b = sample_pairs(np.random.default_rng(0), START_SUMS, FORM.p, FORM.q)
    return token_loss.token_loss(gpt.GPT(recipes.TWIN).eval(), FORM, a, b).loss


@ahead
def whole_text(p: float, n_tokens: int) -> float:
    """p^n, as the experiment has it."""
    return token_loss.whole_text(p, n_tokens)


def training_curve() -> list[dict[str, float]]:
    """The recorded training of the book's model, from the blind guess on."""
    rows = rows_of("history.jsonl", f"checkpoints/{BOOK_RUN}")
    start = {"tokens": 0, "loss": math.log(len(VOCABULARY))}
    return rows and [start, *({"tokens": r["tokens"], "loss": r["loss"]} for r in rows)]


@ahead
@lru_cache(maxsize=64)
def prices(run: str, a: int, b: int) -> np.ndarray:
    """What a run is charged for each token of a sum but the first."""
    return token_loss.prices(loaded_run(run).model, FORM.text(a, b))


def dearest_place(run: str, a: int, b: int) -> int:
    """The token behind `=` for which a run is charged most."""
    first = FORM.prompt_length
    return first + int(prices(run, a, b)[first - 1 :].argmax())


def race_of(run: str, a: int, b: int) -> tuple[tuple[int, int], Race]:
    """What a problem costs a run, teacher forced and written by itself, and which problem it is:
    until a reader types one, that of the twin's record, for whichever run."""
    recorded = opening(TWIN) if (a, b) == START_SUM else None
    if recorded:
        a, b = recorded.a, recorded.b
        if run == TWIN:
            return (a, b), race((a, b), recorded.written, recorded.prices)
    return (a, b), race((a, b), write_sum(run, a, b), prices(run, a, b).tolist())


def race(problem: tuple[int, int], written: Transcript, prices: Sequence[float]) -> Race:
    """`prices` of the right tokens but the first."""
    right, first = FORM.text(*problem), FORM.prompt_length
    alone = [
        token_price(belief[VOCABULARY.index(token)])
        for belief, token in zip(written.beliefs, right[first:], strict=False)
    ]
    implied = FORM.text_implied(written.text, *problem)
    return Race(right, written.text, implied, list(prices[first - 1 :]), alone)


def token_price(p: float) -> float:
    """-ln p; float32 takes what is too unlikely for zero, and what is sure for one."""
    return -math.log(max(p, 1e-45)) if p < 1 else 0.0


def sampling_of(heat: float, keep: str) -> Sampling:
    return generate.Sampling(
        heat, top_k=3 if keep == "top_k" else None, top_p=0.9 if keep == "top_p" else None
    )


@ahead
@st.cache_data(max_entries=64, show_spinner=False)
def before_and_after(run: str, given: str, heat: float, keep: str) -> tuple[np.ndarray, np.ndarray]:
    """The probabilities of the next token as a run gives them, and under these settings. (V,)"""
    return choosing.before_and_after(loaded_run(run).model, given, sampling_of(heat, keep))


@ahead
@st.cache_data(max_entries=512, show_spinner=False)
def drawn(run: str, a: int, b: int, heat: float, keep: str) -> list[str]:
    """`DRAWN` texts that a run writes for one sum under these settings."""
    model = loaded_run(run).model
    return choosing.drawn_texts(model, FORM, a, b, sampling_of(heat, keep), DRAWN)


def sums_right(run: str, a: int, b: int, heat: float, keep: str) -> int:
    """How many of those are right in every token."""
    return drawn(run, a, b, heat, keep).count(FORM.text(a, b))
