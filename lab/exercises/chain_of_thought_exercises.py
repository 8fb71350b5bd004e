"""The exercises of chapter 1: what a reader's own attempt did, and whether it is what was asked.

Nothing here knows an answer. A text is graded by what the model made of the reader's setting, a
list of pairs by what it holds, a text written by hand by the format it must follow; the facts of
an attempt come back, and the page turns them into a hint.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from lab.data.coverage import Pair, partial_products_in
from lab.data.difficulty import carries
from lab.data.problems import (
    HELDOUT_FROM,
    Field,
    Format,
    WrongToken,
    implied_move,
    read_operand,
    split_value,
)
from lab.data.vocabulary import VOCABULARY

FORM = Format("cot_reversed")
ANSWER = FORM.answer


def first_difference(text: str, right: str) -> int | None:
    """The first token of `text` that is not the right one; None if all are."""
    return next((i for i, (x, y) in enumerate(zip(text, right, strict=True)) if x != y), None)


# ---------------------------------------------------------------- forge a digit

WANTED_MOVE = 100


@dataclass(frozen=True)
class ForgedDigit:
    """One digit of the working forged, and how far the answer moved.

    `place`: the power of ten that the digit counts. `change`: new digit minus old. `moved`: the
    answer after the forgery minus the answer before, None where a sign stands in it. `later`: the
    first token of the working behind the forgery that moved as well.
    """

    place: int
    change: int
    moved: int | None
    later: int | None

    @property
    def implied(self) -> int:
        """How far the answer moves if the forged working is added up as it stands."""
        return implied_move(self.change, self.place)

    @property
    def solved(self) -> bool:
        return self.change != 0 and self.moved == WANTED_MOVE


def grade_forgery(before: str, after: str, position: int) -> ForgedDigit:
    """Compare the model's text with the one it wrote on behind a digit forged at `position`."""
    field = FORM.field_at(position)
    if field.kind != "partial product":
        raise ValueError(f"token {position} is in {field.label!r}, not in a partial product")
    answers = [text[ANSWER.start : ANSWER.stop][::-1] for text in (before, after)]
    moved = int(answers[1]) - int(answers[0]) if all(x.isdigit() for x in answers) else None
    behind = range(position + 1, ANSWER.start)
    return ForgedDigit(
        field.place(position),
        int(after[position]) - int(before[position]),
        moved,
        next((i for i in behind if after[i] != before[i]), None),
    )


# ---------------------------------------------------------------- choose the pairs

COVERED, MOST_PAIRS = 37, 5
"""The number whose partial products are to be shown, and in how many pairs: each shows two."""

PAIR = re.compile(r"\(?\s*(\d{1,9})\s*(?:[*x×,;]|\s)\s*(\d{1,9})\s*\)?", re.ASCII)


@dataclass(frozen=True)
class PairList:
    """A reader's list. Each pair stands once, the smaller number first, in the order written.

    `pairs` may be trained on; `held_out` may not. `unreadable`: number and text of a line.
    """

    pairs: tuple[Pair, ...]
    held_out: tuple[Pair, ...]
    unreadable: tuple[tuple[int, str], ...]
    repeated: int

    @property
    def allowed(self) -> bool:
        """May a model be trained on it?"""
        return 1 <= len(self.pairs) <= MOST_PAIRS and not self.held_out and not self.unreadable


def read_pairs(text: str) -> PairList:
    """One pair a line, `37 48` or `37*48`; empty lines count for nothing."""
    seen: dict[Pair, bool] = {}  # pair -> held out?
    unreadable: list[tuple[int, str]] = []
    repeated = 0
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            pair = read_pair(line)
        except ValueError:
            unreadable.append((number, line.strip()))
            continue
        repeated += pair in seen
        seen[pair] = split_value(*pair) >= HELDOUT_FROM
    return PairList(
        tuple(pair for pair, held in seen.items() if not held),
        tuple(pair for pair, held in seen.items() if held),
        tuple(unreadable),
        repeated,
    )


def read_pair(line: str) -> Pair:
    """The unordered pair on a line. `ValueError` if there is none."""
    found = PAIR.fullmatch(line.strip())
    if found is None:
        raise ValueError("a line holds two numbers, as in 37 48 or 37*48")
    a, b = (read_operand(number, 2) for number in found.groups())
    return min(a, b), max(a, b)


@dataclass(frozen=True)
class Coverage:
    """How often a list shows `COVERED` times each digit, and the missing digit that fewest of its
    partners have, with those partners."""

    n_pairs: int
    times: tuple[int, ...]
    rarest: tuple[int, tuple[int, ...]]

    @property
    def covered(self) -> int:
        return sum(n > 0 for n in self.times)

    @property
    def complete(self) -> bool:
        return all(self.times)


