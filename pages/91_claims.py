"""Where every measured figure of the book comes from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from itertools import chain

import numpy as np
import streamlit as st

from components.ui.book import CONTENTS, Entry
from components.ui.chapter import Chapter
from components.ui.claims import claim_index
from components.ui.claims.claim import Looked
from components.ui.claims.standing import standing_of
from components.ui.link import Link, drop, said, text_up_to
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
FEW = 40
"""So many claims that a search finds are all shown at once; of more, their pages stay folded."""

SEARCH, OLD_SEARCH = "q", "ch91_find"
"""In the address, and as links of before say it."""

PLACES = ("command", "date", "commit", "cpu")
"""Of a record, what a claim tells besides."""


# ---------------------------------------------------------------- a claim in words


def value(x: Looked) -> str:
    """What was measured, or why there is nothing."""
    return f"missing: {x.problem}" if x.measured is None else x.shown


def counted(x: Looked) -> str:
    """Errors and n, where the value does not say them already, and its bound."""
    m = x.measured
    if m is None:
        return ""
    n = ""
    if m.n is not None and f"{m.n:,}" not in m.shown:
        n = f"n = {m.n:,}" if m.errors is None else f"errors/n {m.errors:,}/{m.n:,}"
    bound = f"at least {m.bound:.5f} right (95%)" if m.bound else ""
    return " · ".join(part for part in (n, bound, "evaluated before" * m.read_before) if part)


def told(x: Looked) -> str:
    """All that a search looks through."""
    parts = (x.name, page_of(x).title, x.claim.statement, value(x), counted(x), x.claim.record)
    return " ".join(parts).lower()


def matching(claims: Sequence[Looked], sought: str) -> list[Looked]:
    """Those that have each of its words; one that begins with a digit is no end of a longer
    number."""
    words = [
        re.compile((r"(?<![\d.,])" if word[0].isdigit() else "") + re.escape(word))
        for word in sought.split()
    ]
    return [x for x in claims if all(word.search(told(x)) for word in words)]


def page_of(x: Looked) -> Entry:
    return next(entry for entry in CONTENTS if entry.url == x.name.partition(".")[0])


def as_html(x: Looked) -> str:
    """Its sentence, its value, the way to its figure; its record behind a click."""
    seeds = ", ".join(map(str, x.source.get("seeds", [])))
    rest = [x.name, f"seeds {seeds}" if seeds else ""]
    rest += [str(x.source.get(place, "")) for place in PLACES]
    standing = standing_of(x.name)
    words = "Open its figure" if standing.section else "Open its page"
    return (
        f'<div class="wb-claim"><p>{escape(x.claim.statement)}</p>'
        f"<div><b>{escape(value(x))}</b><span>{escape(counted(x))}</span></div>"
        f'<footer><a href="{escape(standing.link)}">{words}</a>'
        f"<details><summary>{escape(x.claim.record)}</summary>"
        f"<small>{escape(' · '.join(part for part in rest if part))}</small></details>"
        "</footer></div>"
    )


# ---------------------------------------------------------------- the claims of a page


def n_claims(entry: Entry) -> int:
    """How many a page makes, cells of its tables among them; no record is read."""
    tables = claim_index.tables_of(entry.url).values()
    return len(claim_index.claims_of(entry.url)) + sum(len(table.claims()) for table in tables)


def claims_on(entry: Entry) -> list[Looked]:
    own = [claim_index.look_up(name) for name in claim_index.claims_of(entry.url)]
    cells = (claim_index.cells_of(name).values() for name in claim_index.tables_of(entry.url))
    return [*own, *chain.from_iterable(cells)]


@st.fragment
def show_group(entry: Entry, sought: str, n: int, opened: bool) -> None:
    """The claims of a page, folded: until it is opened, nothing of them is read or drawn."""
    label = f"**{entry.title}** · {n} claim{'s' if n > 1 else ''}"
    key = f"{page.prefix}{entry.url}_{sought}"
    with st.expander(label, expanded=opened, key=key, on_change="rerun") as fold:
        if fold.open:
            rows = "".join(map(as_html, matching(claims_on(entry), sought)))
            st.html(f'<div class="wb-claims">{rows}</div>')


def ask() -> str:
    """What a reader looks for; the address says it, so that a search can be sent on."""
    before = page.link.take(OLD_SEARCH, *text_up_to(MOST_TYPED))
    if before and said(OLD_SEARCH):
        if said(SEARCH) is None and SEARCH not in st.session_state:
            st.query_params[SEARCH] = before
        drop(OLD_SEARCH)  # or it would come back once the box is emptied
    link.take(SEARCH, *text_up_to(MOST_TYPED))
    typed = st.text_input(
        "Find a claim",
        key=SEARCH,
        bind="query-params",
        max_chars=MOST_TYPED,
        placeholder="a word, a value, a page or a record: carry, 0 errors, rope, race.jsonl",
    )
    return claim_index.renamed((typed or "").strip().lower())


page = Chapter("91_claims", CALCULATIONS)
link = Link(SEARCH)
page.open()
page.prose("opening")

makes = {entry: n for entry in CONTENTS if (n := n_claims(entry))}
if sought := ask():
    found = {entry: len(matching(claims_on(entry), sought)) for entry in makes}
else:
    found = makes
found = {entry: n for entry, n in found.items() if n}
n_found = sum(found.values())
st.caption(
    f"{n_found} of {sum(makes.values())} claims, on {len(found)} page{'s' * (len(found) != 1)}."
    + ("" if sought else " Open a page to see its claims.")
)
with st.container(key="claims", gap="xsmall"):
    for entry, n in found.items():
        show_group(entry, sought, n, bool(sought) and n_found <= FEW)
if not found:
    st.info(
        f"No claim has {sought!r} in it. Try one word of a statement (carry), a value (0 errors), "
        "a page (rope) or a record (race.jsonl); an empty box shows every claim."
    )
page.prose("reading")
with page.top:
    for one in (page.link, link):
        one.close(all_drawn=True)
