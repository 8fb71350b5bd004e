"""The sixteen tokens every model of the book reads and writes: one character, one token."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

VOCABULARY = "0123456789*+=$._"
"""Digits; times; plus; equals; end (`$`); a dot of blanked working (`.`); padding (`_`)."""

TIMES, PLUS, EQUALS, END, DOT, PADDING = (VOCABULARY.index(c) for c in "*+=$._")

# Sixteen ids fit a byte, an eighth of torch's own integers.
Tokens = NDArray[np.uint8]

ID_OF = {character: number for number, character in enumerate(VOCABULARY)}


def encode(text: str) -> Tokens:
    """Text to ids, shape (len(text),). `ValueError` names the first character that is no token."""
    for place, character in enumerate(text):
        if character not in ID_OF:
            raise ValueError(
                f"character {place} is {character!r}, which is not a token; "
                f"the tokens are {' '.join(VOCABULARY)}"
            )
    return np.array([ID_OF[character] for character in text], dtype=np.uint8)


def decode(ids: Iterable[int]) -> str:
    """Ids to text. `ValueError` for an id outside 0 ... 15."""
    numbers = [int(number) for number in ids]
    for number in numbers:
        if not 0 <= number < len(VOCABULARY):
            raise ValueError(f"token id {number} is outside 0 to {len(VOCABULARY) - 1}")
    return "".join(VOCABULARY[number] for number in numbers)
