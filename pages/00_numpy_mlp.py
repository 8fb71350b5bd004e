"""Chapter 0: what a gradient is, what a layer does, and what learning by heart is worth."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import numpy as np
import streamlit as st

from components.ui import training
from components.ui.chapter import Chapter
from components.ui.chapters.ch00 import figures
from components.ui.drawings.network import show_film
from components.ui.exercises import show_verdict
from components.ui.plots import bars
from components.ui.records import rows_of
from components.ui.words import spelled
from lab.benchmarks.mlp import LARGE, SMALL
from lab.by_hand import mlp
from lab.by_hand import mlp_experiment as experiment
from lab.by_hand.mlp import Encoding, Target, Task, encode, softmax
from lab.by_hand.mlp_experiment import (
    OPTIMISERS,
    ByHand,
    Cells,
    Frame,
    Going,
    Neuron,
    Settings,
    Stepper,
    film,
    hide,
    hide_share,
    right_cells,
)
from lab.records import select

DIGITS = SMALL.task
USUAL = replace(SMALL, epochs=200)
BY_LOG = Settings(Task(1, "log", "regression"), hidden=(16,), rate=0.02, epochs=800)
BY_STEPS = replace(USUAL, optimiser="sgd", rate=0.5)
A, B = 3, 4
W_FIRST, RATE_FIRST, RATE_HIGH = 1.0, 0.01, 0.05
SEVEN_TIMES_EIGHT = 78

NEAR_ENOUGH = 0.1
WIDTH_EPOCHS, WIDTH_SEEDS = 400, (0, 1, 2)
LEAST_HIDDEN, LEAST_RIGHT = 50, 0.9
"""What the exercises ask: a miss, a run on the whole table, shares hidden and right."""


@st.cache_data(max_entries=16, show_spinner=False)  # about 2 MB each
def run_of(settings: Settings, hidden: tuple[int, ...]) -> list[Frame]:
    """A whole run; `hidden`: the numbers of the cells it is not shown."""
    shown = np.ones(len(settings.task.cells()[0]), dtype=bool)
    shown[list(hidden)] = False
    return list(film(settings, shown))


def record(settings: Settings, shown: Cells) -> list[Frame]:
    return run_of(settings, tuple(np.flatnonzero(~shown).tolist()))


def right_in(settings: Settings, frame: Frame, cells: Cells) -> tuple[int, int]:
    """How many of these cells are right at that moment, and how many there are."""
    return int(right_cells(settings.task, frame.answers)[cells].sum()), int(cells.sum())


# ---------------------------------------------------------------- worked numbers of the prose


def loss_at_the_start() -> float:
    network, (a, b) = USUAL.network(), DIGITS.cells()
    return experiment.gradients(network, DIGITS, a, b)[0]


def numbers_each() -> float:
    """Parameters for each answer of the table of two-digit numbers."""
    return sum(w.size for w in LARGE.network().parameters) / len(LARGE.task.cells()[0])


def row_chosen() -> int:
    return int(st.session_state.get("ch00_row", 7))


def row_count(settings: Settings) -> tuple[int, int]:
    shown = hide(settings.task, [row_chosen()])
    return right_in(settings, record(settings, shown)[-1], ~shown)


def edges_still() -> str:
    """What became of the edges that leave the hidden digit, compared bit for bit."""
    frames = record(USUAL, hide(DIGITS, [row_chosen()]))
    change = abs(frames[-1].W[0][row_chosen()] - frames[0].W[0][row_chosen()]).max()
    if change == 0:
        return "exactly the numbers they began with, bit for bit"
    return f"numbers that moved by up to {change:.1e}"


CALCULATIONS: dict[str, Callable[[], str]] = {
    "parameters": lambda: f"{sum(w.size for w in USUAL.network().parameters)}",
    "hidden": lambda: spelled(USUAL.hidden[0]),
    "batch": lambda: spelled(STEPS["One batch"][0]),
    "near_enough": lambda: f"{NEAR_ENOUGH}",
    "width_epochs": lambda: f"{WIDTH_EPOCHS}",
    "width_seeds": lambda: ", ".join(f"{seed}" for seed in WIDTH_SEEDS),
    "least_hidden": lambda: f"{LEAST_HIDDEN} in 100",
    "least_right": lambda: f"{100 * LEAST_RIGHT:.0f} in 100",
    "a": lambda: f"{A}",
    "b": lambda: f"{B}",
    "ab": lambda: f"{A * B}",
    "ln10": lambda: f"{math.log(10):.2f}",
    "loss_start": lambda: f"{loss_at_the_start():.2f}",
    "rate_limit": lambda: f"{Neuron(A, B, 0, 0).largest_rate}",
    "rate_high": lambda: f"{RATE_HIGH}",
    "factor_high": lambda: f"{1 - 2 * RATE_HIGH * (A**2 + B**2):.1f}".replace("-", "−"),
    "row_right": lambda: f"{row_count(USUAL)[0]}",
    "row_cells": lambda: f"{row_count(USUAL)[1]}",
    "log_right": lambda: f"{row_count(BY_LOG)[0] if row_chosen() else 0}",
    "log_cells": lambda: f"{row_count(BY_LOG)[1] if row_chosen() else 0}",
    "edges_still": edges_still,
    "worked": lambda: f"{37 * 48}",
    "numbers_each": lambda: f"{numbers_each():.0f}",
}

page = Chapter("00_numpy_mlp", CALCULATIONS)


# ---------------------------------------------------------------- the button first


def pressed(label: str, key: str, **look: Any) -> bool:
    """A button; has it been pressed since the last drawing?"""
    st.button(
        label, key=key, on_click=lambda: st.session_state.update({f"{key}_pressed": True}), **look
    )
    return st.session_state.pop(f"{key}_pressed", False)


@st.fragment
def show_first() -> None:
    tries = st.session_state.setdefault("ch00_tries", 0)
    left, right = st.columns([1, 3], vertical_alignment="center")
    with left:
        if pressed("Train", "ch00_train", type="primary", icon=":material/play_arrow:"):
            tries = st.session_state["ch00_tries"] = tries + 1
    settings, shown = replace(USUAL, seed=max(0, tries - 1)), hide(DIGITS)
    frames = record(settings, shown)
    again = " Press again for another." if tries else ""
    right.caption(f"Random start {settings.seed}.{again}")
    show_film(
        "ch00_first",
        frames,
        settings,
        shown,
        alt="A network of two layers, its edges coloured by their weights",
        play=bool(tries),
        at_first=0 if not tries else None,
        seconds=0.9,
    )


# ---------------------------------------------------------------- 1. one neuron

W_LOW, W_HIGH = -2.0, 5.0
NEURON_RATES = (0.001, 0.005, 0.01, 0.02, 0.03, RATE_HIGH)


@st.fragment
def show_neuron() -> None:
    page.prose("neuron_controls")
    left, middle, right = st.columns(3)
    path = st.session_state.setdefault("ch00_path", [(W_FIRST, W_FIRST)])
    for name in ("ch00_w1", "ch00_w2"):
        st.session_state.setdefault(name, W_FIRST)
    w1 = left.slider("First weight", W_LOW, W_HIGH, step=0.01, key="ch00_w1")
    w2 = middle.slider("Second weight", W_LOW, W_HIGH, step=0.01, key="ch00_w2")
    rate = right.select_slider("Rate", NEURON_RATES, RATE_FIRST, key="ch00_neuron_rate")
    neuron = Neuron(A, B, w1, w2)
    if path[-1] != (w1, w2):
        path = st.session_state["ch00_path"] = [(w1, w2)]  # moved by hand: a new walk
    with st.container(horizontal=True, gap="small"):
        st.button("One step", key="ch00_step", on_click=take_step, args=(rate,), type="primary")
        st.button("Back to the start", key="ch00_back", on_click=back_to_the_start)
    said = st.session_state.pop("ch00_left", "")
    if said:
        st.warning(said)
    ahead = neuron.stepped(rate)
    weights = np.linspace(W_LOW, W_HIGH, 43)
    surface = experiment.error_surface(A, B, weights, weights)
    picture, beside = st.columns([2, 1])
    picture.altair_chart(
        figures.error_surface(surface, weights, weights, path, (ahead.w1, ahead.w2)),
        width="stretch",
        alt="The error for every pair of weights, where you stand, and the next step",
    )
    beside.html(graph_of_operations(neuron))
    page.prose("neuron_graph")
    if page.predict(
        "ch00_overshoot",
        f"One step at a rate of {RATE_HIGH}: what becomes of the error?",
        ("it shrinks", "it stays", "it grows"),
        "it grows"
        if Neuron(A, B, 1, 1).stepped(RATE_HIGH).E > Neuron(A, B, 1, 1).E
        else "it shrinks",
        page.text("neuron_why"),
    ):
        page.notice("neuron_notice")


def take_step(rate: float) -> None:
    """Move the sliders by one step; a step beyond their end stops there and says so."""
    state = st.session_state
    ahead = Neuron(A, B, state["ch00_w1"], state["ch00_w2"]).stepped(rate)
    inside = [round(min(max(w, W_LOW), W_HIGH), 2) for w in (ahead.w1, ahead.w2)]
    if max(abs(w - i) for w, i in zip((ahead.w1, ahead.w2), inside, strict=True)) > 0.01:
        state["ch00_left"] = (
            f"That step leads to ({ahead.w1:.1f}, {ahead.w2:.1f}), outside this picture, so you "
            "stand at its edge. The rate is too high for this valley."
        )
    state["ch00_w1"], state["ch00_w2"] = inside
    state["ch00_path"] = [*state["ch00_path"], (inside[0], inside[1])]


def back_to_the_start() -> None:
    st.session_state.update(ch00_w1=W_FIRST, ch00_w2=W_FIRST, ch00_path=[(W_FIRST, W_FIRST)])


def graph_of_operations(neuron: Neuron) -> str:
    """The operations of one neuron as boxes: what came forward, what comes back."""
    n, (dw1, dw2) = neuron, neuron.dw
    boxes = (
        ("weights", f"{n.w1:.2f}, {n.w2:.2f}", f"{dw1:.2f}, {dw2:.2f}"),
        (f"times {n.a}, {n.b}", f"{n.w1 * n.a:.2f}, {n.w2 * n.b:.2f}", f"{n.dy:.2f}, {n.dy:.2f}"),
        ("added up, y", f"{n.y:.2f}", f"{n.dy:.2f}"),
        (f"y − {n.a * n.b}", f"{n.error:.2f}", f"{n.dy:.2f}"),
        ("squared, E", f"{n.E:.2f}", "1"),
    )
    return (
        '<div class="wb-flow">'
        + "".join(
            f'<div><b>{name}</b>→ {forward}<span class="wb-back">← {back}</span></div>'
            for name, forward, back in boxes
        )
        + "</div>"
    )


# ---------------------------------------------------------------- 2. and 3. step by step

STEPS = {"One example": [1], "One batch": [10], "One epoch": [10] * 10}
MOST_STEPS = 2000


def stepper() -> Stepper:
    if "ch00_net" not in st.session_state:
        rewind()
    return st.session_state["ch00_net"]


def rewind() -> None:
    st.session_state["ch00_net"] = Stepper.start(BY_STEPS, SEVEN_TIMES_EIGHT)


def step_by(sizes: list[int]) -> None:
    net = stepper()
    if net.frames[-1].epoch + len(sizes) > MOST_STEPS:
        st.session_state["ch00_said"] = f"After {MOST_STEPS:,} steps it is time to rewind."
        return
    try:
        for n in sizes:
            net.step(n)
    except FloatingPointError as error:
        st.session_state["ch00_said"] = f"{error}. Rewind to begin again."


@st.fragment
def show_network() -> None:
    page.predict(
        "ch00_blind",
        "Before the first step: how does its loss compare with that of a blind guess?",
        ("well below", "near or above"),
        "near or above" if loss_at_the_start() > 0.9 * math.log(10) else "well below",
        page.text("network_why"),
    )
    page.prose("network_controls")
    with st.container(horizontal=True, gap="small"):
        for name, sizes in STEPS.items():
            st.button(name, key=f"ch00_by_{sizes[0]}_{len(sizes)}", on_click=step_by, args=(sizes,))
        st.button("Rewind", key="ch00_rewind", on_click=rewind, icon=":material/replay:")
    if said := st.session_state.pop("ch00_said", ""):
        st.warning(said)
    net = stepper()
    layer, i, o = edge = picked_edge(net)
    show_film(
        "ch00_steps",
        net.frames,
        BY_STEPS,
        hide(DIGITS),
        alt="The network, its edges coloured by the gradient of the last step",
        unit="step",
        view="gradients",
        picked=edge,
        on_pick=lambda edge: st.session_state.update(ch00_edge=edge),
    )
    left, right = st.columns(2)
    with left:
        ask_weight(net, layer, i, o)
    with right:
        show_votes(net)
    page.notice("network_notice")
    page.source(mlp.MLP.forward, mlp.softmax, mlp.cross_entropy)

    page.prose("backprop")
    st.code(inspect.getsource(mlp.linear_backward), language="python")
    page.prose("backprop_hand")
    show_backprop(net, layer, i, o)


def picked_edge(net: Stepper) -> tuple[int, int, int]:
    """The edge that was picked; at first one that leaves the 7 and has a gradient."""
    if "ch00_edge" not in st.session_state:
        gradient = net.frames[0].dW[0][7]
        st.session_state["ch00_edge"] = (0, 7, int(abs(gradient).argmax()))
    return st.session_state["ch00_edge"]


def name_of(layer: int, i: int, o: int) -> str:
    """An edge in words: 'from the first digit 7 to hidden neuron 3'."""
    if layer == 0:
        which = "first" if i < 10 else "second"
        return f"from the {which} digit {i % 10} to hidden neuron {o}"
    return f"from hidden neuron {i} to the vote for {o % 10} {'units' if o < 10 else 'tens'}"


def ask_weight(net: Stepper, layer: int, i: int, o: int) -> None:
    """The picked edge and its weight, to be changed by hand; without a mouse, picked by numbers."""
    n_in, n_out = net.network.W[layer].shape
    state = st.session_state
    state["ch00_pick"], state["ch00_from"], state["ch00_to"] = layer + 1, i, o
    state["ch00_weight"] = float(net.network.W[layer][i, o])
    with st.expander("Pick an edge by its numbers"):
        st.segmented_control("Layer", [1, 2], required=True, key="ch00_pick", on_change=pick_layer)
        st.number_input("From", 0, n_in - 1, step=1, key="ch00_from", on_change=pick_edge)
        st.number_input("To", 0, n_out - 1, step=1, key="ch00_to", on_change=pick_edge)
    st.number_input(
        f"Weight {name_of(layer, i, o)}",
        -100.0,
        100.0,
        step=0.1,
        format="%.4f",
        key="ch00_weight",
        on_change=change_weight,
    )
    if said := state.pop("ch00_changed", ""):
        st.markdown(said)


def pick_layer() -> None:
    st.session_state["ch00_edge"] = (st.session_state["ch00_pick"] - 1, 0, 0)


def pick_edge() -> None:
    state = st.session_state
    layer, i, o = state["ch00_edge"]
    new = (i if state["ch00_from"] is None else state["ch00_from"], state["ch00_to"])
    state["ch00_edge"] = (layer, new[0], o if new[1] is None else new[1])


def change_weight() -> None:
    """Put the reader's number into the network; an empty box changes nothing."""
    state, net = st.session_state, stepper()
    layer, i, o = state["ch00_edge"]
    if state["ch00_weight"] is None:
        return
    now, before = net.network.W[layer][i, o], net.frames[-1].answers
    net.set_weight(layer, i, o, state["ch00_weight"])
    changed = int((net.frames[-1].answers != before).sum())
    state["ch00_changed"] = (
        f"From {now:.4f} to {state['ch00_weight']:.4f}: "
        f"{changed} of the hundred cells answer differently."
    )


