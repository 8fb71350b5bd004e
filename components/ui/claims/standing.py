"""Where in the book a claim stands: the page, and the section whose figure it is told beside.

The prose of a page says which of its parts name a claim, and the page's script in which section
each part is drawn. Both are read as text: nothing is imported or drawn.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from components.ui.book import BEHIND, CONTENTS, Entry
from components.ui.claims.claim import named_in

PART = re.compile(r"^<!-- ([a-z_]+) -->$", re.MULTILINE)
SECTION = re.compile(r'@page\.section\(\s*"(\w+)"')


@dataclass(frozen=True)
class Standing:
    """A page, by its address, and a section of it, or none where the claim stands in no section."""

    url: str
    section: str = ""

    @property
    def link(self) -> str:
        """Opens the page at that section, its guesses told."""
        return f"{self.url}?at={self.section}" if self.section else self.url


def standing_of(name: str) -> Standing:
    """Where a claim or a table is first told: on its own page if it is told there, else on the
    first that tells it. One that is told in no prose stands on its own page."""
    url = name.partition(".")[0]
    found = [of_page.get(name) for of_page in all_standings().values()]
    told = [standing for standing in found if standing]
    own = [standing for standing in told if standing.url == url]
    return next(iter((*own, *told)), Standing(url))


@lru_cache(maxsize=1)
def all_standings() -> Mapping[str, Mapping[str, Standing]]:
    """By the address of a page: of each name in its prose where it first stands in a section, or,
    if it never does, where it stands at all."""
    written = (entry for entry in (*CONTENTS, *BEHIND) if entry.written)
    return {entry.url: standings_on(entry) for entry in written}


def standings_on(entry: Entry) -> Mapping[str, Standing]:
    script = entry.path.read_text("utf-8")
    pieces = PART.split(entry.prose.read_text("utf-8"))
    found: dict[str, Standing] = {}
    for part, prose in zip(pieces[1::2], pieces[2::2], strict=True):
        section = section_of(part, script)
        for name in (*named_in(prose), *named_in(prose, "table")):
            if name not in found or (section and not found[name].section):
                found[name] = Standing(entry.url, section)
    return found


def section_of(part: str, script: str) -> str:
    """The section that draws a part of the prose: the one it is named after (`push_why` stands in
    `push`), or else the last before the place where the script draws it, or the first after it."""
    sections = [(match[1], match.start()) for match in SECTION.finditer(script)]
    named = [name for name, _ in sections if part == name or part.startswith(f"{name}_")]
    if named:
        return max(named, key=len)
    drawn = min((at for at in (script.find(f'"{part}"'),) if at >= 0), default=None)
    if drawn is None:
        return ""
    before = [name for name, at in sections if at < drawn]
    after = [name for name, at in sections if at > drawn]
    return before[-1] if before else next(iter(after), "")
