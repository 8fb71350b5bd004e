"""Where every measured figure of the book comes from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape
from itertools import chain

import numpy as np
import streamlit as st

from components.ui.book import CONTENTS, GROUPS, Entry
from components.ui.chapter import Chapter
from components.ui.chapters.ch30 import worked as curriculum
from components.ui.claims import claim_index
from components.ui.claims.claim import Looked
from components.ui.claims.standing import standing_of
from components.ui.link import Link, drop, said, text_up_to
from components.ui.words import one_in
from lab.data.problems import HELDOUT_FROM, TEST_FROM, two_digit_split
from lab.readings import Counts
from lab.statistics import CHANCE


def table_heldout() -> int:
    """One-digit pairs, in either order, that no other model trains on."""
    return int(np.sum(two_digit_split()[:10, :10] >= HELDOUT_FROM))


EXAMPLE = "curriculum.wrong_4x4"
"""The claim that the page follows to its end."""


def example_minutes() -> int:
    """What its reading took, on the machine of its record."""
    return round(claim_index.look_up(EXAMPLE).source["seconds"] / 60)


CALCULATIONS = {
    "example_minutes": lambda: f"{example_minutes()}",
    "example_most": curriculum.CALC["allowed"],
    "example_goal": curriculum.CALC["share_shown"],
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
    question = x.claim.question
    worst = isinstance(question, Counts) and question.together != "pooled"
    which = "worst run" if worst and (n or bound) else ""
    parts = (which, n, bound, "evaluated before" * m.read_before)
    return " · ".join(part for part in parts if part)


def told(x: Looked) -> str:
    """All that a search looks through."""
    parts = (x.name, page_of(x).title, x.claim.statement, value(x), counted(x), x.claim.record)
    return no_commas(" ".join(parts).lower())


def no_commas(text: str) -> str:
    """1361 for 1,361, so that either is found."""
    return re.sub(r"(?<=\d),(?=\d{3})", "", text)


def beginning(words: str) -> re.Pattern[str]:
    """These words, where a word or a number begins."""
    return re.compile(r"(?<![\w.])" + re.escape(words))


Patterns = Sequence[re.Pattern[str]]


def patterns_of(sought: str, claims: Iterable[Looked]) -> Patterns:
    """All that is typed as it stands; if no claim says that, each of its words."""
    sought = no_commas(sought)
    whole = [beginning(sought)]
    return whole if matching(claims, whole) else [*map(beginning, sought.split())]


def matching(claims: Iterable[Looked], patterns: Patterns) -> list[Looked]:
    return [x for x in claims if all(pattern.search(told(x)) for pattern in patterns)]


def page_of(x: Looked) -> Entry:
    return next(entry for entry in CONTENTS if entry.url == x.name.partition(".")[0])


def as_html(x: Looked, look: str = "wb-claim") -> str:
    """Its sentence, its value, the way to its figure; its record behind a click."""
    seeds = ", ".join(map(str, x.source.get("seeds", [])))
    rest = [x.name, f"seeds {seeds}" if seeds else ""]
    rest += [str(x.source.get(place, "")) for place in PLACES]
    standing = standing_of(x.name)
    words = "Open its figure" if standing.section else "Open its page"
    return (
        f'<div class="{look}"><p>{escape(x.claim.statement)}</p>'
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
def show_group(entry: Entry, sought: str, patterns: Patterns, n: int, opened: bool) -> None:
    """The claims of a page, folded: until it is opened, nothing of them is read or drawn."""
    label = f"**{entry.title}** · {n} claim{'s' if n > 1 else ''}"
    key = f"{page.prefix}{entry.url}_{sought}"
    with st.expander(label, expanded=opened, key=key, on_change="rerun") as fold:
        if fold.open:
            rows = "".join(map(as_html, matching(claims_on(entry), patterns)))
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
        placeholder="carry, 0 errors, 1,361, rope, race.jsonl",
        help="A word of a claim, its value, the address of its page, or its record.",
    )
    return claim_index.renamed((typed or "").strip().lower())


page = Chapter("91_claims", CALCULATIONS)
link = Link(SEARCH)
page.open()
page.prose("opening")
st.html(as_html(claim_index.look_up(EXAMPLE), "wb-claim followed"))
page.prose("example")

makes = {entry: n for entry in CONTENTS if (n := n_claims(entry))}
patterns: Patterns = ()
found = makes
if sought := ask():
    patterns = patterns_of(sought, chain.from_iterable(map(claims_on, makes)))
    found = {entry: len(matching(claims_on(entry), patterns)) for entry in makes}
n_found = sum(found.values())
n_pages = sum(n > 0 for n in found.values())
st.caption(
    f"{n_found:,} of {sum(makes.values()):,} claims, on {n_pages} page{'s' * (n_pages != 1)}."
    + ("" if sought else " Open a page to see its claims.")
)
with st.container(key="claims", gap="xsmall"):
    for part, entries in GROUPS.items():
        some = [entry for entry in entries if found.get(entry)]
        if some:
            st.html(f'<div class="wb-part">{part}</div>')
        for entry in some:
            show_group(entry, sought, patterns, found[entry], bool(sought) and n_found <= FEW)
if not n_found:
    st.info(
        f"No claim has {sought!r} in it. Try one word of a statement (carry), a value (0 errors), "
        "a page (rope) or a record (race.jsonl); an empty box shows every claim."
    )
page.prose("reading")
with page.top:
    for one in (page.link, link):
        one.close(all_drawn=True)
