"""The sidebar: the book's title, its pages in groups, the sections of the page that is open."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import Page

from components.ui.book import BEHIND, BOOK, GROUPS, Entry
from components.ui.drawings.contents import show_contents
from components.ui.stamps import stamp_of

HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
FILLED = re.compile(r"\{\w+:[^}]*\}")
UNKNOWN = "…"
"""Stands in a title for a number that the page works out: the drawing takes it from the page."""


def show_sidebar(pages: Mapping[str, Page], home: Page, slug: str) -> None:
    """`pages` by slug; `slug` is the page that is open, and nothing on Home.

    It stands before the page runs, so that nothing moves in it while the page fills. Streamlit's
    links drop what the address says of the page that is left, and keep what its controls hold.
    """
    with st.sidebar, st.container(key="wb_sidebar", gap=None):
        link(home, f"**{BOOK}**", "here_title" if not slug else "title")
        st.html('<div class="wb-subtitle">a small GPT that multiplies</div>')
        for name, entries in GROUPS.items():
            written = [entry for entry in entries if entry.slug in pages]
            is_open = any(entry.slug == slug for entry in written)
            if written:
                with st.expander(name, expanded=is_open, type="compact"):
                    listed(written, pages, slug)
        with st.container(key="wb_behind"):
            listed(BEHIND, pages, slug)


def listed(entries: Sequence[Entry], pages: Mapping[str, Page], slug: str) -> None:
    """A line each, and below the page that is open its sections."""
    for entry in entries:
        if entry.slug != slug:
            link(pages[entry.slug], entry.title)
            continue
        link(pages[entry.slug], entry.title, "here")
        if titles := titles_of(entry.prose, stamp_of(entry.prose)):
            show_contents("contents", titles)


def link(page: Page, label: str, key: str | None = None) -> None:
    """The key says to the style sheet and to `names.js` which page is open."""
    with st.container(key=f"wb_{key}") if key else st.container():
        st.page_link(page, label=label, width="stretch")


@lru_cache
def titles_of(prose: Path, _stamp: tuple[int, int]) -> list[str]:
    return [FILLED.sub(UNKNOWN, title) for title in HEADING.findall(prose.read_text("utf-8"))]
