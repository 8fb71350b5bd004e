"""The worked numbers and sentences of chapter 0, and where the neuron of section 1 stands.

Of the visit is kept `ch00_path`, the pairs of weights that the neuron went through.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from components.ui.chapters.ch00.claims import WAYS, hidden_right
from components.ui.chapters.ch00.figures import signed
from components.ui.chapters.ch00.probes import (
    ALONE,
    BATCH,
    BY_LOG,
    BY_STEPS,
    DIGITS,
    ERRANDS,
    LIVE,
    SEVEN_TIMES_EIGHT,
    THREE_TIMES_FOUR,
    USUAL,
    WIDTH_EPOCHS,
    WIDTH_SEEDS,
    record,
    right_at_the_end,
    right_hidden_cells,
    right_of_hidden,
    right_without_each,
    trained,
)
from components.ui.drawings.guess import Answer, Axis, Dragged
from components.ui.drawings.guess import Row as Line
from components.ui.drawings.network import short
from components.ui.words import spelled
from lab.benchmarks.mlp_training import LARGE
from lab.by_hand.mlp import Encoding, Init, Momentum, Numbers, Target, encode, softmax
from lab.by_hand.mlp_experiment import (
    OPTIMISERS,
    ByHand,
    Cells,
    Neuron,
    Rule,
    Settings,
    Stepper,
    as_well_by_chance,
    check_gradients,
    coarser,
    gradients,
    hidden_outputs,
    hide,
    hide_share,
    likeness,
    right_without,
    walk,
)
from lab.numerals import written
from lab.readings import part_of

ENCODINGS: dict[Encoding, str] = {
    "one_hot": "one-hot",
    "scalar": "its size",
    "log": "its logarithm",
}
WAYS_IN: dict[Encoding, str] = {"one_hot": "one-hot digits", "log": "logarithms"}
"""Of the figure that opens the page."""
LEFT_OUT = ("a row", "single pairs", "nothing")
TARGETS: dict[Target, str] = {
    "digits": "its digits",
    "class": "one output a product",
    "regression": "its size",
}
INITS: tuple[Init, ...] = ("he", "xavier", "equal")
STARTS: tuple[int | Literal["equal"], ...] = (0, 1, 2, 3, "equal")
"""Seeds by their number, and a start from equal weights."""
START_NAMES = {start: "equal" if start == "equal" else f"seed {start}" for start in STARTS}
WIDTHS, DEPTHS = (1, 2, 4, 8, 16, 32, 64), (0, 1, 2, 3)
RATE_OVER = 0.5
"""With which the network no longer learns the table."""
RATES = (0.0001, 0.001, 0.005, 0.01, 0.02, 0.04, 0.1, 0.5, 2.0, 10.0, 100.0)

NEURON_RATES = (0.001, 0.005, 0.01, 0.02, 0.03, 0.05)
RATE_FIRST, RATE_HIGH = 0.01, NEURON_RATES[-1]

WALKERS: dict[Rule, float] = {"momentum": 0.002, "adam": 0.2}
"""The optimisers that walk into the valley, and their rates."""
WALK_FROM, WALKED = -1.0, 100

NEAR_ENOUGH = 0.1
SHARE = 20
"""Of a hundred cells, how many single pairs hide at first."""
LEAST_HIDDEN, LEAST_RIGHT = 50, 0.9
"""What the exercises ask: a miss, shares hidden and right."""


# ---------------------------------------------------------------- one neuron

A, B = 3, 4
W_LOW, W_HIGH = -2.0, 5.0
W_FIRST = 1.0


def path_to(w1: float, w2: float) -> list[tuple[float, float]]:
    """The walk that ends in these weights: a new one, if they were moved by hand."""
    path = st.session_state.setdefault("ch00_path", [(w1, w2)])
    if path[-1] != (w1, w2):
        path = st.session_state["ch00_path"] = [(w1, w2)]
    return path


def take_step(rate: float) -> None:
    """Move the sliders by one step; a step beyond their end stops there and says so."""
    state = st.session_state
    ahead = Neuron(A, B, state["ch00_w1"], state["ch00_w2"]).stepped(rate)
    inside = [round(min(max(w, W_LOW), W_HIGH), 2) for w in (ahead.w1, ahead.w2)]
    if max(abs(w - i) for w, i in zip((ahead.w1, ahead.w2), inside, strict=True)) > 0.01:
        state["ch00_left"] = (
            f"That step leads to {as_a_point(ahead.w1, ahead.w2)}, outside this picture, so you "
            "stand at its edge. The rate is too high for this valley."
        )
    state["ch00_w1"], state["ch00_w2"] = inside
    state["ch00_path"] = [*state["ch00_path"], (inside[0], inside[1])]


def back_to_the_start() -> None:
    st.session_state.update(ch00_w1=W_FIRST, ch00_w2=W_FIRST, ch00_path=[(W_FIRST, W_FIRST)])


def walks() -> dict[str, Numbers]:
    """w1, w2 and E of each walker, before its first step and after each. (WALKED + 1, 3)"""
    start = Neuron(A, B, WALK_FROM, WALK_FROM)
    return {name: walk(start, OPTIMISERS[name](rate), WALKED) for name, rate in WALKERS.items()}


def end_of(name: Rule) -> str:
    w1, w2, _ = walks()[name][-1]
    return as_a_point(w1, w2)


def as_a_point(w1: float, w2: float) -> str:
    return f"({written(w1, '{:.1f}')}, {written(w2, '{:.1f}')})"


NEURON: dict[str, Callable[[], str]] = {
    "a": lambda: f"{A}",
    "b": lambda: f"{B}",
    "ab": lambda: f"{A * B}",
    "chain_back": lambda: written(Neuron(A, B, W_FIRST, W_FIRST).dy, "{:.0f}"),
    "chain_first": lambda: written(Neuron(A, B, W_FIRST, W_FIRST).dw[0], "{:.0f}"),
    "rate_limit": lambda: f"{Neuron(A, B, 0, 0).largest_rate}",
    "rate_high": lambda: f"{RATE_HIGH}",
    "factor_high": lambda: written(1 - 2 * RATE_HIGH * (A**2 + B**2), "{:.1f}"),
    **{f"{name}_rate": lambda rate=rate: f"{rate}" for name, rate in WALKERS.items()},
    **{f"{name}_end": lambda name=name: end_of(name) for name in WALKERS},
}

# ---------------------------------------------------------------- the network


def loss_at_the_start() -> float:
    return gradients(USUAL.network(), DIGITS, *DIGITS.cells())[0]


LOSS_OF_A_TENTH = Dragged(
    Axis("loss in nats", 0, 8, 0.1, " nats", more="higher", less="lower"),
    "one in a hundred",
    given=[Line("one in ten", math.log(10), f"ln 10 = {math.log(10):.2f}")],
)
"""The frame of the guess."""


def loss_of_a_tenth() -> Answer:
    """The answer of the guess."""
    return Answer(math.log(100), f"{math.log(100):.2f} nats")


def spoiled() -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """After one step on 3 x 4 alone: which cells give its product, and which answer otherwise than
    before. (10, 10)"""
    net = Stepper.start(BY_STEPS)
    before = net.frames[-1].answers
    net.look_at(THREE_TIMES_FOUR)
    net.step(1)
    after = net.frames[-1].answers
    a, b = divmod(THREE_TIMES_FOUR, 10)
    return (after == a * b).reshape(10, 10), (after != before).reshape(10, 10)


def part_count(which: int) -> str:
    """Of weights into the hidden layer, weights out of it, its biases, the biases of the votes."""
    return f"{USUAL.network().parameters[which].size}"


def times(rows: int, columns: int) -> str:
    """The shape of a matrix."""
    return f"${rows} \\times {columns}$"


def loudest_at_the_start() -> int:
    """The hidden neuron that passes on most of 7 x 8 before the first step."""
    return int(np.argmax(heard_at_the_start().sum(axis=0)))


def heard_at_the_start() -> Numbers:
    """What each hidden neuron adds up there: a weight of the 7, one of the 8, a bias. (3, H)"""
    network, (a, b) = BY_STEPS.network(), divmod(SEVEN_TIMES_EIGHT, 10)
    return np.stack([network.W[0][a], network.W[0][10 + b], network.b[0]])


def what_it_hears() -> str:
    *weights, bias = heard_at_the_start()[:, loudest_at_the_start()]
    told = " + ".join(f"{weight:.4f}" for weight in weights)
    return f"${told} + {bias:g} = {sum(weights) + bias:.4f}$"


NETWORK: dict[str, Callable[[], str]] = {
    "parameters": lambda: f"{sum(w.size for w in USUAL.network().parameters)}",
    "parts": lambda: f"${' + '.join(map(part_count, (0, 2, 1, 3)))} = {NETWORK['parameters']()}$",
    "nudged_runs": lambda: f"{2 * sum(w.size for w in USUAL.network().parameters):,}",
    "step_rate": lambda: f"{BY_STEPS.rate}",
    "shape_x": lambda: times(BATCH, USUAL.sizes[0]),
    "shape_dy": lambda: times(BATCH, USUAL.sizes[1]),
    "shape_dW": lambda: times(*USUAL.sizes[:2]),
    "rate_over": lambda: f"{RATE_OVER}",
    "right_over": lambda: f"{right_at_the_end(replace(LIVE, rate=RATE_OVER))}",
    "mu": lambda: f"{Momentum(1).mu}",
    "hidden": lambda: spelled(USUAL.hidden[0]),
    "batch": lambda: spelled(BATCH),
    "alone": lambda: ALONE,
    "spoiled_column": lambda: spelled(int(spoiled()[0][:, 4].sum())),
    "spoiled_changed": lambda: f"{int(spoiled()[1].sum())}",
    "heard_by": lambda: f"{loudest_at_the_start()}",
    "heard": what_it_hears,
    "loss_start": lambda: f"{loss_at_the_start():.2f}",
    "cells": lambda: f"{len(DIGITS.cells()[0])}",
    **{
        f"right_{name}": lambda name=name: f"{right_at_the_end(ERRANDS[name][1])}"
        for name in ("none", "class")
    },
}

# ---------------------------------------------------------------- the gradient, and its check

HAIR = 1e-5
"""How far `differences` moves a weight."""


def seven_times_eight() -> tuple[Numbers, Numbers]:
    a, b = divmod(SEVEN_TIMES_EIGHT, 10)
    return np.array([a]), np.array([b])


def right_units_digit() -> float:
    """What the network gives, before its first step, to the right units digit of 7 x 8."""
    a, b = seven_times_eight()
    p = softmax(BY_STEPS.network()(encode(a, b, "one_hot", 1)).reshape(2, 10))
    return float(p[0, int(a[0] * b[0]) % 10])


def hair_changes() -> tuple[float, float]:
    """By how much two hairs change the loss of 7 x 8 before the first step at most, and how far
    apart numbers of single precision lie there."""
    loss, g = gradients(BY_STEPS.network(), DIGITS, *seven_times_eight())
    steepest = max(float(abs(each).max()) for each in g)
    return 2 * HAIR * steepest, float(np.spacing(np.float32(loss)))


@st.cache_data(show_spinner=False, max_entries=2)
def check_off_by(single: bool) -> float:
    """The worst tensor of the check on 7 x 8 before the first step, in the one or the other kind of
    number."""
    network = coarser(BY_STEPS.network(), np.float32 if single else np.float64)
    return max(check_gradients(network, DIGITS, *seven_times_eight()).values())


GRADIENT: dict[str, Callable[[], str]] = {
    "p_right": lambda: f"{right_units_digit():.3f}",
    "p_minus_t": lambda: written(right_units_digit() - 1, "{:.3f}"),
    "dy_right": lambda: written((right_units_digit() - 1) / 2, "{:.3f}"),
    "single_steps": lambda: f"{hair_changes()[0] / hair_changes()[1]:.0f}",
    "check_single": lambda: f"{100 * check_off_by(True):.0f} percent",
    "check_double": lambda: f"{1e9 * check_off_by(False):.1f} billionths",
}


def where_dy_came_from(hand: ByHand, neuron: int, a: Numbers, b: Numbers) -> str:
    """At this neuron, the dy of the example that says most, as the chain rule puts it together."""
    example = hand.telling
    if hand.ahead is None or hand.back is None or hand.slope is None:
        return (
            f"The $dy$ of {a[example]} × {b[example]} stands at the vote itself: it is "
            f"$p - t$ there, divided by {2 * len(a)}, since the loss is the mean over both digits "
            f"and {len(a)} example{'s' if len(a) > 1 else ''}. "
            f"That is **{signed(hand.dy[example])}**. Times the $x$ of {hand.x[example]:.3f} that "
            f"the neuron passed on, this is the {signed(hand.terms[example])} of its line in the "
            "table."
        )
    ahead, terms, slope = hand.ahead[example], hand.back[example], hand.slope[example]
    largest = [k for k in np.argsort(-abs(terms))[:3] if terms[k]]
    shown = ", ".join(
        f"{signed(ahead[k], 3)} × {signed(terms[k] / ahead[k], 3)} = {signed(terms[k])}"
        for k in largest
    )
    rest = terms.sum() - terms[largest].sum()
    gate = "above zero, so it passes on all of it" if slope else "below zero: it passes on nothing"
    return (
        f"Where does the $dy$ of {a[example]} × {b[example]} come from, at hidden neuron "
        f"{neuron}? Each of the twenty votes "
        f"hands back its own $dy$ times its weight. The largest products, rounded, are {shown}; "
        f"the others add {signed(rest)}, together {signed(terms.sum())}. The neuron was {gate}: "
        f"**{signed(hand.dy[example])}**. Times the $x$ of {hand.x[example]:g} that came in, this "
        f"is the {signed(hand.terms[example])} of its line in the table."
    )


def compared(
    nudged: tuple[float, float, float], total: float, errors: dict[str, float], n: int
) -> str:
    """A weight's slope by moving it against the one by the chain rule, and the worst tensor."""
    *losses, slope = nudged
    below, above = (f"{loss:.9f}" if loss < 1000 else short(loss) for loss in losses)
    return (
        f"With this weight slightly lower the loss is {below}, slightly higher {above}: a "
        f"slope of **{written(slope, '{:.6f}')}**. Backpropagation says "
        f"**{written(total, '{:.6f}')}**. Over all {n} numbers, the two differ by at most "
        f"{written(max(errors.values()), '{:.0e}')} of the length of the gradient "
        "of a layer's weights or biases."
    )


