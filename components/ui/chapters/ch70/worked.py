"""The worked numbers in the prose of chapter 7: computed by lab, by their names in the text."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from components.ui.chapters.ch70 import probes
from components.ui.chapters.ch70.probes import PROMPT, TABLE, TEXT
from components.ui.lazily import lazily
from components.ui.runs import take_with_progress

paths = lazily("lab.scene.paths")
recompute = lazily("lab.scene.recompute")
session = lazily("lab.scene.session")


@st.cache_data(show_spinner=False)
def home() -> str:
    """Where the first digit of 7*8=56 leads, always by the largest part."""
    scene = session.open_up(take_with_progress(TABLE), TABLE, TEXT, probes.packed(TABLE))
    reader = recompute.Reader(scene.manifest, scene.blobs)
    token = scene.manifest["vocabulary"].index(TEXT[len(PROMPT)])
    way = paths.way_home(reader, paths.logit(reader, len(PROMPT) - 1, token))
    start, end = way[0], way[-1]
    return (
        f"{len(way) - 1} steps lead to the `{TEXT[end.position]}` that you typed. "
        f"This one way carries {100 * end.value / start.value:.1f} in 100 of the logit"
    )


def in_small(x: float) -> str:
    return "exactly zero" if x == 0 else f"{x:.0e}, which is rounding" if x < 1e-4 else f"{x:.3f}"


def largest() -> str:
    """How many times as large as ours the largest of the models for scale is, to three digits."""
    sizes = [model.published for model in probes.for_scale()]
    return f"{float(f'{sizes[-1] / sizes[0]:.3g}'):,.0f}"


CALC: dict[str, Callable[[], str]] = {
    "takes_part": lambda: f"{100 * probes.takes_part():.1f} in 100",
    "equals_place": lambda: f"{PROMPT.index('=') + 1}",
    "home": home,
    "cache_change": lambda: in_small(probes.cache_change()),
    "before_the_change": lambda: in_small(probes.before_the_change()),
    "largest": largest,
    "without_last": lambda: f"`{probes.without_the_last_ffn()}`",
}
