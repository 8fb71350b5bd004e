"""The page of the glossary: every word, found by its letters or by a link, each with its figure."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from components.ui.glossary import glossary

PAGE = "94_glossary"


def lists_of(app: Any) -> list[str]:
    """The lists of words as they are drawn: one, or two where a link leads to a word."""
    bodies = (element.proto.body for element in app.get("html"))
    return [body for body in bodies if "wb-glossary" in body and "<dl" in body]


def words_in(html: str) -> list[str]:
    return re.findall(r"<dt[^>]*>([^<]+?)(?: <small>.*?</small>)?</dt>", html)


def test_all_words_stand_in_alphabetical_order_with_a_link_to_their_figure(
    seen: Callable[..., Any],
) -> None:
    (html,) = lists_of(seen(PAGE))
    assert words_in(html) == [term.word for term in glossary()]
    assert all(f'href="{term.where}"' in html for term in glossary())


def test_a_search_looks_through_words_other_names_and_sentences(book: Callable[..., Any]) -> None:
    app = book(PAGE)
    box = app.text_input(key="ch94_find")
    for typed, found in (("gqa", "grouped-query attention"), ("whole prompt", "prefill")):
        box.set_value(typed).run()
        assert [word for html in lists_of(app) for word in words_in(html)] == [found]


def test_a_row_of_letters_leads_to_the_first_word_of_each_until_something_is_sought(
    book: Callable[..., Any],
) -> None:
    app = book(PAGE)
    (row,) = [e.proto.body for e in app.get("html") if 'class="wb-letters"' in e.proto.body]
    ways = re.findall(r'href="#(terms-[A-Z])"', row)
    assert ways == sorted({f"terms-{term.word[0].upper()}" for term in glossary()})
    assert re.findall(r'id="(terms-.)"', lists_of(app)[0]) == ways
    assert not app.caption
    app.text_input(key="ch94_find").set_value("gqa").run()
    assert app.caption[0].value == f"1 of {len(glossary())} terms."
    assert not [e for e in app.get("html") if 'class="wb-letters"' in e.proto.body]


def test_a_link_holds_the_search(seen: Callable[..., Any]) -> None:
    app = seen(PAGE, ch94_find="Logit L")
    assert [word for html in lists_of(app) for word in words_in(html)] == ["logit lens"]


def test_a_search_that_finds_nothing_says_so_in_a_sentence(seen: Callable[..., Any]) -> None:
    app = seen(PAGE, ch94_find="zebra")
    assert lists_of(app) == []
    (told,) = app.info
    assert told.value.startswith("No term or definition contains these letters.")


def test_a_link_to_a_word_comes_to_it_and_marks_it(seen: Callable[..., Any]) -> None:
    before, after = lists_of(seen(PAGE, at="KV cache"))
    words = [term.word for term in glossary()]
    assert words_in(before) + words_in(after) == words and words_in(after)[0] == "KV cache"
    assert "wb-here" not in before and re.findall(r'wb-here"><dt[^>]*>([^<]+)', after) == [
        "KV cache"
    ]
    (first,) = lists_of(seen(PAGE, at=words[0]))
    assert first.count("wb-here") == 1


def test_a_link_to_a_word_that_is_not_there_shows_them_all(seen: Callable[..., Any]) -> None:
    (html,) = lists_of(seen(PAGE, at="nowhere"))
    assert len(words_in(html)) == len(glossary()) and "wb-here" not in html


def test_a_chapter_opens_its_first_bold_term_and_no_other(seen: Callable[..., Any]) -> None:
    prose = [element.value for element in seen("60_mla", reveal="1").markdown]
    opened = re.findall(r'aria-describedby="means-([^"]+)"', "".join(prose))
    assert len(opened) > 3 and sorted(opened) == sorted(set(opened))
    assert "latent" in opened and "".join(prose).count("wb-term") == len(opened)
