"""Two drawings of a cache: one that grows, and what a mask keeps as it is.

Weights are thrown by dice.
"""

import streamlit as st
import torch

from components.ui.drawings.growing import Head, show_growing
from components.ui.drawings.kept import kept_data, show_kept
from lab.measure.cache_growth import Kept, kept, queries_keys_values
from lab.model.config import (
    DenseFFNConfig,
    GPTConfig,
    LearnedPositionsConfig,
    MultiHeadAttentionConfig,
)
from lab.model.gpt import GPT

TEXT, N_PROMPT, START, HEAD, N_LAYER, SECONDS = "37*48=692+0841=6771$", 6, 7, 1, 6, 2.0


@st.cache_resource
def model() -> GPT:
    made = GPT(
        GPTConfig(
            n_layer=N_LAYER,
            d_model=32,
            position=LearnedPositionsConfig(32),
            attention=MultiHeadAttentionConfig(n_head=2, head_dim=16),
            ffn=DenseFFNConfig(d_ff=32),
        )
    )
    dice = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for p in made.parameters():
            p.copy_(torch.randn(p.shape, generator=dice) * 0.3 + (p.ndim == 1))
    return made.eval()


@st.cache_resource
def readings(causal: bool) -> Kept:
    return kept(model(), TEXT, causal=causal)


def growing(key: str) -> None:
    q, k, v = (every[2, HEAD] for every in queries_keys_values(model(), TEXT))
    show_growing(
        key,
        TEXT,
        q,
        k,
        v,
        n_prompt=N_PROMPT,
        head=Head(2, HEAD),
        alt="A cache that grows",
        seconds=SECONDS,
    )


def kept_lines(key: str) -> None:
    lines = kept_data(TEXT, readings(True), readings(False), head=HEAD, start=START)
    show_kept(key, lines, alt="Maps")
