"""What a digit of the working is made from, and which heads look there as it is written.

Digit 10^s of partial product j is a digit of a times a digit of b, and a carry, which the digit
before it was made with. A digit of a sum is two digits that stand above each other, and a carry.

Shapes: `T` tokens, `K` kinds of source.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from lab.data.problems import Field, Format

if TYPE_CHECKING:
    from lab.model.gpt import GPT

Source = Literal[
    "digit of a", "digit of b", "times sign", "upper summand", "lower summand", "one place back"
]
PRODUCT: tuple[Source, ...] = ("digit of a", "digit of b", "one place back", "times sign")
SUM: tuple[Source, ...] = ("upper summand", "lower summand", "one place back")
Sources = dict[Source, list[int]]


def product_sources(form: Format, field: Field, position: int) -> Sources:
    """The tokens that digit `position` of a partial product is made from, those that exist.

    One place back stand the digit of a that the carry comes from, and the digit written before.
    The times sign is no digit, but it has seen all of a.
    """
    place = field.place(position) - field.number  # of a; the field is shifted by its number
    a, times, b = form.fields[:3]
    return {
        "digit of a": digit_at(a, place),
        "digit of b": digit_at(b, field.number),
        "one place back": digit_at(a, place - 1) + digit_at(field, field.place(position) - 1),
        "times sign": [times.start],
    }


def sum_sources(form: Format, field: Field, position: int) -> Sources:
    """The tokens that digit `position` of a running sum, or of the answer, is made from."""
    upper, lower = summands(form, field)
    place = field.place(position)
    before = [digit_at(number, place - 1) for number in (upper, lower, field)]
    return {
        "upper summand": digit_at(upper, place),
        "lower summand": digit_at(lower, place),
        "one place back": [slot for slots in before for slot in slots],
    }


def summands(form: Format, field: Field) -> tuple[Field, Field]:
    """The two numbers that a sum, or the answer, adds: those before it that the model writes."""
    own = form.written.index(field)
    return form.written[own - 2], form.written[own - 1]


def digit_at(field: Field, place: int) -> list[int]:
    """The token of a number that counts 10^place, if there is one."""
    return [slot for slot in field.positions if field.place(slot) == place]


def made_from(form: Format) -> Iterator[tuple[int, Sources]]:
    """Every digit that is written, by its token, and what it is made from."""
    for field in form.written:
        adds = field.kind != "partial product" and form.q > 1
        for position in field.positions:
            yield position, (sum_sources if adds else product_sources)(form, field, position)


def weight_on_sources(
    model: GPT, text: str, form: Format, kinds: tuple[Source, ...]
) -> NDArray[np.float64]:
    """The share of each head's weight that lies on each kind of source, (n_layer, n_head, K).

    The mean over all digits that have such sources, each as it is about to be written: the row is
    that of the token before it. `text` is one of `form`'s shape. `ValueError` if no digit has them
    all.
    """
    made = [(slot, found) for slot, found in made_from(form) if all(map(found.get, kinds))]
    if not made:
        raise ValueError(f"no digit of {text!r} is made from all of {', '.join(kinds)}")
    from lab.interp.patterns import patterns

    weights = patterns(model, text[:-1])
    found = [
        [weights[:, :, slot - 1, sources[kind]].sum(axis=-1) for kind in kinds]
        for slot, sources in made
    ]
    return np.moveaxis(np.mean(found, axis=0), 0, -1)
