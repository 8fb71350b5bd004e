"""Whose turn it is: of what readers ask of a model, few are computed at once.

A class asks faster than a core computes. Were all computed side by side, each would take as long as
all together. Were they computed strictly one after another, a short question would wait for the
longest that came before: so there are two places.
"""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from components.ui.words import spelled

AT_ONCE = 2
"""Questions that are computed side by side."""

SOON = 0.3
"""Seconds that a reader waits before the page says so, and between two looks at the line."""


@dataclass(eq=False)
class Place:
    """In the line. Who is `patient` comes after all who are not, and has no other such beside it:
    what is measured for minutes, a slice at a time, keeps nobody waiting who asks for one answer.
    """

    patient: bool


class Turns:
    """A line of those who wait, first come, first served, `at_once` at a time. A reader has one
    place: a script that is run again, since its reader moved on, leaves the line."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self.moved = threading.Condition()
        self.waiting: list[Place] = []
        self.going: dict[int, Place] = {}
        self.at_once = at_once
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
    def turn(self) -> Generator[int]:
        """Wait for it, and pass it on; whatever ends the waiting gives the place up. Which of the
        turns it is that go on at once, the first if that is free."""
        place = Place(getattr(self.mine, "patient", False))
        with self.moved:
            self.waiting.append(place)
        try:
            yield self.wait_for(place)
        finally:
            with self.moved:
                self.waiting = [other for other in self.waiting if other is not place]
                self.going = {k: other for k, other in self.going.items() if other is not place}
                self.moved.notify_all()

    def wait_for(self, place: Place) -> int:
        shown = None
        while (mine := self.taken_by(place)) is None:
            if not on_a_page():
                continue
            # To show something is also where Streamlit stops a script whose reader moved on.
            shown = shown or st.empty()
            shown.caption(said(self.n_before(place)))
        if shown is not None:
            shown.empty()
        return mine

    def taken_by(self, place: Place) -> int | None:
        """The turn that this place takes, once it may; None after some time."""
        with self.moved:
            if not self.moved.wait_for(lambda: self.may_go(place), SOON):
                return None
            self.waiting.remove(place)
            mine = min(set(range(self.at_once)) - self.going.keys())
            self.going[mine] = place
            self.moved.notify_all()  # whoever comes next may go beside it
            return mine

    def may_go(self, place: Place) -> bool:
        if place.patient and any(other.patient for other in self.going.values()):
            return False
        return len(self.going) < self.at_once and self.in_order()[0] is place

    def in_order(self) -> list[Place]:
        """Who comes next, of those who wait."""
        return sorted(self.waiting, key=lambda place: place.patient)

    def n_before(self, place: Place) -> int:
        with self.moved:
            return len(self.going) + self.in_order().index(place)


def on_a_page() -> bool:
    """Is there a reader to tell? A file that is saved is asked for without a page."""
    return get_script_run_ctx(suppress_warning=True) is not None


def said(ahead: int) -> str:
    """To a reader behind so many."""
    others = "one question of another reader is" if ahead == 1 else f"{ahead} others are"
    return f"The model answers {spelled(AT_ONCE)} readers at a time: {others} before yours."


turns = Turns()
"""Of this server."""
