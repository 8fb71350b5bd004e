"""Readers' own questions to a model, one after another."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import ClassVar

import pytest

from components.ui import turns as module
from components.ui.turns import Turns, said


class Blocked:
    """A computation that goes on until it is let go."""

    def __init__(self, turns: Turns, asked: str, done: list[str]) -> None:
        self.begun, self.go = threading.Event(), threading.Event()

        def work() -> str:
            self.begun.set()
            self.go.wait()
            done.append(asked)
            return asked

        self.thread = threading.Thread(target=lambda: turns.compute(asked, work))
        self.thread.start()


def in_line(turns: Turns, n: int) -> None:
    """Wait until so many stand in line, whoever has the turn among them."""
    with turns.moved:
        while len(turns.line) < n:
            turns.moved.wait(0.001)


def behind(turns: Turns, asked: str, done: list[str]) -> threading.Thread:
    thread = threading.Thread(target=lambda: turns.compute(asked, lambda: done.append(asked)))
    thread.start()
    return thread


def test_first_come_first_served_and_one_at_a_time() -> None:
    turns, done = Turns(), list[str]()
    first = Blocked(turns, "first", done)
    first.begun.wait()
    others = []
    for n, name in enumerate(("second", "third", "fourth")):
        others.append(behind(turns, name, done))
        in_line(turns, n + 2)
    assert done == []
    first.go.set()
    for thread in (first.thread, *others):
        thread.join()
    assert done == ["first", "second", "third", "fourth"]
    assert not turns.line


def test_what_was_computed_lately_waits_for_nobody() -> None:
    turns, done = Turns(), list[str]()
    turns.compute("known", lambda: None)
    first = Blocked(turns, "first", done)
    first.begun.wait()
    assert turns.compute("known", lambda: "at once") == "at once"
    first.go.set()
    first.thread.join()


def test_a_question_within_a_question_has_the_turn_already() -> None:
    turns = Turns()
    assert turns.compute("outer", lambda: turns.compute("inner", lambda: 7)) == 7


def test_a_computation_that_fails_passes_the_turn_on() -> None:
    turns = Turns()

    def fails() -> None:
        raise ValueError("not allowed")

    with pytest.raises(ValueError, match="not allowed"):
        turns.compute("one", fails)
    assert turns.compute("two", lambda: 2) == 2
    assert "one" not in turns.lately


def test_only_so_many_answers_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REMEMBERED", 3)
    turns = Turns()
    for i in range(5):
        turns.compute(str(i), lambda: None)
    assert list(turns.lately) == ["2", "3", "4"]


class Shown:
    """Stands for the place on a page where a reader is told; the reader moves on at the second."""

    told: ClassVar[list[str]] = []

    def empty(self) -> Shown:
        return self

    def caption(self, text: str) -> None:
        Shown.told.append(text)
        if len(Shown.told) == 2:
            raise SystemExit  # as Streamlit ends a script, by what is no Exception


def test_a_reader_who_waits_is_told_and_who_moves_on_leaves_the_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "SOON", 0.001)
    monkeypatch.setattr(module, "st", Shown())
    turns, done = Turns(), list[str]()
    first = Blocked(turns, "first", done)
    first.begun.wait()
    with pytest.raises(SystemExit):
        turns.compute("mine", lambda: done.append("mine"))
    assert Shown.told == [said(1)] * 2
    assert len(turns.line) == 1
    first.go.set()
    first.thread.join()
    assert done == ["first"]


@pytest.mark.parametrize("n", [1, 2, 9])
def test_the_place_in_line_is_said(n: int) -> None:
    tell: Callable[[int], str] = said
    assert ("one" if n == 1 else str(n)) in tell(n) and tell(n).endswith("before yours.")
