"""The models that chapter 7 opens, and what they are asked, kept for readers that ask the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from components.ui import training
from components.ui.lazily import lazily
from components.ui.runs import take_with_progress

if TYPE_CHECKING:
    from lab.model.outlines import Outline
    from lab.scene.manifest import Packed, Scene
    from lab.training.checkpoint import Checkpoint

build = lazily("lab.scene.build")
outlines = lazily("lab.model.outlines")
session = lazily("lab.scene.session")

RUNS = {
    "times_table": "the times table, full size",
    "times_table_small": "the times table, small",
    "chain_of_thought": "the book's model, with working",
    "plain": "the same network, no working",
    "few_pairs": "the small twin of chapter 1",
    "rope": "chapter 2, rotary, full size",
    "rope_small": "chapter 2, rotary",
    "learned_small": "chapter 2, learned table",
    "unordered_small": "chapter 2, no positions",
    "reach_learned": "chapter 2, up to three digits: learned table",
    "reach_none": "chapter 2, up to three digits: no positions",
    "reach_rotary": "chapter 2, up to three digits: rotary",
    "reach_gaps": "chapter 2, up to three digits: rotary, gaps",
    "reach_coupled": "chapter 2, up to three digits: coupled",
    "reach_coupled_gaps": "chapter 2, up to three digits: coupled, gaps",
    "reach_coupled_slow": "chapter 2, up to three digits: coupled, slow clocks",
    "far_coupled": "chapter 2, up to four digits, full size: coupled, slow clocks",
    "mla_moe_before": "chapter 6, up to four digits, full size: latents and experts",
    "mla_moe": "chapter 6, up to eight digits, full size: latents and experts",
    "curriculum_before": "chapter 3, up to four digits, full size, unfinished",
    "curriculum_4x4": "chapter 3, up to four digits, full size",
    "course_2x2_small": "chapter 3, small, after the stage 2x2",
    "course_2x3_small": "chapter 3, small, after the stage 2x3",
    "course_3x3_small": "chapter 3, small, after the stage 3x3",
    "curriculum_before_small": "chapter 3, small, after the stage 4x4",
    "two_digits_coupled": "chapter 3, two digits, small: coupled",
    "two_digits_learned": "chapter 3, two digits, small: learned table",
    "draft_small": "chapter 4, up to four digits: a draft of two layers",
    "draft_tiny": "chapter 4, up to four digits: a draft of one layer",
    "one_digit_small": "chapter 3, small: at most one number of two digits",
    "attention_residuals_small": "chapter 5, attention over depth",
    "attention_residuals": "chapter 5, attention over depth in blocks, full size",
    "knows_two_digits": "chapter 5, before it goes on with a few sums",
}
ONE_DIGIT = ("times_table", "times_table_small")
TABLE, PROMPT, TEXT = "times_table", "7*8=", "7*8=56$"
OTHER_PROMPT, OTHER_TEXT = "7*9=", "7*9=63$"
TWO_DIGITS = {PROMPT: "37*48=", OTHER_PROMPT: "37*49="}
"""What a model of two-digit sums reads in place of a default."""

# ---------------------------------------------------------------- any of the models


def choices() -> dict[str, str]:
    """The committed runs, and those that this reader has trained on other pages."""
    own = {
        run.id: f"your run {i} of chapter {chapter}"
        for chapter in (1, 2, 3)
        for i, run in enumerate(training.runs_here(f"ch{chapter}0_live"), 1)
        if run.weights
    }
    return RUNS | own


def take(run: str) -> Checkpoint:
    if run in RUNS:
        return take_with_progress(run)
    return training.model_of(training.service().runs[run])


@st.cache_resource(show_spinner=False, max_entries=4)  # 9 MB each at full size
def packed(run: str) -> Packed:
    return build.weights_of(take(run).model)


def opened(run: str, prompt: str, toggles: Sequence[Mapping[str, Any]] = ()) -> tuple[str, Scene]:
    """What a run writes behind a prompt, some parts of it scaled, and the scene of that.

    Raises `ValueError` if the run has no such part.
    """
    loaded = take(run)
    text = session.written(loaded, prompt, toggles)
    return text, session.open_up(loaded, run, text, packed(run), toggles)


# ---------------------------------------------------------------- the times table


@st.cache_data(show_spinner=False)
def without_the_last_ffn() -> str:
    """What the times table writes behind 7*8= when its last FFN hands on nothing."""
    loaded = take_with_progress(TABLE)
    off = {"name": "ffn_out", "layer": loaded.model.config.n_layer - 1, "scale": 0.0}
    return session.written(loaded, PROMPT, [off])[len(PROMPT) :]


@st.cache_data(show_spinner=False)
def cache_change() -> float:
    """The largest change of a key or value of the prompt when the answer is written."""
    return session.change_of_earlier_keys(take_with_progress(TABLE), PROMPT, TEXT)


@st.cache_data(show_spinner=False)
def before_the_change() -> float:
    """The largest difference of two texts before the first token in which they differ."""
    return session.change_before(take_with_progress(TABLE), TEXT, OTHER_TEXT)


@st.cache_data(show_spinner=False)
def takes_part() -> float:
    """The share of the parameters that a pass over the prompt multiplies or adds."""
    return session.share_that_takes_part(take_with_progress(TABLE), PROMPT)


@st.cache_data(show_spinner=False)
def for_scale() -> list[Outline]:
    """The times table, then the models that are published, from small to large."""
    model = take_with_progress(TABLE).model
    own = outlines.ours("Ours", model.config, sum(p.numel() for p in model.parameters()))
    return [own, *outlines.PUBLISHED]
