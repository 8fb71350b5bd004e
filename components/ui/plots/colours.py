"""The colours of the book, and what each of them means: the same in every chart and drawing.

Blue to orange is sign and only sign; an amount, which is never below zero, takes the orange half.
Right is green and wrong is red, and a mark, a word or a strength says so as well. What a model was
trained on is grey. One thing alone, or the thing to look at, is plum. Kinds that are compared take
their hue from the tables below. Their values stand in the file that the front end reads as well;
pages and drawings have them as variables of the style sheet.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from itertools import cycle
from pathlib import Path
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


FILE = Path(__file__).parents[2] / "threejs_viewer/frontend/src/shared/colours.json"
"""The one place where a colour is written down; the front end reads it too."""

GROUPS: Mapping[str, Mapping[str, Tone]] = {
    group: {name: Tone(**tone) for name, tone in tones.items()}
    for group, tones in json.loads(FILE.read_text()).items()
    if group != "scales"
}
"""Every colour that has a name. The scales are lists, and Streamlit's settings alone need them."""

PAGE, SIGN, MARKS, HUE = (GROUPS[group] for group in ("page", "sign", "marks", "kinds"))

# The page itself.
INK = PAGE["ink"]
SOFT = PAGE["soft"]
LINE = PAGE["line"]
PAPER = PAGE["paper"]
ACCENT = PAGE["accent"]

ON_STRONG = Tone(INK.light, PAPER.dark)
"""Text on the strong end of a map's colours, which are of middling brightness in both themes."""

# What a mark says.
NEGATIVE = SIGN["negative"]
POSITIVE = SIGN["positive"]
RIGHT = MARKS["right"]
WRONG = MARKS["wrong"]
WORSE = MARKS["worse"]
"""Wrong in a second way: where it was trained, or in the length."""
RIGHT_FIELD = MARKS["right-field"]
"""Right, in a field of thousands: weaker than what is wrong, so that they differ in grey too."""
GREY = MARKS["grey"]
"""Trained on; and whatever a chart does not speak of."""

# Kinds that are compared.
VIOLET = HUE["violet"]
TEAL = HUE["teal"]
OCHRE = HUE["ochre"]
ROSE = HUE["rose"]
BROWN = HUE["brown"]
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
RESIDUALS: Mapping[str, Tone] = {
    "plain sum": OCHRE,
    "attention over depth": VIOLET,
    "over groups": TEAL,
    "one number a connection": ROSE,
}
BEGINNINGS: Mapping[str, Tone] = {
    "from scratch": VIOLET,
    "fine-tuned": OCHRE,
    "random weights": VIOLET,
    "random weights, no stages": BROWN,
    "two digits, coupled positions": TEAL,
    "two digits, learned table": ROSE,
}
STUDIED: Mapping[str, Tone] = {
    "its mistakes": VIOLET,
    "random, as many": OCHRE,
    "ordinary training": TEAL,
}
KEPT: Mapping[str, Tone] = {
    "multi-head attention": ROSE,
    "latents of 8": TEAL,
    "latents of 32": OCHRE,
    "latents of 128": VIOLET,
}
"""What attention keeps of a token."""

KINDS = {
    kind: tone
    for table in (FORMATS, POSITIONS, OPTIMISERS, RESIDUALS, BEGINNINGS, STUDIED, KEPT)
    for kind, tone in table.items()
}

PARTS: Mapping[str, Tone] = {"partial product": VIOLET, "sum": OCHRE, "answer": TEAL}
"""Of a text that a model writes."""

RECORDED = ", recorded"
"""How the name of a recorded run ends."""


def stem(name: str) -> str:
    """A name without its number, and without saying that it is recorded: '2. plain sum' is a plain
    sum."""
    return re.sub(r"^\d+\. ", "", name).removesuffix(RECORDED)


def kind_of(name: str) -> str | None:
    """The kind that a name begins with, if any."""
    begun = [kind for kind in KINDS if f"{stem(name)}, ".startswith(f"{kind}, ")]
    return max(begun, key=len, default=None)


def tone_of(name: str) -> Tone:
    """Of the kind that a name begins with; plum if it is none of the kinds."""
    kind = kind_of(name)
    return KINDS[kind] if kind else ACCENT


def apart(names: Iterable[str]) -> dict[str, Tone]:
    """A tone for each name: a kind's own, and for the others the hues that are left, one a stem."""
    several = dict.fromkeys(names)
    found = {stem(name): KINDS[kind] for name in several if (kind := kind_of(name))}
    left = cycle([hue for hue in HUES if hue not in found.values()] or HUES)
    for name in several:
        if stem(name) not in found:
            found[stem(name)] = next(left)
    return {name: found[stem(name)] for name in several}


def variables() -> str:
    """Every named colour as a variable, `--wb-ink` and so on, for a style sheet.

    Streamlit sets the colour scheme of the page; light-dark() follows it.
    """
    tones = [named for group in GROUPS.values() for named in group.items()]
    lines = [f"  --wb-{name}: light-dark({tone.light}, {tone.dark});" for name, tone in tones]
    return "\n".join([":root {", *lines, "}"])
