"""Committed models for the pages: loaded once a server, shared by all readers, never changed.

torch takes seconds to import, so it comes when a reader asks for what is not computed ahead, in a
thread of its own, behind a progress bar.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection
from functools import lru_cache, wraps
from typing import TYPE_CHECKING, ParamSpec

import streamlit as st

from components.ui.computed_ahead import ahead
from components.ui.lazily import spare_the_collector
from lab.live.memory import keep_few_kernels, keep_giving_back

if TYPE_CHECKING:
    from lab.inference.transcript import Transcript
    from lab.model.trace import Edit
    from lab.training.checkpoint import Checkpoint

BOOK_RUN = "chain_of_thought"

WARM_UP = 2
"""Tokens written before anyone asks: one is the prompt's, and one is read behind a cache."""


class LoadedModels:
    """The runs loaded so far. `begin` starts to fetch one; `load` waits for it. `awake`: torch is
    there."""

    def __init__(self) -> None:
        keep_giving_back()
        self.lock = threading.Lock()
        self.loaded: dict[str, Checkpoint] = {}
        self.awake = False
        self.stage = (0.0, "waking up")

    def begin(self, work: Callable[..., None], *args: str) -> threading.Thread:
        """In a thread.

        No daemon: a server that is stopped meanwhile waits for torch, or it would abort inside it.
        """
        thread = threading.Thread(target=work, args=args, daemon=False)
        thread.start()
        return thread

    def wake(self) -> None:
        with self.lock:
            self.fetch_torch()

    def fetch_torch(self) -> None:
        self.stage = (0.1, "loading PyTorch")
        use_one_thread()
        self.awake = True

    def try_to_load(self, name: str) -> None:
        """Never raises; `load` says what went wrong."""
        try:
            self.load(name)
        except ValueError:
            return

    def load(self, name: str) -> Checkpoint:
        """A run, ready to use. Raises `CheckpointError` in one sentence if it cannot be had."""
        with self.lock:
            if name not in self.loaded:
                self.fetch_torch()
                from lab.data.vocabulary import decode
                from lab.inference.transcript import transcribe
                from lab.training.checkpoint import load_run

                self.stage = (0.6, f"reading the weights of {name}")
                checkpoint = load_run(name)
                self.stage = (0.9, "a first problem, to warm up")
                transcribe(
                    checkpoint.model,
                    decode(checkpoint.format.prompt(0, 0)[0]),
                    checkpoint.format.prompt_length + WARM_UP,
                )
                self.loaded[name] = checkpoint
                spare_the_collector()
        use_one_thread()
        return self.loaded[name]


def use_one_thread() -> None:
    """One core a reader. torch latches the number at a thread's first call: ask for it at once."""
    keep_few_kernels()
    import torch

    torch.set_num_threads(1)
    torch.get_num_threads()


@st.cache_resource(show_spinner=False)
def loaded_models() -> LoadedModels:
    return LoadedModels()


def load_with_progress(name: str) -> Checkpoint:
    """A run, with a progress bar while it loads (the first reader who needs it sees one)."""
    here = loaded_models()
    if name not in here.loaded:
        show_progress(here, here.begin(here.try_to_load, name))
    return here.load(name)


def wake_up() -> None:
    """torch, behind the same bar, for what a reader asks that needs no trained model."""
    here = loaded_models()
    if not here.awake:
        show_progress(here, here.begin(here.wake))
    use_one_thread()


def show_progress(here: LoadedModels, thread: threading.Thread) -> None:
    bar = st.progress(0.0)
    while thread.is_alive():
        share, doing = here.stage
        bar.progress(share, text=f"The model wakes up: {doing}")
        time.sleep(0.05)
    bar.empty()


def write(run: str, given: str, edits: Collection[Edit] = ()) -> Transcript:
    """Let a run write on from `given` to the end of its text, greedily."""
    if not edits:
        return write_untouched(run, given)
    return write_on(load_with_progress(run), given, edits)


@ahead
@lru_cache(maxsize=256)
def write_untouched(run: str, given: str) -> Transcript:
    """Without edits, kept for readers that ask the same."""
    return write_on(load_with_progress(run), given)


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

    return write(run, decode(load_with_progress(run).format.prompt(a, b)[0]))


Arguments = ParamSpec("Arguments")


def needs_a_run(draw: Callable[Arguments, None]) -> Callable[Arguments, None]:
    """A figure drawn from a run: if that cannot be read, say so in one sentence and go on."""

    @wraps(draw)
    def guarded(*args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
        try:
            draw(*args, **kwargs)
        except ValueError as error:
            from lab.training.checkpoint import CheckpointError

            if not isinstance(error, CheckpointError):
                raise
            st.warning(
                f"This figure needs a trained model that cannot be read here: {error}. Put the "
                f"files of checkpoints/ back as they are in the book's repository; all that needs "
                f"no other model stands."
            )

    return guarded
