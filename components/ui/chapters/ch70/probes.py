"""The models that chapter 7 opens, and what they are asked, kept for readers that ask the same."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from components.threejs_viewer import Neuron, Whole
from components.ui.computed_ahead import ahead
from components.ui.lazily import lazily
from components.ui.live import training
from components.ui.loaded_models import load_with_progress

if TYPE_CHECKING:
    from lab.data.problems import Format
    from lab.interp.head_costs import HeadCost
    from lab.published.models import Model
    from lab.scene.manifest import Manifest, Packed, Scene
    from lab.training.checkpoint import Checkpoint

build = lazily("lab.scene.build")
manifest = lazily("lab.scene.manifest")
cost = lazily("lab.model.cost")
paths = lazily("lab.scene.paths")
recompute = lazily("lab.scene.recompute")
published = lazily("lab.published.models")
session = lazily("lab.scene.session")
head_costs = lazily("lab.interp.head_costs")
token_loss = lazily("lab.inference.token_loss")

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
    "attention_residuals": "chapter 5, attention over groups of layers, full size",
    "knows_two_digits": "chapter 5, before it goes on with a few problems",
}
TABLE, PROMPT, TEXT, OTHER_TEXT = "times_table", "7*8=", "7*8=56$", "7*9=63$"
PRODUCTS = 100
"""Of one digit by one."""

OPENS = {"one_digit_small": ("07*48=", "07*49=")}
"""What a run reads when it is opened, and beside that, where its format alone would mislead."""

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
        return load_with_progress(run)
    return training.model_of(training.service().runs[run])


@st.cache_resource(show_spinner=False, max_entries=4)  # 9 MB each at full size
def packed(run: str) -> Packed:
    return build.weights_of(take(run).model)


def opening_prompt(form: Format, change: int = 0) -> str:
    """A product of the format's own kind, its second number raised by `change`.

    Numbers have three digits and two where the format has room for them.
    """
    a, b = (7, 37, 374)[min(form.p, 3) - 1], (8, 48)[min(form.q, 2) - 1] + change
    return f"{a:0{form.p}}*{b:0{form.q}}=" if form.padded else f"{a}*{b}="


def prompts(run: str) -> tuple[str, str]:
    """What a run reads when it is opened, and another prompt to compare it with."""
    form = take(run).format
    return OPENS.get(run) or (opening_prompt(form), opening_prompt(form, change=1))


@st.cache_data(show_spinner=False, max_entries=16)
@ahead
def as_it_is(run: str, prompt: str) -> tuple[str, Manifest, bytes]:
    """What a run writes behind a prompt with all its parts, and what it forms on that."""
    loaded = take(run)
    text = session.complete_prompt(loaded, prompt)
    made = session.open_up(loaded, named(run), text, packed(run))
    return text, made.manifest, made.activations


def named(run: str) -> str:
    """A reader's own run lies in no file."""
    return run if run in RUNS else ""


def opened(run: str, prompt: str, toggles: Sequence[Mapping[str, Any]] = ()) -> tuple[str, Scene]:
    """What a run writes behind a prompt, some parts of it scaled, and the scene of that.

    Raises `ValueError` if the run has no such part.
    """
    if not toggles:
        text, told, activations = as_it_is(run, prompt)
        return text, manifest.Scene(told, packed(run).blob, activations)
    loaded = take(run)
    text = session.complete_prompt(loaded, prompt, toggles)
    return text, session.open_up(loaded, named(run), text, packed(run), toggles)


@st.cache_data(show_spinner=False, max_entries=64)
def facts(run: str, prompt: str, text: str, _scene: Scene) -> str:
    """How large a run is, and where the first token leads that it wrote behind a prompt. `_scene`
    is that of the text, with nothing switched off."""
    model = take(run).model
    total = sum(cost.parameters(model).values())
    size = (
        f"This model has {total:,} parameters in {model.config.n_layer} layers, and its stream is "
        f"{model.config.d_model} numbers wide."
    )
    if len(text) == len(prompt):
        return size
    home = way_home(_scene, prompt, text)
    return (
        f"{size} *Follow the {text[len(prompt)]} home* splits its logit into contributions. "
        f"Along the largest each time, {home}."
    )