# ---------------------------------------------------------------- what a hidden neuron answers to

ODD = np.arange(10) % 2 == 1
ALIKE = 0.5
"""A correlation from which on two patterns are called alike."""


def start_chosen() -> Settings:
    """The network whose neurons are drawn: from a random start, or from equal weights."""
    start = st.session_state.get("ch00_start", 0)
    return replace(USUAL, init="equal") if start == "equal" else replace(USUAL, seed=int(start))


def alike_neurons(settings: Settings, after: bool = True) -> list[int]:
    """Whose weights for the first digit and for the second follow one pattern."""
    network = trained(settings) if after else settings.network()
    return np.flatnonzero(likeness(network) > ALIKE).tolist()


def alike(settings: Settings, after: bool) -> str:
    return spelled(len(alike_neurons(settings, after))).replace("zero", "none")


def loud_where_missed() -> tuple[float, float]:
    """How much a neuron passes on, on average, in the cells that are wrong without it, and in the
    others that it lights."""
    network = trained(start_chosen())
    h = hidden_outputs(network, DIGITS)
    right = np.stack([right_without(network, DIGITS, o) for o in range(h.shape[1])], axis=1)
    return float(h[~right].mean()), float(h[right & (h > 0)].mean())


def needed_for_seven_times_eight() -> str:
    """The neurons without which its cell is wrong, by number."""
    network = trained(start_chosen())
    needed = [
        f"{o}"
        for o in range(start_chosen().hidden[-1])
        if not right_without(network, DIGITS, o)[SEVEN_TIMES_EIGHT]
    ]
    return ", ".join(needed) or "none"


