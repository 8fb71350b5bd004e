"""The maps of the book are the weights that attention used."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from lab.config import DenseFFN, GPTConfig, LearnedPositions, MultiHeadAttention, SdpaKernel
from lab.gpt import GPT
from lab.patterns import patterns
from lab.vocabulary import encode

CONFIG = GPTConfig(
    n_layer=2,
    d_model=32,
    position=LearnedPositions(20),
    attention=MultiHeadAttention(2, 16),
    ffn=DenseFFN(64),
)


def test_the_first_layers_weights_equal_softmax_of_q_k_computed_by_hand() -> None:
    model = GPT(CONFIG).eval()
    weights = patterns(model, "12*34=")
    assert weights.shape == (2, 2, 6, 6)
    tokens = torch.from_numpy(encode("12*34=")).long()
    with torch.no_grad():
        named = dict(model.named_parameters())
        x = named["embed.weight"][tokens] + named["position.table.weight"][:6]
        x = x / (x.square().mean(-1, keepdim=True) + CONFIG.norm_eps).sqrt()
        q = (x @ named["blocks.0.attention.wq.weight"][:16].T).double()
        k = (x @ named["blocks.0.attention.wk.weight"][:16].T).double()
    scores = (q @ k.T / 4).masked_fill(torch.ones(6, 6).triu(1).bool(), -torch.inf)
    assert np.allclose(weights[0, 0], scores.softmax(-1).numpy(), atol=1e-6)


def test_every_row_sums_to_one_and_never_looks_ahead() -> None:
    weights = patterns(GPT(CONFIG).eval(), "37*48=692")
    assert np.allclose(weights.sum(-1), 1, atol=1e-6)
    assert np.all(weights * np.triu(np.ones((9, 9)), 1) == 0)


def test_a_model_with_the_fused_kernel_shows_the_same_weights() -> None:
    math = GPT(CONFIG).eval()
    fused = GPT(replace(CONFIG, kernel=SdpaKernel())).eval()
    assert np.allclose(patterns(math, "12*34="), patterns(fused, "12*34="), atol=1e-6)


def test_a_character_that_is_no_token_is_named() -> None:
    with pytest.raises(ValueError, match="not a token"):
        patterns(GPT(CONFIG).eval(), "12×34=")
