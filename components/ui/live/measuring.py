"""What a page measures here and now: a few pieces at a time, with a bar and a stop.

What takes long is computed apart, a turn at a time: other readers are answered between two turns,
and nothing else is computed during one, which would slow it down.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Any, Generic, NamedTuple, TypeVar

import streamlit as st

from components.ui.page_records import needs_records
from components.ui.turns import turns

Piece = TypeVar("Piece")

TURN = 0.2
"""Seconds after which a turn begins no further piece."""

EVERY = 0.3
"""Seconds between the beginnings of two turns."""


class Turn(NamedTuple, Generic[Piece]):
    """The pieces of one turn, and the seconds that they took, in whichever process that was."""

    pieces: list[Piece]
    seconds: float


def take_turn(pieces: Iterator[Piece]) -> Turn[Piece]:
    """One piece at least, and on until the turn is over or all has come."""
    began, found = time.perf_counter(), list[Piece]()
    for piece in pieces:
        found.append(piece)
        if time.perf_counter() - began >= TURN:
            break
    return Turn(found, time.perf_counter() - began)


class Measuring(Generic[Piece]):
    """`n` pieces to come, and the seconds after which it stops of itself until it is told to go on.

    `seen` are those that have come, `spent` the seconds that they took.
    """

    def __init__(self, pieces: Iterator[Piece], n: int, seconds: float) -> None:
        self.pieces, self.n, self.seconds = pieces, n, seconds
        self.seen: list[Piece] = []
        self.spent, self.limit = 0.0, seconds
        self.going = True
        self.lock = threading.Lock()

    @property
    def done(self) -> bool:
        return len(self.seen) == self.n

    @property
    def share(self) -> float:
        return len(self.seen) / self.n

    def take_a_turn(self) -> None:
        """A script whose reader turned the page may still wait for a piece when the next one asks:
        it ends first."""
        with self.lock:
            if not self.done:
                self.spent += self.measure()
            if self.done or self.spent >= self.limit:
                self.going = False

    def measure(self) -> float:
        """A turn; the seconds that it took."""
        return take_turn(self.noted()).seconds

    def noted(self) -> Iterator[Piece]:
        """Each as it comes, since a script may end while it waits for the next."""
        for piece in islice(self.pieces, self.n - len(self.seen)):
            self.seen.append(piece)
            yield piece

    def stop(self) -> None:
        self.going = False

    def go_on(self) -> None:
        self.limit = self.spent + self.seconds
        self.going = True


class Slices(Iterator[Piece]):
    """`n` pieces that are asked for by their numbers. A script that ends while it waits for one has
    not lost it, as a generator would be lost: it comes next."""

    def __init__(self, ask: Callable[[int], Piece], n: int) -> None:
        self.ask, self.n, self.n_come = ask, n, 0

    def __next__(self) -> Piece:
        if self.n_come == self.n:
            raise StopIteration
        piece = self.ask(self.n_come)
        self.n_come += 1
        return piece


class Words(NamedTuple):
    """What its button says once all has come, and what the bar says then and on the way."""

    again: str = "Measure again"
    done: str = "All {n} pieces are measured, in {spent:.1f} s."
    left: str = ""
    """How long the rest takes, behind what has come: for pieces that all take as long."""


MEASURED = Words()


class ByTurns(Measuring[Piece]):
    """What is measured by a function that is computed apart: of what has come it makes the next
    turn. A script that ends while it waits for one has lost no other."""

    def __init__(
        self, next_turn: Callable[[Sequence[Piece]], Turn[Piece]], n: int, seconds: float
    ) -> None:
        super().__init__(iter(()), n, seconds)
        self.next_turn = next_turn

    def measure(self) -> float:
        turn = self.next_turn(self.seen)
        self.seen += turn.pieces
        return turn.seconds


def here(key: str) -> Measuring[Any] | None:
    """What this reader measures, or has measured, under this key."""
    return st.session_state.get(f"{key}_measuring")


def begin(key: str, start: Callable[[], Measuring[Piece]]) -> None:
    st.session_state[f"{key}_measuring"] = start()


def watch(
    key: str,
    label: str,
    start: Callable[[], Measuring[Piece]],
    draw: Callable[[Sequence[Piece]], None],
    words: Words = MEASURED,
) -> None:
    """A button that measures, and what `draw` makes of the pieces so far: none before."""
    measuring: Measuring[Piece] | None = here(key)
    going = measuring is not None and measuring.going
    st.fragment(
        partial(needs_records(show), key, label, start, draw, going, words),
        run_every=EVERY if going else None,
    )()


def in_one_go(
    key: str, start: Callable[[], Measuring[Piece]], at: str = ""
) -> Sequence[Piece] | None:
    """All pieces of what is measured without being asked for, with a bar and a stop; None while it
    is stopped. What has come by then is kept, and the rest can be asked for. `at`: where on a page
    that shows the same twice."""
    if here(key) is None:
        begin(key, start)
    measuring: Measuring[Piece] | None = here(key)
    assert measuring is not None
    place = st.empty()
    with place.container():
        bar = st.progress(measuring.share, text=describe_progress(measuring))
        if not measuring.done:
            with st.container(horizontal=True, gap="small"):
                draw_buttons(key, "", start, measuring, MEASURED, at)
        # A click on Stop ends this run of the script where it next draws, and begins another.
        going = measuring.going
        while measuring.going:
            measuring.take_a_turn()
            bar.progress(measuring.share, text=describe_progress(measuring))
    if not measuring.done:
        if going:
            st.rerun()  # its time is up: other buttons
        return None
    place.empty()
    return measuring.seen


def show(
    key: str,
    label: str,
    start: Callable[[], Measuring[Piece]],
    draw: Callable[[Sequence[Piece]], None],
    going: bool,
    words: Words,
) -> None:
    measuring: Measuring[Piece] | None = here(key)
    if measuring is not None and measuring.going and going:
        with turns.patiently():
            measuring.take_a_turn()
    if going != (measuring is not None and measuring.going):
        st.rerun()  # the whole page, once: that starts or stops the timer
    with st.container(horizontal=True, gap="small"):
        draw_buttons(key, label, start, measuring, words)
    if measuring is not None:
        st.progress(measuring.share, text=describe_progress(measuring, words))
    draw(measuring.seen if measuring else ())


def draw_buttons(
    key: str,
    label: str,
    start: Callable[[], Measuring[Piece]],
    measuring: Measuring[Piece] | None,
    words: Words,
    at: str = "",
) -> None:
    if measuring is not None and measuring.going:
        st.button("Stop", key=f"{key}{at}_stop", icon=":material/stop:", on_click=measuring.stop)
        return
    if measuring is not None and not measuring.done:
        st.button(
            "Go on", key=f"{key}{at}_go_on", icon=":material/play_arrow:", on_click=measuring.go_on
        )
    st.button(
        label if measuring is None else words.again,
        key=f"{key}{at}_run",
        icon=":material/timer:",
        on_click=begin,
        args=(key, start),
    )


def describe_progress(measuring: Measuring[Piece], words: Words = MEASURED) -> str:
    """How far it is, and why it is no farther."""
    n_seen, n_left = len(measuring.seen), measuring.n - len(measuring.seen)
    so_far = f"{n_seen} of {measuring.n} pieces, {measuring.spent:.1f} s"
    if n_seen:
        so_far += words.left.format(left=math.ceil(measuring.spent / n_seen * n_left))
    if measuring.done:
        return words.done.format(n=measuring.n, spent=measuring.spent)
    if measuring.going:
        return f"{so_far}."
    if measuring.spent >= measuring.limit:
        return f"{so_far}: its time is up. *Go on* takes it up where it stopped."
    return f"{so_far}: stopped."
