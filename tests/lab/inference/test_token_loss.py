"""token_loss: the loss, token by token, against the training loss and against decoding."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from lab.data.problems import pairs_of
from lab.inference.scoring import exactness, last
from lab.inference.token_loss import beliefs, perplexity, price, prices, token_loss, whole_text
from lab.model.gpt import GPT
from lab.recipes.chain_of_thought import TWIN
from lab.training.checkpoint import load_run

FEW = "few_pairs"


def some_pairs(n: int = 60) -> tuple[np.ndarray, np.ndarray]:
    a, b = pairs_of("validation")
    return a[:n], b[:n]


def test_a_price_is_a_logarithm_and_the_impossible_has_none() -> None:
    assert price(1.0) == 0 and price(0.5) == pytest.approx(math.log(2))
    assert price(0.0) == math.inf
    assert perplexity(math.log(16)) == pytest.approx(16)
    assert whole_text(0.99, 14) == pytest.approx(0.8687, abs=1e-4)


def test_the_prices_of_a_text_are_torchs_cross_entropy() -> None:
    loaded = load_run(FEW)
    text = loaded.format.text(37, 48)
    tokens, _ = loaded.format.render(np.array([37]), np.array([48]))
    with torch.inference_mode():
        logits = loaded.model(torch.from_numpy(tokens[:, :-1]).long())[0]
    theirs = F.cross_entropy(logits, torch.from_numpy(tokens[0, 1:]).long(), reduction="none")
    assert prices(loaded.model, text) == pytest.approx(theirs.numpy(), abs=1e-5)


def test_an_untrained_model_is_charged_the_price_of_a_blind_guess() -> None:
    a, b = some_pairs()
    charged = token_loss(GPT(TWIN).eval(), load_run(FEW).format, a, b)
    assert charged.loss == pytest.approx(math.log(16), abs=1e-6)


def test_beliefs_sum_to_one_at_every_place() -> None:
    loaded = load_run(FEW)
    texts, _ = loaded.format.render(*some_pairs(5))
    p = beliefs(loaded.model, texts)
    assert p.shape == (5, texts.shape[1] - 1, 16)
    assert p.sum(axis=2) == pytest.approx(np.ones(p.shape[:2]))


def test_the_token_loss_counts_the_texts_that_decoding_gets_wrong() -> None:
    loaded = load_run(FEW)
    a, b = some_pairs(200)
    charged = token_loss(loaded.model, loaded.format, a, b, batch=64)
    decoded = last(exactness(loaded.model, loaded.format, a, b, decode=True))
    assert 0 < charged.errors_texts == decoded.errors_strict < 200
    assert charged.errors_texts <= charged.errors_tokens
    assert charged.n_tokens == 200 * 14
    whole = token_loss(loaded.model, loaded.format, a, b)
    assert whole.nats == pytest.approx(charged.nats, rel=1e-4)
