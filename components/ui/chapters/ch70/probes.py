"""The models that chapter 7 opens, and what they are asked, kept for readers that ask the same."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import streamlit as st
from safetensors import SafetensorError

from components.threejs_viewer import Neuron, Whole
from components.ui.computed_ahead import ahead
from components.ui.computed_apart import apart
from components.ui.lazily import lazily
from components.ui.live import training
from components.ui.loaded_models import loaded_run
from lab.model import cost
from lab.published import models as published
from lab.recipes.recipe_index import recipe
from lab.records import ROOT
from lab.scene import manifest, paths, recompute, stored_weights

if TYPE_CHECKING:
    from lab.data.problems import Format
    from lab.interp.head_cost import HeadCost
    from lab.live.protocol import RunSpec, Weights
    from lab.published.models import Model
    from lab.scene.manifest import Manifest, Packed, Scene
    from lab.scene.operands import Numbers
    from lab.scene.recompute import Reader
    from lab.training.checkpoint import Checkpoint
    from lab.training.recipe import Recipe

build = lazily("lab.scene.build")
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


def recipe_of(run: str) -> Recipe:
    """How it was trained, without its weights."""
    return recipe(run) if run in RUNS else training.service().runs[run].spec.build()


class Own(NamedTuple):
    """A reader's own run, as it is brought to where it is asked."""

    weights: Weights
    spec: RunSpec


Network = str | Own
"""A committed run stands for itself by its name."""


def network(run: str) -> Network:
    if run in RUNS:
        return run
    own = training.service().runs[run]
    assert own.weights is not None
    return Own(own.weights, own.spec)


def take(which: Network) -> Checkpoint:
    return loaded_run(which) if isinstance(which, str) else training.network_of(*which)


def packed(which: Network) -> Packed:
    return build.weights_of(take(which).model)


def weights_blob(which: Network, told: Manifest) -> bytes:
    """From the file of a committed run. What cannot be read so, loading the run says why."""
    return stored_blob(which, told) if isinstance(which, str) else packed_blob(which)


@st.cache_resource(show_spinner=False, max_entries=2)  # 9 MB each at full size
def stored_blob(run: str, _told: Manifest) -> bytes:
    with suppress(OSError, ValueError, LookupError, SafetensorError):
        return stored_weights.blob_of(ROOT / "checkpoints" / run / "model.safetensors", _told)
    return packed_blob(run)


@apart
def packed_blob(which: Network) -> bytes:
    return packed(which).blob


def opening_prompt(form: Format, change: int = 0) -> str:
    """A product of the format's own kind, its second number raised by `change`.

    Numbers have three digits and two where the format has room for them.
    """
    a, b = (7, 37, 374)[min(form.p, 3) - 1], (8, 48)[min(form.q, 2) - 1] + change
    return f"{a:0{form.p}}*{b:0{form.q}}=" if form.padded else f"{a}*{b}="


def prompts(run: str) -> tuple[str, str]:
    """What a run reads when it is opened, and another prompt to compare it with."""
    form = recipe_of(run).format
    return OPENS.get(run) or (opening_prompt(form), opening_prompt(form, change=1))


def completed(which: Network, prompt: str) -> str:
    """What a run writes behind a prompt with all its parts, up to its first `$`."""
    if isinstance(which, str):
        return completed_by(which, prompt)
    return session.complete_prompt(take(which), prompt)


@lru_cache(maxsize=256)
def completed_by(run: str, prompt: str) -> str:
    return session.complete_prompt(loaded_run(run), prompt)


@ahead
def as_it_is(which: Network, prompt: str) -> tuple[str, Manifest, bytes]:
    """What a run writes behind a prompt with all its parts, and what it forms on that."""
    text = completed(which, prompt)
    made = session.open_up(take(which), named(which), text, packed(which))
    return text, made.manifest, made.activations


@apart
def changed(
    which: Network, prompt: str, toggles: Sequence[Mapping[str, Any]]
) -> tuple[str, Manifest, bytes]:
    """The same with some parts scaled."""
    loaded = take(which)
    text = session.complete_prompt(loaded, prompt, toggles)
    made = session.open_up(loaded, named(which), text, packed(which), toggles)
    return text, made.manifest, made.activations


def named(which: Network) -> str:
    """A reader's own run lies in no file."""
    return which if isinstance(which, str) else ""


