"""The exercises of chapter 5, second page: a query set by hand, and thin threads thrown away."""

from __future__ import annotations

import numpy as np
import streamlit as st

from components.ui.chapter import Chapter
from components.ui.chapters.ch51 import probes, worked
from components.ui.exercises import show_verdict
from components.ui.lazily import lazily

residual = lazily("lab.model.residual")
depth = lazily("lab.interp.depth")

WANTED = 0.8
"""The share that FFN 0 is to have."""

QUERIES = tuple(float(x) for x in range(-4, 5))
BELOW = (0.0, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3)
HALF, FEW = 0.5, 5
"""At least so large a part of the threads is to be cut, with at most so many sums wrong."""


def a_query_by_hand(page: Chapter) -> None:
    """Two numbers of a query; the shares that they give three notes."""
    left, right = st.columns(2)
    with left:
        first = page.choose("w0", "First number of the query", QUERIES, 0.0, words=as_number)
    with right:
        second = page.choose("w1", "Second number of the query", QUERIES, 0.0, words=as_number)
    shares, read = worked.mixed((first, second))
    rows = [
        {
            "note": name,
            "numbers": worked.vector(note),
            "over its rms": worked.vector(worked.key_of(n)),
            "share": f"{share:.2f}",
        }
        for n, (name, note, share) in enumerate(
            zip(worked.NAMES, worked.NOTES, shares, strict=True)
        )
    ]
    st.dataframe(rows, hide_index=True, width="stretch")
    page.numbers("Shares of three notes", rows)
    said = f"What is read is {worked.vector(read)}; {worked.NAMES[2]} has {shares[2]:.2f} of it."
    show_verdict(shares[2] >= WANTED, said, hint_of(shares))
    page.source(residual.DepthStream.pattern, residual.DepthStream.mix)


def as_number(x: float) -> str:
    return f"{x:g}"


def hint_of(shares: list[float]) -> str:
    if max(shares) - min(shares) < 1e-6:
        return "A query of zeros reads all notes alike."
    winner = worked.NAMES[int(np.argmax(shares))]
    if winner != worked.NAMES[2]:
        return f"Most is read of {winner}, which lies more in the direction of your query."
    return "The direction is right. A longer query chooses more sharply."


def thin_threads(page: Chapter) -> None:
    """A bound on shares: what lies under it is cut, and a hundred sums are asked again."""
    below = page.choose("below", "Cut every share below", BELOW, 0.0, words=as_number)
    found = probes.thinned(below)
    part = found.cut / found.threads
    said = (
        f"Of all threads, {round(100 * part)} in 100 are cut, and {found.errors} of {found.n} sums "
        f"go wrong."
    )
    hint = ""
    if below:
        many = part >= HALF
        hint = "That costs too many sums." if many else "Thinner ones are left: go on."
        if not many and found.errors > FEW:
            hint = "Too many sums go wrong already: is there a bound between the two?"
    show_verdict(part >= HALF and found.errors <= FEW, said, hint)
    page.source(depth.thinned)
