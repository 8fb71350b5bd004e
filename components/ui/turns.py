"""Whose turn it is: what readers ask of a model is computed one after another.

A class asks faster than a core computes. Were all computed side by side, each would take as long as
all together, and whoever only moves a slider would wait for the interpreter's lock behind them.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Generator
from contextlib import contextmanager

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

SOON = 0.3
"""Seconds that a reader waits before the page says so, and between two looks at the line."""


class Turns:
    """A line of those who wait, first come, first served. A reader has one place: a script that is
    run again, since its reader moved on, leaves the line."""

    def __init__(self) -> None:
        self.moved = threading.Condition()
        self.line: deque[object] = deque()

    @contextmanager
    def turn(self) -> Generator[None]:
        """Wait for it, and pass it on; whatever ends the waiting gives the place up."""
        place = object()
        with self.moved:
            self.line.append(place)
        try:
            self.wait_for(place)
            yield
        finally:
            with self.moved:
                self.line.remove(place)
                self.moved.notify_all()

    def wait_for(self, place: object) -> None:
        shown = None
        while ahead := self.before(place):
            if not on_a_page():
                continue
            # To show something is also where Streamlit stops a script whose reader moved on.
            shown = shown or st.empty()
            shown.caption(said(ahead))
        if shown is not None:
            shown.empty()

    def before(self, place: object) -> int:
        """How many come first, once that is none or some time has gone by."""
        with self.moved:
            self.moved.wait_for(lambda: self.line[0] is place, SOON)
            return self.line.index(place)


def on_a_page() -> bool:
    """Is there a reader to tell? A file that is saved is asked for without a page."""
    return get_script_run_ctx(suppress_warning=True) is not None


def said(ahead: int) -> str:
    """To a reader behind so many."""
    others = "one question of another reader is" if ahead == 1 else f"{ahead} others are"
    return f"The model answers one reader at a time: {others} before yours."


turns = Turns()
"""Of this server."""
