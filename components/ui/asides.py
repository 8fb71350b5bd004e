"""Margin notes: what stands beside a paragraph where the page is wide enough, and behind a small
raised word, which opens it in place, where it is not. The style sheet alone does it (`.wb-aside`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from components.ui.notation import NOTATION, symbols_in

ANSWERS = "before_"
"""Begins the names of sections that are questions from earlier pages."""

OWN_TITLE = re.compile(r"\*\*([^*]+)\.\*\* ")
"""What a note may begin with."""

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
    """Markdown whose first paragraph has these beside it. `name` is the section's."""
    if not asides:
        return text
    notes = "".join(a.as_html(f"aside-{name}-{i}") for i, a in enumerate(asides))
    blocks = text.split("\n\n")
    at = next((i for i, block in enumerate(blocks) if is_paragraph(block)), None)
    if at is None:
        return f"{text}\n\n{notes}"
    blocks[at] = f"{blocks[at].rstrip()} {notes}"
    return "\n\n".join(blocks)


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


def of_symbols(symbols: Sequence[str]) -> list[Aside]:
    """What each of these means, if there are any."""
    if not symbols:
        return []
    return [Aside("Symbols", [f"${name}$ {NOTATION.get(name, '')}" for name in symbols])]
