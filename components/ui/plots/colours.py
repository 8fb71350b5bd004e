"""The colours of the book, and what each of them means: the same in every chart and drawing.

Blue to orange is sign and only sign; an amount, which is never below zero, takes the orange half.
Right is green and wrong is red, and a mark, a word or a strength says so as well. What a model was
trained on is grey. One thing alone, or the thing to look at, is plum. Kinds that are compared take
their hue from the tables below. The style sheet of the pages holds the same colours for drawings.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import cycle
from typing import NamedTuple

import streamlit as st


class Tone(NamedTuple):
    """A colour on the light page, and on the dark one."""

    light: str
    dark: str

    @property
    def now(self) -> str:
        """As the reader's theme wants it."""
        return self.dark if st.context.theme.type == "dark" else self.light


# The page itself.
INK = Tone("#1d1b18", "#ece7dd")
SOFT = Tone("#6b665e", "#a8a298")
LINE = Tone("#d9d1c1", "#3d3a34")
PAPER = Tone("#fbf8f1", "#151412")

ON_STRONG = Tone(INK.light, PAPER.dark)
"""Text on the strong end of a map's colours, which are of middling brightness in both themes."""

# What a mark says.
NEGATIVE = Tone("#2f86ba", "#5594ca")
POSITIVE = Tone("#cf6d1f", "#cc8142")
RIGHT = Tone("#007a5a", "#3cc39a")
WRONG = Tone("#b3261e", "#ff8a80")
WORSE = Tone("#6d0f0a", "#ffc4be")
"""Wrong in a second way: where it was trained, or in the length."""
RIGHT_FIELD = Tone("#3f9c7d", "#217a60")
"""Right, in a field of thousands: weaker than what is wrong, so that they differ in grey too."""
GREY = Tone("#8a8378", "#8a8378")
"""Trained on; and whatever a chart does not speak of."""
ACCENT = Tone("#7a2e5d", "#e3a1cb")

# Kinds that are compared.
VIOLET = Tone("#4f3d9e", "#b3a4f0")
TEAL = Tone("#1d9499", "#5cc0c6")
OCHRE = Tone("#9a7000", "#e0b84a")
ROSE = Tone("#b14f95", "#db94c4")
BROWN = Tone("#6b4226", "#c08a63")
HUES = (VIOLET, OCHRE, TEAL, ROSE, BROWN)

FORMATS: Mapping[str, Tone] = {
    "plain": OCHRE,
    "reversed": TEAL,
    "cot": ROSE,
    "cot, reversed": VIOLET,
    "dots": BROWN,
}
POSITIONS: Mapping[str, Tone] = {
    "rotary": VIOLET,
    "learned table": OCHRE,
    "no positions": BROWN,
    "coupled": TEAL,
}
OPTIMISERS: Mapping[str, Tone] = {
    "sgd": OCHRE,
    "momentum": BROWN,
    "adam": TEAL,
    "adamw": TEAL,
    "muon": VIOLET,
}
KINDS = {**FORMATS, **POSITIONS, **OPTIMISERS}


def tone_of(name: str) -> Tone:
    """Of the kind that a name begins with; plum if it is none of the kinds."""
    begun = [kind for kind in KINDS if name == kind or name.startswith(f"{kind}, ")]
    return KINDS[max(begun, key=len)] if begun else ACCENT


def apart(names: Iterable[str]) -> dict[str, Tone]:
    """A tone for each name: a kind's own, and for the others the hues that are left."""
    several = dict.fromkeys(names)
    own = {name: KINDS[name] for name in several if name in KINDS}
    left = cycle([hue for hue in HUES if hue not in own.values()] or HUES)
    return {name: own.get(name) or next(left) for name in several}
