"""Where a measured number of the book comes from, and how far it is to be trusted."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from html import escape
from itertools import chain
from urllib.parse import urlencode

import numpy as np
import streamlit as st

from components.ui.book import BEHIND, CONTENTS, GROUPS, Entry
from components.ui.chapter import Chapter
from components.ui.chapters.ch30 import worked as curriculum
from components.ui.claims import claim_index
from components.ui.claims.claim import Looked
from components.ui.claims.search import (
    Patterns,
    counted,
    matching,
    page_of,
    patterns_of,
    spaced,
    value,
)
from components.ui.claims.standing import standing_of
from components.ui.link import Link, drop, said, text_up_to
from components.ui.words import one_in
from lab.data.problems import HELDOUT_FROM, TEST_FROM, two_digit_split
from lab.readings import ENOUGH_SEEDS, Measured
from lab.statistics import CHANCE, chance_of, chance_of_at_most


def table_heldout() -> int:
    """One-digit pairs, in either order, that no other model trains on."""
    return int(np.sum(two_digit_split()[:10, :10] >= HELDOUT_FROM))


EXAMPLE = "curriculum.wrong_4x4"
"""The claim that the page follows to its end."""

SUPPOSED = (12, 20)
"""Of as many problems as the example has, so many wrong: one less than its bound allows for, and
one more."""


def example() -> Measured:
    found = claim_index.look_up(EXAMPLE).measured
    if found is None:
        raise LookupError(f"{EXAMPLE} has no record")
    return found


def example_minutes() -> int:
    """What its reading took, on the machine of its record."""
    return round(claim_index.look_up(EXAMPLE).source["seconds"] / 60)


def example_seeds() -> str:
    return ", ".join(map(str, claim_index.look_up(EXAMPLE).source["seeds"]))


def expected() -> float:
    """The errors that stand at the bound of the example."""
    found = example()
    return (1 - (found.bound or 0)) * (found.n or 1)


def in_hundred(errors: int, wrong: float, *, exactly: bool = False) -> str:
    """Of a hundred evaluations like the example, those that show at most so many errors, or exactly
    so many, if `wrong` of its problems are wrong in truth."""
    n = example().n or 1
    chance = (chance_of if exactly else chance_of_at_most)(errors, n, wrong / n)
    return f"{100 * chance:.2g}"


def counted_down(step: int) -> str:
    """The chance of as many errors as the example has, less some, at its bound."""
    return in_hundred((example().errors or 0) - step, expected(), exactly=True)


def up_to_ours(wrong: float) -> str:
    """The chance of as few errors as the example has, or fewer."""
    return in_hundred(example().errors or 0, wrong)


def most_within() -> int:
    """The most errors that a new evaluation may make at the bound of the example, before so many
    would be luck as rare as `CHANCE`."""
    n = example().n or 1
    share = expected() / n
    return next(k for k in range(n) if 1 - chance_of_at_most(k, n, share) < CHANCE)


CALCULATIONS = {
    "example_minutes": lambda: f"{example_minutes()}",
    "example_seeds": example_seeds,
    "example_errors": lambda: f"{example().errors:,}",
    "example_one_less": lambda: f"{(example().errors or 0) - 1:,}",
    "example_n": lambda: f"{example().n:,}",
    "example_bound": lambda: f"{example().bound:.5f}",
    "example_shape": lambda: spaced(curriculum.claims.LONGEST),
    "refuted": lambda: f"{most_within()}",
    "expected": lambda: f"{expected():.1f}",
    "exactly": lambda: counted_down(0),
    "exactly_one_less": lambda: counted_down(1),
    "supposed_few": lambda: f"{SUPPOSED[0]}",
    "supposed_many": lambda: f"{SUPPOSED[1]}",
    "chance_at_ours": lambda: up_to_ours(example().errors or 1),
    "chance_at_few": lambda: up_to_ours(SUPPOSED[0]),
    "chance_at_bound": lambda: up_to_ours(expected()),
    "chance_at_many": lambda: up_to_ours(SUPPOSED[1]),
    "example_most": curriculum.CALC["allowed"],
    "example_goal": curriculum.CALC["share_shown"],
    "table_heldout": lambda: f"{table_heldout()}",
    "chance": lambda: one_in(CHANCE),
    "five_ahead": lambda: f"{math.comb(2 * ENOUGH_SEEDS, ENOUGH_SEEDS):,}",
    "outside": lambda: one_in(2 / (ENOUGH_SEEDS + 1)),
    "validation": lambda: one_in((TEST_FROM - HELDOUT_FROM) / (1 - HELDOUT_FROM)),
}

MOST_TYPED = 80
FEW = 40
"""So many claims that a search finds are all shown at once; of more, their pages stay folded."""

SEARCH, OLD_SEARCH = "q", "ch91_find"
"""In the address, and as links of before say it."""

COMMIT = "Code, as Git's commit"
HOW = {"command": "Command", "date": "Date", "commit": COMMIT, "cpu": "Machine"}
"""Of a record, what a claim tells besides, and what that is called."""


# ---------------------------------------------------------------- a claim in words


def as_html(x: Looked) -> str:
    """Its line, its value, the way to its page; how it was measured behind a click."""
    fold = f"<details><summary>How it was measured</summary>{facts_of(x)}</details>"
    return f'<div class="wb-claim">{said_of(x)}<footer>{way_to(x)}{fold}</footer></div>'


def followed(x: Looked) -> str:
    """The number first, then its line and its trail, with nothing folded."""
    number = f"<b>{escape(value(x))}</b><span>{escape(counted(x))}</span>"
    rest = facts_of(x, without=("Record", "Command", COMMIT))
    said = f'<div class="wb-hero">{number}</div><p>{escape(spaced(x.claim.statement))}</p>'
    return f'<div class="wb-claim followed">{said}{trail(x)}{rest}</div>'


def trail(x: Looked) -> str:
    """From the page to the code, a box each. A box of the trail finds all claims that share it."""
    standing = standing_of(x.name)
    command, commit = (str(x.source.get(place, "")) for place in ("command", "commit"))
    stops = {
        "Page": (page_of(x).title, standing.link),
        "Record": (x.claim.record, search_for(x.claim.record)),
        "Command": (command, search_for(command)),
        "Commit": (commit, search_for(commit)),
    }
    boxes = (
        f'<li><a href="{escape(link)}"><small>{name}</small>{breaking(words)}</a></li>'
        for name, (words, link) in stops.items()
        if words
    )
    return f'<ol class="wb-trail">{"".join(boxes)}</ol>'


def breaking(words: str) -> str:
    """As HTML: a path may break after a slash, a flag of a command nowhere."""
    flags = re.sub(r"(?<!\S)--[\w-]+", r'<span class="whole">\g<0></span>', escape(words))
    return flags if " " in words else flags.replace("/", "/<wbr>")


def search_for(words: str) -> str:
    return f"{page.slug.partition('_')[2]}?{urlencode({SEARCH: words[:MOST_TYPED]})}"


def said_of(x: Looked) -> str:
    return (
        f"<p>{escape(spaced(x.claim.statement))}</p>"
        f"<div><b>{escape(value(x))}</b><span>{escape(counted(x))}</span></div>"
    )


def way_to(x: Looked) -> str:
    standing = standing_of(x.name)
    words = "See it on its page" if standing.section else "Open its page"
    return f'<a href="{escape(standing.link)}">{words}</a>'


def facts_of(x: Looked, without: Sequence[str] = ()) -> str:
    """Where the value stands, and what a reader needs to measure it again."""
    told = {"Name": x.name, "Record": x.claim.record}
    told |= {words: str(x.source.get(place, "")) for place, words in HOW.items()}
    told["Machine"] = re.sub(r"\b1 cores$", "1 core", told["Machine"])
    told["Seeds"] = seeds_of(x)
    lines = (
        f"<dt>{k}</dt><dd>{breaking(v)}</dd>" for k, v in told.items() if v and k not in without
    )
    return f"<dl>{''.join(lines)}</dl>"


def seeds_of(x: Looked) -> str:
    seeds = [str(seed) for seed in x.source.get("seeds", [])]
    if len(seeds) != 1:
        return ", ".join(seeds)
    return (
        f"seed {seeds[0]} (one run)"
        if x.claim.record.endswith("result.json")
        else f"seed {seeds[0]} alone"
    )


# ---------------------------------------------------------------- the claims of a page


def n_claims(entry: Entry) -> int:
    """How many a page makes, cells of its tables among them; no record is read."""
    return len(claim_index.asked_by(entry.url))


@st.fragment
def show_group(entry: Entry, sought: str, patterns: Patterns, n: int, opened: bool) -> None:
    """The claims of a page, folded: until it is opened, nothing of them is read or drawn."""
    label = f"**{entry.title}** · {n} claim{'s' if n > 1 else ''}"
    key = f"{page.prefix}{entry.url}_{sought}"
    with st.expander(label, expanded=opened, key=key, on_change="rerun") as fold:
        if fold.open:
            rows = "".join(map(as_html, matching(claim_index.looked_up_on(entry.url), patterns)))
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
        placeholder="carry, 0 errors, 1,361, -3, FlashAttention, race.jsonl",
        help="Part of a claim, its value, its name, its page's title, its record or its command.",
    )
    return claim_index.renamed((typed or "").strip().lower())


page = Chapter("91_claims", CALCULATIONS)
link = Link(SEARCH)
page.open()
page.prose("opening")
st.html(followed(claim_index.look_up(EXAMPLE)))
with st.container(key="example"):
    page.prose("example")
for part in ("trust", "signs"):
    page.prose(part)

makes = {entry: n for entry in (*CONTENTS, *BEHIND) if (n := n_claims(entry))}
patterns: Patterns = ()
found = makes
if sought := ask():
    looked_up = {entry: claim_index.looked_up_on(entry.url) for entry in makes}
    patterns = patterns_of(sought, chain.from_iterable(looked_up.values()))
    found = {entry: len(matching(made, patterns)) for entry, made in looked_up.items()}
n_found = sum(found.values())
n_pages = sum(n > 0 for n in found.values())
st.caption(
    f"{n_found:,} of {sum(makes.values()):,} claims, on {n_pages} page{'s' * (n_pages != 1)}."
    + ("" if sought else " Open a page to see its claims.")
)
with st.container(key="claims", gap="xsmall"):
    for part, entries in (GROUPS | {"Behind the chapters": BEHIND}).items():
        some = [entry for entry in entries if found.get(entry)]
        if some:
            st.html(f'<div class="wb-part">{part}</div>')
        for entry in some:
            show_group(entry, sought, patterns, found[entry], bool(sought) and n_found <= FEW)
if not n_found:
    st.info(
        f"No claim has {sought!r} in it. Try one word of a statement (carry), a value (0 errors), "
        "a page (FlashAttention) or a record (race.jsonl); an empty box shows every claim."
    )
page.prose("problems")
with page.deeper("how samples were drawn, and what was evaluated more than once"):
    page.prose("samples")
with page.top:
    for one in (page.link, link):
        one.close(all_drawn=True)