def show_votes(net: Stepper) -> None:
    cell = int(net.batch[0])
    a, b = divmod(cell, 10)
    x = encode(np.array([a]), np.array([b]), "one_hot", 1)
    p = softmax(net.network(x).reshape(2, 10))
    right = DIGITS.product_digits(np.array([a * b]))[0]
    st.markdown(f"What it gives to each digit of {a} × {b} = {a * b}:")
    st.altair_chart(
        figures.digit_bars(p[::-1], ("tens", "units"), right[::-1].tolist()),
        alt=f"Probability of each digit of {a} times {b}",
    )


def show_backprop(net: Stepper, layer: int, i: int, o: int) -> None:
    a, b = (x[net.batch] for x in DIGITS.cells())
    hand = experiment.by_hand(net.network, DIGITS, a, b, layer, i, o)
    st.markdown(f"The weight {name_of(layer, i, o)}:")
    st.html(terms_table(hand, a, b))
    if hand.back is not None:
        st.markdown(where_dy_came_from(hand, a, b))
    page.prose("backprop_check")
    if pressed("Check this weight, and all of them", "ch00_check"):
        below, above, slope = experiment.nudge(net.network, DIGITS, a, b, layer, i, o)
        errors = experiment.check_gradients(net.network, DIGITS, a, b)
        st.markdown(
            f"With this weight a hair lower the loss is {below:.9f}, a hair higher {above:.9f}: a "
            f"slope of **{slope:.6f}**. Backpropagation says **{hand.total:.6f}**. Over all "
            f"{sum(w.size for w in net.network.parameters)} numbers, the worst of the "
            f"{len(errors)} tensors is off by {max(errors.values()):.0e} of its length."
        )
    page.source(
        mlp.linear_backward,
        mlp.relu_backward,
        mlp.MLP.backward,
        experiment.differences,
        claims_of=("backprop_check",),
    )


