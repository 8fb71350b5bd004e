"""The run of section 4, drawn as it goes on."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from components.ui.chapters.ch00.probes import ERRANDS, MOST_SECONDS, finished
from components.ui.drawings.network import show_film
from lab.by_hand.mlp_experiment import Going, Settings, hide

TICK, SLICE, TICKS = 0.08, 0.03, 25
"""Seconds between two pictures, seconds of training for each, and how many of a run at least."""


def watch(settings: Settings, explain: Callable[[], None]) -> None:
    """Start, stop and picture of a run; before the first press, a finished one. `explain` says what
    becomes of one whose rate is too high."""
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
        if going and not going.ended and pressed_stop():
            going.stop()
            st.rerun()  # the whole page, once: that stops the timer
    if going is None:
        going = st.session_state["ch00_going"] = finished(settings)
    st.fragment(partial(draw, explain), run_every=None if going.ended else TICK)()


def show_errands() -> None:
    """What the prose tells of, a press each: the settings it takes are folded away."""
    with st.container(horizontal=True, gap="small"):
        for name, (words, settings) in ERRANDS.items():
            label = words[0].upper() + words[1:]
            st.button(label, key=f"ch00_errand_{name}", on_click=run_errand, args=(settings,))


SAME_NAME = ("activation", "init", "optimiser", "rate", "epochs", "seed")
"""Controls that are called as the setting is."""


def run_errand(settings: Settings) -> None:
    """Put a run's settings into the controls, and begin it."""
    shown = {
        "encoding": settings.task.encoding,
        "target": settings.task.target,
        "width": settings.hidden[0],
        "depth": len(settings.hidden),
        **{name: getattr(settings, name) for name in SAME_NAME},
    }
    st.session_state.update({f"ch00_{control}": value for control, value in shown.items()})
    begin(settings)


def pressed_stop() -> bool:
    return st.button("Stop", icon=":material/stop:", key="ch00_live_stop")


def begin(settings: Settings) -> None:
    st.session_state["ch00_going"] = Going(settings, hide(settings.task))


def draw(explain: Callable[[], None]) -> None:
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
