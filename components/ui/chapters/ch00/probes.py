"""The networks of chapter 0: runs, kept for readers that ask the same; the run that is drawn as it
goes on; and the network that a reader steps by hand.

Of the visit are kept `ch00_going`, the run that is drawn; `ch00_net`, the network that is stepped;
and `ch00_edge`, the edge that the reader picked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components.ui.computed_ahead import ahead
from components.ui.drawings.network import Edge, show_film
from lab.benchmarks.mlp_training import SMALL
from lab.by_hand.mlp import MLP, Activation, Target, Task
from lab.by_hand.mlp_experiment import (
    Cells,
    Frame,
    Going,
    Settings,
    Stepper,
    film,
    hide,
    right_cells,
    right_without,
)
from lab.numerals import written

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
    "class": ("no activation, one output a product", live_with("class", "none")),
    "relu": ("its size as target, width 64", live_with("regression", width=64)),
    "size": ("its size, width 64, no activation", live_with("regression", "none", 64)),
}
"""What section 4 tells of: its name on the page, and what it trains."""

MOST_SECONDS = 4.0
WIDTH_EPOCHS, WIDTH_SEEDS = 400, (0, 1, 2)


@st.cache_resource(max_entries=8, show_spinner=False)  # about 2 MB each
def run_of(settings: Settings, hidden: tuple[int, ...]) -> list[Frame]:
    """A whole run; `hidden`: the numbers of the cells it is not shown. All that ask get the same
    frames, which nobody changes: a view asks a dozen times, and a copy takes milliseconds."""
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


@ahead
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


# ---------------------------------------------------------------- section 4: a run as it goes on

TICK, SLICE, TICKS = 0.08, 0.03, 25
"""Seconds between two pictures, seconds of training for each, and how many of a run at least."""


def watch_run(settings: Settings, row: DeltaGenerator, explain: Callable[[], None]) -> None:
    """A run of these settings, which begins by itself where they are others than before; at first a
    finished one. It is stopped in a `row` that is there in any case, so that nothing moves.
    `explain` says what becomes of one whose rate is too high."""
    going: Going | None = st.session_state.get("ch00_going")
    if going is None:
        going = st.session_state["ch00_going"] = finished(settings)
    elif going.settings != settings:
        begin_run(settings)
        going = st.session_state["ch00_going"]
    assert going is not None
    if not going.ended:
        if row.button("Stop", icon=":material/stop:", key="ch00_live_stop"):
            going.stop()
            st.rerun()  # the whole page, once: that stops the timer
    elif going.ended == "stopped":
        row.button("Train it again", key="ch00_live_train", on_click=begin_run, args=(settings,))
    st.fragment(partial(draw_run, explain), run_every=None if going.ended else TICK)()


def show_errands(settings: Settings) -> None:
    """What the prose tells of, a press each: most of the settings it takes are folded away."""
    same = [name for name, (_, of_errand) in ERRANDS.items() if of_errand == settings]
    st.session_state["ch00_errand"] = same[0] if same else None
    st.pills(
        "Or a whole network",
        list(ERRANDS),
        format_func=lambda name: ERRANDS[name][0],
        key="ch00_errand",
        on_change=take_errand,
        wrap=True,
    )


SAME_NAME = ("activation", "init", "optimiser", "rate", "epochs", "seed")
"""Controls that are called as the setting is."""


def take_errand() -> None:
    """Put a network's settings into the controls."""
    if (name := st.session_state["ch00_errand"]) is None:
        return
    _, settings = ERRANDS[name]
    shown = {
        "encoding": settings.task.encoding,
        "target": settings.task.target,
        "width": settings.hidden[0],
        "depth": len(settings.hidden),
        **{name: getattr(settings, name) for name in SAME_NAME},
    }
    st.session_state.update({f"ch00_{control}": value for control, value in shown.items()})


def begin_run(settings: Settings) -> None:
    st.session_state["ch00_going"] = Going(settings, hide(settings.task))


def draw_run(explain: Callable[[], None]) -> None:
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
            explain()


def how_it_ended(going: Going) -> str:
    if going.ended == "stopped":
        return " Stopped."
    return f" It ended early: {going.ended}." if going.ended not in ("", "done") else ""


# ---------------------------------------------------------------- sections 2 and 3: stepped by hand

SEVEN_TIMES_EIGHT, THREE_TIMES_FOUR = 78, 34
ALONE = "Learn 3 × 4"
BATCH = 10
STEPS = {"One example": [1], "One batch": [BATCH], "One epoch": [BATCH] * 10}
MOST_STEPS = 2000


def said(about: str) -> str:
    """What the last press left to tell, once."""
    return st.session_state.pop(f"ch00_{about}", "")


def stepper() -> Stepper:
    if "ch00_net" not in st.session_state:
        rewind()
    return st.session_state["ch00_net"]