def terms_table(hand: ByHand, a: np.ndarray, b: np.ndarray) -> str:
    """x times dy, an example a line, and their sum."""
    places = 0 if (hand.x == hand.x.round()).all() else 3
    rows = "".join(
        f"<tr><th>{x} × {y}</th><td>{into:.{places}f}</td>"
        f"<td>{back:+.4f}</td><td>{term:+.4f}</td></tr>"
        for x, y, into, back, term in zip(a, b, hand.x, hand.dy, hand.terms, strict=True)
    )
    return (
        '<div class="wb-scroll"><table class="wb-table"><tr><th>example</th>'
        '<th class="wb-top">x, came in</th><th class="wb-top">dy, came back</th>'
        f'<th class="wb-top">x · dy</th></tr>{rows}<tr class="wb-sum"><th>dW</th><td></td>'
        f"<td></td><td><b>{hand.total:+.4f}</b></td></tr></table></div>"
    )


def where_dy_came_from(hand: ByHand, a: np.ndarray, b: np.ndarray) -> str:
    """The dy of the first example, as the chain rule puts it together."""
    assert hand.back is not None and hand.slope is not None
    terms, slope = hand.back[0], hand.slope[0]
    largest = np.argsort(-abs(terms))[:3]
    shown = " ".join(f"{terms[k]:+.4f}" for k in sorted(largest))
    rest = terms.sum() - terms[largest].sum()
    gate = "above zero, so it passes on all of it" if slope else "below zero: it passes on nothing"
    return (
        f"Where does the $dy$ of {a[0]} × {b[0]} come from? Each of the twenty votes hands back "
        f"its own $dy$ times its weight. The three largest are {shown}, the others add "
        f"{rest:+.4f}, together {terms.sum():+.4f}. The neuron was {gate}: "
        f"**{hand.dy[0]:+.4f}**."
    )


