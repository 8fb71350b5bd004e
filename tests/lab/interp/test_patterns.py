"""The maps of the book are the weights that attention used."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny import BASE, tiny_model

from lab.data.vocabulary import encode
from lab.interp.patterns import looks_hardest, patterns, sharpness
from lab.model.config import SdpaKernelConfig


def test_the_first_layers_weights_equal_softmax_of_q_k_computed_by_hand() -> None:
    model = tiny_model()
    weights = patterns(model, "12*34=")
    assert weights.shape == (2, 3, 6, 6)
    tokens = torch.from_numpy(encode("12*34=")).long()
    with torch.no_grad():
        named = dict(model.named_parameters())
        x = named["embed.weight"][tokens] + named["position.table.weight"][:6]
        x = x / (x.square().mean(-1, keepdim=True) + BASE.norm_eps).sqrt()
        x = x * named["blocks.0.attn_norm.gain"]
        q = (x @ named["blocks.0.attention.wq.weight"][:4].T).double()
        k = (x @ named["blocks.0.attention.wk.weight"][:4].T).double()
    scores = (q @ k.T / 2).masked_fill(torch.ones(6, 6).triu(1).bool(), -torch.inf)
    assert np.allclose(weights[0, 0], scores.softmax(-1).numpy(), atol=1e-6)


def test_every_row_sums_to_one_and_never_looks_ahead() -> None:
    weights = patterns(tiny_model(), "37*48=692")
    assert np.allclose(weights.sum(-1), 1, atol=1e-6)
    assert np.all(weights * np.triu(np.ones((9, 9)), 1) == 0)


def test_a_model_with_the_fused_kernel_shows_the_same_weights() -> None:
    math = tiny_model()
    fused = tiny_model(replace(BASE, kernel=SdpaKernelConfig()))
    assert np.allclose(patterns(math, "12*34="), patterns(fused, "12*34="), atol=1e-6)


def test_a_character_that_is_no_token_is_named() -> None:
    with pytest.raises(ValueError, match="not a token"):
        patterns(tiny_model(), "12×34=")


def test_sharpness_is_the_mean_largest_weight_of_the_tokens_that_write() -> None:
    model, texts = tiny_model(), ["12*34=8", "90*07=0"]
    found = sharpness(model, np.stack([encode(text) for text in texts]), first=4)
    assert found.shape == (2, 3)
    rows = [patterns(model, text)[1, 2, at].max() for text in texts for at in (3, 4, 5)]
    assert found[1, 2] == pytest.approx(np.mean(rows))


def test_the_head_that_looks_hardest_is_found_for_each_pair_of_tokens() -> None:
    weights = patterns(tiny_model(), "37*48=")
    n_layer, n_head = weights.shape[:2]
    for query, key in ((5, 1), (5, 4), (2, 0)):
        found = looks_hardest(weights, query, key)
        assert found.weight == weights[found.layer, found.head, query, key]
        assert all(
            weights[layer, head, query, key] <= found.weight
            for layer in range(n_layer)
            for head in range(n_head)
        )
    weights[1, 0, 5, 4] = 2.0
    assert looks_hardest(weights, 5, 4) == (1, 0, 2.0)
