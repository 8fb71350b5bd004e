"""What the network with attention over depth is asked, kept for readers that ask the same."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from components.ui.computed_ahead import ahead
from components.ui.computed_apart import apart
from components.ui.lazily import lazily
from components.ui.loaded_models import loaded_run
from lab.data.problems import BOUNDS, Format, sample_exact
from lab.recipes.recipe_index import recipe

configs = lazily("lab.model.config")
depth = lazily("lab.interp.depth")
gpt = lazily("lab.model.gpt")
inference = lazily("lab.inference.forward")
transcripts = lazily("lab.inference.transcript")

RUN = "attention_residuals_small"
MOST_DIGITS = 3
ASKED = 100
"""Problems that are evaluated when thin connections are cut."""

Numbers = NDArray[np.float64]
Connection = tuple[int, int]
"""A reading and a source, as `depth_shares` counts them."""


def form_of(a: int, b: int) -> Format:
    """How a sum is written without zeros in front."""
    return Format("cot_reversed", len(str(a)), len(str(b)))


@dataclass(frozen=True)
class Reads:
    """Of one text: what is read and who reads, and (R, N), the mean over its tokens, the share of
    each in the mix and what it brings, share times length over the sum of these; not a number where
    a contribution is not there yet. `spread`: the largest standard deviation of a share over the
    tokens."""

    sources: list[str]
    readers: list[str]
    shares: Numbers
    amounts: Numbers
    spread: float


@ahead
@lru_cache
def readers() -> list[str]:
    """Who reads, in the order of the readings."""
    return depth.readers_of(recipe(RUN).model)


@ahead
@st.cache_data(show_spinner=False, max_entries=64)
def reads_of(a: int, b: int) -> Reads:
    """While the network reads the right text of a problem, all but its last token."""
    model = loaded_run(RUN).model
    text = form_of(a, b).text(a, b)[:-1]
    shares, amounts = (look(model, text) for look in (depth.depth_shares, depth.depth_amounts))
    return Reads(
        depth.sources_of(model.config),
        depth.readers_of(model.config),
        shares.mean(axis=0),
        amounts.mean(axis=0),
        float(np.nanmax(shares.std(axis=0))),
    )


@apart
@lru_cache(maxsize=256)
def written_without(a: int, b: int, connection: Connection | None = None) -> str:
    """The network's own text, with one connection cut or none."""
    form, model = form_of(a, b), loaded_run(RUN).model
    right = form.text(a, b)
    prompt = right[: form.prompt_length]
    edits = [depth.cut(model.config, *connection)] if connection else []
    return transcripts.transcribe(model, prompt, form.length, edits, likely=right).text


@ahead
def all_written(a: int, b: int) -> dict[Connection | None, str]:
    """The texts of a problem: whole, and with each connection cut."""
    cuts = [
        (reader, source)
        for reader, reading in enumerate(depth.readings_of(loaded_run(RUN).model.config))
        for source in range(reading.n_source)
    ]
    return {cut: written_without(a, b, cut) for cut in (None, *cuts)}


@ahead
def lengths(a: int, b: int) -> dict[str, float]:
    """|contribution| of the token and of every FFN, the mean over the tokens of a problem."""
    text = form_of(a, b).text(a, b)[:-1]
    model = loaded_run(RUN).model
    found = inference.run_with_trace(model, text, ("embed", "ffn_out"))
    return {key: float(x.norm(dim=-1).mean()) for key, (x,) in found.calls.items()}


@ahead
@lru_cache
def largest_difference(a: int, b: int) -> float:
    """Between the logits with all queries zero and those of a plain sum, in 64 bits, with the
    weights of the page's network, by the largest logit."""
    loaded = loaded_run(RUN)
    own = loaded.model.config
    zero, plain = (
        gpt.GPT(replace(own, residual=connections, norm_eps=1e-12)).double().eval()
        for connections in (own.residual, configs.PlainResidualConfig())
    )
    weights = {n: w for n, w in loaded.model.state_dict().items() if not n.startswith("residual")}
    for model in (zero, plain):
        model.load_state_dict(weights, strict=False)
    text = form_of(a, b).text(a, b)
    one, other = (inference.logits_of(model, text) for model in (zero, plain))
    return float((one - other).abs().max() / other.abs().max())


@ahead
@st.cache_data(show_spinner=False, max_entries=64)
def thinned(below: float, by_length: bool) -> tuple[int, int, int, int]:
    """The network without shares or amounts under `below`, on validation sums of 3 x 3 digits: how
    many connections are cut of how many, and how many sums are wrong of how many."""
    form = Format("cot_reversed", MOST_DIGITS, MOST_DIGITS)
    a, b = sample_exact(np.random.default_rng(1), ASKED, form.p, form.q, *BOUNDS["validation"])
    found = depth.thinned(loaded_run(RUN).model, *form.render(a, b), below, by_length=by_length)
    return found.cut, found.connections, found.errors, found.n
