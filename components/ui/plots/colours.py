"""The colours of the book, and what each of them means: the same in every chart and drawing.

Blue to orange is sign and only sign; an amount, which is never below zero, takes the orange half.
Right is green and wrong is red, and a mark, a word or a strength says so as well. What a model was
trained on is grey. One thing alone, or the thing to look at, is plum. What a colour means, and the
colour and the shape of each arm that is compared, stand with the values in one file, which the
front end reads as well: an arm looks the same on every page. Pages and drawings have the values as
variables of the style sheet.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

import streamlit as st


def is_dark() -> bool:
    """The page, as its reader has it."""
    return st.context.theme.type == "dark"


class Tone(NamedTuple):
    """A colour on the light page, and on the dark one."""

    light: str
    dark: str

    @property
    def now(self) -> str:
        """As the reader's theme wants it."""
        return self.dark if is_dark() else self.light


FILE = Path(__file__).parents[2] / "threejs_viewer/frontend/src/shared/colours.json"
"""The one place where a colour is written down; the front end reads it too."""

WRITTEN = json.loads(FILE.read_text())

GROUPS: Mapping[str, Mapping[str, Tone]] = {
    group: {name: Tone(**tone) for name, tone in tones.items()}
    for group, tones in WRITTEN.items()
    if group not in ("means", "arms", "scales")
}
"""Every colour that has a name. The scales are lists, and Streamlit's settings alone need them."""

NAMED: Mapping[str, Tone] = {
    name: tone for group in GROUPS.values() for name, tone in group.items()
}

MEANS: Mapping[str, Tone] = {what: NAMED[name] for what, name in WRITTEN["means"].items()}
"""What a colour says wherever it stands."""

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

TYPED, WORKING, ANSWER, ATTENTION, FFN = (
    MEANS[what] for what in ("typed", "working", "answer", "attention", "FFN")
)


class Look(NamedTuple):
    """How an arm looks wherever it is compared: told by its shape too, for who sees no colours."""

    tone: Tone
    shape: str


ARMS: Mapping[str, Mapping[str, Look]] = {
    table: {arm: Look(NAMED[name], shape) for arm, (name, shape) in looks.items()}
    for table, looks in WRITTEN["arms"].items()
}
"""What is compared with each other on a page or several, table by table."""


def tones(table: str) -> Mapping[str, Tone]:
    return {arm: look.tone for arm, look in ARMS[table].items()}


(
    FORMATS,
    POSITIONS,
    OPTIMISERS,
    RESIDUALS,
    BEGINNINGS,
    STUDIED,
    KEPT,
    FEED_FORWARD,
    STAND_INS,
) = (tones(table) for table in ARMS)

LOOKS = {arm: look for looks in ARMS.values() for arm, look in looks.items()}
KINDS = {arm: look.tone for arm, look in LOOKS.items()}

PARTS: Mapping[str, Tone] = {"partial product": WORKING, "sum": BROWN, "answer": ANSWER}
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


def shape_of(name: str) -> str:
    """Of the kind that a name begins with; a circle if it is none of the kinds."""
    kind = kind_of(name)
    return LOOKS[kind].shape if kind else "circle"


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
    lines = [
        f"  --wb-{name}: light-dark({tone.light}, {tone.dark});" for name, tone in NAMED.items()
    ]
    return "\n".join([":root {", *lines, "}"])
