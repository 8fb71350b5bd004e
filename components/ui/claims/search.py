"""Claims found by what a reader types: all that one says is looked through, however it is typed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from components.ui.book import BEHIND, CONTENTS, Entry
from components.ui.words import SMALL
from lab.readings import Counts

if TYPE_CHECKING:
    from components.ui.claims.claim import Looked


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
    names = (x.name, x.name.replace(".", " "), re.sub(r"[._]", " ", x.name))
    made = (x.claim.record, *(str(x.source.get(place, "")) for place in ("command", "commit")))
    parts = (*names, page_of(x).title, x.claim.statement, value(x), counted(x), *made)
    return " ".join(parts).lower() + " " + plain(" ".join(parts))


ONE_MINUS = str.maketrans("−–‑", "---")
NUMBERS = rf"\b(\d+|{'|'.join(SMALL)})"
SHAPE = re.compile(rf"{NUMBERS} ?(?:x|×|by) ?{NUMBERS}\b".replace(" ", r"\s"))


def plain(text: str) -> str:
    """In small letters, 1361 for 1,361, -3 for −3 and 4x4 for four by four, so that a claim is
    found however it is typed."""
    text = re.sub(r"(?<=\d),(?=\d{3})", "", text.lower().translate(ONE_MINUS))
    return SHAPE.sub(lambda shape: "x".join(map(digits, shape.groups())), text)


def spaced(words: str) -> str:
    """4 × 4 for 4x4, which no line breaks."""
    return re.sub(r"\b(\d+)x(\d+)\b", "\\1\u00a0×\u00a0\\2", words)


def digits(number: str) -> str:
    return f"{SMALL.index(number)}" if number in SMALL else number


def beginning(words: str) -> re.Pattern[str]:
    """These words, where a word or a number begins."""
    return re.compile(r"(?<![\w.])" + re.escape(words))


Patterns = Sequence[re.Pattern[str]]


def patterns_of(sought: str, claims: Iterable[Looked]) -> Patterns:
    """All that is typed as it stands; if no claim says that, each of its words."""
    sought = plain(sought)
    whole = [beginning(sought)]
    return whole if matching(claims, whole) else [*map(beginning, sought.split())]


def matching(claims: Iterable[Looked], patterns: Patterns) -> list[Looked]:
    return [x for x in claims if all(pattern.search(x.searched) for pattern in patterns)]


def page_of(x: Looked) -> Entry:
    url = x.name.partition(".")[0]
    return next(entry for entry in (*CONTENTS, *BEHIND) if entry.url == url)
