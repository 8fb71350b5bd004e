"""What readers ask is computed in a process beside the server."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import ClassVar

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from components.ui import computed_apart as module
from components.ui.computed_apart import (
    DIED,
    IDLE_SECONDS,
    Answers,
    Apart,
    ComputingProcess,
    DiedError,
    Question,
    Stage,
    key_of,
    wait_for,
)
from components.ui.loaded_models import BOOK_RUN, write_sum
from components.ui.turns import AT_ONCE
from lab.records import ROOT
from lab.weights import CheckpointError

SUM = Question("components.ui.loaded_models", "write_sum", (BOOK_RUN, 37, 45), {})


@pytest.fixture(scope="module")
def apart() -> Iterator[Apart]:
    """With a process, which is begun by the first test that asks."""
    apart = Apart()
    yield apart
    for process in apart.processes.values():
        process.lose()


def process_of(apart: Apart) -> ComputingProcess:
    return apart.processes[0]


def test_an_answer_is_the_one_that_is_computed_in_place(apart: Apart) -> None:
    found, here = pickle.loads(apart.answer("a sum", SUM, keep=True)), write_sum(BOOK_RUN, 37, 45)
    assert (found.text, found.beliefs) == (here.text, here.beliefs)


def test_what_is_kept_is_not_asked_again_and_what_is_measured_is(apart: Apart) -> None:
    apart.answer("a sum", SUM, keep=True)
    asked = process_of(apart).n_asked
    apart.answer("a sum", SUM, keep=True)
    assert process_of(apart).n_asked == asked
    apart.answer("a sum", SUM, keep=False)
    assert process_of(apart).n_asked == asked + 1


def test_an_error_is_the_one_that_the_function_ended_with(apart: Apart) -> None:
    nobody = SUM._replace(args=("no_such_run", 1, 1))
    with pytest.raises(CheckpointError, match="no run is called 'no_such_run'"):
        apart.answer("nobody", nobody, keep=True)
    with pytest.raises(AttributeError, match="no_such_function"):
        apart.answer("nothing", SUM._replace(name="no_such_function"), keep=True)
    assert apart.answers.get("nobody") is None


def test_whoever_would_wait_is_answered_by_a_second_process(apart: Apart) -> None:
    with module.turns.turn() as which:
        assert which == 0 and apart.answer("another sum", SUM._replace(args=(BOOK_RUN, 3, 4)), True)
    assert apart.processes.keys() == {0, 1}


def test_an_array_is_no_name_of_a_question() -> None:
    with pytest.raises(TypeError, match="write_sum is asked for by numbers and names"):
        key_of(write_sum, (np.arange(3),), {})


def test_what_cannot_be_sent_is_refused_before_it_is_sent(apart: Apart) -> None:
    with pytest.raises((AttributeError, pickle.PicklingError)):
        apart.answer("a function", SUM._replace(args=(lambda: 0,)), keep=True)
    assert apart.answer("a sum of another", SUM._replace(args=(BOOK_RUN, 1, 2)), keep=True)


def test_after_it_was_killed_the_next_question_begins_another(apart: Apart) -> None:
    first = process_of(apart)
    os.kill(first.process.pid, signal.SIGKILL)
    first.process.wait()
    assert apart.answer("after it", SUM._replace(args=(BOOK_RUN, 12, 34)), keep=True)
    assert process_of(apart) is not first


def test_a_question_that_kills_it_twice_is_told_to_be_without_answer(
    apart: Apart, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one that takes all memory."""
    begun = list[ComputingProcess]()

    class Dying(ComputingProcess):
        def __init__(self, idle_seconds: float) -> None:
            super().__init__(idle_seconds)
            begun.append(self)
            self.process.kill()

    monkeypatch.setattr(module, "ComputingProcess", Dying)
    with pytest.raises(DiedError, match=DIED):
        Apart().answer("too much", SUM, keep=True)
    assert len(begun) == 2 and all(one.process.poll() is not None for one in begun)


def asks_for_too_much() -> None:
    from components.ui.computed_apart import DIED, DiedError
    from components.ui.loaded_models import needs_a_run

    def draw() -> None:
        raise DiedError(DIED)

    needs_a_run(draw)()


def test_its_reader_is_told_in_two_sentences_that_stand_in_the_list_of_faults() -> None:
    (warning,) = AppTest.from_function(asks_for_too_much).run().warning
    assert warning.value.count("Ask again") == 1
    assert f'"{warning.value}"' in (ROOT / "CONTRIBUTING.md").read_text()


def test_it_ends_when_nobody_is_there_to_ask() -> None:
    process = ComputingProcess(IDLE_SECONDS[0])
    assert process.process.stdin is not None
    process.process.stdin.close()
    assert process.process.wait() == 0


def test_it_ends_after_a_while_without_a_question_and_the_second_sooner() -> None:
    assert ComputingProcess(idle_seconds=0.1).process.wait() == 0
    assert IDLE_SECONDS[1] < IDLE_SECONDS[0] and len(IDLE_SECONDS) == AT_ONCE


UNDRAWN = """if True:
    import sys
    from components.ui import computing_process
    from components.ui.chapters.ch30 import probes
    assert not any(name.startswith(("plotly.", "pandas.")) for name in sys.modules)
    import pandas as pd
    assert pd.DataFrame({"a": [1, 2]}).a.sum() == 3 and sys.modules["pandas"].__file__
    from pandas.api import types
    import plotly.graph_objects
    assert types.is_list_like([]) and plotly.graph_objects.Figure
"""


def test_it_loads_what_draws_once_that_is_asked_for_after_all() -> None:
    command = [sys.executable, "-c", UNDRAWN]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_answers_are_kept_up_to_so_many_bytes_and_the_oldest_go() -> None:
    answers = Answers(10)
    for name in "abc":
        answers.add(name, b"1234")
    assert list(answers.kept) == ["b", "c"]
    answers.get("b")
    answers.add("d", b"12")
    answers.add("e", b"123")
    assert list(answers.kept) == ["b", "d", "e"] and answers.n_bytes == 9
    answers.add("e", b"1")
    assert answers.n_bytes == 7


class Shown:
    """Stands for the place on a page where a reader is told, who moves on at the third word."""

    told: ClassVar[list[str]] = []

    def empty(self) -> Shown:
        return self

    def progress(self, share: float, text: str) -> None:
        Shown.told.append(f"{share} {text}")
        if len(Shown.told) == 3:
            raise SystemExit  # as Streamlit ends a script, by what is no Exception


def test_a_reader_who_waits_is_told_how_far_it_is_and_may_move_on(
    apart: Apart, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SOON", 0.001)
    monkeypatch.setattr(module, "st", Shown())
    monkeypatch.setattr(module, "on_a_page", lambda: True)
    process = process_of(apart)
    process.stage = Stage(0.6, "reading the weights")
    never = module.Future[bytes]()
    with pytest.raises(SystemExit):
        wait_for(never, process)
    assert Shown.told == ["0.6 The model wakes up: reading the weights"] * 3
