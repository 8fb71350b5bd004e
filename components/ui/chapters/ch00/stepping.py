"""What a reader does by hand in sections 1 to 3: the state of the visit, and what each press does.

`ch00_path`: the pairs of weights the neuron went through. `ch00_net`: the network that is stepped.
`ch00_edge`: the edge that the reader picked.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from components.ui.chapters.ch00.chain_rule import name_of
from components.ui.chapters.ch00.probes import BY_STEPS
from components.ui.drawings.network import Edge
from lab.by_hand.mlp_experiment import Neuron, Stepper

A, B = 3, 4
W_LOW, W_HIGH = -2.0, 5.0
W_FIRST = 1.0

SEVEN_TIMES_EIGHT = 78
BATCH = 10
STEPS = {"One example": [1], "One batch": [BATCH], "One epoch": [BATCH] * 10}
MOST_STEPS = 2000


def said(about: str) -> str:
    """What the last press left to tell, once."""
    return st.session_state.pop(f"ch00_{about}", "")


# ---------------------------------------------------------------- one neuron


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
            f"That step leads to ({ahead.w1:.1f}, {ahead.w2:.1f}), outside this picture, so you "
            "stand at its edge. The rate is too high for this valley."
        )
    state["ch00_w1"], state["ch00_w2"] = inside
    state["ch00_path"] = [*state["ch00_path"], (inside[0], inside[1])]


def back_to_the_start() -> None:
    st.session_state.update(ch00_w1=W_FIRST, ch00_w2=W_FIRST, ch00_path=[(W_FIRST, W_FIRST)])


# ---------------------------------------------------------------- the network


def stepper() -> Stepper:
    if "ch00_net" not in st.session_state:
        rewind()
    return st.session_state["ch00_net"]


def rewind() -> None:
    net = st.session_state["ch00_net"] = Stepper.start(BY_STEPS, SEVEN_TIMES_EIGHT)
    net.waiting = [SEVEN_TIMES_EIGHT]  # the framed cell is the one that a first step is on


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


# ---------------------------------------------------------------- one of its edges


def picked_edge() -> Edge:
    """The edge that the reader picked; until then, the strongest of the first layer."""
    return st.session_state.get("ch00_edge") or strongest(0)


def strongest(layer: int) -> Edge:
    """The edge of a layer whose weight the latest examples pull at most."""
    gradient = stepper().frames[-1].dW[layer]
    i, o = np.unravel_index(abs(gradient).argmax(), gradient.shape)
    return layer, int(i), int(o)


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
    pick(strongest(layer))


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
        f"From {now:.4f} to {weight:.4f}: {changed} of the hundred cells answer differently."
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
    with st.expander("Pick the example and the edge by numbers"):
        for key, which in (("ch00_ex_a", "First"), ("ch00_ex_b", "Second")):
            label = f"{which} digit of the example"
            st.number_input(label, 0, 9, step=1, key=key, on_change=look_at_typed)
        st.segmented_control("Layer", [1, 2], required=True, key="ch00_pick", on_change=pick_layer)
        st.number_input("From", 0, n_in - 1, key="ch00_from", **ends)
        st.number_input("To", 0, n_out - 1, key="ch00_to", **ends)
    st.number_input(
        f"Weight {name_of(edge)}",
        -100.0,
        100.0,
        step=0.1,
        format="%.4f",
        key="ch00_weight",
        on_change=change_weight,
    )
    if changed := said("changed"):
        st.markdown(changed)
