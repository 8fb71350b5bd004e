"""Margin notes: what stands beside a paragraph where the page is wide enough, and behind a small
raised word, which opens it in place, where it is not. The style sheet alone does it (`.wb-aside`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from components.ui.notation import meaning, symbols_in

ANSWERS = "before_"
"""Begins the names of sections that are questions from earlier pages."""

OWN_TITLE = re.compile(r"\*\*([^*]+)\.\*\* ")
"""What a note may begin with."""

SENTENCE_ENDS = re.compile(r"[.?!]\)?(?=\s+\S)")
"""A title in bold, such as "What to notice", ends none."""

PAIRS = ("(", ")"), ("[", "]"), ("<span", "</span>"), ("<", ">")

NO_PARAGRAPH = ("#", "- ", "* ", "1. ", "|", ">", "$$", "<")
"""Begin headings, lists, tables, quotations, displayed formulas and HTML."""


@dataclass(frozen=True)
class Aside:
    """A note: its title, which names the raised word too, and its lines, in Markdown."""

    title: str
    lines: Sequence[str]

    def as_html(self, name: str) -> str:
        lines = "".join(f"<span>{line}</span>" for line in self.lines)
        return (
            f'<span class="wb-aside"><span class="wb-mark" role="button" tabindex="0" '
            f'aria-describedby="{name}">{self.title.lower()}</span>'
            f'<span class="wb-noted" id="{name}"><b>{self.title}</b>{lines}</span></span>'
        )


def titled(note: str) -> Aside:
    """The note that this prose makes: why to care, unless it begins with a title of its own."""
    own = OWN_TITLE.match(note)
    return Aside(own[1], [note[own.end() :]]) if own else Aside("Why care", [note])


def with_asides(text: str, asides: Sequence[Aside], name: str) -> str:
    """Markdown whose first paragraph has these beside it, from the second line or so on: they come
    behind its first sentence, since nothing floats higher than it stands. `name` is the
    section's."""
    if not asides:
        return text
    notes = "".join(a.as_html(f"aside-{name}-{i}") for i, a in enumerate(asides))
    blocks = text.split("\n\n")
    at = next((i for i, block in enumerate(blocks) if is_paragraph(block)), None)
    if at is None:
        return f"{text}\n\n{notes}"
    first, rest = by_first_sentence(blocks[at].rstrip())
    blocks[at] = f"{first} {notes} {rest}".rstrip()
    return "\n\n".join(blocks)


def by_first_sentence(paragraph: str) -> tuple[str, str]:
    """A paragraph's first sentence and the rest; what looks like an end within a formula, code,
    brackets, emphasis or what a term opens is none."""
    for end in SENTENCE_ENDS.finditer(paragraph):
        first = paragraph[: end.end()]
        even = all(first.count(sign) % 2 == 0 for sign in ("$", "`", "*", "**"))
        if even and all(first.count(a) == first.count(b) for a, b in PAIRS):
            return first, paragraph[end.end() :].lstrip()
    return paragraph, ""


def is_paragraph(block: str) -> bool:
    plain = not block.lstrip().startswith(NO_PARAGRAPH) and block.strip()
    return bool(plain) and not any(sign in block for sign in ("```", "$$", "\n- ", "\n|", "\n1. "))


def first_symbols(sections: Mapping[str, str]) -> dict[str, Sequence[str]]:
    """By section of a page, in reading order: the symbols that it is the first to have."""
    met: set[str] = set()
    found: dict[str, Sequence[str]] = {}
    for name, text in sections.items():
        if not name.startswith(ANSWERS):
            found[name] = [symbol for symbol in symbols_in(text) if symbol not in met]
            met.update(found[name])
    return found


def of_symbols(symbols: Sequence[str], slug: str) -> list[Aside]:
    """What each of these means on a page, if there are any."""
    if not symbols:
        return []
    return [Aside("Symbols", [f"${name}$ {meaning(name, slug)}" for name in symbols])]
