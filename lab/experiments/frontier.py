"""Sums far longer than any that was trained: how many go wrong, where first, and in what company.

Every token is asked from the right ones before it, some tokens a forward behind a cache: a sum of
50 x 50 digits has 7,700 tokens, too many for one table of scores.

Shapes: `N` problems, `L` tokens of a text.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from itertools import takewhile
from typing import Any

import numpy as np

from lab.data.problems import Field, Format, Integers, SplitName
from lab.data.samples import Sample
from lab.data.vocabulary import VOCABULARY, Tokens
from lab.experiments.lengths import problems_of_shape
from lab.experiments.served_models import model_called
from lab.experiments.sweep import Cell
from lab.inference.scoring import teacher_forced_in_blocks
from lab.model.gpt import GPT

TOKENS_AT_ONCE = 10_000
"""Of all texts of a batch: what is kept of them is 190 MB with `far_coupled`."""

BLOCK = 64
"""Tokens of each text that a forward reads; longer ones are no quicker and take more memory."""

# ---------------------------------------------------------------- the sweep


def cell_of(model: str, digits: int, split: SplitName, n: int) -> Cell:
    return {"model": model, "digits": digits, "split": split, "n": n}


def ladder(model: str) -> list[Cell]:
    """Longer and longer validation sums; fewer of those that take seconds each."""
    many = [cell_of(model, digits, "validation", 300) for digits in (12, 14, 16, 18, 20)]
    return many + [cell_of(model, digits, "validation", 30) for digits in (25, 30, 40, 50)]


ASKED: tuple[Cell, ...] = (*ladder("far_clipped"), cell_of("far_clipped", 20, "test", 1000))


def frontier_cells() -> list[Cell]:
    return list(ASKED)


def measure_frontier(cell: Cell) -> dict[str, Any]:
    """Texts and tokens of one model that are wrong, and what each wrong text has to say."""
    digits, split = cell["digits"], cell["split"]
    form = Format("cot_reversed", digits, digits)
    a, b = problems_of_shape(digits, digits, cell["n"], split)
    sample = Sample("generator", f"{split} pairs of {digits}x{digits} digits, each once", len(a), 0)
    found = evaluate_forced(model_called(cell["model"]), form, a, b)
    return {"n": len(a), **found, **sample.document(), "seeds": [0]}


def evaluate_forced(model: GPT, form: Format, a: Integers, b: Integers) -> dict[str, Any]:
    """Wrong texts under teacher forcing, wrong tokens of all that count in the loss, and every
    failure."""
    rows, wrong_tokens, tokens = max(1, TOKENS_AT_ONCE // form.length), 0, 0
    failures: list[dict[str, Any]] = []
    for begin in range(0, len(a), rows):
        texts, mask = form.render(a[begin : begin + rows], b[begin : begin + rows])
        guesses = np.where(mask, teacher_forced_in_blocks(model, texts, BLOCK), texts)
        missed = guesses != texts
        tokens += int(mask.sum())
        wrong_tokens += int(missed.sum())
        for i in np.flatnonzero(missed.any(axis=1)).tolist():
            one = int(a[begin + i]), int(b[begin + i])
            failures.append(failure(form, *one, texts[i], guesses[i]))
    return {
        "wrong": len(failures),
        "wrong_tokens": wrong_tokens,
        "tokens": tokens,
        "tokens_a_text": tokens // len(a),
        "failures": failures,
    }


def failure(form: Format, a: int, b: int, right: Tokens, guesses: Tokens) -> dict[str, Any]:
    """The first wrong token of a text (L,): where it stands, and what its digit is made of.

    `place` is the power of ten it counts; it and `company` are None where a sign belongs.
    """
    missed = np.flatnonzero(guesses != right)
    slot = int(missed[0])
    field = form.field_at(slot)
    place = field.place(slot) if field.holds_number else None
    return {
        "a": str(a),
        "b": str(b),
        "wrong_tokens": len(missed),
        "slot": slot,
        "kind": field.kind,
        "number": line_of(form, field),
        "place": place,
        "right": VOCABULARY[right[slot]],
        "written": VOCABULARY[guesses[slot]],
        "company": None if place is None else asdict(company(form, field, place, a, b)),
    }


# ---------------------------------------------------------------- what a digit is made of


@dataclass(frozen=True)
class Column:
    """One place of a number in the making: digits x and y, their sum or product, the carry in."""

    x: int
    y: int
    total: int
    carry: int

    @property
    def digit(self) -> int:
        return (self.total + self.carry) % 10

    @property
    def carry_out(self) -> int:
        return (self.total + self.carry) // 10

    @property
    def hands_on(self) -> bool:
        """Is its carry another than it would be if none came in? In a sum: nine, and one in."""
        return self.carry_out != self.total // 10


@dataclass(frozen=True)
class Company:
    """What a digit is made of, and what may make it hard.

    `made_by`: x + y of two summands' digits, or x times y, a digit of a by one of b. `chain`: how
    many columns the carry comes through, the one that starts it included; 0 where none comes in.
    `zeros`: in the number itself up to `NEAR` places away; `zeros_a` and `zeros_b`: so near the
    digit of a and the digit of b that the place belongs to.
    """

    made_by: str
    x: int
    y: int
    carry: int
    chain: int
    zeros: int
    zeros_a: int
    zeros_b: int


NEAR = 4


def company(form: Format, field: Field, place: int, a: int, b: int) -> Company:
    """Of the digit of 10^place in a number that the model writes."""
    made = columns(form, field, a, b)
    line, own = line_of(form, field), made[place]
    number = sum(column.digit * 10**k for k, column in enumerate(made))
    return Company(
        made_by="times" if is_product(form, field) else "plus",
        x=own.x,
        y=own.y,
        carry=own.carry,
        chain=chain(made, place),
        zeros=zeros_near(number, place, field.width),
        zeros_a=zeros_near(a, place - line, form.p),
        zeros_b=zeros_near(b, line, form.q),
    )


def is_product(form: Format, field: Field) -> bool:
    """Is it written from a and one digit of b? An answer is if b has no other digit."""
    return field.kind == "partial product" or form.q == 1


def line_of(form: Format, field: Field) -> int:
    """Which partial product a number is, or which it adds; the answer adds the last."""
    return form.q - 1 if field.kind == "answer" else field.number


def columns(form: Format, field: Field, a: int, b: int) -> list[Column]:
    """The columns that a number is written from, units first.

    Partial product j is a times digit j of b, shifted by j; sum j adds it to the sum before it.
    """
    j = line_of(form, field)
    digit = b // 10**j % 10
    if is_product(form, field):
        return carried((x, digit, x * digit) for x in digits_of(a * 10**j, field.width))
    before, added = a * (b % 10**j), a * digit * 10**j
    summands = zip(digits_of(before, field.width), digits_of(added, field.width), strict=True)
    return carried((x, y, x + y) for x, y in summands)


def carried(made: Iterable[tuple[int, int, int]]) -> list[Column]:
    """Columns of digits x, y and their sum or product, units first, with the carry of each."""
    out: list[Column] = []
    for x, y, total in made:
        out.append(Column(x, y, total, out[-1].carry_out if out else 0))
    return out


def chain(made: list[Column], place: int) -> int:
    """Through how many columns the carry into one comes; 0 where none comes in."""
    if made[place].carry == 0:
        return 0
    below = reversed(made[:place])
    return 1 + len(list(takewhile(lambda column: column.hands_on, below)))


def digits_of(number: int, width: int) -> list[int]:
    """Units first, filled up with zeros."""
    return [int(digit) for digit in reversed(str(number).zfill(width))]


def zeros_near(number: int, place: int, width: int) -> int:
    """How many of the digits up to `NEAR` places from one are zeros; itself does not count."""
    digits = digits_of(number, width)
    near = range(max(0, place - NEAR), min(width, place + NEAR + 1))
    return sum(digits[k] == 0 for k in near if k != place)
