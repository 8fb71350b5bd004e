"""The networks of chapter 0 and what became of their runs, kept for readers that ask the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import streamlit as st

from lab.benchmarks.mlp import SMALL
from lab.by_hand.mlp import MLP, Activation, Target, Task
from lab.by_hand.mlp_experiment import (
    Cells,
    Frame,
    Going,
    Settings,
    film,
    hide,
    right_cells,
    right_without,
)

DIGITS = SMALL.task
USUAL = replace(SMALL, epochs=200)
BY_LOG = Settings(Task(1, "log", "regression"), hidden=(16,), rate=0.02, epochs=800)
BY_STEPS = replace(USUAL, optimiser="sgd", rate=0.5)
LIVE = replace(SMALL, epochs=300)
"""What section 4 trains untouched."""


def live_with(
    target: Target = "digits", activation: Activation = "relu", width: int = LIVE.hidden[0]
) -> Settings:
    """What section 4 trains, with these three set."""
    task = replace(LIVE.task, target=target)
    return replace(LIVE, task=task, activation=activation, hidden=(width,))


ERRANDS = {
    "width": ("a width of two", live_with(width=2)),
    "none": ("no activation", live_with(activation="none")),
    "class": ("no activation, one place a product", live_with("class", "none")),
    "relu": ("its size as target, width 64", live_with("regression", width=64)),
    "size": ("its size, width 64, no activation", live_with("regression", "none", 64)),
}
"""What section 4 tells of, a button each: its name on the page, and what it trains."""

MOST_SECONDS = 4.0
WIDTH_EPOCHS, WIDTH_SEEDS = 400, (0, 1, 2)


@st.cache_data(max_entries=16, show_spinner=False)  # about 2 MB each
def run_of(settings: Settings, hidden: tuple[int, ...]) -> list[Frame]:
    """A whole run; `hidden`: the numbers of the cells it is not shown."""
    shown = np.ones(len(settings.task.cells()[0]), dtype=bool)
    shown[list(hidden)] = False
    return list(film(settings, shown))


def record(settings: Settings, shown: Cells) -> list[Frame]:
    return run_of(settings, tuple(np.flatnonzero(~shown).tolist()))


def trained(settings: Settings) -> MLP:
    """The network at the end of a run on the whole table."""
    last = record(settings, hide(settings.task))[-1]
    return MLP(last.W, last.b, settings.activation)


@st.cache_data(max_entries=16, show_spinner=False)
def right_without_each(settings: Settings) -> list[int]:
    """How many cells stay right without each neuron of the trained network, one at a time."""
    network = trained(settings)
    return [int(right_without(network, settings.task, o).sum()) for o in range(settings.hidden[-1])]


def right_in(settings: Settings, frame: Frame, cells: Cells) -> tuple[int, int]:
    """How many of these cells are right at that moment, and how many there are."""
    return int(right_cells(settings.task, frame.answers)[cells].sum()), int(cells.sum())


def right_hidden_cells(settings: Settings, shown: Cells) -> list[tuple[int, int]]:
    """Both digits of each cell that was not shown and is right at the end."""
    right = right_cells(settings.task, record(settings, shown)[-1].answers) & ~shown
    a, b = (x[right].astype(int).tolist() for x in settings.task.cells())
    return list(zip(a, b, strict=True))


def right_of_hidden(settings: Settings, hidden: Sequence[int]) -> tuple[int, int]:
    """Of the rows that were hidden: how many cells are right at the end, and how many there are."""
    shown = hide(settings.task, hidden)
    return right_in(settings, record(settings, shown)[-1], ~shown)


@st.cache_data(max_entries=64, show_spinner=False)
def right_at_the_end(settings: Settings) -> int:
    """How many cells of the whole table, shown whole, are right after the last epoch."""
    *_, last = film(settings, hide(settings.task))
    return int(right_cells(settings.task, last.answers).sum())


@st.cache_resource(max_entries=4, show_spinner=False)  # 1 MB each, 24 MB the largest network
def finished(settings: Settings) -> Going:
    """A run to its end, or as far as it comes; nobody changes it any more."""
    going = Going(settings, hide(settings.task))
    while not going.ended:
        going.advance(MOST_SECONDS, most=settings.epochs + 1)
        if going.seconds > MOST_SECONDS:
            going.stop()
    return going


def known_by_seed(width: int, rate: float) -> list[int]:
    """The most cells right at any moment, for each seed."""
    settings = replace(USUAL, hidden=(width,), rate=rate, epochs=WIDTH_EPOCHS)
    return [most_right(replace(settings, seed=seed)) for seed in WIDTH_SEEDS]


@st.cache_data(max_entries=256, show_spinner=False)
def most_right(settings: Settings) -> int:
    """The most cells that are right at any moment of a run on the whole table."""
    most = 0
    try:
        for frame in film(settings, hide(settings.task)):
            most = max(most, int(right_cells(settings.task, frame.answers).sum()))
            if most == len(frame.answers):
                break
    except FloatingPointError:
        pass
    return most
