"""What the networks of chapter 3 are asked, kept for readers that ask the same."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from components.ui.lazily import lazily
from components.ui.runs import take_with_progress
from lab.data.problems import Format

fetching = lazily("lab.interp.fetching")
intervene = lazily("lab.interp.intervene")
pockets = lazily("lab.experiments.pockets")
transcripts = lazily("lab.inference.transcript")

MOST_DIGITS = 4
SUM = (4837, 2916)


def form_of(a: int, b: int) -> Format:
    """How a sum is written without zeros in front."""
    return Format("cot_reversed", len(str(a)), len(str(b)))


@lru_cache(maxsize=256)
def written(
    run: str, a: int, b: int, without: str = "none", aimed: tuple[int, int] | None = None
) -> Any:
    """A run's own text, one head pulled out ('0.2') or none. With `aimed`, (place, line), the head
    that fetches a's digit looks at that digit alone where this partial product is written."""
    form = form_of(a, b)
    prompt = form.text(a, b)[: form.prompt_length]
    model = take_with_progress(run).model
    edits = []
    if without != "none":
        layer, head = map(int, without.split("."))
        edits = [intervene.ablate_head(layer, head)]
    if aimed:
        edits.append(pockets.share_out(*aimed, 0.0))
    return transcripts.transcribe(model, prompt, form.length, edits)


def long_enough(pair: tuple[int, int], kind: str) -> tuple[int, int]:
    """The pair, or the page's own sum where no digit of the pair has all of its sources."""
    sources = fetching.PRODUCT if kind == "product" else fetching.SUM
    made = fetching.made_from(form_of(*pair))
    return pair if any(all(map(found.get, sources)) for _, found in made) else SUM


@st.cache_data(show_spinner=False, max_entries=256)
def fetched(run: str, a: int, b: int, kind: str) -> NDArray[np.float64]:
    """The share of each head's weight on each source of a digit, (n_layer * n_head, K)."""
    form = form_of(a, b)
    sources = fetching.PRODUCT if kind == "product" else fetching.SUM
    found = fetching.weight_on_sources(
        take_with_progress(run).model, form.text(a, b), form, sources
    )
    return found.reshape(-1, len(sources))


def heads_of(run: str) -> list[str]:
    config = take_with_progress(run).model.config
    return [
        f"{layer}.{head}"
        for layer in range(config.n_layer)
        for head in range(config.attention.n_head)
    ]
