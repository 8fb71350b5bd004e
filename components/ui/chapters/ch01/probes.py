"""What the models of page 01 are asked, kept for readers that ask the same."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from components.ui.chapters.ch01.claims import TWIN
from components.ui.lazily import lazily
from components.ui.loaded_models import BOOK_RUN, load_with_progress
from components.ui.page_records import atlases, first_error, rows_of
from lab.data.problems import Format, sample_pairs
from lab.data.vocabulary import VOCABULARY

if TYPE_CHECKING:
    from lab.inference.generate import Sampling

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


def digit_rows() -> np.ndarray:
    """The embedding rows of 0 to 9 in the book's model, (10, D)."""
    return load_with_progress(BOOK_RUN).model.embed.weight[:10].detach().double().numpy()


@st.cache_data(show_spinner=False)
def loss_at_the_start() -> float:
    """The loss of the untrained network on some sums."""
    load_with_progress(BOOK_RUN)
    a, b = sample_pairs(np.random.default_rng(0), START_SUMS, FORM.p, FORM.q)
    return token_loss.token_loss(gpt.GPT(recipes.TWIN).eval(), FORM, a, b).loss


def training_curve() -> list[dict[str, float]]:
    """The recorded training of the book's model, from the blind guess on."""
    rows = rows_of("history.jsonl", f"checkpoints/{BOOK_RUN}")
    start = {"tokens": 0, "loss": math.log(len(VOCABULARY))}
    return rows and [start, *({"tokens": r["tokens"], "loss": r["loss"]} for r in rows)]


def prices(run: str, a: int, b: int) -> np.ndarray:
    """What a run is charged for each token of a sum but the first."""
    return token_loss.prices(load_with_progress(run).model, FORM.text(a, b))


def dearest_place(run: str, a: int, b: int) -> int:
    """The token behind `=` for which a run is charged most."""
    first = FORM.prompt_length
    return first + int(prices(run, a, b)[first - 1 :].argmax())


def gets_wrong(run: str) -> tuple[int, int] | None:
    """A sum that a run gets wrong where it mostly goes wrong; None if the record has none."""
    atlas = atlases().get(run)
    return first_error(atlas) if atlas and atlas.errors else None


def sampling_of(heat: float, keep: str) -> Sampling:
    return generate.Sampling(
        heat, top_k=3 if keep == "top_k" else None, top_p=0.9 if keep == "top_p" else None
    )


@st.cache_data(max_entries=512, show_spinner=False)
def drawn(run: str, a: int, b: int, heat: float, keep: str) -> list[str]:
    """`DRAWN` texts that a run writes for one sum under these settings."""
    model = load_with_progress(run).model
    return choosing.drawn_texts(model, FORM, a, b, sampling_of(heat, keep), DRAWN)


def sums_right(run: str, a: int, b: int, heat: float, keep: str) -> int:
    """How many of those are right in every token."""
    return drawn(run, a, b, heat, keep).count(FORM.text(a, b))