def opened(run: str, prompt: str, toggles: Sequence[Mapping[str, Any]] = ()) -> tuple[str, Scene]:
    """What a run writes behind a prompt, some parts of it scaled, and the scene of that.

    Raises `ValueError` if the run has no such part.
    """
    which = network(run)
    found = changed(which, prompt, toggles) if toggles else as_it_is(which, prompt)
    text, told, activations = found
    return text, manifest.Scene(told, weights_blob(which, told), activations)


@st.cache_data(show_spinner=False, max_entries=64)
def facts(run: str, prompt: str, text: str, _scene: Scene) -> str:
    """How large a run is, and where the first token leads that it wrote behind a prompt. `_scene`
    is that of the text, with nothing switched off."""
    config = recipe_of(run).model
    size = (
        f"This model has {cost.parameters_of(config):,} parameters in {config.n_layer} layers, and "
        f"its stream is {config.d_model} numbers wide."
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


@ahead
def whole(which: Network, prompt: str) -> Whole:
    """What a run writes behind a prompt with all its parts, and how sure it is of that."""
    text = completed(which, prompt)
    nats = token_loss.prices(take(which).model, text)[len(prompt) - 1 :].sum()
    return Whole(text, len(prompt), math.exp(-nats))


@ahead
def ranking(which: Network, prompt: str) -> list[HeadCost]:
    """All heads of a run by what the loss of each costs; none where it writes no answer."""
    text = completed(which, prompt)
    if len(text) == len(prompt):
        return []
    return head_costs.head_costs(take(which).model, text, len(prompt))


# ---------------------------------------------------------------- the times table


@ahead
def right_without_ffn() -> list[int]:
    """Layer by layer: how many products of the table are right with that layer's FFN ablated."""
    loaded = loaded_run(TABLE)
    offs = [
        {"name": "ffn_out", "layer": layer, "scale": 0.0}
        for layer in range(loaded.model.config.n_layer)
    ]
    return [PRODUCTS - len(session.wrong_products(loaded, [off])) for off in offs]


@ahead
def drawer() -> Neuron:
    """The neuron of the times table's layer 0 that fires most at the = of 7*8=, and the products
    that are written wrong without it."""
    loaded = loaded_run(TABLE)
    neuron = session.loudest_neuron(loaded, PROMPT, 0, PROMPT.index("="))
    off = {"name": "ffn_post", "layer": 0, "index": {"d_ff": neuron}, "scale": 0.0}
    return Neuron(0, neuron, tuple(session.wrong_products(loaded, [off])), PRODUCTS)


@ahead
def cache_change() -> float:
    """The largest change of a key or value of the prompt when the answer is written."""
    return session.change_of_earlier_keys(loaded_run(TABLE), PROMPT, TEXT)


@ahead
def before_the_change() -> float:
    """The largest difference of two texts before the first token in which they differ."""
    return session.change_before(loaded_run(TABLE), TEXT, OTHER_TEXT)


@ahead
def takes_part() -> float:
    """The share of the parameters that a pass over the prompt multiplies or adds."""
    return session.share_that_takes_part(loaded_run(TABLE), PROMPT)


@ahead
def parameters() -> dict[str, int]:
    """Of the times table, by role."""
    return cost.parameters(loaded_run(TABLE).model)


@st.cache_data(show_spinner=False)
def for_scale() -> list[Model]:
    """The times table, then three models that are published, from small to large."""
    own = published.ours("Ours", recipe(TABLE).model)
    return [own, published.GPT_2, published.LLAMA_3_8B, published.DEEPSEEK_V3]


# ---------------------------------------------------------------- one number, step by step
# Nearly every step is a sum of many products, of which it takes one. From the prompt to the neuron
# of 7 times 8 that is the product with the largest share, and behind the neuron the largest number
# that it writes; all of it in layer 0. Shapes: `D` d_model, `H` heads, `Dk` of a head.

STEPS = (
    *("token", "head", "first", "into", "out", "embed", "norm", "value", "v", "score", "weight"),
    *("mixed", "written", "attention", "middle", "norm_again", "fires", "neuron", "squared"),
    *("writes", "ffn", "after", "end", "norm_last", "logit_part", "logit", "probability"),
    *("next", "next_logit", "next_times", "next_probability", "rms_first", "rms_last"),
    *("then_seven", "then_eight", "then_logit", "then_next", "then_probability"),
)
"""What `steps` gives, in the order of the way."""
LAST = len(PROMPT) - 1


def read() -> Reader:
    """The numbers of 7*8=56$."""
    _, scene = opened(TABLE, PROMPT)
    return recompute.Reader(scene.manifest, scene.blobs)


def first_digit(reader: Reader) -> int:
    """The vocabulary's id of the answer's first digit."""
    return reader.manifest["vocabulary"].index(TEXT[len(PROMPT)])


def step(name: str) -> str:
    return steps()[name]


@st.cache_data(show_spinner=False)
def steps() -> dict[str, str]:
    reader = read()
    way = find_way(reader)
    return (
        before_attention(reader, way)
        | attention(reader, way)
        | ffn(reader, way)
        | end(reader, way)
        | second_token(reader)
    )


@dataclass(frozen=True)
class Way:
    """Where it passes: a row of the `token`'s column; a place in the value of a head, and that
    place's row in those of all heads; two rows of the last token's stream, a neuron between them.
    """

    token: int
    first: int
    head: int
    place: int
    row: int
    into: int
    neuron: int
    out: int


def find_way(reader: Reader) -> Way:
    neuron = drawer().neuron
    out = int(np.abs(weights(reader, "ffn.w_out")[:, neuron]).argmax())
    stream = reader.read("blocks.0.ffn_norm", LAST)  # (D,)
    into = largest_share(weights(reader, "ffn.w_in")[neuron] * stream)
    heads = reader.read("blocks.0.z", slice(None), LAST)  # (H, Dk)
    row = largest_share(weights(reader, "attention.wo")[into] * heads.reshape(-1))
    head, place = divmod(row, heads.shape[1])
    token = int(reader.read("blocks.0.pattern", head, LAST).argmax())
    column = reader.read("blocks.0.attn_norm", token)  # (D,)
    first = largest_share(weights(reader, "attention.wv")[row] * column)
    return Way(token, first, head, place, row, into, neuron, out)


def weights(reader: Reader, name: str) -> Numbers:
    return reader.read(f"blocks.0.{name}.weight")


def largest_share(terms: Numbers) -> int:
    """Of the terms of a sum, the one with the largest share in it."""
    return int((terms * np.sign(terms.sum())).argmax())


# ---------------------------------------------------------------- the steps


def before_attention(reader: Reader, way: Way) -> dict[str, str]:
    token, position = (reader.number(x, way.token, way.first) for x in ("embed", "pos_embed"))
    column = reader.number("blocks.0.attn_norm", way.token, way.first)
    return {
        "token": PROMPT[way.token],
        "head": f"{way.head}",
        "first": f"{way.first}",
        "embed": added(token, position),
        "norm": normed(reader, "blocks.0.resid_pre", "blocks.0.attn_norm", way.token, way.first),
        "value": product(column, weights(reader, "attention.wv")[way.row, way.first]),
    }


def attention(reader: Reader, way: Way) -> dict[str, str]:
    v = reader.number("blocks.0.v", way.head, way.token, way.place)
    z = reader.number("blocks.0.z", way.head, LAST, way.place)
    share = reader.number("blocks.0.pattern", way.head, LAST, way.token)
    before, out = (
        reader.number(f"blocks.0.{x}", LAST, way.into) for x in ("resid_pre", "attn_out")
    )
    return {
        "v": alone(v),
        "score": score_of(reader, 0, way.head, LAST, way.token),
        "weight": f"${share:.4f}$",
        "mixed": f"${share:.4f} \\times {bracketed(v)} = {four(z)}$",
        "written": product(z, weights(reader, "attention.wo")[way.into, way.row]),
        "attention": alone(out),
        "into": f"{way.into}",
        "middle": added(before, out),
        "norm_again": normed(reader, "blocks.0.resid_mid", "blocks.0.ffn_norm", LAST, way.into),
        "rms_first": f"{size_of(reader.read('blocks.0.resid_pre', LAST)):.2f}",
    }


def ffn(reader: Reader, way: Way) -> dict[str, str]:
    column = reader.number("blocks.0.ffn_norm", LAST, way.into)
    pre, post = (reader.number(f"blocks.0.ffn_{x}", LAST, way.neuron) for x in ("pre", "post"))
    before, out = (reader.number(f"blocks.0.{x}", LAST, way.out) for x in ("resid_mid", "ffn_out"))
    return {
        "fires": product(column, weights(reader, "ffn.w_in")[way.neuron, way.into]),
        "neuron": alone(pre),
        "squared": f"${bracketed(pre)}^2 = {four(post)}$",
        "writes": product(post, weights(reader, "ffn.w_out")[way.out, way.neuron]),
        "ffn": alone(out),
        "out": f"{way.out}",
        "after": added(before, out),
    }


def end(reader: Reader, way: Way) -> dict[str, str]:
    digit, last = first_digit(reader), f"blocks.{reader.manifest['config']['n_layer'] - 1}"
    column = reader.number("final_norm", LAST, way.out)
    next_, logit = runner_up(reader, LAST), reader.number("logits", LAST, digit)
    lower = reader.number("logits", LAST, next_)
    times = math.exp(lower - logit)
    return {
        "end": alone(reader.number(f"{last}.resid_post", LAST, way.out)),
        "norm_last": normed(reader, f"{last}.resid_post", "final_norm", LAST, way.out),
        "logit_part": product(column, reader.number("unembed.weight", digit, way.out)),
        "logit": alone(logit),
        "probability": f"{100 * reader.number('probs', LAST, digit):.2f}%",
        "next": reader.manifest["vocabulary"][next_],
        "next_logit": alone(lower),
        "next_times": f"$e^{{{four(lower)} - {four(logit)}}} \\approx {times:.1g}$",
        "next_probability": f"{100 * reader.number('probs', LAST, next_):.2f}%",
        "rms_last": f"{four(size_of(reader.read(f'{last}.resid_post', LAST)))}",
    }


def runner_up(reader: Reader, position: int) -> int:
    """The token with the second largest logit behind a position."""
    return int(np.argsort(reader.read("logits", position))[-2])


def second_token(reader: Reader) -> dict[str, str]:
    """Behind the answer's first digit: which head of layer 0 gives each digit of the prompt the
    largest weight, and the two largest logits."""
    at, token = LAST + 1, reader.manifest["vocabulary"].index(TEXT[LAST + 2])

    def fetches(digit: str) -> str:
        shares = reader.read("blocks.0.pattern", slice(None), at, PROMPT.index(digit))
        return f"head {shares.argmax()} gives the ${digit}$ a weight of {shares.max():.2f}"

    return {
        "then_seven": fetches("7"),
        "then_eight": fetches("8"),
        "then_logit": alone(reader.number("logits", at, token)),
        "then_next": alone(reader.number("logits", at, runner_up(reader, at))),
        "then_probability": f"{100 * reader.number('probs', at, token):.2f}%",
    }


# ---------------------------------------------------------------- in figures


def normed(reader: Reader, x: str, norm: str, token: int, row: int) -> str:
    """A number of a column before its norm and behind it."""
    column, gain = reader.read(x, token), reader.number(f"{norm}.gain", row)
    rms = math.sqrt(size_of(column) ** 2 + reader.manifest["config"]["norm_eps"])
    made = reader.number(norm, token, row)
    return f"${four(column[row])} / {four(rms)} \\times {four(gain)} = {four(made)}$"


def size_of(column: Numbers) -> float:
    """The root mean square."""
    return float(np.mean(column**2) ** 0.5)


def score_of(reader: Reader, layer: int, head: int, asks: int, fetched: int) -> str:
    """A score as a division that can be worked out on paper."""
    query = reader.read(f"blocks.{layer}.q", head, asks)  # (Dk,)
    key = reader.read(f"blocks.{layer}.k", head, fetched)
    together, root = query @ key, len(query) ** 0.5
    return f"${together:.2f} / \\sqrt{{{len(query)}}} = {together / root:.2f}$"


def product(x: float, weight: float) -> str:
    return f"${four(x)} \\times {bracketed(weight)} = {four(x * weight)}$"


def added(x: float, more: float) -> str:
    return f"${four(x)} {'-' if more < 0 else '+'} {four(abs(more))} = {four(x + more)}$"


def alone(x: float) -> str:
    return f"${four(x)}$"


def bracketed(x: float) -> str:
    return f"({four(x)})" if x < 0 else four(x)


def four(x: float) -> str:
    """Four digits that count."""
    return f"{float(f'{x:.4g}'):,.{max(0, 3 - math.floor(math.log10(abs(x))))}f}"
