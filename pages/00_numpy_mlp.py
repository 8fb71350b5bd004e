"""Chapter 0: what a gradient is, what a layer does, and what learning by heart is worth."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components.ui.chapter import Chapter
from components.ui.chapters.ch00 import figures, probes, worked
from components.ui.chapters.ch00.probes import BY_LOG, BY_STEPS, DIGITS, LIVE, USUAL, record
from components.ui.chapters.ch00.worked import (
    AS_A_GUESS,
    CALC,
    DEPTHS,
    ENCODINGS,
    FEW_OR_MANY,
    INITS,
    LEAST_HIDDEN,
    LEAST_RIGHT,
    LEFT_OUT,
    NEAR_ENOUGH,
    NEURON_RATES,
    RATE_FIRST,
    RATE_HIGH,
    RATES,
    SHARE,
    START_NAMES,
    STARTS,
    TARGETS,
    W_FIRST,
    W_HIGH,
    W_LOW,
    WAYS_IN,
    WIDTHS,
    A,
    B,
    held_out_points,
    start_chosen,
    walks,
)
from components.ui.drawings.network import Edge, show_film
from components.ui.exercise_verdict import show_verdict
from components.ui.link import OWN
from components.ui.page_records import rows_of
from components.ui.plots import dots
from components.ui.plots.ends import shares
from lab.by_hand import mlp
from lab.by_hand import mlp_experiment as experiment
from lab.by_hand.mlp import Encoding, Numbers, Target, Task
from lab.by_hand.mlp_experiment import (
    OPTIMISERS,
    ByHand,
    Cells,
    Frame,
    Neuron,
    Rule,
    Settings,
    hide,
    hide_share,
)

page = Chapter("00_numpy_mlp", CALC)
page.open()


def pressed(label: str, key: str, **look: Any) -> bool:
    """A button; has it been pressed since the last drawing?"""
    st.button(
        label, key=key, on_click=lambda: st.session_state.update({f"{key}_pressed": True}), **look
    )
    return st.session_state.pop(f"{key}_pressed", False)


def draw_film(
    key: str, frames: Sequence[Frame], settings: Settings, shown: Cells, *, alt: str, **rest: Any
) -> None:
    """A network in training, and its loss as a table to take along."""
    show_film(key, frames, settings, shown, alt=alt, **rest)
    page.numbers(alt, [{"frame": frame.epoch, "loss": frame.loss} for frame in frames])


# ---------------------------------------------------------------- a row that it never saw


def ask_what_is_left_out() -> tuple[Settings, Cells, int | None]:
    """The network, the cells that it is shown, and the row that is hidden, if one is."""
    guesses = [f"ch00_{row}_row{own}" for row in ("hidden", "log") for own in OWN]
    page.link.knows("ch00_row", "ch00_share", *guesses)  # one of these is drawn
    left, middle, right = st.columns([3, 2, 3])
    with left:
        left_out = page.choose("hide", "Left out", LEFT_OUT)
    with right:
        encoding = page.choose(
            "written", "Digits go in as", tuple(WAYS_IN), words=WAYS_IN.__getitem__
        )
    settings = BY_LOG if encoding == "log" else USUAL
    with middle:
        if left_out == "a row":
            row = page.choose("row", "The row of", range(10), 7, kind="segments")
            return settings, hide(settings.task, [row]), row
        if left_out == "single pairs":
            share = page.number("share", "Of 100 cells, hide", 5, 95, SHARE, 5)
            return settings, hide_share(settings.task, share / 100, seed=0), None
    return settings, hide(settings.task), None


def guess_the_row(settings: Settings, row: int) -> bool:
    if settings is USUAL:
        return page.guess(
            f"The row of {row} is never shown, all other cells are. How many of its cells does the "
            "network get right?",
            FEW_OR_MANY,
            lambda: worked.right_of_row(USUAL, row),
            frame=worked.cells_of(USUAL, row),
            name="hidden_row",
        )
    if row == 0:
        st.info("Zero has no logarithm, so there is no such row. Hide another one.")
        return True
    return page.guess(
        f"With logarithms, how many cells of the row of {row} come out right?",
        FEW_OR_MANY,
        lambda: worked.right_of_row(BY_LOG, row),
        frame=worked.cells_of(BY_LOG, row),
        name="log_row",
    )


def what_to_notice(settings: Settings, row: int | None) -> str:
    if row is not None:
        return "cannot_notice" if settings is USUAL else "log_notice"
    return "cannot_pairs_notice" if st.session_state["ch00_hide"] == "single pairs" else "whole"


def told(*guesses: str) -> bool:
    """Is one of these guesses told?"""
    kept = {*st.session_state, *st.query_params}
    return page.revealed or any(f"ch00_{name}{own}" in kept for name in guesses for own in OWN)


def logs_are_told(settings: Settings) -> bool:
    """Does the reader see, or know, what logarithms do to a hidden row?"""
    return settings is BY_LOG or told("log_row")


def may_see_pairs(settings: Settings) -> bool:
    """Single pairs say what becomes of a row: not before the guess about it."""
    return settings is BY_LOG or told("hidden_row", "log_row")


def never_shown(row: int | None, pairs: bool) -> str:
    """Above the figure: what it is, and what a hand does."""
    left_out = "The dashed cells are" if pairs else f"The row of {row} is"
    shown = "Every cell is shown" if row is None and not pairs else f"{left_out} never shown"
    return f"{shown} in training. Tap a cell to see its way through the network."


def n_hidden_in(shown: Cells) -> str:
    n = int((~shown).sum())
    return f"{n} of {len(shown)} cells hidden" if n else "on the whole table"


@page.section("opening", told=False, was=("cannot",))
def what_it_was_never_shown() -> None:
    """The figure of the page: what is left out, how digits go in, and a guess before it answers."""
    figure = page.place("first_film")
    settings, shown, row = ask_what_is_left_out()
    if page.alone is None:
        page.prose("opening")
    about = what_to_notice(settings, row)
    pairs = about == "cannot_pairs_notice"
    may_see = (
        guess_the_row(settings, row) if row is not None else not pairs or may_see_pairs(settings)
    )
    with figure:
        draw_film(
            "ch00_first",
            record(settings, shown),
            settings,
            shown,
            alt=f"A network of two layers in training, given {WAYS_IN[settings.task.encoding]}, "
            f"{n_hidden_in(shown)}",
            headline=never_shown(row, pairs),
            play=True,
            seconds=5.0,
            covered=not may_see,
        )
    if may_see:
        page.notice(about)
        if pairs and logs_are_told(settings):
            page.prose("cannot_pairs_log")
    elif pairs:
        page.prose("cannot_pairs_first")
    page.source(
        "lab.by_hand.mlp_experiment.film",
        "lab.by_hand.mlp_experiment.hide",
        "lab.by_hand.mlp.train",
    )


# ---------------------------------------------------------------- 1. one neuron

WEIGHTS = np.linspace(W_LOW, W_HIGH, 43)
SURFACE = experiment.error_surface(A, B, WEIGHTS, WEIGHTS)


@page.section("neuron")
def one_neuron() -> None:
    page.prose("neuron_controls")
    left, middle, right = st.columns(3)
    for name in ("ch00_w1", "ch00_w2"):
        st.session_state.setdefault(name, W_FIRST)
    w1 = left.slider("First weight", W_LOW, W_HIGH, step=0.01, key="ch00_w1")
    w2 = middle.slider("Second weight", W_LOW, W_HIGH, step=0.01, key="ch00_w2")
    with right:
        rate = page.choose("neuron_rate", "Rate", NEURON_RATES, RATE_FIRST)
    path = worked.path_to(w1, w2)
    with st.container(horizontal=True, gap="small"):
        st.button(
            "One step", key="ch00_step", on_click=worked.take_step, args=(rate,), type="primary"
        )
        st.button("Back to the start", key="ch00_back", on_click=worked.back_to_the_start)
    if left_the_picture := probes.said("left"):
        st.warning(left_the_picture)
    neuron = Neuron(A, B, w1, w2)
    ahead = neuron.stepped(rate)
    picture, beside = st.columns([2, 1])
    with picture:
        page.draw(
            figures.error_surface(SURFACE, WEIGHTS, WEIGHTS, path, (ahead.w1, ahead.w2)),
            alt="The error for every pair of weights, where you stand, and the next step",
        )
    beside.html(figures.graph_of_operations(neuron))
    page.prose("neuron_graph")
    if page.guess(
        f"One step at a rate of {RATE_HIGH}: what becomes of the error?",
        ("it shrinks", "it stays", "it grows"),
        "it grows" if neuron.largest_rate < RATE_HIGH else "it shrinks",
        name="overshoot",
    ):
        page.notice()
    page.source("lab.by_hand.mlp_experiment.Neuron", "lab.by_hand.mlp_experiment.error_surface")


@page.section("valley", told=False)
def two_ways_into_one_valley() -> None:
    """The browser fetches plotly for it, so it is drawn once a reader opens it."""
    with page.deeper(
        "the valley as a landscape, and two optimisers in it", when_open="valley_opened"
    ) as opened:
        if not opened:
            return
        page.prose("valley")
        page.prose("valley_controls")
        page.draw(
            figures.valley(SURFACE, WEIGHTS, WEIGHTS, walks()),
            alt="The error over both weights as a gutter with a level floor. Momentum rolls "
            "straight down and up the other side; Adam crosses on the diagonal. They rest at "
            "different points",
            config={"scrollZoom": False, "displaylogo": False},
        )
        page.notice()
        page.source(
            "lab.by_hand.mlp_experiment.walk",
            "lab.by_hand.mlp.Momentum.step",
            "lab.by_hand.mlp.Adam.step",
        )


# ---------------------------------------------------------------- 2. and 3. step by step


def show_signal(hand: ByHand, edge: Edge, a: Numbers, b: Numbers) -> None:
    """The example that says most, as a signal on its way back; it moves once, and once a press."""
    picture, beside = st.columns(2, vertical_alignment="center")
    with beside:
        st.markdown(worked.where_dy_came_from(hand, edge[2], a, b))
        st.button("Play it again", key="ch00_signal", on_click=probes.play_again)
    played = st.session_state.get("ch00_played", 0)
    picture.html(figures.signal_back(hand, edge, a, b, played))


def by_hand(edge: Edge) -> None:
    """Section 3: the gradient of the picked edge, the way it came, and a check of it."""
    page.prose("backprop")
    st.code(inspect.getsource(mlp.linear_backward), language="python", wrap_lines=True)
    page.prose("backprop_hand")
    net = probes.stepper()
    a, b = (x[net.batch] for x in DIGITS.cells())
    hand = experiment.by_hand(net.asked, DIGITS, a, b, *edge)
    st.markdown(f"The weight {probes.describe_edge(edge)}:")
    if hand.terms.any():
        show_signal(hand, edge, a, b)
    st.html(figures.terms_table(hand, a, b))
    if not hand.terms.any():
        page.prose("backprop_still")
        st.button(
            "Pick an edge that is lit",
            key="ch00_moves",
            on_click=probes.pick_strongest,
            args=(edge[0],),
        )
    page.prose("backprop_logits")
    page.prose("backprop_check")
    if pressed("Check this weight, and all of them", "ch00_check"):
        nudged = experiment.nudge(net.asked, DIGITS, a, b, *edge)
        errors = experiment.check_gradients(net.asked, DIGITS, a, b)
        n = sum(w.size for w in net.network.parameters)
        st.markdown(worked.compared(nudged, hand.total, errors, n))
    page.source(
        "lab.by_hand.mlp.linear_backward",
        "lab.by_hand.mlp.cross_entropy",
        "lab.by_hand.mlp.relu_backward",
        "lab.by_hand.mlp.MLP.backward",
        "lab.by_hand.mlp_experiment.differences",
        claims_of=["backprop_check_aside"],
    )


@page.section("network")
def step_by_step() -> None:
    page.guess(
        "A blind guess gives the right digit a probability of one in ten. What is the loss of a "
        "network that gives it one in a hundred?",
        ("well below", "near or above"),
        worked.loss_of_a_tenth,
        frame=worked.LOSS_OF_A_TENTH,
        name="blind",
    )
    page.prose("network_controls")
    probes.show_buttons()
    edge = probes.picked_edge()
    draw_film(
        "ch00_steps",
        probes.stepper().frames,
        BY_STEPS,
        hide(DIGITS),
        alt="The network, its edges coloured by the gradient of the last step",
        unit="step",
        view="gradients",
        picked=edge,
        on_pick=probes.pick,
        asked=probes.stepper().batch.tolist(),
        on_cell=probes.look_at,
        over=(" over the framed cells, before the step", " in the whole table, after it"),
    )
    probes.ask_weight(edge)
    page.notice()
    page.source(
        "lab.by_hand.mlp.MLP.forward", "lab.by_hand.mlp.softmax", "lab.by_hand.mlp.cross_entropy"
    )
    by_hand(edge)


# ---------------------------------------------------------------- 4. train it live


def task_of(encoding: Encoding, target: Target) -> Task:
    return Task(1, encoding, target)


def ask_live(row: DeltaGenerator) -> Settings:
    """`row`: where the rarer settings are folded away."""
    page.prose("live_controls")
    encoding = page.choose(
        "encoding", "Encoding of the operands", list(ENCODINGS), words=ENCODINGS.__getitem__
    )
    rate = page.choose("rate", "Learning rate", RATES, LIVE.rate)
    with row.popover("Width, depth, optimiser and seed"):
        left, right = st.columns(2)
        with left:
            width = page.choose("width", "Width", WIDTHS, LIVE.hidden[0])
            activation = page.choose("activation", "Activation", list(mlp.ACTIVATIONS))
            init = page.choose("init", "Init", INITS)
            epochs = page.number("epochs", "Epochs", 1, 2000, LIVE.epochs, 50, typed=True)
        with right:
            depth = page.choose("depth", "Depth", DEPTHS, 1)
            optimiser: Rule = page.choose(
                "optimiser", "Optimiser", list(OPTIMISERS), LIVE.optimiser
            )
            target = page.choose("target", "Target", list(TARGETS), words=TARGETS.__getitem__)
            seed = page.number("seed", "Seed", 0, 9999, 0, 1, typed=True)
        page.prose("live_more")
        page.prose(f"live_{optimiser}")
    return Settings(
        task_of(encoding, target),
        hidden=(width,) * depth,
        activation=activation,
        init=init,
        optimiser=optimiser,
        rate=rate,
        epochs=epochs,
        seed=seed,
    )


@page.section("live")
def train_it_yourself() -> None:
    controls, row = st.container(), st.container(horizontal=True, gap="small")
    with controls:
        settings = ask_live(row)
    probes.show_errands(settings)
    probes.watch_run(settings, row, lambda: page.prose("live_nan"))
    page.notice()
    step = f"lab.by_hand.mlp.{OPTIMISERS[settings.optimiser].__name__}.step"
    page.source("lab.by_hand.mlp.train", step, "lab.by_hand.mlp.initial")


def by_cell(outputs: Numbers) -> list[dict[str, float]]:
    """A row a cell, a column a neuron."""
    cells = zip(*DIGITS.cells(), outputs, strict=True)
    return [
        {"a": int(a), "b": int(b), **{f"neuron_{o}": float(h) for o, h in enumerate(row)}}
        for a, b, row in cells
    ]


@page.section("neurons")
def what_a_neuron_answers_to() -> None:
    start = page.choose("start", "Start", STARTS, kind="segments", words=START_NAMES.__getitem__)
    settings = start_chosen()
    shown, left = hide(DIGITS), probes.right_without_each(settings)
    show_film(
        "ch00_neurons",
        record(settings, shown)[::5],
        settings,
        shown,
        alt="The trained network without the neuron that you click",
        dark=left.index(min(left)),
        alike=worked.alike_neurons(settings),
    )
    outputs = experiment.hidden_outputs(probes.trained(settings), DIGITS)
    page.numbers("What each neuron passes on", by_cell(outputs))
    page.prose("neurons_equal" if start == "equal" else "neurons_random")
    page.source(
        "lab.by_hand.mlp_experiment.hidden_outputs",
        "lab.by_hand.mlp_experiment.right_without",
        "lab.by_hand.mlp.initial",
    )


# ---------------------------------------------------------------- 5. what it can't do

page.prose("cannot")

with page.deeper("cells hidden here and there, and a table of ten thousand"):

    @page.section("holdout")
    def cells_here_and_there() -> None:
        rows = rows_of("holdout.jsonl")
        if not rows or not page.guess(
            "One-hot in, one output a product: how often is the network right on hidden cells?",
            AS_A_GUESS,
            lambda: worked.as_a_guess(rows),
            frame=worked.HELD_OUT_RIGHT,
        ):
            return
        page.draw(
            dots.seeds(
                points := held_out_points(rows), "hidden cells right", shares(), said=["right"]
            ),
            alt="Share of hidden cells right for five ways to write the table, each point one seed",
        )
        st.caption(dots.in_pairs(points, points[0]["arm"], more=True))
        page.notice()
        page.source("lab.by_hand.mlp_experiment.hide_share")

    page.prose("bigger")

page.prose("end")


# ---------------------------------------------------------------- exercises

page.prose("exercises")


with page.exercise("two products, one neuron"):

    @page.section("ex_neuron")
    def two_products_one_neuron() -> None:
        left, right = st.columns(2)
        with left:
            w1 = page.number("ex_w1", "First weight", -10.0, 10.0, 1.0, 0.05, typed=True)
        with right:
            w2 = page.number("ex_w2", "Second weight", -10.0, 10.0, 1.0, 0.05, typed=True)
        neurons = [Neuron(a, b, w1, w2) for a, b in ((3, 4), (6, 2))]
        worst = max(neurons, key=lambda neuron: abs(neuron.error))
        show_verdict(
            abs(worst.error) <= NEAR_ENOUGH,
            f"{' and '.join(f'{n.a} × {n.b} gives {n.y:.2f}' for n in neurons)}.",
            f"{worst.a} × {worst.b} is {'too large' if worst.error > 0 else 'too small'}. The "
            "weight that meets the larger operand there, the "
            f"{'first' if worst.a > worst.b else 'second'}, moves it most.",
        )
        page.source("lab.by_hand.mlp_experiment.Neuron")


with page.exercise("as few neurons as you can"):

    @page.section("ex_width")
    def as_few_neurons_as_you_can() -> None:
        width = page.number("ex_width", "Width of the hidden layer", 1, 32, 4)
        rate = page.choose("ex_rate", "Learning rate", RATES, USUAL.rate)
        if not pressed("Run it", "ch00_ex_run_width", icon=":material/play_arrow:"):
            return
        found = {w: probes.known_by_seed(w, rate) for w in (width, width - 1) if w >= 1}
        said = f"Width {width}: right in {', '.join(map(str, found[width]))} of 100 cells."
        if min(found[width]) < 100:
            show_verdict(
                False, said, "Some seeds fall short. Give it more neurons, or larger steps."
            )
        elif width > 1 and min(found[width - 1]) == 100:
            show_verdict(False, said, f"At this rate width {width - 1} knows all of them as well.")
        else:
            show_verdict(
                True, f"{said} At this rate no smaller width does. Does another rate do better?"
            )
        page.source("lab.by_hand.mlp_experiment.right_cells")


with page.exercise("hide as much as you can"):

    @page.section("ex_hide")
    def hide_as_much_as_you_can() -> None:
        share = page.number("ex_share", "Hide this many of 100 cells", 10, 90, 20, 5)
        left, right_side = st.columns(2)
        with left:
            encoding = page.choose(
                "ex_encoding", "Encoding", list(ENCODINGS), words=ENCODINGS.__getitem__
            )
        with right_side:
            target = page.choose("ex_target", "Target", list(TARGETS), words=TARGETS.__getitem__)
        if not pressed("Run it", "ch00_ex_run_hide", icon=":material/play_arrow:"):
            return
        settings = Settings(task_of(encoding, target), hidden=(32,), rate=0.05, epochs=600)
        shown = hide_share(settings.task, share / 100, seed=0)
        last = record(settings, shown)[-1]
        a, b = settings.task.cells()
        right, n = probes.right_in(settings, last, ~shown)
        zeros, _ = probes.right_in(settings, last, (a * b == 0) & ~shown)
        hint = f"Hide at least {LEAST_HIDDEN} in 100 of the cells." if share < LEAST_HIDDEN else ""
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
        page.source("lab.by_hand.mlp_experiment.hide_share")


page.close("read")
