"""What each part of a model adds to the lead of every written token, and what is left without it.

The lead of a token is its logit minus that of the token that came second. What a part added is a
term of that sum; without the part the model runs again, so later parts read another stream.

torch is imported only to measure: a record can be read without it.

Shapes: `R` rows, the whole model and one without each part; `W` written tokens.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lab.data.vocabulary import VOCABULARY, decode, encode

if TYPE_CHECKING:
    from lab.model.gpt import GPT

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


def take_each_out(model: GPT, prompt: str, length: int) -> TakenOut:
    """All parts of a model on the text that it writes of `prompt`, taken out one by one.

    One batch holds a row for each part, so that all of them take one forward and one writing.
    """
    from lab.inference.forward import run_with_trace
    from lab.inference.scoring import go_on
    from lab.interp.attribution import attribute, components_of

    parts = [part for part in components_of(model) if part.layer is not None]
    cuts = [part.ablated().in_row(row) for row, part in enumerate(parts, 1)]  # row 0 is the whole
    written = go_on(model, np.repeat(encode(prompt)[None], 1 + len(parts), axis=0), length, cuts)
    text, *without = (decode(row) for row in written)

    whole = attribute(model, text)
    rows = range(len(prompt) - 1, len(text) - 1)  # where it stands when it writes
    tokens = [VOCABULARY.index(text[row + 1]) for row in rows]
    rivals = [whole.runner_up(row, token) for row, token in zip(rows, tokens, strict=True)]
    leads = [*zip(rows, tokens, rivals, strict=True)]
    same = np.repeat(written[:1], len(written), axis=0)
    logits = run_with_trace(model, same, {"logits"}, cuts)["logits"].double()  # (R, T, V)
    return TakenOut(
        text,
        len(prompt),
        decode(rivals),
        [round(whole.lead(*at), DIGITS) for at in leads],
        {
            part.name: [round(float(whole.to_lead(*at)[i]), DIGITS) for at in leads]
            for i, part in enumerate(whole.components)
        },
        {
            part.name: Without(
                [round(float(own[row, t] - own[row, r]), DIGITS) for row, t, r in leads],
                decode(int(own[row].argmax()) for row in rows),
                wrote,
            )
            for part, own, wrote in zip(parts, logits[1:], without, strict=True)
        },
    )
