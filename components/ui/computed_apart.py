"""What a reader asks of a model is computed in a process beside the server, or in two.

In the server it would wait for the interpreter's lock behind all pages that are drawn: with fifty
readers an answer took eight times as long as it computes. Here a function of numbers and names is
asked for by its name, and pickles go both ways; torch is imported there alone.
"""

from __future__ import annotations

import pickle
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import wraps
from typing import Any, NamedTuple, ParamSpec, TypeVar

import numpy as np
import streamlit as st

from components.ui.turns import SOON, on_a_page, turns
from lab.live.beside import beside

PROCESS = "components.ui.computing_process"

MOST_BYTES = 16 * 2**20
"""Of the answers that are kept, as they were sent."""

DIED = "the process that computes what readers ask has died"

Given = ParamSpec("Given")
Found = TypeVar("Found")


class Question(NamedTuple):
    """A function by its name, and what it is given."""

    module: str
    name: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


class Stage(NamedTuple):
    """How far what comes before an answer is: a share, and what is done."""

    share: float
    doing: str


class DiedError(RuntimeError):
    """No answer comes, since the process has ended."""


IDLE_SECONDS = (300.0, 60.0)
"""Without a question the process ends after so long, and the second, which is there for a crowd."""


class ComputingProcess:
    """One process. It answers questions in their order; `stage` is of the one that it is at."""

    def __init__(self, idle_seconds: float) -> None:
        self.lock, self.n_asked, self.dead = threading.Lock(), 0, False
        self.waiting: dict[int, Future[bytes]] = {}
        self.stage: Stage | None = Stage(0.1, "loading PyTorch")  # whatever is asked needs it
        self.process = beside(PROCESS, str(idle_seconds), text=False)
        threading.Thread(target=self.listen, name="computes apart", daemon=True).start()

    def ask(self, question: Question) -> Future[bytes]:
        """Its answer, as a pickle, or the error that it ended with; `DiedError` if none comes."""
        assert self.process.stdin is not None
        future = Future[bytes]()
        with self.lock:
            if self.dead:
                future.set_exception(DiedError(DIED))
                return future
            sent = pickle.dumps((self.n_asked, question))
            self.waiting[self.n_asked] = future
            self.n_asked += 1
            with suppress(OSError):  # it has ended: whoever listens to it says so
                self.process.stdin.write(sent)
                self.process.stdin.flush()
        return future

    def listen(self) -> None:
        assert self.process.stdout is not None
        try:
            while True:
                self.hear(*pickle.load(self.process.stdout))
        except (EOFError, OSError, pickle.UnpicklingError):
            pass
        finally:
            self.lose()

    def hear(self, number: int, said: Stage | bytes | Exception) -> None:
        if isinstance(said, Stage):
            self.stage = said
            return
        self.stage = None
        with self.lock:
            future = self.waiting.pop(number)
        if isinstance(said, bytes):
            future.set_result(said)
        else:
            future.set_exception(said)

    def lose(self) -> None:
        self.process.kill()
        self.process.wait()
        with self.lock:
            self.dead = True
            lost, self.waiting = self.waiting, {}
        for future in lost.values():
            future.set_exception(DiedError(DIED))


class Answers:
    """What was asked lately and its answers, in pickles of so many bytes together at most."""

    def __init__(self, most: int) -> None:
        self.most, self.n_bytes, self.lock = most, 0, threading.Lock()
        self.kept = OrderedDict[str, bytes]()

    def get(self, asked: str) -> bytes | None:
        with self.lock:
            if asked in self.kept:
                self.kept.move_to_end(asked)
            return self.kept.get(asked)

    def add(self, asked: str, answer: bytes) -> None:
        with self.lock:
            self.n_bytes += len(answer) - len(self.kept.pop(asked, b""))
            self.kept[asked] = answer
            while self.n_bytes > self.most:
                self.n_bytes -= len(self.kept.popitem(last=False)[1])


class Apart:
    """Asks a process for one reader after another, and one beside it whoever would have to wait.
    The first question begins each."""

    def __init__(self) -> None:
        self.lock, self.answers = threading.Lock(), Answers(MOST_BYTES)
        self.processes: dict[int, ComputingProcess] = {}

    def answer(self, asked: str, question: Question, keep: bool) -> bytes:
        """The pickled answer to `asked`; at once if it is kept. Raises what the function raises."""
        if keep and (kept := self.answers.get(asked)) is not None:
            return kept
        with turns.turn() as which:
            if keep and (kept := self.answers.get(asked)) is not None:
                return kept  # of another reader, who was before
            try:
                answer = self.ask(question, which)
            except DiedError:  # perhaps it had just ended, with nothing to do
                answer = self.ask(question, which)
        if keep:
            self.answers.add(asked, answer)
        return answer

    def ask(self, question: Question, which: int) -> bytes:
        with self.lock:
            process = self.processes.get(which)
            if process is None or process.dead:
                process = self.processes[which] = ComputingProcess(IDLE_SECONDS[which])
        return wait_for(process.ask(question), process)


def wait_for(future: Future[bytes], process: ComputingProcess) -> bytes:
    """The reader is told how far it is. To show something is also where Streamlit stops a script
    whose reader moved on."""
    place = None
    try:
        while not done_soon(future):
            if not on_a_page():
                continue
            place = place or st.empty()
            if (stage := process.stage) is None:
                place.empty()
            else:
                place.progress(stage.share, text=f"The model wakes up: {stage.doing}")
    finally:
        if place is not None:
            place.empty()
    return future.result()


def done_soon(future: Future[bytes]) -> bool:
    with suppress(TimeoutError):
        future.exception(SOON)
    return future.done()


here = Apart()
"""Of this server."""


def ask(
    asked: str,
    compute: Callable[..., Found],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    keep: bool = True,
) -> Found:
    """What `compute` gives, which the process finds by its name."""
    question = Question(compute.__module__, compute.__qualname__, args, kwargs)
    return pickle.loads(here.answer(asked, question, keep))


def key_of(compute: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """`TypeError` for an array: the text of a long one leaves its middle out."""
    name = f"{compute.__module__}.{compute.__qualname__}"
    if any(isinstance(given, np.ndarray) for given in (*args, *kwargs.values())):
        raise TypeError(f"{name} is asked for by numbers and names, and not by an array")
    return f"{name}{(*args, *sorted(kwargs.items()))!r}"


def apart(compute: Callable[Given, Found]) -> Callable[Given, Found]:
    """For a function of numbers and names whose answer holds no tensor, and no class of a module
    that imports torch: computed in the process, and kept for readers who ask the same."""

    @wraps(compute)
    def asked(*args: Given.args, **kwargs: Given.kwargs) -> Found:
        return ask(key_of(compute, args, kwargs), compute, args, kwargs)

    return asked


def apart_each_time(compute: Callable[Given, Found]) -> Callable[Given, Found]:
    """As `apart`, for what is measured: nothing is kept."""

    @wraps(compute)
    def asked(*args: Given.args, **kwargs: Given.kwargs) -> Found:
        return ask("", compute, args, kwargs, keep=False)

    return asked