# ---------------------------------------------------------------- 4. train it live

WIDTHS, DEPTHS = (1, 2, 4, 8, 16, 32, 64), (0, 1, 2, 3)
RATES = (0.0001, 0.001, 0.005, 0.02, 0.1, 0.5, 2.0, 10.0, 100.0)
ENCODINGS = {"one_hot": "one place a number", "scalar": "its size", "log": "its logarithm"}
TARGETS = {"digits": "its digits", "class": "one place a product", "regression": "its size"}
MOST_SECONDS, TICK, SLICE, TICKS = 4.0, 0.1, 0.04, 25
LINK = {
    "ch00_encoding": training.one_of(tuple(ENCODINGS.values())),
    "ch00_rate": training.one_of(RATES),
    "ch00_width": training.one_of(WIDTHS),
    "ch00_depth": training.one_of(DEPTHS),
    "ch00_activation": training.one_of(tuple(mlp.ACTIVATIONS)),
    "ch00_optimiser": training.one_of(tuple(OPTIMISERS)),
    "ch00_init": training.one_of(("he", "xavier")),
    "ch00_target": training.one_of(tuple(TARGETS.values())),
    "ch00_epochs": training.whole(1, 2000),
    "ch00_seed": training.whole(0, 9999),
    "ch00_row": training.one_of(range(10)),
}


