"""Whose turn it is: what readers ask of a model is computed one after another.

A class asks faster than a core computes. Were all computed side by side, each would take as long as
all together, and whoever only moves a slider would wait for the interpreter's lock behind them.
"""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

SOON = 0.3
"""Seconds that a reader waits before the page says so, and between two looks at the line."""


@dataclass(eq=False)
class Place:
    """In the line. Who is `patient` comes after all who are not: what is measured for minutes, a
    slice at a time, keeps nobody waiting who asks for one answer."""

    patient: bool


class Turns:
    """A line of those who wait, first come, first served. A reader has one place: a script that is
    run again, since its reader moved on, leaves the line."""

    def __init__(self) -> None:
        self.moved = threading.Condition()
        self.line: list[Place] = []
        self.now: Place | None = None
        self.mine = threading.local()

    @contextmanager
    def patiently(self) -> Generator[None]:
        """What this thread asks meanwhile is asked so."""
        self.mine.patient = True
        try:
            yield
        finally:
            self.mine.patient = False

    @contextmanager
    def turn(self) -> Generator[None]:
        """Wait for it, and pass it on; whatever ends the waiting gives the place up."""
        place = Place(getattr(self.mine, "patient", False))
        with self.moved:
            self.line.append(place)
        try:
            self.wait_for(place)
            yield
        finally:
            with self.moved:
                self.line.remove(place)
                if self.now is place:
                    self.now = None
                self.moved.notify_all()

    def wait_for(self, place: Place) -> None:
        shown = None
        while ahead := self.before(place):
            if not on_a_page():
                continue
            # To show something is also where Streamlit stops a script whose reader moved on.
            shown = shown or st.empty()
            shown.caption(said(ahead))
        if shown is not None:
            shown.empty()

    def before(self, place: Place) -> int:
        """How many come first, once that is none or some time has gone by."""
        with self.moved:
            if self.moved.wait_for(lambda: self.in_order()[0] is place, SOON):
                self.now = place
            return self.in_order().index(place)

    def in_order(self) -> list[Place]:
        """Whose turn it is, and who comes next."""
        return sorted(self.line, key=lambda place: (place is not self.now, place.patient))


def on_a_page() -> bool:
    """Is there a reader to tell? A file that is saved is asked for without a page."""
    return get_script_run_ctx(suppress_warning=True) is not None


def said(ahead: int) -> str:
    """To a reader behind so many."""
    others = "one question of another reader is" if ahead == 1 else f"{ahead} others are"
    return f"The model answers one reader at a time: {others} before yours."


turns = Turns()
"""Of this server."""
