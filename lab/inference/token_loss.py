"""What a model is charged for each token of a right text: -ln p, the loss before the average.

Shapes: `N` texts of `L` tokens, `V` vocabulary.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lab.data.problems import Format, Integers
from lab.data.vocabulary import Tokens, encode
from lab.inference.forward import logits_of
from lab.inference.scoring import BATCH, likeliest
from lab.model.gpt import GPT


def price(p: float) -> float:
    """-ln p, in nats: 0 for the certain, without end for what was held impossible."""
    return -math.log(p) if p > 0 else math.inf


def perplexity(loss: float) -> float:
    """e^loss: among how many equally likely tokens a guesser would hesitate as much."""
    return math.exp(loss)


def whole_text(p: float, n_tokens: int) -> float:
    """p^n: how often n tokens in a row are right if each is with probability p, independently."""
    return p**n_tokens


def beliefs(model: GPT, texts: Tokens) -> NDArray[np.float64]:
    """p of every token at every place, given the *right* text before it (teacher forcing).

    (N, L) -> (N, L - 1, V); row t is about token t + 1.
    """
    # In float64: float32 rounds the p of a sure token to 1, and its price to 0.
    return logits_of(model, texts[:, :-1]).double().softmax(-1).numpy()


def prices(model: GPT, text: str) -> NDArray[np.float64]:
    """-ln p of each token of one text but the first, (L - 1,)."""
    tokens = encode(text)[None]
    p = beliefs(model, tokens)[0]
    return -np.log(np.maximum(p[np.arange(len(p)), tokens[0, 1:]], 1e-300))


@dataclass(frozen=True)
class TokenLoss:
    """Over n texts: what was charged in all, and how many tokens and texts were not right."""

    n: int
    n_tokens: int
    nats: float
    errors_tokens: int
    errors_texts: int

    @property
    def loss(self) -> float:
        return self.nats / self.n_tokens


def token_loss(model: GPT, form: Format, a: Integers, b: Integers, batch: int = BATCH) -> TokenLoss:
    """Charge a model for the tokens that count in the loss, teacher forced, fp32 logits.

    A text is not right if any of these tokens is not the likeliest, as in greedy decoding.
    """
    n_tokens, nats, errors_tokens, errors_texts = 0, 0.0, 0, 0
    for begin in range(0, len(a), batch):
        rows = slice(begin, begin + batch)
        texts, mask = form.render(a[rows], b[rows])
        p = beliefs(model, texts)
        right = np.take_along_axis(p, texts[:, 1:, None].astype(np.int64), axis=2)[..., 0]
        wrong = (likeliest(p, texts) != texts) & mask
        n_tokens += int(mask.sum())
        nats += float(-np.log(np.maximum(right[mask[:, 1:]], 1e-300)).sum())
        errors_tokens += int(wrong.sum())
        errors_texts += int(wrong.any(axis=1).sum())
    return TokenLoss(len(a), n_tokens, nats, errors_tokens, errors_texts)
