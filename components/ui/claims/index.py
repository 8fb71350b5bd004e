"""Every claim of the book by its name, collected from the chapters, and what prose shows of it.

Prose writes `{claim:NAME}` and gets the figure; a claim whose record is missing shows as missing,
and one that was measured on other weights than those in `checkpoints/` says so.
Chapters import `core` and `readings`, and this imports the chapters: what looks up a name is here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from components.ui.chapters.ch00 import claims as ch00
from components.ui.chapters.ch01 import claims as ch01
from components.ui.chapters.ch02 import claims as ch02
from components.ui.chapters.ch03 import claims as ch03
from components.ui.chapters.ch10 import claims as ch10
from components.ui.chapters.ch20 import claims as ch20
from components.ui.chapters.ch30 import claims as ch30
from components.ui.chapters.ch40 import claims as ch40
from components.ui.chapters.ch50 import claims as ch50
from components.ui.chapters.ch51 import claims as ch51
from components.ui.chapters.ch52 import claims as ch52
from components.ui.chapters.ch60 import claims as ch60
from components.ui.chapters.ch61 import claims as ch61
from components.ui.chapters.ch62 import claims as ch62
from components.ui.chapters.ch70 import claims as ch70
from components.ui.claims.core import MARK, Claim, Looked, read_record, source_of, watched
from lab.records import REQUIRED, ROOT


def collected(tables: Iterable[Mapping[str, Claim]]) -> dict[str, Claim]:
    """All tables as one. `ValueError` if a name is claimed in two of them."""
    together: dict[str, Claim] = {}
    for table in tables:
        if twice := together.keys() & table.keys():
            raise ValueError(f"claimed twice: {', '.join(sorted(twice))}")
        together.update(table)
    return together


CLAIMS = collected(
    chapter.CLAIMS
    for chapter in (
        ch00,
        ch01,
        ch02,
        ch03,
        ch10,
        ch20,
        ch30,
        ch40,
        ch50,
        ch51,
        ch52,
        ch60,
        ch61,
        ch62,
        ch70,
    )
)


def look_up(name: str, root: Path = ROOT) -> Looked:
    """A claim's figure and where it comes from; `problem` says what is missing, `changed` which
    runs have other weights now than those that the rows it reads were measured on."""
    claim = CLAIMS[name]
    changed = set[str]()
    try:
        record = read_record(root / claim.record)
        measured = claim.pick(watched(root / claim.record, root, changed))
        source = source_of(record)
    except FileNotFoundError:
        return Looked(name, claim, None, {}, f"{claim.record} is missing")
    except (LookupError, StopIteration, ValueError, TypeError, ZeroDivisionError) as error:
        return Looked(name, claim, None, {}, f"{claim.record} lacks it ({error!r})")
    lacking = [field for field in (*REQUIRED, "seeds") if field not in source]
    if lacking:
        return Looked(name, claim, None, source, f"{claim.record} lacks {', '.join(lacking)}")
    return Looked(name, claim, measured, source, changed=tuple(sorted(changed)))


def fill(text: str, calculations: Mapping[str, Callable[[], str]]) -> str:
    """Put figures where the prose has `{claim:NAME}` and `{calc:NAME}`."""

    def figure(match: re.Match[str]) -> str:
        kind, name = match.groups()
        if kind == "calc":
            return calculations[name]()
        return look_up(name).shown

    return MARK.sub(figure, text)
