"""A page of the two drawings of a cache: one that grows, and what a mask keeps as it is.

Run by tests/browser/test_cache_drawings.py with `streamlit run`. Weights are thrown by dice.
"""

import sys
from pathlib import Path

import streamlit as st
import torch

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from components.ui.chapter import style  # noqa: E402
from components.ui.drawings.growing import show_growing  # noqa: E402
from components.ui.drawings.kept import show_kept  # noqa: E402
from lab.interp.kept import Kept, kept, queries_keys_values  # noqa: E402
from lab.model.config import (  # noqa: E402
    DenseFFN,
    GPTConfig,
    LearnedPositions,
    MultiHeadAttention,
)
from lab.model.gpt import GPT  # noqa: E402

TEXT, START, HEAD, N_LAYER, SECONDS = "37*48=692+0841=6771$", 7, 1, 6, 4.0


@st.cache_resource
def model() -> GPT:
    made = GPT(
        GPTConfig(
            n_layer=N_LAYER,
            d_model=32,
            position=LearnedPositions(32),
            attention=MultiHeadAttention(n_head=2, head_dim=16),
            ffn=DenseFFN(d_ff=32),
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


def app() -> None:
    st.html(style())
    st.write("Two drawings of a cache.")
    q, k, v = (every[2, HEAD] for every in queries_keys_values(model(), TEXT))
    show_growing("growing", TEXT, q, k, v, alt="A cache that grows", seconds=SECONDS)
    show_kept("kept", TEXT, readings(True), readings(False), alt="Maps", start=START, head=HEAD)


if __name__ == "__main__":
    app()
