"""Where every measured figure of the book comes from."""

from __future__ import annotations

import numpy as np
import streamlit as st

from components.ui.chapter import Chapter
from components.ui.claims import index
from components.ui.words import one_in
from lab.data.problems import HELDOUT_FROM, TEST_FROM, two_digit_split
from lab.statistics import CHANCE


def table_heldout() -> int:
    """One-digit pairs, in either order, that no other model trains on."""
    return int(np.sum(two_digit_split()[:10, :10] >= HELDOUT_FROM))


CALCULATIONS = {
    "table_heldout": lambda: f"{table_heldout()}",
    "chance": lambda: one_in(CHANCE),
    "validation": lambda: one_in((TEST_FROM - HELDOUT_FROM) / (1 - HELDOUT_FROM)),
}

page = Chapter("91_claims", CALCULATIONS)
page.open()
page.prose("opening")

looked = [index.look_up(name) for name in index.CLAIMS]
st.dataframe(
    [
        {
            "Claimed": x.claim.statement,
            "Measured": x.measured.shown if x.measured else f"missing: {x.problem}",
            "Errors": f"{x.measured.errors:,}"
            if x.measured and x.measured.errors is not None
            else "",
            "n": f"{x.measured.n:,}" if x.measured and x.measured.n is not None else "",
            "At least (95%)": f"{x.measured.bound:.5f}" if x.measured and x.measured.bound else "",
            "Read before": "yes" if x.measured and x.measured.read_before else "",
            "Seeds": ", ".join(map(str, x.source.get("seeds", []))),
            "Command": x.source.get("command", ""),
            "Date": x.source.get("date", ""),
            "Commit": x.source.get("commit", ""),
            "CPU": x.source.get("cpu", ""),
            "Record": x.claim.record,
            "Name": x.name,
        }
        for x in looked
    ],
    width="stretch",
    height=60 + 36 * len(looked),
    hide_index=True,
)
page.prose("reading")
