"""Forge a digit of the model's own working and let it go on: does it believe what it wrote?

Shapes: `N` problems, `L` tokens of a text. Everything here takes cot_reversed texts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lab.data.problems import Field, Format, Integers, implied_move, read_number
from lab.data.vocabulary import Tokens
from lab.inference.scoring import BATCH, go_on
from lab.model.gpt import GPT


@dataclass(frozen=True)
class Forgery:
    """One digit to change: token `position` of the text, in the field it belongs to."""

    field: Field
    position: int

    @property
    def place(self) -> int:
        """The power of ten that the digit counts."""
        return self.field.place(self.position)


@dataclass(frozen=True)
class Outcome:
    """Of n answers: how many moved exactly as the edit implies, stayed true, or did neither.

    `unwritable`: of those that did neither, how many could not follow, since what the edit implies
    has more digits than the answer.
    """

    n: int
    followed: int
    stayed: int
    neither: int
    unwritable: int

    def __add__(self, other: Outcome) -> Outcome:
        return Outcome(
            self.n + other.n,
            self.followed + other.followed,
            self.stayed + other.stayed,
            self.neither + other.neither,
            self.unwritable + other.unwritable,
        )


def forgeries(form: Format) -> list[Forgery]:
    """Every digit of the partial products, in the order the model writes them."""
    return [
        Forgery(field, position) for field in form.partial_products for position in field.positions
    ]


def forge(
    texts: Tokens, position: int, rng: np.random.Generator
) -> tuple[Tokens, NDArray[np.int64]]:
    """Copies of texts (N, L) with another digit at `position`, and new minus old digit, (N,)."""
    old = texts[:, position].astype(np.int64)
    new = (old + rng.integers(1, 10, len(texts))) % 10
    forged = texts.copy()
    forged[:, position] = new
    return forged, new - old


def tampered(
    model: GPT, form: Format, a: Integers, b: Integers, forgery: Forgery, rng: np.random.Generator
) -> Iterator[Outcome]:
    """Forge one digit in the right working of every problem; yield the running outcome.

    What an edit implies is a b, moved by `implied_move` of new minus old digit.
    """
    total = Outcome(0, 0, 0, 0, 0)
    largest = 10**form.answer.width - 1
    for begin in range(0, len(a), BATCH):
        some_a, some_b = a[begin : begin + BATCH], b[begin : begin + BATCH]
        forged, change = forge(form.render(some_a, some_b)[0], forgery.position, rng)
        texts = go_on(model, forged[:, : forgery.position + 1], form.length)
        written = read_number(texts, form.answer)
        truth = some_a * some_b
        implied = truth + implied_move(change, forgery.place)
        followed, stayed = written == implied, written == truth
        neither = ~(followed | stayed)
        counts = (followed, stayed, neither, neither & (implied > largest))
        total = total + Outcome(len(truth), *(int(some.sum()) for some in counts))
        yield total


def tokens_given(form: Format, n_given: int) -> int:
    """How many tokens a prompt has that hands over the first `n_given` partial products."""
    working = form.partial_products
    if not 0 <= n_given <= len(working):
        raise ValueError(f"n_given={n_given}; this text has {len(working)} partial products")
    return working[n_given - 1].stop if n_given else form.prompt_length
