"""What the networks of chapter 6, first page, keep and write, for readers that ask the same."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from components.ui.lazily import lazily
from components.ui.loaded_models import load_with_progress
from lab.data.problems import BOUNDS, Format, sample_exact
from lab.data.vocabulary import decode, encode

evaluate = lazily("lab.inference.scoring")
forward = lazily("lab.inference.forward")
latents = lazily("lab.interp.latents")
transcripts = lazily("lab.inference.transcript")

RUN, LONG_RUN, HEADS_RUN = "mla_moe_before", "mla_moe", "far_coupled"
"""The network with latents, the same after it went on with longer sums, its distances limited, and
one of the same width that keeps keys and values."""

SQUEEZED_DIGITS, MOST_DIGITS = 4, 10
"""Of a sum that is squeezed, and of a long one that a reader types."""
RANKS = (64, 48, 32, 24, 20, 18, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 4, 2)
"""Directions that a squeezed network keeps in every layer."""

N_TEXT = 64
"""Sums of which the directions of the latents are taken."""

N_ASKED = 50
"""Sums that are asked when directions are shared out."""

Numbers = NDArray[np.float64]
LAYER = 2
"""Whose cache is shown. In layer 0 what is kept of a token depends on the token alone."""


def form_of(a: int, b: int) -> Format:
    """How a sum is written without zeros in front."""
    return Format("cot_reversed", len(str(a)), len(str(b)))


# ---------------------------------------------------------------- what one token leaves


@dataclass(frozen=True)
class Left:
    """What one token leaves in one layer: key heads (H, Dk), value heads (H, Dk), a latent (R,) and
    the turned key that stands beside it (Dr,)."""

    token: str
    keys: Numbers
    values: Numbers
    latent: Numbers
    turned: Numbers


@st.cache_data(show_spinner=False, max_entries=64)
def left_by(a: int, b: int, place: int) -> Left:
    """Of the token at a place of the right text of a sum, in both networks."""
    text = form_of(a, b).text(a, b)
    heads = forward.run_with_trace(load_with_progress(HEADS_RUN).model, text, ["rot_k", "v"])
    own = forward.run_with_trace(load_with_progress(RUN).model, text, ["rot_k", "c_kv"])
    at = f"blocks.{LAYER}."

    def numbers(trace: Any, name: str) -> Numbers:
        return trace[at + name][0].double().numpy()

    return Left(
        text[place],
        numbers(heads, "rot_k")[:, place],
        numbers(heads, "v")[:, place],
        numbers(own, "c_kv")[place],
        numbers(own, "rot_k")[0, place],
    )


# ---------------------------------------------------------------- squeezed


@lru_cache(maxsize=1)
def directions() -> list[Any]:
    """Of the latents of every layer, on validation sums of four digits."""
    form = Format("cot_reversed", SQUEEZED_DIGITS, SQUEEZED_DIGITS)
    a, b = sample_exact(np.random.default_rng(1), N_TEXT, form.p, form.q, *BOUNDS["validation"])
    texts, _ = form.render(a, b)
    return latents.directions(load_with_progress(RUN).model, texts[:, :-1])


def reach() -> list[Numbers]:
    return [found.reach.double().numpy() for found in directions()]


@st.cache_data(show_spinner=False, max_entries=64)
def squeezed(a: int, b: int) -> dict[int, str]:
    """The network's own text of a sum by the directions that latents keep in every layer."""
    form = form_of(a, b)
    prompt = encode(form.text(a, b)[: form.prompt_length])
    edits = [latents.squeeze(i, found, RANKS) for i, found in enumerate(directions())]
    given = np.repeat(prompt[None], len(RANKS), axis=0)
    texts = evaluate.go_on(load_with_progress(RUN).model, given, form.length, edits)
    return {rank: decode(text) for rank, text in zip(RANKS, texts, strict=True)}


def along_directions(a: int, b: int, place: int) -> Numbers:
    """The latent of one token in that layer, as so much of each direction: (R,)"""
    axes = directions()[LAYER].axes.double().numpy()
    return axes @ left_by(a, b, place).latent


@st.cache_data(show_spinner=False, max_entries=256)
def asked_with(ranks: tuple[int, ...]) -> tuple[int, int]:
    """Validation sums of four digits that go wrong with so many directions a layer: (errors, n)."""
    form = Format("cot_reversed", SQUEEZED_DIGITS, SQUEEZED_DIGITS)
    a, b = sample_exact(np.random.default_rng(2), N_ASKED, form.p, form.q, *BOUNDS["validation"])
    texts, mask = form.render(a, b)
    edits = [latents.squeeze(i, directions()[i], rank) for i, rank in enumerate(ranks)]
    logits = forward.run_with_trace(
        load_with_progress(RUN).model, texts[:, :-1], ["logits"], edits
    )["logits"]
    wrong = (logits.argmax(-1).numpy() != texts[:, 1:]) & mask[:, 1:]
    return int(wrong.any(axis=1).sum()), len(a)


@lru_cache(maxsize=64)
def write_problem(a: int, b: int) -> Any:
    """The text of a sum as the network writes it that went on with longer ones."""
    form = form_of(a, b)
    prompt = form.text(a, b)[: form.prompt_length]
    return transcripts.transcribe(load_with_progress(LONG_RUN).model, prompt, form.length)
