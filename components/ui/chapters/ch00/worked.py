"""The worked numbers in the prose of chapter 0: computed by lab, by their names in the text."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from components.ui.chapters.ch00.probes import (
    BY_LOG,
    DIGITS,
    LIVE,
    USUAL,
    WIDTH_EPOCHS,
    WIDTH_SEEDS,
    record,
    right_at_the_end,
    right_of_hidden,
)
from components.ui.chapters.ch00.stepping import BATCH, A, B
from components.ui.words import spelled
from lab.benchmarks.mlp import LARGE
from lab.by_hand.mlp import Activation, Numbers, Target
from lab.by_hand.mlp_experiment import OPTIMISERS, Neuron, Rule, gradients, hide, walk

NEURON_RATES = (0.001, 0.005, 0.01, 0.02, 0.03, 0.05)
RATE_FIRST, RATE_HIGH = 0.01, NEURON_RATES[-1]

WALKERS: dict[Rule, float] = {"momentum": 0.002, "adam": 0.2}
"""The optimisers that walk into the valley, and their rates."""
WALK_FROM, WALKED = -1.0, 100

NEAR_ENOUGH = 0.1
LEAST_HIDDEN, LEAST_RIGHT = 50, 0.9
"""What the exercises ask: a miss, shares hidden and right."""


# ---------------------------------------------------------------- one neuron


def walks() -> dict[str, Numbers]:
    """w1, w2 and E of each walker, before its first step and after each. (WALKED + 1, 3)"""
    start = Neuron(A, B, WALK_FROM, WALK_FROM)
    return {name: walk(start, OPTIMISERS[name](rate), WALKED) for name, rate in WALKERS.items()}


def end_of(name: Rule) -> str:
    w1, w2, _ = walks()[name][-1]
    return f"({w1:.1f}, {w2:.1f})"


NEURON: dict[str, Callable[[], str]] = {
    "a": lambda: f"{A}",
    "b": lambda: f"{B}",
    "ab": lambda: f"{A * B}",
    "rate_limit": lambda: f"{Neuron(A, B, 0, 0).largest_rate}",
    "rate_high": lambda: f"{RATE_HIGH}",
    "factor_high": lambda: f"{1 - 2 * RATE_HIGH * (A**2 + B**2):.1f}".replace("-", "−"),
    **{f"{name}_rate": lambda rate=rate: f"{rate}" for name, rate in WALKERS.items()},
    **{f"{name}_end": lambda name=name: end_of(name) for name in WALKERS},
}

# ---------------------------------------------------------------- the network


def loss_at_the_start() -> float:
    return gradients(USUAL.network(), DIGITS, *DIGITS.cells())[0]


def right_with(target: Target, activation: Activation, width: int = LIVE.hidden[0]) -> str:
    """Cells right at the end of what section 4 trains, with these three set."""
    task = replace(LIVE.task, target=target)
    settings = replace(LIVE, task=task, activation=activation, hidden=(width,))
    return f"{right_at_the_end(settings)}"


NETWORK: dict[str, Callable[[], str]] = {
    "parameters": lambda: f"{sum(w.size for w in USUAL.network().parameters)}",
    "hidden": lambda: spelled(USUAL.hidden[0]),
    "batch": lambda: spelled(BATCH),
    "ln10": lambda: f"{math.log(10):.2f}",
    "loss_start": lambda: f"{loss_at_the_start():.2f}",
    "cells": lambda: f"{len(DIGITS.cells()[0])}",
    "none_class": lambda: right_with("class", "none"),
    "none_digits": lambda: right_with("digits", "none"),
    "relu_size": lambda: right_with("regression", "relu", 64),
    "none_size": lambda: right_with("regression", "none", 64),
}

# ---------------------------------------------------------------- what it can't do


def row_chosen() -> int:
    return int(st.session_state.get("ch00_row", 7))


def row_by_log() -> tuple[int, int]:
    """Zero has no logarithm, and so no row."""
    return right_of_hidden(BY_LOG, [row_chosen()]) if row_chosen() else (0, 0)


def edges_still() -> str:
    """What became of the edges that leave the hidden digit, compared bit for bit."""
    frames = record(USUAL, hide(DIGITS, [row_chosen()]))
    change = abs(frames[-1].W[0][row_chosen()] - frames[0].W[0][row_chosen()]).max()
    if change == 0:
        return "exactly the numbers they began with, bit for bit"
    return f"numbers that moved by up to {change:.1e}"


def numbers_each() -> float:
    """Parameters for each answer of the table of two-digit numbers."""
    return sum(w.size for w in LARGE.network().parameters) / len(LARGE.task.cells()[0])


HIDDEN: dict[str, Callable[[], str]] = {
    "row_right": lambda: f"{right_of_hidden(USUAL, [row_chosen()])[0]}",
    "row_cells": lambda: f"{right_of_hidden(USUAL, [row_chosen()])[1]}",
    "log_right": lambda: f"{row_by_log()[0]}",
    "log_cells": lambda: f"{row_by_log()[1]}",
    "edges_still": edges_still,
    "worked": lambda: f"{37 * 48}",
    "numbers_each": lambda: f"{numbers_each():.0f}",
}

EXERCISES: dict[str, Callable[[], str]] = {
    "near_enough": lambda: f"{NEAR_ENOUGH}",
    "width_epochs": lambda: f"{WIDTH_EPOCHS}",
    "width_seeds": lambda: ", ".join(f"{seed}" for seed in WIDTH_SEEDS),
    "least_hidden": lambda: f"{LEAST_HIDDEN} in 100",
    "least_right": lambda: f"{100 * LEAST_RIGHT:.0f} in 100",
}

CALC = {**NEURON, **NETWORK, **HIDDEN, **EXERCISES}
