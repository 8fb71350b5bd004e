"""What each part of a model adds to the lead of every written token, and what is left without it.

The lead of a token is its logit minus that of the token that came second. What a part added is a
term of that sum; without the part the model runs again, so later parts read another stream.

torch is imported only to measure: a record can be read without it.

Shapes: `R` rows, one without each part; `T` tokens, `W` of them written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lab.data.vocabulary import VOCABULARY, Tokens, decode, encode

if TYPE_CHECKING:
    from lab.interp.attribution import Component
    from lab.model.gpt import GPT
    from lab.model.trace import Edit

DIGITS = 4
"""Decimals of a logit that are kept."""


@dataclass(frozen=True)
class Without:
    """The model with one part ablated: on the same text, and as it writes alone."""

    leads: list[float]
    """Of the same tokens over the same rivals, (W,)."""
    says: str
    """The likeliest token at each place, given the same text before it."""
    text: str


@dataclass(frozen=True)
class TakenOut:
    """Of the `text` that a model wrote on from `given` tokens."""

    text: str
    given: int
    rivals: str
    leads: list[float]
    added: dict[str, list[float]]
    """By part, in the order of the network: what it adds to each lead, (W,)."""
    without: dict[str, Without]
    """By part that can be ablated: not by what the model is given, a token and its position."""


def take_each_out(model: GPT, text: str, given: int) -> TakenOut:
    """All parts of a model taken out one by one, on the text that it wrote on from `given` tokens.

    One batch holds a row for each part, so that all of them take one forward and one writing.
    """
    from lab.inference.forward import run_with_trace
    from lab.interp.attribution import attribute, components_of

    whole = attribute(model, text)
    rows = range(given - 1, len(text) - 1)  # where it stands when it writes
    tokens = [VOCABULARY.index(text[row + 1]) for row in rows]
    rivals = [whole.runner_up(row, token) for row, token in zip(rows, tokens, strict=True)]
    leads = [*zip(rows, tokens, rivals, strict=True)]

    parts = [part for part in components_of(model) if part.layer is not None]
    texts, cuts = a_row_each(parts, text)
    logits = run_with_trace(model, texts, {"logits"}, cuts)["logits"].double()  # (R, T, V)
    said = [decode(int(own[row].argmax()) for row in rows) for own in logits]
    # Where every token stays the likeliest, the text that is written stays the same.
    moved = [part for part, says in zip(parts, said, strict=True) if says != text[given:]]
    written = dict.fromkeys(parts, text) | write_without_each(model, moved, text, given)
    return TakenOut(
        text,
        given,
        decode(rivals),
        [round(whole.lead(*at), DIGITS) for at in leads],
        {
            part.name: [round(float(whole.to_lead(*at)[i]), DIGITS) for at in leads]
            for i, part in enumerate(whole.components)
        },
        {
            part.name: Without(
                [round(float(own[row, t] - own[row, r]), DIGITS) for row, t, r in leads],
                says,
                written[part],
            )
            for part, own, says in zip(parts, logits, said, strict=True)
        },
    )


def a_row_each(parts: Sequence[Component], text: str) -> tuple[Tokens, list[Edit]]:
    """The text once for each part, (R, T), and the edits that take each out in its own row."""
    texts = np.repeat(encode(text)[None], len(parts), axis=0)
    return texts, [part.ablated().in_row(row) for row, part in enumerate(parts)]


def write_without_each(
    model: GPT, parts: Sequence[Component], text: str, given: int
) -> dict[Component, str]:
    """What the model writes alone from the first `given` tokens, without each of these parts."""
    from lab.inference.scoring import go_on

    if not parts:
        return {}
    prompts, cuts = a_row_each(parts, text[:given])
    texts = go_on(model, prompts, len(text), cuts)
    return {part: decode(row) for part, row in zip(parts, texts, strict=True)}
