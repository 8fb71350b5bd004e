"""Texts that a model has drawn, one on a line, with what is wrong in them struck out.

Only digits and signs of the vocabulary get here, never a reader's own characters.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from components.ui import tokens


def listed(texts: Sequence[str], right: str) -> str:
    """HTML of the texts in a box that scrolls inside itself."""
    lines = "".join(f"<li>{line(text, right)}</li>" for text in texts)
    return (
        '<div class="wb-drawn" role="region" tabindex="0" aria-label="The texts that were counted">'
        f"<ol>{lines}</ol></div>"
    )


def line(text: str, right: str) -> str:
    """A text, its wrong tokens struck out, and how many those are."""
    wrong = tokens.wrong_tokens(text, right[: len(text)])
    shown = ""
    for is_wrong, places in groupby(range(len(text)), lambda i: i in wrong):
        characters = "".join(text[i] for i in places)
        shown += struck(characters) if is_wrong else characters
    return f"<code>{shown}</code> {verdict(len(wrong), len(right) - len(text))}"


def struck(characters: str) -> str:
    """Struck out for the eye, and named for who listens to the page."""
    return (
        f'<s><span class="wb-unseen"> wrong: </span>{characters}</s>'
        '<span class="wb-unseen">, then </span>'
    )


def verdict(n_wrong: int, n_missing: int) -> str:
    if n_missing:
        return '<small class="wb-no">✗ ends too soon</small>'
    if n_wrong == 0:
        return '<small class="wb-yes">✓ right</small>'
    return f'<small class="wb-no">✗ {n_wrong} wrong</small>'
