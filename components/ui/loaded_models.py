"""Committed models for the pages: loaded once, in the process that computes for all readers, and
never changed. torch takes seconds to import, so it comes with the first of them.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection
from functools import lru_cache, wraps
from typing import TYPE_CHECKING, ParamSpec

import streamlit as st

from components.ui.computed_ahead import ahead
from components.ui.computed_apart import DiedError
from components.ui.lazily import spare_the_collector
from lab.live.memory import keep_few_kernels, keep_giving_back
from lab.weights import CheckpointError

if TYPE_CHECKING:
    from lab.inference.transcript import Transcript
    from lab.model.trace import Edit
    from lab.training.checkpoint import Checkpoint

BOOK_RUN = "chain_of_thought"

WARM_UP = 2
"""Tokens written before anyone asks: one is the prompt's, and one is read behind a cache."""


KEPT_SECONDS = 60.0
"""That a run stays loaded after it was last asked for: it holds 19 MB, and reading it anew takes a
quarter of a second."""


class LoadedModels:
    """The runs that are loaded. `say` hears how far the loading of one is."""

    def __init__(self) -> None:
        keep_giving_back()
        self.lock = threading.Lock()
        self.loaded: dict[str, Checkpoint] = {}
        self.asked: dict[str, float] = {}
        self.say: Callable[[float, str], None] = lambda share, doing: None

    def load(self, name: str) -> Checkpoint:
        """A run, ready to use. Raises `CheckpointError` in one sentence if it cannot be had."""
        with self.lock:
            self.asked[name] = time.monotonic()
            if name not in self.loaded:
                use_one_thread()
                from lab.data.vocabulary import decode
                from lab.inference.transcript import transcribe
                from lab.training.checkpoint import load_run

                self.say(0.6, f"reading the weights of {name}")
                checkpoint = load_run(name)
                self.say(0.9, "a first problem, to warm up")
                transcribe(
                    checkpoint.model,
                    decode(checkpoint.format.prompt(0, 0)[0]),
                    checkpoint.format.prompt_length + WARM_UP,
                )
                self.loaded[name] = checkpoint
                spare_the_collector()
            found = self.loaded[name]
        use_one_thread()
        return found

    def let_go(self, now: float) -> None:
        """Of the runs that nobody has asked for in a while; the last one asked for stays."""
        with self.lock:
            last = max(self.asked.values(), default=now)
            for name, asked in list(self.asked.items()):
                if asked < last and now - asked > KEPT_SECONDS:
                    del self.asked[name]
                    self.loaded.pop(name, None)


def use_one_thread() -> None:
    """One core for what readers ask. torch latches the number at a thread's first call: ask for it
    at once."""
    keep_few_kernels()
    import torch

    torch.set_num_threads(1)
    torch.get_num_threads()


@st.cache_resource(show_spinner=False)
def loaded_models() -> LoadedModels:
    return LoadedModels()


def loaded_run(name: str) -> Checkpoint:
    """A run, for a function that is computed apart."""
    return loaded_models().load(name)


def write(run: str, given: str, edits: Collection[Edit] = ()) -> Transcript:
    """Let a run write on from `given` to the end of its text, greedily."""
    if not edits:
        return write_untouched(run, given)
    return write_on(loaded_run(run), given, edits)


@ahead
@lru_cache(maxsize=256)
def write_untouched(run: str, given: str) -> Transcript:
    """Without edits, kept for readers that ask the same."""
    return write_on(loaded_run(run), given)


def write_on(loaded: Checkpoint, given: str, edits: Collection[Edit] = ()) -> Transcript:
    """The right text is what a model probably writes."""
    from lab.inference.transcript import transcribe

    form = loaded.format
    return transcribe(loaded.model, given, form.length, edits, likely=form.text_from(given))


@ahead
@lru_cache(maxsize=256)
def write_sum(run: str, a: int, b: int) -> Transcript:
    """A run's own text for a x b, kept for readers that ask the same."""
    from lab.data.vocabulary import decode

    return write(run, decode(loaded_run(run).format.prompt(a, b)[0]))


Arguments = ParamSpec("Arguments")


def needs_a_run(draw: Callable[Arguments, None]) -> Callable[Arguments, None]:
    """A figure drawn from a run: if that cannot be read, say so in one sentence and go on."""

    @wraps(draw)
    def guarded(*args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
        try:
            draw(*args, **kwargs)
        except DiedError as error:
            st.warning(
                f"This figure has no answer: {error}. Ask again; the rest of the book goes on."
            )
        except CheckpointError as error:
            st.warning(
                f"This figure needs a trained model that cannot be read here: {error}. Put the "
                f"files of checkpoints/ back as they are in the book's repository; all that needs "
                f"no other model stands."
            )

    return guarded
