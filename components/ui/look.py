"""The book's style sheet, and how it comes to a reader.

The server sends it with the page (`served.py`), so that nothing is ever drawn without it. A page
that other hands serve brings it itself.
"""

from __future__ import annotations

from pathlib import Path
from threading import Event

import streamlit as st

from components.ui.plots.colours import variables

HERE = Path(__file__).parent
SHEETS = ("style.css", "loading.css")

SENT = Event()
"""Has this process sent the style sheet with a page?"""


def style() -> str:
    """The style sheet of the book, its colours first."""
    parts = [variables(), *((HERE / sheet).read_text("utf-8") for sheet in SHEETS)]
    return "\n".join(["<style>", *parts, "</style>"])


def put_on_style() -> None:
    """Unless the page came with it."""
    if not SENT.is_set():
        st.html(style())
