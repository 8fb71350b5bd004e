"""The exercises of chapter 5, second page: a query set by hand, and thin connections cut."""

from __future__ import annotations

import numpy as np
import streamlit as st

from components.ui.chapter import Chapter
from components.ui.chapters.ch51 import probes, worked
from components.ui.exercise_verdict import show_verdict
from lab.numerals import written

WANTED = 0.8
"""The share that FFN 0 is to have."""

QUERIES = tuple(float(x) for x in range(-4, 5))
BELOW = (0.0, 0.01, 0.02, 0.03, 0.05, 0.06, 0.07, 0.08, 0.1, 0.15, 0.2)
HALF, FEW = 50, 5
"""At least so many in a hundred connections are to be cut, with at most so many problems wrong."""


def a_query_by_hand(page: Chapter) -> None:
    """Two numbers of a query; the shares that they give three contributions."""
    left, right = st.columns(2)
    with left:
        first = page.choose("w0", "First number of the query", QUERIES, 0.0, words=written)
    with right:
        second = page.choose("w1", "Second number of the query", QUERIES, 0.0, words=written)
    shares, read = worked.mixed((first, second))
    rows = [
        {
            "contribution": name,
            "numbers": worked.vector(contribution),
            "divided by its rms": worked.vector(worked.key_of(n)),
            "share": f"{share:.2f}",
        }
        for n, (name, contribution, share) in enumerate(
            zip(worked.NAMES, worked.CONTRIBUTIONS, shares, strict=True)
        )
    ]
    page.table("Shares of three contributions", rows)
    said = f"The mix is {worked.vector(read)}; {worked.NAMES[2]} has a share of {shares[2]:.2f}."
    show_verdict(shares[2] >= WANTED, said, hint_of(shares))
    page.source("lab.model.residual.DepthStream.pattern", "lab.model.residual.DepthStream.mix")


def hint_of(shares: list[float]) -> str:
    if max(shares) - min(shares) < 1e-6:
        return "A query of zeros gives all contributions the same share."
    winner = worked.NAMES[int(np.argmax(shares))]
    if winner != worked.NAMES[2]:
        return f"The largest share goes to {winner}, whose key lies more in your query's direction."
    return "The direction is right. A longer query chooses more sharply."


def thin_threads(page: Chapter) -> None:
    """A bound on shares, or on amounts: what lies under it is cut, and sums are asked again."""
    left, right = st.columns(2)
    with left:
        by = page.choose("cut_by", "Cut by", worked.WEIGHED)
    with right:
        below = page.choose("below", "Cut all below", BELOW, 0.0, words=written)
    cut, connections, errors, n = probes.thinned(below, by == worked.WEIGHED[1])
    part = round(100 * cut / connections)
    said = (
        f"Of all connections, {part} in 100 are cut, "
        f"and {errors} of {n} problems {'goes' if errors == 1 else 'go'} wrong."
    )
    enough, right_still = part >= HALF, errors <= FEW
    hint = ""
    if below and not (enough and right_still):
        hint = HINTS[enough, right_still]
    show_verdict(enough and right_still, said, hint)
    page.source("lab.interp.depth.thinned")


HINTS = {
    (False, True): "Few problems go wrong: cut more.",
    (True, False): "Enough are cut, but too many problems go wrong.",
    (False, False): "A thin connection need not be idle: it brings its share times the length of "
    "the contribution.",
}
