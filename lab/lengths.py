"""Off the end of the ruler: models trained on short numbers, asked for longer ones.

`trained` is a twin trained on all shapes up to k x k digits; `grid` asks it for every shape up to
m x m, zero-shot, and says how each failure began: with a wrong digit, or with a number that ended
too early or too late.

Shapes: `N` problems, `L` tokens of a text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from lab.evaluate import decode_all
from lab.gpt import GPT
from lab.problems import TEST_FROM, Format, Integers, sample_exact
from lab.vocabulary import Tokens

Arm = Literal[
    "learned", "none", "rotary", "interpolated", "yarn", "rotary_gaps", "coupled", "coupled_gaps"
]
ARMS: tuple[Arm, ...] = get_args(Arm)
SIGNS_FROM = 10
"""Token ids from here on are signs, below it digits."""


@dataclass(frozen=True)
class Failures:
    """Of n texts: all tokens right, or first a wrong digit, or first a number of wrong length."""

    n: int
    right: int
    wrong_digit: int
    wrong_length: int


def failures(form: Format, a: Integers, b: Integers, texts: Tokens) -> Failures:
    """Sort texts (N, L) by their first wrong token.

    A sign in the place of a digit, or the other way round, ends a number too early or too late.
    """
    right, _ = form.render(a, b)
    wrong = texts != right
    first = wrong.argmax(axis=1)[:, None]
    found, expected = (np.take_along_axis(x, first, axis=1)[:, 0] for x in (texts, right))
    some = wrong.any(axis=1)
    length = some & ((found < SIGNS_FROM) != (expected < SIGNS_FROM))
    return Failures(len(a), int((~some).sum()), int((some & ~length).sum()), int(length.sum()))


def ask(model: GPT, p: int, q: int, n: int, seed: int = 0) -> Failures:
    """`n` test problems of exactly p x q digits, written greedily."""
    form = Format("cot_reversed", p, q)
    a, b = sample_exact(np.random.default_rng([seed, p, q]), n, p, q, TEST_FROM, 1.0)
    texts = [texts for _, texts in decode_all(model, form, a, b, batch=250)]
    return failures(form, a, b, np.concatenate(texts))
