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

        def work() -> None:
            with turns.turn():
                self.begun.set()
                self.go.wait()
                done.append(asked)

        self.thread = threading.Thread(target=work)
        self.thread.start()


def in_line(turns: Turns, n: int) -> None:
    """Wait until so many stand in line, whoever has the turn among them."""
    with turns.moved:
        while len(turns.waiting) + len(turns.going) < n:
            turns.moved.wait(0.001)


def behind(turns: Turns, asked: str, done: list[str]) -> threading.Thread:
    thread = threading.Thread(target=in_turn, args=(turns, asked, done))
    thread.start()
    return thread


def in_turn(turns: Turns, asked: str, done: list[str]) -> None:
    with turns.turn():
        done.append(asked)


def test_first_come_first_served_and_one_at_a_time() -> None:
    turns, done = Turns(1), list[str]()
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
    assert not turns.waiting and not turns.going


def test_who_is_patient_comes_after_all_who_are_not() -> None:
    turns, done = Turns(1), list[str]()
    first = Blocked(turns, "first", done)
    first.begun.wait()

    def patient() -> None:
        with turns.patiently():
            in_turn(turns, "patient", done)
        in_turn(turns, "no more", done)

    others = [threading.Thread(target=patient)]
    others[0].start()
    in_line(turns, 2)
    for n, name in enumerate(("second", "third")):
        others.append(behind(turns, name, done))
        in_line(turns, n + 3)
    first.go.set()
    for thread in (first.thread, *others):
        thread.join()
    assert done == ["first", "second", "third", "patient", "no more"]


def test_two_go_at_once_and_of_those_who_are_patient_one() -> None:
    turns, done = Turns(2), list[str]()

    def patient(asked: str) -> threading.Thread:
        def work() -> None:
            with turns.patiently():
                in_turn(turns, asked, done)

        thread = threading.Thread(target=work)
        thread.start()
        return thread

    with turns.patiently(), turns.turn() as which:
        assert which == 0
        waits = patient("patient")
        in_line(turns, 2)
        behind(turns, "goes beside", done).join()
        first = Blocked(turns, "first", done)
        first.begun.wait()
        assert turns.going.keys() == {0, 1}
        second = behind(turns, "second", done)
        in_line(turns, 4)
        assert done == ["goes beside"] and turns.n_before(turns.in_order()[1]) == 3
        first.go.set()
        for thread in (first.thread, second):
            thread.join()
        assert done == ["goes beside", "first", "second"]
    waits.join()
    assert done[-1] == "patient" and not turns.going


def test_a_computation_that_fails_passes_the_turn_on() -> None:
    turns, done = Turns(1), list[str]()
    with pytest.raises(ValueError, match="not allowed"), turns.turn():
        raise ValueError("not allowed")
    in_turn(turns, "two", done)
    assert done == ["two"] and not turns.going


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
    monkeypatch.setattr(module, "on_a_page", lambda: True)
    turns, done = Turns(1), list[str]()
    first = Blocked(turns, "first", done)
    first.begun.wait()
    with pytest.raises(SystemExit):
        in_turn(turns, "mine", done)
    assert Shown.told == [said(1)] * 2
    assert not turns.waiting and len(turns.going) == 1
    first.go.set()
    first.thread.join()
    assert done == ["first"]


@pytest.mark.parametrize("n", [1, 2, 9])
def test_the_place_in_line_is_said(n: int) -> None:
    tell: Callable[[int], str] = said
    assert ("one" if n == 1 else str(n)) in tell(n) and tell(n).endswith("before yours.")
