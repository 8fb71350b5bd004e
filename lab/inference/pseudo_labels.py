"""Labels that a model writes for itself, and checks on them that need no truth.

Shapes: `N` sums, `L` tokens of a text.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lab.data.problems import Format, Integers, read_number
from lab.data.remainders import remainders_agree
from lab.data.vocabulary import Tokens
from lab.inference.scoring import decode_all
from lab.model.gpt import GPT

Verdict = NDArray[np.bool_]
CheckName = Literal["vote", "swap", "nine", "eleven"]


@dataclass(frozen=True)
class Labels:
    """What one model wrote for N sums of one shape, and what can be said of it without the truth.

    `texts` (N, L) are its own. `others`: what further models wrote, (N, L) each. `swapped`: the
    answer that it gave for b x a, (N,), -1 where that is no number.
    """

    form: Format
    a: Integers
    b: Integers
    texts: Tokens
    others: tuple[Tokens, ...]
    swapped: Integers

    @property
    def answer(self) -> Integers:
        return read_number(self.texts, self.form.answer)

    @property
    def right(self) -> Verdict:
        """Every token as it must be. No check looks at this. (N,)"""
        return (self.texts == self.form.render(self.a, self.b)[0]).all(axis=1)

    def passes(self, checks: Collection[CheckName]) -> Verdict:
        """Which labels pass all of these. (N,)"""
        kept = np.ones(len(self.a), dtype=bool)
        for name in checks:
            kept &= CHECKS[name](self)
        return kept


def agreed(labels: Labels) -> Verdict:
    """The other models wrote the same text, token for token."""
    return np.all([(labels.texts == other).all(axis=1) for other in labels.others], axis=0)


def same_when_swapped(labels: Labels) -> Verdict:
    """a x b and b x a came to one answer, by two unlike workings."""
    # Both may be no number, -1, and would then agree on nothing.
    return (labels.answer >= 0) & (labels.answer == labels.swapped)


def agrees_modulo(m: int) -> Callable[[Labels], Verdict]:
    """The remainder of the answer is that of the product of the remainders."""

    def check(labels: Labels) -> Verdict:
        agree = remainders_agree(labels.a, labels.b, labels.answer, m)
        return (labels.answer >= 0) & agree

    return check


CHECKS: dict[CheckName, Callable[[Labels], Verdict]] = {
    "vote": agreed,
    "swap": same_when_swapped,
    "nine": agrees_modulo(9),
    "eleven": agrees_modulo(11),
}


def label(models: Sequence[GPT], form: Format, a: Integers, b: Integers) -> Labels:
    """The labels that the first of the models writes for sums (N,) of `form`'s shape; the others
    vote. The working is written back to front, as everywhere in these runs."""
    own, *others = (write_all(model, form, a, b) for model in models)
    return Labels(form, a, b, own, tuple(others), answer_swapped(models[0], form, a, b))


def label_by_two(models: Sequence[GPT], form: Format, a: Integers, b: Integers) -> Labels:
    """Of each sum the label of the first model whose text another wrote too, and that other's text
    as the only vote; where no two agree, the first model's and the last's."""
    texts = np.stack([write_all(model, form, a, b) for model in models])
    swapped = np.stack([answer_swapped(model, form, a, b) for model in models])
    same = (texts[:, None] == texts).all(axis=3) & ~np.eye(len(models), dtype=bool)[:, :, None]
    rows = np.arange(len(a))
    own = same.any(axis=1).argmax(axis=0)
    partners = same[own, :, rows]
    other = np.where(partners.any(axis=1), partners.argmax(axis=1), len(models) - 1)
    return Labels(form, a, b, texts[own, rows], (texts[other, rows],), swapped[own, rows])


def answer_swapped(model: GPT, form: Format, a: Integers, b: Integers) -> Integers:
    """What a model answers to b x a, (N,)."""
    other_way = Format(form.style, form.q, form.p)
    return read_number(write_all(model, other_way, b, a), other_way.answer)


def write_all(model: GPT, form: Format, a: Integers, b: Integers) -> Tokens:
    """The texts that greedy decoding gives, (N, L)."""
    return np.concatenate([texts for _, texts in decode_all(model, form, a, b)])