@st.fragment
def show_live() -> None:
    training.tell_dropped("ch00_", LINK)
    settings = ask_live()
    going: Going | None = st.session_state.get("ch00_going")
    with st.container(horizontal=True, gap="small"):
        st.button(
            "Train it",
            type="primary",
            icon=":material/play_arrow:",
            key="ch00_live_train",
            on_click=begin,
            args=(settings,),
        )
        if going and not going.ended:
            st.button("Stop", icon=":material/stop:", key="ch00_live_stop", on_click=going.stop)
    if going is None:
        going = st.session_state["ch00_going"] = finished(settings)
    st.fragment(draw_live, run_every=None if going.ended else TICK)()
    page.notice("live_notice")
    page.source(mlp.train, mlp.Adam.step, mlp.initial)


@st.cache_resource(max_entries=4, show_spinner=False)  # 1 MB each, 24 MB the largest network
def finished(settings: Settings) -> Going:
    """A run to its end, or as far as it comes; nobody changes it any more."""
    going = Going(settings, hide(settings.task))
    while not going.ended:
        going.advance(MOST_SECONDS, most=settings.epochs + 1)
        if going.seconds > MOST_SECONDS:
            going.stop()
    return going


def task_of(encoding: str, target: str) -> Task:
    return Task(1, cast(Encoding, encoding), cast(Target, target))