def way_home(scene: Scene, prompt: str, text: str) -> str:
    """Where the first token leads that was written, always by the largest part."""
    reader = recompute.Reader(scene.manifest, scene.blobs)
    token = scene.manifest["vocabulary"].index(text[len(prompt)])
    way = paths.way_home(reader, paths.logit(reader, len(prompt) - 1, token))
    start, end = way[0], way[-1]
    where = f"`{text[end.position]}` of the prompt"
    if end.name != "embed":
        where = f"position of token {end.position}, the {where}"
    return (
        f"{len(way) - 1} steps lead to the {where}. "
        f"This one way carries {100 * end.value / start.value:.1f}% of the logit"
    )


@st.cache_data(show_spinner=False, max_entries=64)
@ahead
def whole(run: str, prompt: str) -> Whole:
    """What a run writes behind a prompt with all its parts, and how sure it is of that."""
    loaded = take(run)
    text = session.complete_prompt(loaded, prompt)
    nats = token_loss.prices(loaded.model, text)[len(prompt) - 1 :].sum()
    return Whole(text, len(prompt), math.exp(-nats))


@st.cache_data(show_spinner=False, max_entries=64)
@ahead
def ranking(run: str, prompt: str) -> list[HeadCost]:
    """All heads of a run by what the loss of each costs; none where it writes no answer."""
    text = whole(run, prompt).text
    if len(text) == len(prompt):
        return []
    return head_costs.head_costs(take(run).model, text, len(prompt))


# ---------------------------------------------------------------- the times table


@st.cache_data(show_spinner=False)
@ahead
def right_without_ffn() -> list[int]:
    """Layer by layer: how many products of the table are right with that layer's FFN ablated."""
    loaded = load_with_progress(TABLE)
    offs = [
        {"name": "ffn_out", "layer": layer, "scale": 0.0}
        for layer in range(loaded.model.config.n_layer)
    ]
    return [PRODUCTS - len(session.wrong_products(loaded, [off])) for off in offs]


@st.cache_data(show_spinner=False)
@ahead
def drawer() -> Neuron:
    """The neuron of the times table's layer 0 that fires most at the = of 7*8=, and the products
    that are written wrong without it."""
    loaded = load_with_progress(TABLE)
    neuron = session.loudest_neuron(loaded, PROMPT, 0, PROMPT.index("="))
    off = {"name": "ffn_post", "layer": 0, "index": {"d_ff": neuron}, "scale": 0.0}
    return Neuron(0, neuron, tuple(session.wrong_products(loaded, [off])), PRODUCTS)


@st.cache_data(show_spinner=False)
@ahead
def cache_change() -> float:
    """The largest change of a key or value of the prompt when the answer is written."""
    return session.change_of_earlier_keys(load_with_progress(TABLE), PROMPT, TEXT)


@st.cache_data(show_spinner=False)
@ahead
def before_the_change() -> float:
    """The largest difference of two texts before the first token in which they differ."""
    return session.change_before(load_with_progress(TABLE), TEXT, OTHER_TEXT)


@st.cache_data(show_spinner=False)
def takes_part() -> float:
    """The share of the parameters that a pass over the prompt multiplies or adds."""
    return session.share_that_takes_part(load_with_progress(TABLE), PROMPT)


@st.cache_data(show_spinner=False)
def for_scale() -> list[Model]:
    """The times table, then three models that are published, from small to large."""
    own = published.ours("Ours", load_with_progress(TABLE).model.config)
    return [own, published.GPT_2, published.LLAMA_3_8B, published.DEEPSEEK_V3]
