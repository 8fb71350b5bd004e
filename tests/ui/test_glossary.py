"""components.ui.glossary: what a term is, and where prose opens it."""

from __future__ import annotations

import re

import pytest

from components.ui.book import BEHIND, CONTENTS
from components.ui.chapter import sections_of, terms_of
from components.ui.glossary import by_form, first_uses, glossary, open_terms
from components.ui.stamps import stamp_of
from lab.records import ROOT

PAGES = [e for e in (*CONTENTS, *BEHIND) if e.written]
PROSE = {
    slug: (ROOT / f"pages/{slug}.md").read_text() for slug in ("home", *(e.slug for e in PAGES))
}
DRAWN_OTHERWISE = re.compile(r"\.text\(\s*[\"'](\w+)[\"']")
"""A part of the prose that a page draws in a caption or a figure of its own."""


def occurs(words: str, text: str) -> bool:
    return bool(re.search(rf"(?<![\w-]){re.escape(words)}(?![\w-])", text, re.IGNORECASE))


# ---------------------------------------------------------------- the file


def test_terms_stand_in_alphabetical_order_and_no_form_belongs_to_two() -> None:
    words = [term.word for term in glossary()]
    assert len(words) > 60 and words == sorted(words, key=str.lower)
    assert len(by_form()) == sum(1 + len(term.forms) for term in glossary())


def test_a_meaning_is_one_sentence_of_fifteen_to_twenty_five_words() -> None:
    amiss = {
        term.word: len(term.means.split())
        for term in glossary()
        if not 15 <= len(term.means.split()) <= 25 or not re.fullmatch(r"[^.]+\.", term.means)
    }
    assert amiss == {}


def test_the_section_that_shows_a_term_is_on_its_page() -> None:
    def lacks(page: str, figure: str) -> bool:
        code = (ROOT / f"pages/{page}.py").read_text()
        return not re.search(rf'\.section\(\s*"{figure}"', code)

    assert lacks("60_mla", "nowhere")
    gone = [(t.word, t.page, t.figure) for t in glossary() if lacks(t.page, t.figure)]
    assert gone == []


def test_the_book_uses_every_term_or_the_words_that_it_replaces() -> None:
    prose = " ".join(PROSE.values())
    unused = [
        term.word
        for term in glossary()
        if not any(occurs(w, prose) for w in (term.word, *term.forms, *term.instead_of))
    ]
    assert unused == []


# ---------------------------------------------------------------- in prose


def test_the_first_bold_use_opens_and_the_second_stays_bold() -> None:
    text = "A **key**, two **keys**, a **latent** and **another word**."
    (terms,) = first_uses({"one": text}).values()
    assert {term.word for term in terms} == {"key", "latent"}
    html = open_terms(text, terms)
    assert html.count("wb-term") == 2 and "two **keys**" in html and "**another word**" in html
    assert 'aria-describedby="means-key">key</strong>' in html
    assert by_form()["key"].means in html and 'href="glossary?at=key"' in html


def test_a_term_that_an_earlier_section_opened_stays_bold_in_the_next() -> None:
    uses = first_uses({"before_x": "**Key.**", "one": "a **key**", "two": "**Key** and **query**"})
    words = {name: [term.word for term in terms] for name, terms in uses.items()}
    assert words == {"one": ["key"], "two": ["query"]}


@pytest.mark.parametrize("text", ["`**key**`", "$x**key**$", "```\na**key**b\n```", "key", "*key*"])
def test_nothing_opens_in_code_in_a_formula_or_without_bold(text: str) -> None:
    assert first_uses({"one": text}) == {"one": frozenset()}
    assert open_terms(text, glossary()) == text


def test_a_form_of_a_term_is_told_with_its_word() -> None:
    term = by_form()["decodes"]
    assert "<em>decoding</em>: Generating" in open_terms("it **decodes**", [term])
    assert "<em>" not in open_terms("**Decoding.**", [term])


def test_pages_open_terms_and_none_stands_where_a_page_draws_its_words_otherwise() -> None:
    opened, amiss = 0, list[tuple[str, str]]()
    for slug in PROSE:
        path = ROOT / f"pages/{slug}.md"
        uses = terms_of(path, stamp_of(path))
        opened += sum(map(len, uses.values()))
        assert uses.keys() <= sections_of(path, stamp_of(path)).keys()
        page = path.with_suffix(".py") if slug != "home" else ROOT / "Home.py"
        amiss += [(slug, n) for n in DRAWN_OTHERWISE.findall(page.read_text()) if uses.get(n)]
    assert opened > 40 and amiss == []
