"""The reader's own sum, which follows down the page: two boxes and the text of the sum."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import streamlit as st

from components.ui import tokens
from components.ui.chapter import Chapter
from components.ui.operand_boxes import last_allowed
from lab.data.coverage import Pair
from lab.data.problems import Format

START = (37, 48)


@contextmanager
def follow(page: Chapter, form: Format, *sections: str) -> Generator[Pair]:
    """All that is drawn inside has the sum above it, in a strip that stays at the top of the
    window; no strip where the visit sees none of these `sections`. While the boxes hold what is not
    allowed they say so, and the last sum that was allowed stays."""
    with st.container(key="below_own_sum"):
        yield ask(page, form) if page.draws(*sections) else START


def ask(page: Chapter, form: Format) -> Pair:
    with st.container(key="own_sum", horizontal=True, vertical_alignment="center", gap="small"):
        typed = page.pair(slim=True)
        pair = last_allowed(f"{page.prefix}last", typed, START)
        if typed is not None:
            st.html(tokens.strip(form.text(*pair), form, *pair, small=True))
    return pair