def patterns() -> Numbers:
    """What each neuron of the chosen network makes of a digit, first or second. (H, 10)"""
    first, second = np.split(trained(start_chosen()).W[0], 2)
    return (first + second).T


def odd_by_chance() -> tuple[int, int]:
    return as_well_by_chance(patterns(), ODD)


def odd_neuron() -> int:
    """Whose pattern fits odd against even best."""
    return int(np.argmax([abs(np.corrcoef(pattern, ODD)[0, 1]) for pattern in patterns()]))


def odd_verdict() -> str:
    found, ways = odd_by_chance()
    if found == 2:
        return "the odd ones and the even ones themselves, so this neuron does tell them apart"
    return "so that may be chance" if found > 0.05 * ways else "so that is hardly chance"


NEURONS: dict[str, Callable[[], str]] = {
    "lit": lambda: (
        f"{(hidden_outputs(trained(start_chosen()), DIGITS) > 0).sum(axis=1).mean():.0f}"
    ),
    "missed": lambda: f"{loud_where_missed()[0]:.1f}",
    "not_missed": lambda: f"{loud_where_missed()[1]:.1f}",
    "needed": needed_for_seven_times_eight,
    "least_without": lambda: f"{min(right_without_each(start_chosen()))}",
    "most_without": lambda: f"{max(right_without_each(start_chosen()))}",
    "alike": lambda: alike(start_chosen(), after=True),
    "alike_before": lambda: alike(start_chosen(), after=False),
    "alike_from": lambda: f"{ALIKE}",
    "odd_neuron": lambda: f"{odd_neuron()}",
    "odd_chance": lambda: f"{odd_by_chance()[0]}",
    "odd_ways": lambda: f"{odd_by_chance()[1]}",
    "odd_verdict": odd_verdict,
    "equal_right": lambda: f"{right_at_the_end(replace(USUAL, init='equal'))}",
    "alone_right": lambda: f"{right_at_the_end(replace(USUAL, init='equal', hidden=(1,)))}",
}

