"""The reader's own mix: what is in it, and two runs on it, one of them from random weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from components.ui.chapter import Chapter
from components.ui.chapters.ch30 import claims, mixing
from components.ui.chapters.ch30.mixing import Mix
from components.ui.lazily import lazily
from components.ui.live import training
from components.ui.records import rows_of
from lab.data.sources import Source
from lab.readings import Row

live = lazily("lab.recipes.live")

KEY = "ch30_live"

PARTS = {
    "random": ("Random two-digit sums", 40),
    "rehearsed": ("Rehearsal of one digit", 25),
    "carries": ("Sums with far carries", 20),
    "zeros": ("Sums with zeros", 15),
}
"""Of a mix, by their names in `Blend`: the words for each, and how much there is of it at first."""

IN_NAMES = {
    "random": "random sums",
    "carries": "far carries",
    "zeros": "zeros",
    "rehearsed": "rehearsal",
}
USUAL: Mix = {part: amount for part, (_, amount) in PARTS.items()}


def fine_tuning(page: Chapter) -> None:
    """Ask for a mix, show what is in it, and train on it, side by side."""
    left, right = st.columns(2)
    with left:
        found = mixing.ask_mix(page, "mix", PARTS, source_of, kept="mix")
    random = dict.fromkeys(PARTS, 0) | {"random": 1}
    mixing.show_mix(page, source_of(found.mix), source_of(random), found.seed, right)
    draw_buttons(found.mix, found.why_not)
    rows = rows_of("fine_tuning.jsonl")
    training.watch(KEY, run_name, recorded_curves(rows) if rows else ())


def source_of(mix: Mix) -> Source:
    """What a run on a mix reads. `ValueError` if that is nothing."""
    return live.fine_tune(**mix).data


# ---------------------------------------------------------------- the runs


def draw_buttons(mix: Mix, why_not: str) -> None:
    with st.container(horizontal=True, gap="small"):
        for scratch, words in ((False, "Fine-tune the twin"), (True, "Train from scratch")):
            st.button(
                words,
                key=f"ch30_{'scratch' if scratch else 'tune'}",
                icon=":material/play_arrow:",
                disabled=bool(why_not),
                help=why_not or None,
                on_click=train_on,
                args=(mix, scratch),
            )


def train_on(mix: Mix, scratch: bool) -> None:
    training.launch(KEY, {**mix, "scratch": scratch}, recipe="fine_tune")


def run_name(arguments: Mapping[str, Any]) -> str:
    """How it began, and what is unusual in its mix: 'fine-tuned, no rehearsal, zeros 40'."""
    said = ["from scratch" if arguments.get("scratch") else "fine-tuned"]
    for part, words in IN_NAMES.items():
        amount = arguments.get(part, USUAL[part])
        if amount != USUAL[part]:
            said.append(f"{words} {amount}" if amount else f"no {words}")
    return ", ".join(said)


def recorded_curves(record: Sequence[Row]) -> list[dict[str, Any]]:
    """Loss and held-out share of the recorded runs with the seed and the rate of live ones."""
    usual = live.fine_tune()
    begun = {
        "fine-tuned, recorded": claims.tuned(usual.rate, scratch=False),
        "from scratch, recorded": claims.tuned(usual.rate, scratch=True),
    }
    return [
        {"run": name, "step": step, "what": what, "value": value}
        for name, question in begun.items()
        for row in question.rows.where(seed=usual.seed).of(record)
        for step, errors, n, loss in row["curve"]
        for what, value in (("loss", loss), ("held out", 1 - errors / n))
    ]
