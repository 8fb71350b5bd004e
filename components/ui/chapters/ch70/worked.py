"""The worked numbers in the prose of chapter 7: computed by lab, by their names in the text."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from components.ui.chapters.ch70 import probes
from components.ui.chapters.ch70.probes import PROMPT, TABLE, TEXT
from components.ui.lazily import lazily
from components.ui.runs import take_with_progress

if TYPE_CHECKING:
    from lab.scene.recompute import Reader

cost = lazily("lab.model.cost")
head_costs = lazily("lab.interp.head_costs")
recompute = lazily("lab.scene.recompute")
session = lazily("lab.scene.session")


def read() -> Reader:
    """The numbers of 7*8=56$."""
    scene = session.open_up(take_with_progress(TABLE), TABLE, TEXT, probes.packed(TABLE))
    return recompute.Reader(scene.manifest, scene.blobs)


@st.cache_data(show_spinner=False)
def meeting() -> dict[str, str]:
    """Where the 8 first reads the 7: the head of layer 0 that gives it the largest share."""
    reader, asks, fetched = read(), PROMPT.index("8"), PROMPT.index("7")
    head = int(reader.read("blocks.0.pattern", slice(None), asks, fetched).argmax())
    query, key = reader.read("blocks.0.q", head, asks), reader.read("blocks.0.k", head, fetched)
    return {
        "head": f"{head}",
        "product": f"{query @ key:.2f}",
        "root": f"$\\sqrt{{{len(query)}}}$",
        "score": f"{query @ key / len(query) ** 0.5:.2f}",
        "share": f"{100 * reader.number('blocks.0.pattern', head, asks, fetched):.3f} in 100",
    }


@st.cache_data(show_spinner=False)
def dearest() -> dict[str, str]:
    """The head whose loss costs the answer most, what is written without it, and what the = reads
    through it."""
    lost = head_costs.head_costs(take_with_progress(TABLE).model, TEXT, len(PROMPT))[0]
    asks = len(PROMPT) - 1
    shares = read().read(f"blocks.{lost.layer}.pattern", lost.head, asks)
    return {
        "layer": f"{lost.layer}",
        "head": f"{lost.head}",
        "writes": f"`{lost.writes}`",
        "reads": f"`{TEXT[int(shares.argmax())]}`",
        "share": "over 99.9 in 100" if shares.max() > 0.999 else f"{100 * shares.max():.1f} in 100",
    }


def share_of(role: str) -> str:
    """Of all parameters, those of one role."""
    sizes = cost.parameters(take_with_progress(TABLE).model)
    return f"{100 * sizes[role] / sum(sizes.values()):.1f} in 100"


def in_small(x: float) -> str:
    return "exactly zero" if x == 0 else f"{x:.0e}, which is rounding" if x < 1e-4 else f"{x:.3f}"


def largest() -> str:
    """How many times as large as ours the largest of the models for scale is, to three digits."""
    sizes = [model.parameters for model in probes.for_scale()]
    return f"{float(f'{sizes[-1] / sizes[0]:.3g}'):,.0f}"


CALC: dict[str, Callable[[], str]] = {
    "takes_part": lambda: f"{100 * probes.takes_part():.1f} in 100",
    "equals": lambda: f"{PROMPT.index('=')}",
    "tokens": lambda: f"{len(TEXT)}",
    "width": lambda: f"{take_with_progress(TABLE).model.config.d_model}",
    **{
        f"meet_{what}": lambda what=what: meeting()[what]
        for what in ("head", "product", "root", "score", "share")
    },
    **{
        f"dear_{what}": lambda what=what: dearest()[what]
        for what in ("layer", "head", "writes", "reads", "share")
    },
    "ffn_share": lambda: share_of("ffn"),
    "attention_share": lambda: share_of("attention"),
    "cache_change": lambda: in_small(probes.cache_change()),
    "before_the_change": lambda: in_small(probes.before_the_change()),
    "drawer": lambda: f"{probes.drawer()[0]}",
    "lost": lambda: " and ".join(f"`{product}`" for product in probes.drawer()[1]),
    "largest": largest,
    "without_last": lambda: f"`{probes.without_the_last_ffn()}`",
}
