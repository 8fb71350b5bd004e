"""Where every measured figure of the book comes from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

import numpy as np
import streamlit as st

from components.ui.book import CONTENTS
from components.ui.chapter import Chapter
from components.ui.claims import claim_index
from components.ui.claims.claim import Looked
from components.ui.link import text_up_to
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

MOST_TYPED = 80

PLACES = ("command", "date", "commit", "cpu")
"""Of a record, what a claim tells besides."""


def value(x: Looked) -> str:
    """What was measured, with what it was counted over; or why there is nothing."""
    if x.measured is None:
        return f"missing: {x.problem}"
    m = x.measured
    counted = m.n is not None and f"{m.n:,}" not in m.shown
    parts = [
        x.shown,
        f"n = {m.n:,}" if counted else "",
        "evaluated before" if m.read_before else "",
    ]
    bound = f"at least {m.bound:.5f} right (95%)" if m.bound else ""
    return ", ".join(part for part in (*parts, bound) if part)


def told(x: Looked) -> str:
    """All that a search looks through."""
    return f"{x.name} {x.claim.statement} {value(x)} {x.claim.record}"


def as_html(x: Looked) -> str:
    """Two lines, the sentence and its value; the rest behind a click."""
    seeds = ", ".join(map(str, x.source.get("seeds", [])))
    rest = [x.name, x.claim.record, f"seeds {seeds}" if seeds else ""]
    rest += [str(x.source.get(place, "")) for place in PLACES]
    return (
        f"<details><summary>{escape(x.claim.statement)}<b>{escape(value(x))}</b></summary>"
        f"<small>{escape(' · '.join(part for part in rest if part))}</small></details>"
    )


def by_page(claims: Sequence[Looked]) -> Iterator[str]:
    """The claims of each page under its title, in the order of the book."""
    for entry in CONTENTS:
        own = [x for x in claims if x.name.split(".")[0] == entry.url]
        if own:
            yield f"<h2>{escape(entry.title)} <small>{len(own)}</small></h2>"
            yield from map(as_html, own)


page = Chapter("91_claims", CALCULATIONS)
page.open()
page.prose("opening")

looked = [claim_index.look_up(name) for name in claim_index.all_claims()] + claim_index.all_cells()
page.link.take("ch91_find", *text_up_to(MOST_TYPED))
asked = st.text_input(
    "Find a claim",
    key="ch91_find",
    bind="query-params",
    max_chars=MOST_TYPED,
    placeholder="a word, a figure or a page: carry, 0 errors, rope",
)
sought = claim_index.renamed((asked or "").strip().lower())
found = [x for x in looked if sought in told(x).lower()]
st.caption(f"{len(found)} of {len(looked)} claims. A click shows where a figure comes from.")
if found:
    st.html(f'<div class="wb-claims">{"".join(by_page(found))}</div>')
else:
    st.info("No claim contains these letters. Try a single word, or empty the box.")
page.prose("reading")
with page.top:
    page.link.close(all_drawn=True)
