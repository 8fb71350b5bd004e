"""The process that computes what readers ask: `python -m components.ui.computing_process`.

Questions come as pickles on its input, answers go out as such; see `components.ui.computed_apart`.
It ends with the server, and after a while without a question, so that its memory is given back.
"""

from __future__ import annotations

import os
import pickle
import queue
import sys
import threading
import time
from collections.abc import Callable
from functools import reduce
from importlib import import_module
from typing import IO, Any, TypeVar

# It comes first: all that follows brings Streamlit.
import components.ui.undrawn  # noqa: F401  # pyright: ignore[reportUnusedImport]
from components.ui import computed_apart
from components.ui.computed_apart import Question, Stage
from components.ui.loaded_models import loaded_models, use_one_thread
from lab.live.memory import keep_few_kernels, keep_giving_back

Found = TypeVar("Found")

LOOKS_SECONDS = 20.0
"""Between two looks for runs that nobody asks for any more."""


def compute_here(
    _asked: str,
    compute: Callable[..., Found],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    keep: bool = True,
) -> Found:
    """In place of `computed_apart.ask`, since this is where it asks."""
    return compute(*args, **kwargs)


def answer(question: Question) -> bytes | Exception:
    try:
        module: Any = import_module(question.module)
        compute = reduce(getattr, question.name.split("."), module)
        return pickle.dumps(compute(*question.args, **question.kwargs))
    except Exception as error:  # whatever it is, it is the reader's page that says so
        return error if survives(error) else RuntimeError(f"{type(error).__name__}: {error}")


def survives(error: Exception) -> bool:
    """Can it be sent as it is?"""
    try:
        return type(pickle.loads(pickle.dumps(error))) is type(error)
    except Exception:  # of a class that cannot be built from its arguments
        return False


def work(idle_seconds: float) -> None:
    # What a library prints must not get between the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    computed_apart.ask = compute_here
    questions = queue.Queue[tuple[int, Question]]()
    threading.Thread(target=listen, args=(sys.stdin.buffer, questions), daemon=True).start()
    keep_giving_back()
    keep_few_kernels()
    loaded_models().say = lambda share, doing: send(answers, 0, Stage(share, doing))
    use_one_thread()  # it brings torch, and whatever is asked needs it
    asked = time.monotonic()
    while True:
        try:
            number, question = questions.get(timeout=min(LOOKS_SECONDS, idle_seconds))
        except queue.Empty:
            if time.monotonic() - asked >= idle_seconds:
                os._exit(0)
        else:
            send(answers, number, answer(question))
            asked = time.monotonic()
        loaded_models().let_go(time.monotonic())


def send(answers: IO[bytes], number: int, said: Stage | bytes | Exception) -> None:
    pickle.dump((number, said), answers)
    answers.flush()


def listen(lines: IO[bytes], questions: queue.Queue[tuple[int, Question]]) -> None:
    """They end with the server, killed or not, and the process with them: at once."""
    try:
        while True:
            questions.put(pickle.load(lines))
    finally:
        os._exit(0)


if __name__ == "__main__":
    work(float(sys.argv[1]))
