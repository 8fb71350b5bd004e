"""Three drawings of positions: waves, clocks, and a sum on a tape of two models; and a chart.

Weights are thrown by dice, so a head looks everywhere and the models are right only by chance.
"""

import numpy as np
import streamlit as st
import torch

from components.ui.drawings.clocks import Walk, show_clocks
from components.ui.drawings.tape import Side, show_tape
from components.ui.drawings.waves import show_waves
from components.ui.plots.maps import atlas
from lab.interp.position_probes import OnTheTape, on_the_tape, shifts, stretches
from lab.model.config import (
    DenseFFNConfig,
    GPTConfig,
    LearnedPositionsConfig,
    MultiHeadAttentionConfig,
    PositionConfig,
    RotaryPositionsConfig,
)
from lab.model.gpt import GPT
from lab.model.positions import frequencies

DICE = np.random.default_rng(3)
HEAD_DIM, LAST_PLACE = 16, 40
SPEEDS = frequencies(HEAD_DIM, 100.0).numpy()
Q, K = DICE.normal(size=(2, HEAD_DIM // 2, 2))
SIGNAL = DICE.normal(size=15)
START_SHIFT = 4.0
WALK = Walk("12*34=", key=1, start=2, on=16, back=2, most=12, last=LAST_PLACE)

TEXT, GAP_AT, PROMPT = "12*34=840+0630=8040$", 6, 6
LAST, GAPS = 255, 65
MODELS: dict[str, PositionConfig] = {
    "RoPE": RotaryPositionsConfig(100.0),
    "learned": LearnedPositionsConfig(256),
}


def model(position: PositionConfig) -> GPT:
    made = GPT(
        GPTConfig(
            n_layer=1,
            d_model=8,
            position=position,
            attention=MultiHeadAttentionConfig(n_head=2, head_dim=4),
            ffn=DenseFFNConfig(d_ff=16),
        )
    )
    dice = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for p in made.parameters():
            p.copy_(torch.randn(p.shape, generator=dice) + (p.ndim == 1))
    return made.eval()


@st.cache_resource
def readings(title: str) -> tuple[OnTheTape, OnTheTape]:
    made = model(MODELS[title])
    rulers = (
        shifts(len(TEXT), range(LAST - len(TEXT) + 2)),
        stretches(len(TEXT), GAP_AT, range(GAPS)),
    )
    shifted, stretched = (on_the_tape(made, TEXT, ruler)[0, 0] for ruler in rulers)
    return shifted, stretched


def waves(key: str) -> None:
    show_waves(key, SIGNAL, alt="A signal to be dragged", start=START_SHIFT)


def clocks(key: str) -> None:
    show_clocks(key, SPEEDS, Q, K, WALK, alt="A ruler with a query and a key")


def tape(key: str) -> None:
    show_tape(
        key,
        TEXT,
        [Side.of(title, *readings(title)) for title in MODELS],
        last=LAST,
        gap_at=GAP_AT,
        first_asked=PROMPT,
        alt="A tape with a sum to be dragged",
        start=100,
        start_gap=8,
    )


def chart() -> None:
    """On a canvas."""
    wrong_at = np.random.default_rng(5).integers(-1, 1, size=(100, 100))
    st.altair_chart(atlas(wrong_at, wrong_at < 0).chart, alt="An atlas thrown by dice")
