"""The exercise of chapter 6, second page: loads evened out by hand."""

from __future__ import annotations

import numpy as np
import streamlit as st

from components.ui.chapter import Chapter
from components.ui.chapters.ch61 import figures, worked
from components.ui.exercise_verdict import show_verdict
from lab.readings import join_words


def even_out(page: Chapter) -> None:
    """Four biases with which no expert gets more tokens than another."""
    page.table("The scores of eight tokens", worked.score_rows())
    bias = np.zeros(len(worked.LOGITS))
    for i, column in enumerate(st.columns(len(bias))):
        with column:
            bias[i] = page.choose(f"bias{i}", f"Expert {i}", worked.BIASES, 0.0)
    loads = worked.loads_with(bias)
    page.draw(figures.loads(loads), alt="How many of the tokens each expert gets")
    said = f"The experts get {join_words([str(n) for n in loads])} tokens."
    show_verdict(max(loads) == min(loads), said, hint_of(loads))
    page.source(
        "components.ui.chapters.ch61.worked.loads_with", "components.ui.chapters.ch61.worked.chosen"
    )


def hint_of(loads: list[int]) -> str:
    most, least = int(np.argmax(loads)), int(np.argmin(loads))
    return (
        f"Expert {most} has the most and expert {least} the least. "
        "Which of their biases moves one token and no more?"
    )
