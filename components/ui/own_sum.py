"""The reader's own sum, which follows down the page: two boxes and the text of the sum."""

from __future__ import annotations

import streamlit as st

from components.ui import tokens
from components.ui.chapter import Chapter
from components.ui.operands import ask_pair, last_allowed
from lab.data.coverage import Pair
from lab.data.problems import Format

START = (37, 48)


def follow(page: Chapter, form: Format) -> Pair:
    """A strip that stays at the top of the window below the place where it stands. While what it
    holds is not allowed it says so, and the last sum that was allowed stays."""
    page.link.knows(f"{page.prefix}a", f"{page.prefix}b")
    with st.container(key="own_sum", horizontal=True, vertical_alignment="center", gap="small"):
        pair = last_allowed(f"{page.prefix}last", ask_pair(page.prefix, slim=True), START)
        st.html(tokens.strip(form.text(*pair), form, *pair, small=True))
    return pair