def begin(settings: Settings) -> None:
    st.session_state["ch00_going"] = Going(settings, hide(settings.task))


def ask_live() -> Settings:
    page.prose("live_controls")
    encoding = st.segmented_control(
        "Encoding of the operands",
        list(ENCODINGS),
        default="one_hot",
        required=True,
        format_func=ENCODINGS.__getitem__,
        key="ch00_encoding",
        bind="query-params",
    )
    rate = st.select_slider("Learning rate", RATES, 0.02, key="ch00_rate", bind="query-params")
    with st.expander("More settings"):
        left, right = st.columns(2)
        width = left.select_slider("Width", WIDTHS, 16, key="ch00_width", bind="query-params")
        depth = right.select_slider("Depth", DEPTHS, 1, key="ch00_depth", bind="query-params")
        options: dict[str, Any] = {"required": True, "bind": "query-params"}
        activation = left.segmented_control(
            "Activation", list(mlp.ACTIVATIONS), default="relu", key="ch00_activation", **options
        )
        optimiser = right.segmented_control(
            "Optimiser", list(OPTIMISERS), default="adam", key="ch00_optimiser", **options
        )
        init = left.segmented_control(
            "Init", ["he", "xavier"], default="he", key="ch00_init", **options
        )
        target = right.segmented_control(
            "Target",
            list(TARGETS),
            default="digits",
            format_func=TARGETS.__getitem__,
            key="ch00_target",
            **options,
        )
        epochs = left.number_input(
            "Epochs", 1, 2000, 300, 50, key="ch00_epochs", bind="query-params"
        )
        seed = right.number_input("Seed", 0, 9999, 0, 1, key="ch00_seed", bind="query-params")
        page.prose("live_more")
    return Settings(
        task_of(encoding, target),
        hidden=(width,) * depth,
        activation=activation,
        init=init,
        optimiser=optimiser,
        rate=rate,
        epochs=int(epochs),
        seed=int(seed),
    )


