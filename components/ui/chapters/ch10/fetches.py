"""What two heads of block 0 fetch for a digit: on the reader's own sum, and over many sums."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from components.ui.tokens import place_of
from lab.data.problems import PLACE_NAMES
from lab.exercises.chain_of_thought import FORM

Row = Mapping[str, Any]

NUMBERS = ("first partial product", "second partial product", "product")
"""The names of `FORM.written`, without a reader's numbers."""

HEADS = (3, 2)
"""Of block 0: the two that are missed most, the one that fetches the upper digit first."""

DIGITS = [i for field in FORM.written for i in field.positions]


class Fetch(NamedTuple):
    """Head `head` of block 0 looks at token `source` with `share` of its weight."""

    head: int
    source: int
    share: float


def digit_name(position: int) -> str:
    """A digit that is written, without a reader's numbers: 'product, tens'."""
    field = FORM.field_at(position)
    return f"{NUMBERS[FORM.written.index(field)]}, {PLACE_NAMES[field.place(position)]}"


def fetched(weights: np.ndarray, place: int) -> list[Fetch]:
    """Where each of `HEADS` looks hardest as token `place` is about to be written. `weights`
    (heads, T, T)."""
    rows = {head: weights[head, place - 1, :place] for head in HEADS}
    return [Fetch(head, int(row.argmax()), float(row.max())) for head, row in rows.items()]


def picture(text: str, place: int, found: Sequence[Fetch]) -> str:
    """HTML: the text up to the digit, and a line from it to each token that was fetched."""
    cells = "".join(
        f'<span class="wb-token wb-{FORM.field_at(i).role}'
        f'{" wb-now" if i == place else " wb-later" if i > place else ""}">{token}</span>'
        for i, token in enumerate(text)
    )
    lines = "".join(
        f'<div class="wb-line wb-line-{row}" style="grid-column:{source + 1}/{place + 2};'
        f'--n:{place + 1 - source}"><span>0.{head}</span></div>'
        for row, (head, source, _) in enumerate(found)
    )
    alt = f"From token {place}, lines to tokens {', '.join(str(f.source) for f in found)}"
    return f'<div class="wb-fetches" role="img" aria-label="{alt}">{cells}{lines}</div>'


def in_words(a: int, b: int, place: int, found: Sequence[Fetch]) -> str:
    looks = " and ".join(
        f"head 0.{head} looks at **{place_of(source, FORM, a, b)}** ({share:.2f} of its weight)"
        for head, source, share in found
    )
    return f"Before **{place_of(place, FORM, a, b)}** is written, {looks}."


# ---------------------------------------------------------------- over many sums


def at_digits(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """What the record says of `HEADS` at every digit: head, slot, source, times, wrong_without."""
    return [
        {"head": row["cell"]["head"], **at}
        for row in rows
        if row["cell"]["head"] in HEADS
        for at in row["written"]
        if at["slot"] in DIGITS
    ]


def fetches_a_digit(at: Row) -> bool:
    """Does the head look at a digit that can vary? The second partial product begins with a 0."""
    field = FORM.field_at(at["source"])
    constant = field == FORM.partial_products[1] and field.place(at["source"]) == 0
    return field.holds_number and not constant


def looks_at_a_sign(head: int, at: Row) -> bool:
    return at["head"] == head and not FORM.field_at(at["source"]).holds_number


def table(rows: Sequence[Row]) -> str:
    """HTML: what each head fetches before each digit, and how often that digit needs it."""
    found = {(at["head"], at["slot"]): at for at in at_digits(rows)}
    heads = "".join(
        f'<th class="wb-top">0.{head} fetches</th><th class="wb-top">wrong, silent</th>'
        for head in HEADS
    )
    body = "".join(
        f"<tr><th>{digit_name(slot)}</th>"
        + "".join(
            f"<td>{source_name(at['source'])}</td><td>{at['wrong_without']}</td>"
            for at in (found[head, slot] for head in HEADS)
        )
        + "</tr>"
        for slot in DIGITS
        if all((head, slot) in found for head in HEADS)
    )
    return (
        f'<div class="wb-scroll"><table class="wb-table wb-told"><tr><th>before</th>{heads}</tr>'
        f"{body}</table></div>"
    )


def source_name(position: int) -> str:
    """A token without a reader's numbers: 'first number, units', 'the sign ='."""
    field = FORM.field_at(position)
    if field in FORM.written:
        return digit_name(position)
    if not field.holds_number:
        return f"the sign {field.label}"
    name = {"a": "first number", "b": "second number"}[field.kind]
    return f"{name}, {PLACE_NAMES[field.place(position)]}"
