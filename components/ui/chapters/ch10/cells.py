"""All pairs as a grid, and the text of any one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from components.ui import tokens
from components.ui.chapter import Chapter
from components.ui.chapters.ch10 import figures
from components.ui.plots import maps
from components.ui.records import Atlas, first_error
from lab.data.problems import Format
from lab.data.vocabulary import VOCABULARY

if TYPE_CHECKING:
    from lab.inference.transcript import Transcript


def pick(page: Chapter, atlas: Atlas, key: str, alt: str) -> tuple[int, int]:
    """Draw an atlas; the pair that the reader clicked, or one that goes wrong."""
    event = page.draw(
        maps.atlas(atlas.wrong_at, atlas.trained_on),
        alt=f"All pairs up to 99 as a grid: {alt}",
        on_select="rerun",
        selection_mode="cell",
        key=key,
    )
    picked = event["selection"].get("cell") or []
    return (int(picked[0]["a"]), int(picked[0]["b"])) if picked else first_error(atlas)


def show(page: Chapter, form: Format, written: Transcript, a: int, b: int) -> None:
    """The transcript of one pair, and the belief at its first wrong token."""
    right = form.text(a, b)
    wrong = tokens.wrong_tokens(written.text, right)
    st.markdown(f"**{a} × {b}** = {a * b}. The model writes:")
    st.html(tokens.strip(written.text, form, a, b, marks=tokens.Marks(wrong=wrong)))
    place = wrong[0] if wrong else len(right) - 2
    where = tokens.place_of(place, form, a, b)
    if wrong:
        st.markdown(f"The first wrong token is **{where}**. " + page.text("atlas_cell"))
    else:
        st.markdown(f"Every token is right. What the model believed at the last, {where}:")
    page.draw(
        figures.beliefs(
            written.beliefs[place - written.given], VOCABULARY, right[place], written.text[place]
        ),
        alt=f"Probability of every token at {where}",
    )