def draw_live() -> None:
    """One tick: a slice of training, then the picture. The film of a whole run when it ends."""
    going: Going = st.session_state["ch00_going"]
    was_going = not going.ended
    if was_going:
        going.advance(SLICE, most=max(1, going.settings.epochs // TICKS))
        if going.seconds > MOST_SECONDS:
            going.stop()
    if was_going and going.ended:
        st.rerun()  # the whole page, once: that stops the timer
    n_shown = int(going.shown.sum())
    show_film(
        "ch00_live_film",
        going.frames if going.ended else going.frames[-1:],
        going.settings,
        going.shown,
        alt="The network in training",
        curve=[(x, k / n_shown) for x, k in zip(going.losses, going.right_shown, strict=True)],
    )
    latest = f"{going.right_shown[-1]} of {n_shown} right after {len(going.losses) - 1} epochs"
    st.markdown(f"{latest}.{how_it_ended(going)}")
    if "too high" in going.ended:
        with st.container(border=True):
            page.prose("live_nan")


def how_it_ended(going: Going) -> str:
    if going.ended == "stopped":
        return " Stopped."
    return f" It ended early: {going.ended}." if going.ended not in ("", "done") else ""


# ---------------------------------------------------------------- 5. what it can't do


@st.fragment
def show_cannot() -> None:
    single = st.segmented_control(
        "Hide", ["a row", "single pairs"], default="a row", required=True, key="ch00_hide"
    )
    if single == "a row":
        row = st.segmented_control(
            "The row of",
            range(10),
            default=7,
            required=True,
            key="ch00_row",
            bind="query-params",
        )
        show_hidden_row(int(row))
    else:
        share = st.slider("Of 100 pairs, hide", 0, 100, 20, 5, key="ch00_share")
        if share == 100:
            st.warning("Then there is nothing to learn from. Show at least some of the cells.")
            return
        for settings, name in ((USUAL, "one place a digit"), (BY_LOG, "logarithms")):
            shown = hide_share(settings.task, share / 100, seed=0)
            st.caption(f"With {name}, hidden in both orders:")
            show_film(
                f"ch00_pairs_{settings.task.encoding}",
                record(settings, shown),
                settings,
                shown,
                alt=f"A network that never saw some of the pairs, given {name}",
            )
    page.source(experiment.film, experiment.hide, mlp.linear_backward)


def show_hidden_row(row: int) -> None:
    shown = hide(DIGITS, [row])
    frames = record(USUAL, shown)
    right, n = right_in(USUAL, frames[-1], ~shown)
    if page.predict(
        "ch00_hidden_row",
        f"All other cells are right. Of the {n} in the row of {row}, how many?",
        FEW_OR_MANY,
        few_or_many(right, n),
        page.text("cannot_why"),
    ):
        show_film(
            "ch00_cannot",
            frames,
            USUAL,
            shown,
            alt=f"The network that never saw the row of {row}: its edges are as they began",
        )
        page.notice("cannot_notice")

    page.prose("log")
    if row == 0:
        st.info("Zero has no logarithm, so there is no such row. Hide another one.")
        return
    shown = hide(BY_LOG.task, [row])
    frames = record(BY_LOG, shown)
    right, n = right_in(BY_LOG, frames[-1], ~shown)
    if page.predict(
        "ch00_log_row",
        f"With logarithms, how many of the {n} in the row of {row} come out right?",
        FEW_OR_MANY,
        few_or_many(right, n),
        page.text("log_why"),
    ):
        show_film(
            "ch00_log",
            frames,
            BY_LOG,
            shown,
            alt="A network that is given logarithms: the hidden row appears whole",
        )
        page.notice("log_notice")


FEW_OR_MANY = ("under a third", "about half", "over two thirds")


def few_or_many(part: int, n: int) -> str:
    return FEW_OR_MANY[int(np.searchsorted([1 / 3, 2 / 3], part / n, side="right"))]


HOLDOUT_NAMES = {
    ("one_hot", "class"): "one place a number, one place a product",
    ("digits", "digits"): "one place a digit, its digits",
    ("scalar", "regression"): "size in, size out",
    ("log", "class"): "logarithm in, one place a product",
    ("log", "regression"): "logarithm in, logarithm out",
}


@st.fragment
def show_holdout() -> None:
    rows = rows_of("holdout.jsonl")
    if not rows:
        return
    guess = sum(row["errors_guess"] for row in select(rows, encoding="one_hot"))
    wrong = sum(row["errors_hidden"] for row in select(rows, encoding="one_hot"))
    options = ("about as often as a constant guess", "clearly more often")
    if not page.predict(
        "ch00_holdout",
        "One place a number: how often is it right on hidden cells?",
        options,
        options[int(wrong < 0.9 * guess)],
        page.text("holdout_why"),
    ):
        return
    points = [
        {
            "arm": name,
            "share": 1 - row["errors_hidden"] / row["n_hidden"],
            "seed": row["cell"]["seed"],
            "errors": f"{row['errors_hidden']} of {row['n_hidden']}",
        }
        for (encoding, target), name in HOLDOUT_NAMES.items()
        for row in select(rows, encoding=encoding, target=target)
    ]
    st.altair_chart(
        bars.seeds(points, share="hidden cells right"),
        width="stretch",
        alt="Share of hidden cells right, a point a seed, for five ways of writing the table",
    )
    page.notice("holdout_notice")
    page.source(experiment.hide_share, claims_of=("holdout_why", "holdout_notice"))


# ---------------------------------------------------------------- exercises


@st.fragment
def exercise_neuron() -> None:
    page.prose("ex_neuron")
    left, right = st.columns(2)
    w1 = left.number_input("First weight", -10.0, 10.0, 1.0, 0.05, key="ch00_ex_w1")
    w2 = right.number_input("Second weight", -10.0, 10.0, 1.0, 0.05, key="ch00_ex_w2")
    if w1 is None or w2 is None:
        st.warning("Both weights are numbers from -10 to 10.")
        return
    misses = [Neuron(a, b, w1, w2).error for a, b in ((3, 4), (6, 2))]
    said = " and ".join(
        f"{a} × {b} gives {a * b + miss:.2f}"
        for (a, b), miss in zip(((3, 4), (6, 2)), misses, strict=True)
    )
    worst = int(np.argmax(np.abs(misses)))
    name, miss = ("3 × 4", "6 × 2")[worst], misses[worst]
    show_verdict(
        max(map(abs, misses)) <= NEAR_ENOUGH,
        f"{said}.",
        f"{name} is {'too large' if miss > 0 else 'too small'}. The weight that meets the larger "
        f"operand there, the {'second' if worst == 0 else 'first'}, moves it most.",
    )
    page.source(Neuron)


@st.fragment
def exercise_width() -> None:
    page.prose("ex_width")
    width = st.slider("Width of the hidden layer", 1, 32, 4, key="ch00_ex_width")
    rate = st.select_slider("Learning rate", RATES, 0.02, key="ch00_ex_rate")
    if not pressed("Run it", "ch00_ex_run_width", icon=":material/play_arrow:"):
        return
    found = {w: known_by_seed(w, rate) for w in (width, width - 1) if w >= 1}
    said = f"Width {width}: right in {', '.join(map(str, found[width]))} of 100 cells."
    if min(found[width]) < 100:
        show_verdict(False, said, "Some seeds stay short. Give it more neurons, or larger steps.")
    elif width > 1 and min(found[width - 1]) == 100:
        show_verdict(False, said, f"At this rate width {width - 1} knows all of them as well.")
    else:
        show_verdict(
            True, f"{said} At this rate no smaller width does. Does another rate do better?"
        )
    page.source(experiment.right_cells)


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


@st.fragment
def exercise_hide() -> None:
    page.prose("ex_hide")
    share = st.slider("Hide this many of 100 pairs", 10, 90, 20, 5, key="ch00_ex_share")
    left, right_side = st.columns(2)
    encoding = left.segmented_control(
        "Encoding",
        list(ENCODINGS),
        default="one_hot",
        required=True,
        format_func=ENCODINGS.__getitem__,
        key="ch00_ex_encoding",
    )
    target = right_side.segmented_control(
        "Target",
        list(TARGETS),
        default="digits",
        required=True,
        format_func=TARGETS.__getitem__,
        key="ch00_ex_target",
    )
    if not pressed("Run it", "ch00_ex_run_hide", icon=":material/play_arrow:"):
        return
    settings = Settings(task_of(encoding, target), hidden=(32,), rate=0.05, epochs=600)
    shown = hide_share(settings.task, share / 100, seed=0)
    right, n = right_in(settings, record(settings, shown)[-1], ~shown)
    product_zero = (settings.task.cells()[0] * settings.task.cells()[1] == 0) & ~shown
    zeros = right_in(settings, record(settings, shown)[-1], product_zero)[0]
    hint = f"Hide at least {LEAST_HIDDEN} in 100 of the pairs." if share < LEAST_HIDDEN else ""
    if right < LEAST_RIGHT * n:
        hint = (
            f"Of the {right} it has right, {zeros} are products with zero. What would make the "
            "rows share their weights?"
        )
    show_verdict(
        share >= LEAST_HIDDEN and right >= LEAST_RIGHT * n,
        f"Right in {right} of the {n} hidden cells.",
        hint,
    )
    page.source(experiment.hide_share)


# ---------------------------------------------------------------- the page

page.open()
page.prose("opening")
show_first()
page.notice("opening_notice")
page.source(experiment.film, mlp.train, claims_of=("opening_notice",))

page.prose("neuron")
show_neuron()
page.source(Neuron, experiment.error_surface)

page.prose("network")
show_network()

page.prose("live")
show_live()

page.prose("cannot")
show_cannot()
page.prose("holdout")
show_holdout()
page.box("Why care", "care")
page.prose("bigger")
page.prose("end")

page.prose("exercises")
exercise_neuron()
exercise_width()
exercise_hide()
page.prose("read")
page.symbols()
