"""A mix of sums: some of its lines, and how hard its sums are beside random ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import NamedTuple

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components.ui.chapter import Chapter
from components.ui.chapters.ch30 import figures
from lab.data.difficulty import longest_carry, zeros
from lab.data.problems import Integers
from lab.data.sources import Source
from lab.data.vocabulary import decode
from lab.recipes.curriculum import BLEND, COURSE, Blend, before, lesson

N_DRAWN, N_SHOWN = 1000, 4
MEASURED = {"columns that a carry passes": longest_carry, "zeros in both numbers": zeros}

Mix = dict[str, int]
Parts = Mapping[str, tuple[str, int]]
"""Of a mix: the words for each part, and how much there is of it at first."""

WORDS = {
    "carries": "New lengths, far carries",
    "padded": "Zeros in front",
    "random": "New lengths, at random",
    "zeros": "New lengths, many zeros",
    "rehearsed": "Rehearsal",
}
PARTS = {part: (words, int(getattr(BLEND, part))) for part, words in WORDS.items()}
"""The parts of `Blend` and how much of each the course has."""

RANDOM_ALONE: Mix = dict.fromkeys(PARTS, 0) | {"random": 1}


def of_a_stage(page: Chapter) -> None:
    """Ask for a stage and its mix, and show what comes out of it."""
    left, right = st.columns(2)
    with left:
        stages = list(COURSE)
        stage = page.choose("stage", "Stage", stages, stages[-1], kind="segments")
        of_the_stage = partial(read_in, stage)
        found = ask_mix(page, "blend", PARTS, of_the_stage, kept=f"blend_{stage}")
    random = of_the_stage(RANDOM_ALONE)
    show_mix(page, of_the_stage(found.mix), random, found.seed, right)


def read_in(stage: str, mix: Mix) -> Source:
    """What a stage reads of a mix. `ValueError` if that is nothing."""
    return lesson(COURSE[stage], before(stage), Blend(**mix))


class Asked(NamedTuple):
    """A reader's mix, or the last that had something in it, then with the reason; and a draw."""

    mix: Mix
    seed: int
    why_not: str


def ask_mix(
    page: Chapter, name: str, parts: Parts, source_of: Callable[[Mix], Source], *, kept: str
) -> Asked:
    """A slider a part, with a word where nothing could be read of the mix: a slip empties no
    figure. The last good mix is `kept` under that name."""
    mix, seed = ask_weights(page, name, parts)
    key = f"{page.prefix}{kept}_kept"
    usual = {part: amount for part, (_, amount) in parts.items()}
    try:
        source_of(mix)
    except ValueError as error:
        why_not = as_sentence(error)
        st.warning(f"{why_not} What you see is the last mix that had something in it.")
        return Asked(st.session_state.get(key, usual), seed, why_not)
    st.session_state[key] = mix
    return Asked(mix, seed, "")


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


def as_sentence(error: ValueError) -> str:
    said = str(error)
    return f"{said[:1].upper()}{said[1:]}."


def show_mix(
    page: Chapter, source: Source, random: Source, seed: int, beside: DeltaGenerator
) -> None:
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
def sums_of(source: Source, seed: int) -> tuple[list[str], Integers, Integers]:
    """The first lines of a draw from a source, and the numbers of all its sums, (N_DRAWN,) each."""
    tokens, _ = source.draw(np.random.default_rng(seed), N_DRAWN)
    texts = [decode(row) for row in tokens]
    a, b = np.array([operands(text) for text in texts]).T
    return [text.rstrip("_") for text in texts[:N_SHOWN]], a, b


def operands(text: str) -> tuple[int, int]:
    """Of a right text, with zeros in front or without."""
    a, _, b = text.partition("=")[0].partition("*")
    return int(a), int(b)
