"""A mix of sums: some of its lines, and how hard its sums are beside random ones."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components.ui.chapter import Chapter
from components.ui.chapters.ch30 import figures
from components.ui.lazily import lazily
from lab.data.difficulty import longest_carry, zeros
from lab.data.problems import Integers
from lab.data.vocabulary import decode

curriculum = lazily("lab.recipes.curriculum")

N_DRAWN, N_SHOWN = 1000, 4
MEASURED = {"columns that a carry passes": longest_carry, "zeros in both numbers": zeros}

Mix = dict[str, int]
PARTS = {
    "carries": ("New lengths, far carries", 15),
    "padded": ("Zeros in front", 15),
    "random": ("New lengths, at random", 40),
    "zeros": ("New lengths, many zeros", 10),
    "rehearsed": ("Rehearsal", 20),
}
"""The parts of `Blend` and how much of each the course has."""

RANDOM_ALONE: Mix = dict.fromkeys(PARTS, 0) | {"random": 1}


def of_a_stage(page: Chapter) -> None:
    """Ask for a stage and its mix, and show what comes out of it."""
    left, right = st.columns(2)
    with left:
        stages = list(curriculum.COURSE)
        stage = page.choose("stage", "Stage", stages, stages[-1], kind="segments")
        asked, seed = ask_weights(page, "blend", PARTS)
        source = source_of(stage, asked)
        if isinstance(source, str):
            st.warning(f"{source} What you see is the last mix that had something in it.")
    kept = f"{page.prefix}blend_{stage}"
    if not isinstance(source, str):
        st.session_state[kept] = asked
    source = source_of(stage, st.session_state.get(kept, usual()))
    show_mix(page, source, source_of(stage, RANDOM_ALONE), seed, right)


Parts = Mapping[str, tuple[str, int]]


def ask_weights(page: Chapter, name: str, parts: Parts, shown: int = 2) -> tuple[Mix, int]:
    """A slider a part, the first few in sight and the others folded, and which draw is shown."""
    asked: Mix = {}
    more = st.container()
    for place, (part, (words, amount)) in enumerate(parts.items()):
        if place == shown:
            more = st.popover("More of the mix")
        with more:
            asked[part] = page.number(f"{name}_{part}", words, 0, 100, amount)
    with more:
        seed = page.number(f"{name}_draw", "Draw number", 0, 999, 0, typed=True)
    return asked, seed


def usual() -> Mix:
    return {part: amount for part, (_, amount) in PARTS.items()}


def source_of(stage: str, mix: Mix) -> Any:
    """What a stage reads of a mix, or why there is nothing to read, in a sentence."""
    course, names = curriculum.COURSE, list(curriculum.COURSE)
    known = tuple(shape for name in names[: names.index(stage)] for shape in course[name])
    try:
        return curriculum.lesson(course[stage], known, curriculum.Blend(**mix))
    except ValueError as error:
        return as_sentence(error)


def as_sentence(error: ValueError) -> str:
    said = str(error)
    return f"{said[:1].upper()}{said[1:]}."


def show_mix(page: Chapter, source: Any, random: Any, seed: int, beside: DeltaGenerator) -> None:
    """Some of a source's lines, `beside` its weights, and below how hard its sums are against those
    of another."""
    lines, a, b = sums_of(source, seed)
    _, random_a, random_b = sums_of(random, seed)
    beside.code("\n".join(lines), language=None)
    for column, (title, count) in zip(st.columns(2), MEASURED.items(), strict=True):
        found = {figures.MIX: count(a, b), figures.RANDOM: count(random_a, random_b)}
        with column:
            page.draw(
                figures.amounts_in_mix(found, title),
                alt=f"How many {title} there are, in the sums of this mix and in random ones",
            )


@lru_cache(maxsize=64)
def sums_of(source: Any, seed: int) -> tuple[list[str], Integers, Integers]:
    """The first lines of a draw from a source, and the numbers of all its sums, (N_DRAWN,) each."""
    tokens, _ = source.draw(np.random.default_rng(seed), N_DRAWN)
    texts = [decode(row) for row in tokens]
    a, b = np.array([operands(text) for text in texts]).T
    return [text.rstrip("_") for text in texts[:N_SHOWN]], a, b


def operands(text: str) -> tuple[int, int]:
    """Of a right text, with zeros in front or without."""
    a, _, b = text.partition("=")[0].partition("*")
    return int(a), int(b)