def rewind() -> None:
    net = st.session_state["ch00_net"] = Stepper.start(BY_STEPS, SEVEN_TIMES_EIGHT)
    net.waiting = [SEVEN_TIMES_EIGHT]  # the framed cell is the one that a first step is on


def learn_alone(cell: int) -> None:
    """From the start, one step on this cell and no other."""
    rewind()
    look_at(cell)
    step_by([1])


def step_by(sizes: list[int]) -> None:
    net = stepper()
    if net.frames[-1].epoch + len(sizes) > MOST_STEPS:
        st.session_state["ch00_stepped"] = f"After {MOST_STEPS:,} steps it is time to rewind."
        return
    try:
        for n in sizes:
            net.step(n)
    except FloatingPointError as error:
        st.session_state["ch00_stepped"] = f"{error}. Rewind to begin again."


def look_at(cell: int) -> None:
    stepper().look_at(cell)


def look_at_typed() -> None:
    look_at(10 * st.session_state["ch00_ex_a"] + st.session_state["ch00_ex_b"])


def show_buttons() -> None:
    with st.container(horizontal=True, gap="small"):
        st.button("Learn 3 × 4", key="ch00_alone", on_click=learn_alone, args=(THREE_TIMES_FOUR,))
        for name, sizes in STEPS.items():
            st.button(
                name,
                key=f"ch00_by_{sizes[0]}_{len(sizes)}",
                on_click=step_by,
                args=(sizes,),
            )
        st.button("Rewind", key="ch00_rewind", on_click=rewind, icon=":material/replay:")
    if not_stepped := said("stepped"):
        st.warning(not_stepped)


def describe_edge(edge: Edge) -> str:
    """An edge in words: 'from the first digit 7 to hidden neuron 3'."""
    layer, i, o = edge
    if layer == 0:
        which = "first" if i < 10 else "second"
        return f"from the {which} digit {i % 10} to hidden neuron {o}"
    return f"from hidden neuron {i} to the vote for {o % 10} {'units' if o < 10 else 'tens'}"


def picked_edge() -> Edge:
    """The edge that the reader picked; until then, the strongest of the first layer."""
    return st.session_state.get("ch00_edge") or stepper().strongest(0)


def pick(edge: Edge) -> None:
    st.session_state["ch00_edge"] = edge


def show_picked(edge: Edge) -> None:
    """Put an edge and its weight into the boxes that change them."""
    layer, i, o = edge
    weight = float(stepper().network.W[layer][i, o])
    st.session_state.update(ch00_pick=layer + 1, ch00_from=i, ch00_to=o, ch00_weight=weight)


def pick_layer() -> None:
    pick_strongest(st.session_state["ch00_pick"] - 1)


def pick_strongest(layer: int) -> None:
    pick(stepper().strongest(layer))


def pick_ends() -> None:
    pick((picked_edge()[0], st.session_state["ch00_from"], st.session_state["ch00_to"]))


def change_weight() -> None:
    """Put the reader's number into the network, on an edge that stays picked."""
    net, weight = stepper(), st.session_state["ch00_weight"]
    layer, i, o = edge = picked_edge()
    now, before = net.network.W[layer][i, o], net.frames[-1].answers
    net.set_weight(layer, i, o, weight)
    pick(edge)
    changed = int((net.frames[-1].answers != before).sum())
    st.session_state["ch00_changed"] = (
        f"From {written(now, '{:.4f}')} to {written(weight, '{:.4f}')}: {changed} of the "
        "hundred cells answer differently."
    )


def play_again() -> None:
    st.session_state["ch00_played"] = st.session_state.get("ch00_played", 0) + 1


def ask_weight(edge: Edge) -> None:
    """The picked edge and its weight, to be changed by hand. Without a mouse it is picked by its
    numbers, and so is the example."""
    n_in, n_out = stepper().network.W[edge[0]].shape
    show_picked(edge)
    ends: dict[str, Any] = {"step": 1, "on_change": pick_ends}
    a, b = divmod(int(stepper().batch[0]), 10)
    st.session_state.update(ch00_ex_a=a, ch00_ex_b=b)
    with st.popover("Pick the example and the edge by numbers"):
        for key, which in (("ch00_ex_a", "First"), ("ch00_ex_b", "Second")):
            label = f"{which} digit of the example"
            st.number_input(label, 0, 9, step=1, key=key, on_change=look_at_typed)
        st.segmented_control("Layer", [1, 2], required=True, key="ch00_pick", on_change=pick_layer)
        st.number_input("From", 0, n_in - 1, key="ch00_from", **ends)
        st.number_input("To", 0, n_out - 1, key="ch00_to", **ends)
    st.number_input(
        f"Weight {describe_edge(edge)}",
        -100.0,
        100.0,
        step=0.1,
        format="%.4f",
        key="ch00_weight",
        on_change=change_weight,
    )
    if changed := said("changed"):
        st.markdown(changed)
