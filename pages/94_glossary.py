"""What each of the field's terms means, and which figure shows it."""

from __future__ import annotations

from html import escape

import streamlit as st

from components.ui.book import entry
from components.ui.chapter import Chapter, come_here
from components.ui.glossary import Term, glossary
from components.ui.link import text_up_to

MOST_TYPED = 80


def told(term: Term) -> str:
    """All that a search looks through."""
    return "\n".join((term.word, *term.forms, term.means))


def other_names(term: Term) -> str:
    """Abbreviations and names, without what the word becomes in a sentence."""
    names = [n for n in term.forms if n != n.lower() and not n.startswith(term.word)]
    return f" <small>{escape(', '.join(names))}</small>" if names else ""


def letter_of(term: Term) -> str:
    return term.word[0].upper()


def letters(terms: list[Term]) -> str:
    """A way to the first term of each letter."""
    ways = (
        f'<a href="#terms-{one}" target="_self">{one}</a>'
        for one in dict.fromkeys(map(letter_of, terms))
    )
    return f'<nav class="wb-letters" aria-label="Letters">{"".join(ways)}</nav>'


def as_html(term: Term, here: bool, first: bool) -> str:
    place = f' id="terms-{letter_of(term)}"' if first else ""
    figure = f'<a href="{term.where}">{escape(entry(term.page).title)}</a>'
    return (
        f'<div class="{"wb-here" if here else ""}">'
        f"<dt{place}>{escape(term.word)}{other_names(term)}</dt>"
        f'<dd>{escape(term.means)} <span class="wb-whole">Shown in {figure}.</span></dd></div>'
    )


def show(terms: list[Term]) -> None:
    if terms:
        rows = "".join(
            as_html(term, term.word == page.sought, first_of[letter_of(term)] == term)
            for term in terms
        )
        st.html(f'<dl class="wb-glossary">{rows}</dl>')


page = Chapter("94_glossary")
page.open()
page.prose("opening")

page.link.take("ch94_find", *text_up_to(MOST_TYPED))
asked = st.text_input(
    "Find a term",
    key="ch94_find",
    bind="query-params",
    max_chars=MOST_TYPED,
    placeholder="query, cache, gradient",
)
sought = (asked or "").strip().lower()
found = [term for term in glossary() if sought in told(term).lower()]
first_of = {letter_of(term): term for term in reversed(found)}
if sought:
    st.caption(f"{len(found)} of {len(glossary())} terms.")
else:
    st.html(letters(found))
before = next((i for i, term in enumerate(found) if term.word == page.sought), None)
show(found[:before])
if before is not None:
    come_here()
    show(found[before:])
if not found:
    st.info("No term or definition contains these letters. Try fewer of them, or empty the box.")
with page.top:
    page.link.close(all_drawn=True)