def grade_pairs(pairs: Sequence[Pair]) -> Coverage:
    """Count, digit by digit, the pairs whose working holds `COVERED` times that digit."""
    held = [partial_products_in(*pair) for pair in pairs]
    times = tuple(sum((COVERED, digit) in products for products in held) for digit in range(10))
    with_digit = {
        digit: tuple(x for x in partners(COVERED) if digit in (x // 10, x % 10))
        for digit in range(10)
        if not times[digit]
    }
    rarest = min(with_digit.items(), key=lambda found: len(found[1]), default=(0, ()))
    return Coverage(len(pairs), times, rarest)


def partners(number: int) -> list[int]:
    """The numbers that may be trained on together with `number`."""
    return [b for b in range(100) if split_value(*sorted((number, b))) < HELDOUT_FROM]


# ---------------------------------------------------------------- pull out a head


@dataclass(frozen=True)
class PulledHead:
    """The first wrong token of a text written without one head; None if every token is right."""

    first_wrong: int | None

    @property
    def solved(self) -> bool:
        """Both partial products and the signs are right, and the product is not."""
        return self.first_wrong in ANSWER.positions


def grade_pulled_head(a: int, b: int, written: str) -> PulledHead:
    return PulledHead(first_difference(written, FORM.text(a, b)))


# ---------------------------------------------------------------- be the model

Mistake = Literal[
    "front to back",
    "forgotten carry",
    "a carry too many",
    "missing zero",
    "too few digits",
    "too many digits",
    "too short",
    "other",
]


@dataclass(frozen=True)
class HandWritten:
    """A text written by hand: its first wrong token, and what kind of mistake that is."""

    wrong: WrongToken | None = None
    mistake: Mistake = "other"

    @property
    def solved(self) -> bool:
        return self.wrong is None


def draw_sum(number: int) -> Pair:
    """The sum a reader writes, the same for the same number: no zeros, and a carry in its sum."""
    rng = np.random.default_rng(number)
    while True:
        a, b = (int(x) for x in rng.integers(11, 100, 2))
        if a % 10 and b % 10 and any(carry for _, _, carry, _, _ in carries(a, b)):
            return a, b


def without_its_carry(a: int, b: int) -> str:
    """The right text, but for one carry of the sum that is forgotten: an attempt to begin with."""
    text = FORM.text(a, b)
    for place, (x, y, carry, _, _) in enumerate(carries(a, b)):
        if carry:
            at = ANSWER.start + place
            return f"{text[:at]}{(x + y) % 10}{text[at + 1 :]}"
    raise ValueError(f"the sum of {a} x {b} has no carry to forget")


def read_text(a: int, b: int, typed: str) -> str:
    """The whole text: the prompt, and what a reader typed behind it. Spaces count for nothing.

    `ValueError` says in one sentence what is allowed.
    """
    prompt = FORM.text(a, b)[: FORM.prompt_length]
    typed = "".join(typed.split()).removeprefix(prompt)
    room = FORM.length - len(prompt)
    if not typed:
        raise ValueError(f"The box is empty; write the {room} tokens that follow the first =.")
    strange = next((c for c in typed if c not in VOCABULARY), None)
    if strange is not None:
        raise ValueError(
            f"{strange!r} is no token of this model; write with the digits 0 to 9 and + = $."
        )
    if len(typed) > 2 * room:
        raise ValueError(f"That is {len(typed)} tokens; {room} follow the first =.")
    return prompt + typed


def grade_text(a: int, b: int, text: str) -> HandWritten:
    """Read a text as the format reads every text; where it is wrong, say what went wrong."""
    try:
        FORM.parse(text)
    except WrongToken as wrong:
        return HandWritten(wrong, mistake_in(a, b, text, wrong))
    return HandWritten()


def mistake_in(a: int, b: int, text: str, wrong: WrongToken) -> Mistake:
    """What a reader did at the first wrong token, as far as it can be told."""
    if wrong.position >= FORM.length:
        return "other"
    field = FORM.field_at(wrong.position)
    if wrong.found == "the end":
        return "too short"
    if field.role == "operator":
        return "too many digits" if wrong.found.isdigit() else "other"
    number = FORM.text(a, b)[field.start : field.stop]
    written = re.split(r"\D", text[field.start :])[0]
    if written != number and written in (number[::-1], number[::-1].lstrip("0")):
        return "front to back"
    if not wrong.found.isdigit():
        return "too few digits"
    if field.kind == "partial product" and field.place(wrong.position) < field.number:
        return "missing zero"
    carry = carry_into(a, b, field, field.place(wrong.position))
    found, expected = int(wrong.found), int(wrong.expected)
    if carry and found == (expected - carry) % 10:
        return "forgotten carry"
    if not carry and found == (expected + 1) % 10:
        return "a carry too many"
    return "other"


def carry_into(a: int, b: int, field: Field, place: int) -> int:
    """What the places below add to the digit of 10^`place` in a partial product or the sum."""
    if field.kind == "answer":
        return carries(a, b)[place][2]
    below = 10 ** max(place - field.number, 0)
    return a % below * (b // 10**field.number % 10) // below


# ---------------------------------------------------------------- a quiet part, a loud stream

QUIET = 10


@dataclass(frozen=True)
class QuietPart:
    """A part pulled out: what it had added to a lead, the most that any part had, what came of it.

    `before`, `after`: the token at that place with the part and without it.
    """

    added: float
    largest: float
    before: str
    after: str

    @property
    def quiet(self) -> bool:
        """Did it add at most a tenth of what the loudest part did?"""
        return QUIET * abs(self.added) <= self.largest

    @property
    def solved(self) -> bool:
        return self.quiet and self.before != self.after


@dataclass(frozen=True)
class LoudStream:
    """A text written with the stream multiplied, by a factor and by half of it: places changed."""

    changed: tuple[int, ...]
    changed_by_half: tuple[int, ...]

    @property
    def solved(self) -> bool:
        """Is this factor enough, and half of it too little?"""
        return bool(self.changed) and not self.changed_by_half
