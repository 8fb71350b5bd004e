"""The worked numbers in the prose of chapter 1: computed by lab, by their names in the text."""

from __future__ import annotations

import numpy as np

from components.ui.chapters.ch10 import arms, claims, turns
from components.ui.chapters.ch10.arms import PLAIN, TWIN
from components.ui.claims import core
from components.ui.records import atlases
from components.ui.runs import BOOK_RUN
from components.ui.words import one_in, spelled
from lab.data import difficulty
from lab.data.problems import STYLES, Style
from lab.exercises.chain_of_thought import MOST_PAIRS, WANTED_MOVE


def to_be_right_in(style: Style) -> str:
    """How many tokens of a line the model writes."""
    return spelled(turns.turns(style))


def guessed_digits() -> np.ndarray:
    """How often the best guess of a digit is right, (covered digit, place from the units)."""
    return np.array(
        [[difficulty.best_guess(place, covered) for place in range(4)] for covered in range(4)]
    )


def best_tens() -> str:
    tens = difficulty.PRODUCT_PLACES.index("tens")
    return f"{100 * guessed_digits()[:, tens].max():.0f} times in 100"


def worked_pair() -> str:
    """Has the book's model been trained on the pair of the examples?"""
    atlas = atlases().get(BOOK_RUN)
    if atlas is None:
        return core.MISSING
    return "one that it was trained on" if atlas.trained_on[37, 48] else "one that it never saw"


def easy_rows() -> str:
    """The numbers whose rows the plain model gets right in most pairs that it was not shown."""
    found = atlases().get(PLAIN)
    if found is None:
        return core.MISSING
    unseen = ~found.trained_on
    right = ((found.wrong_at < 0) & unseen).sum(axis=1)
    return ", ".join(map(str, np.flatnonzero(2 * right > unseen.sum(axis=1)).tolist()))


def twin_errors() -> str:
    found = atlases().get(TWIN)
    return core.MISSING if found is None else f"{found.errors:,}"


def twin_first_wrong() -> str:
    """How many wrong texts of the twin first fail in the number where most do."""
    found = atlases().get(TWIN)
    return core.MISSING if found is None else f"{arms.first_wrong_number(found)[1]:,}"


CALC = {
    "styles": lambda: spelled(len(STYLES)),
    "short_line": lambda: to_be_right_in("plain"),
    "long_line": lambda: to_be_right_in("cot"),
    "layers_plain": lambda: f"{turns.turns('plain') * turns.layers()}",
    "layers_cot": lambda: f"{turns.turns('cot_reversed') * turns.layers()}",
    "best_tens": best_tens,
    "easy_rows": easy_rows,
    "worked_pair": worked_pair,
    "twin_errors": twin_errors,
    "twin_first_wrong": twin_first_wrong,
    "unseen_at": lambda: one_in(claims.UNSEEN_AT),
    "wanted_move": lambda: f"{WANTED_MOVE}",
    "most_pairs": lambda: spelled(MOST_PAIRS),
}
