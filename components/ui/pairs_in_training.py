"""All pairs as two small networks wrote them while they were trained: the looks of
`lab.experiments.looks`, as a page shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from zipfile import BadZipFile

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from components.ui.drawings.squares import Cell, Square, Writing
from components.ui.page_records import rows_of
from components.ui.tokens import place_of, wrong_tokens
from lab.data.columns import steps
from lab.data.problems import Format, Style, two_digit_split
from lab.data.vocabulary import decode
from lab.experiments.looks_texts import load_texts, texts_path, wrong_from

NAMES: Mapping[Style, tuple[str, str]] = {
    "plain": ("plain", "the product at once"),
    "cot_reversed": ("with working", "partial products first"),
}
"""What each square is called, and what its network writes."""

FRACTION = 0.30
"""Of the pairs both are trained on: u below it in the split."""


@dataclass(frozen=True)
class Twin:
    """One network: its format, after how many tokens the looks came, and of every look and pair
    what stood behind the prompt, (K, 10,000, written), and where it first went wrong."""

    style: Style
    tokens: Sequence[int]
    texts: NDArray[np.uint8]
    wrong_at: NDArray[np.int8]

    @property
    def form(self) -> Format:
        return Format(self.style)

    def square(self) -> Square:
        return Square(*NAMES[self.style], self.wrong_at >= 0)

    def writing(self, a: int, b: int) -> Writing:
        form, right = self.form, self.form.text(a, b)
        prompt = right[: form.prompt_length]
        texts = [prompt + decode(look[100 * a + b]) for look in self.texts]
        return Writing(
            [text.rstrip("_") for text in texts],
            [verdict(text, form, a, b) for text in texts],
            right,
            [form.field_at(i).role for i in range(form.length)],
            [0] * form.prompt_length + [step.carry or 0 for step in steps(form, a, b)],
        )


def verdict(text: str, form: Format, a: int, b: int) -> str:
    """In the reader's own order of digits, or where the text first goes wrong."""
    wrong = wrong_tokens(text, form.text(a, b))
    order = "" if form.style == "plain" else "back to front, "
    if wrong:
        return f"{order}first wrong: {place_of(wrong[0], form, a, b).replace(': ', ', ')}"
    if form.style == "plain":
        return "right"
    ones, tens = a * (b % 10), a * (b - b % 10)
    return f"{order}{ones:,} + {tens:,} = {a * b:,}: right"


def twins() -> list[Twin]:
    """Both, or none where the record is not whole: a sentence then says so."""
    rows = rows_of("looks.jsonl")
    try:
        return [read_twin(row, texts_path(row["cell"]["style"]).stat().st_mtime_ns) for row in rows]
    except (OSError, EOFError, KeyError, ValueError, BadZipFile):
        st.info("This figure waits for its texts: records/looks_*.npz are missing or damaged.")
        return []


def read_twin(row: Mapping[str, Any], modified: int) -> Twin:
    style: Style = row["cell"]["style"]
    texts, wrong_at = unpacked(style, modified)
    return Twin(style, [look["tokens"] for look in row["looks"]], texts, wrong_at)


@lru_cache(maxsize=4)
def unpacked(style: Style, _modified: int) -> tuple[NDArray[np.uint8], NDArray[np.int8]]:
    """The texts of a style, kept as long as their file is not another."""
    form = Format(style)
    texts = load_texts(texts_path(style), form)
    return texts, wrong_from(form, texts)


def trained_on() -> NDArray[np.bool_]:
    """Of every pair, a major, (10,000,)."""
    return (two_digit_split() < FRACTION).ravel()


def between(tokens: Sequence[Sequence[int]]) -> list[int]:
    """Of both networks at each look, the mean: whole steps make them differ a little."""
    return [round(sum(each) / len(each)) for each in zip(*tokens, strict=True)]


def telling_cell(found: Sequence[Twin]) -> Cell:
    """A held-out pair that the first gets wrong in the end, and that comes right with the second
    once and late, after a quarter of its checks. Its digits are unlike, so that both partial
    products differ, and its product is no other back to front: the middle one, in their order."""
    plain, working = (twin.wrong_at >= 0 for twin in found)
    late = working[: len(working) // 4].all(0) & ~working[-1]
    once = (np.diff(working, axis=0).sum(0) == 1) & late
    pairs = (divmod(int(i), 100) for i in np.flatnonzero(plain[-1] & once & ~trained_on()))
    clear = [pair for pair in pairs if is_clear(*pair)]
    return clear[len(clear) // 2]


def is_clear(a: int, b: int) -> bool:
    product = f"{a * b:04}"
    return len({*f"{a:02}{b:02}"}) == 4 and product != product[::-1]


def is_cell(text: str) -> bool:
    a, times, b = text.partition("x")
    return bool(times) and all(n.isascii() and n.isdigit() and int(n) <= 99 for n in (a, b))


def read_cell(text: str) -> Cell:
    a, _, b = text.partition("x")
    return int(a), int(b)
