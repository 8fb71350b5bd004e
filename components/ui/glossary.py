"""The field's words: what each means, where it is shown, and how prose opens it in place.

The first time that a page has a term in **bold**, its meaning opens under the line while a reader
points at it or comes to it by the keyboard or a tap. The style sheet alone does it (`.wb-term`), so
that nothing is asked of the server.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from components.ui.book import entry

FILE = Path(__file__).with_name("glossary.toml")

BOLD = re.compile(
    r"```.*?```|`[^`\n]*`|\$\$.*?\$\$|\$[^$\n]*\$|\*\*(?P<words>[^*\n]+)\*\*", re.DOTALL
)
"""Code and formulas, whose stars are no bold, or what is bold."""

ANSWERS = "before_"
"""Begins the names of sections whose bold marks the right answer of a question."""


@dataclass(frozen=True, eq=False)
class Term:
    """A word of the field, and the section of a page that shows what it means; there is one of
    each."""

    word: str
    means: str
    page: str
    figure: str
    forms: Sequence[str] = ()
    instead_of: Sequence[str] = ()

    @property
    def where(self) -> str:
        """The link to the section that shows it."""
        return f"{entry(self.page).url}?{urlencode({'at': self.figure})}"

    @property
    def link(self) -> str:
        """The link to its place in the glossary."""
        return f"{entry('94_glossary').url}?{urlencode({'at': self.word})}"


@lru_cache(maxsize=1)
def glossary() -> tuple[Term, ...]:
    """All terms, in alphabetical order."""
    tables: dict[str, dict[str, Any]] = tomllib.loads(FILE.read_text())
    return tuple(Term(word, **table) for word, table in tables.items())


@lru_cache(maxsize=1)
def by_form() -> dict[str, Term]:
    """Each term by all of its forms in small letters."""
    return {form.lower(): term for term in glossary() for form in (term.word, *term.forms)}


def term_of(words: str | None) -> Term | None:
    """The term that these words in bold are a form of."""
    return by_form().get(words.rstrip(".,:").lower()) if words else None


def first_uses(sections: Mapping[str, str]) -> dict[str, frozenset[Term]]:
    """By section of a page, in reading order: the terms that it is the first to have in bold."""
    met: set[Term] = set()
    found: dict[str, frozenset[Term]] = {}
    for name, text in sections.items():
        if not name.startswith(ANSWERS):
            terms = (term_of(bold["words"]) for bold in BOLD.finditer(text))
            found[name] = frozenset(term for term in terms if term) - met
            met |= found[name]
    return found


def open_terms(text: str, terms: Collection[Term]) -> str:
    """Markdown in which the first bold use of each of these opens its meaning."""
    left = set(terms)

    def opened(bold: re.Match[str]) -> str:
        term = term_of(bold["words"])
        if term not in left:
            return bold[0]
        left.remove(term)
        return as_html(term, bold["words"])

    return BOLD.sub(opened, text)


def as_html(term: Term, words: str) -> str:
    """What opens is on a page once, so a term's name will do for its id."""
    name = "means-" + re.sub(r"\W+", "-", term.word.lower())
    named = "" if words.lower().startswith(term.word.lower()) else f"<em>{term.word}</em>: "
    return (
        f'<span class="wb-term"><strong role="button" tabindex="0" aria-describedby="{name}">'
        f'{words}</strong><span class="wb-means"><span id="{name}">{named}{escape(term.means)}'
        f'</span> <a href="{term.link}">Glossary</a></span></span>'
    )