# ---------------------------------------------------------------- what it can't do


def row_chosen() -> int:
    return int(st.session_state.get("ch00_row", 7))


FEW_OR_MANY = ("under a third", "about half", "over two thirds")


def cells_of(settings: Settings, row: int) -> Dragged:
    """The frame of the guess about a hidden row: an axis of as many cells as it has."""
    n = int((~hide(settings.task, [row])).sum())
    return Dragged(Axis("cells right", 0, n), f"the row of {row}", start=n // 2)


def right_of_row(settings: Settings, row: int) -> Answer:
    """The answer of the guess."""
    right, n = right_of_hidden(settings, [row])
    return Answer(right, f"{right} of {n}")


def row_which() -> str:
    """The cells of the hidden row that come out right, by name."""
    right = right_hidden_cells(USUAL, hide(DIGITS, [row_chosen()]))
    return ", ".join(f"{a} × {b}" for a, b in right) or "none of them"


def share_chosen() -> int:
    return int(st.session_state.get("ch00_share", SHARE))


def without_pairs(settings: Settings) -> Cells:
    """The cells that are shown where single pairs are hidden."""
    return hide_share(settings.task, share_chosen() / 100, seed=0)


def right_pairs(settings: Settings) -> list[tuple[int, int]]:
    return right_hidden_cells(settings, without_pairs(settings))


def n_hidden(settings: Settings) -> str:
    return f"{int((~without_pairs(settings)).sum())}"


def row_by_log() -> tuple[int, int]:
    """Zero has no logarithm, and so no row."""
    return right_of_hidden(BY_LOG, [row_chosen()]) if row_chosen() else (0, 0)


def edges_still() -> str:
    """What became of the edges that leave the hidden digit, compared bit for bit."""
    frames = record(USUAL, hide(DIGITS, [row_chosen()]))
    change = abs(frames[-1].W[0][row_chosen()] - frames[0].W[0][row_chosen()]).max()
    if change == 0:
        return "exactly the numbers they began with, bit for bit"
    return f"numbers that moved by up to {written(change, '{:.1e}')}"


def numbers_each() -> float:
    """Parameters for each answer of the table of two-digit numbers."""
    return sum(w.size for w in LARGE.network().parameters) / len(LARGE.task.cells()[0])


AS_A_GUESS = ("about as often as a constant guess", "clearly more often")

ONE_HOT, CONSTANT = "one-hot in, one output a product", "always the most frequent product"

HELD_OUT_RIGHT = Dragged(Axis.percent("of hidden cells right"), ONE_HOT, later=[CONSTANT])
"""The frame of the guess."""


def held_out_points(record: Any) -> list[dict[str, Any]]:
    """The share of hidden cells that are right, a point a seed of each way to write the table."""
    return [
        {
            "arm": name,
            "share": 1 - errors / n,
            "seed": row["cell"]["seed"],
            "right": part_of(n - errors, n),
        }
        for name, way in WAYS.items()
        for row, errors, n in hidden_right(*way).points(record)
    ]


def as_a_guess(record: Any) -> Answer:
    """The answer of the guess, a dot for each seed, beside the most frequent product."""
    found, said = (hidden_right(*WAYS[ONE_HOT], group) for group in ("hidden", "guess"))
    right, constant = (100 * cells.value(record) for cells in (found, said))
    seeds = [100 * (1 - errors / n) for _, errors, n in found.points(record)]
    then = f"That is {AS_A_GUESS[int(100 - right < 0.9 * (100 - constant))]}."
    return Answer(right, f"{right:.0f}%", then, seeds, [Line(CONSTANT, constant)])


HIDDEN: dict[str, Callable[[], str]] = {
    "row_right": lambda: "{} of the {}".format(*right_of_hidden(USUAL, [row_chosen()])),
    "row_which": row_which,
    "pairs_right": lambda: f"{len(right_pairs(USUAL))} of the {n_hidden(USUAL)}",
    "pairs_zero": lambda: f"{sum(a * b == 0 for a, b in right_pairs(USUAL))}",
    "pairs_log_right": lambda: f"{len(right_pairs(BY_LOG))} of {n_hidden(BY_LOG)}",
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

CALC = {**NEURON, **NETWORK, **GRADIENT, **NEURONS, **HIDDEN, **EXERCISES}
