"""Every claim of the book by its name, and what prose shows of it.

Prose writes `{claim:SLUG.NAME}` and gets the figure; a claim whose record is missing shows as
missing, and one that was measured on other weights than those in `checkpoints/` says so. `SLUG` is
the name of a page, and the claims stand in `components/ui/chapters/chNN/claims.py`, which is
imported when one of them is first asked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path

from components.ui.book import CONTENTS
from components.ui.claims.core import MARK, Claim, Looked, read_record, source_of, watched
from lab.records import REQUIRED, ROOT

CHAPTERS = {entry.url: f"ch{entry.slug[:2]}" for entry in CONTENTS}
"""The folder of a page's chapter, by its slug."""

SLUGS_OF_OLD = {
    "ch0": ("numpy_mlp",),
    "ch01": ("from_table_to_text",),
    "ch02": ("attention_by_hand",),
    "ch03": ("one_block",),
    "ch1": ("chain_of_thought",),
    "ch2": ("rope",),
    "ch3": ("curriculum",),
    "ch4": ("kv_cache",),
    "ch5": ("flash_attention", "attention_residuals", "feature_collapse"),
    "ch6": ("mla", "moe", "error_book"),
    "ch7": ("forward_pass_3d",),
}
"""Where the claims stand whose names began with a chapter, as links of before have them."""


@cache
def claims_of(slug: str) -> Mapping[str, Claim]:
    """The claims of a page. Empty for one without."""
    name = f"components.ui.chapters.{CHAPTERS[slug]}.claims"
    try:
        return import_module(name).CLAIMS
    except ModuleNotFoundError as missing:
        if missing.name not in (name, name.rpartition(".")[0]):
            raise
        return {}


def all_claims() -> dict[str, Claim]:
    """Those of all pages. `ValueError` if one is named after another page than its own."""
    together: dict[str, Claim] = {}
    for slug in CHAPTERS:
        found = claims_of(slug)
        if strange := [name for name in found if name.partition(".")[0] != slug]:
            raise ValueError(f"{', '.join(strange)} stand with the claims of {slug}")
        together.update(found)
    return together


def claim_of(name: str) -> Claim:
    """`KeyError` for a name that no page has."""
    return claims_of(name.partition(".")[0])[name]


def renamed(old: str) -> str:
    """The name that a claim has now, if it was named after its chapter; else as it is."""
    chapter, _, name = old.replace("live.default_", "ch1.live_").partition(".")
    new = (f"{slug}.{name}" for slug in SLUGS_OF_OLD.get(chapter, ()))
    return next((n for n in new if n in claims_of(n.partition(".")[0])), old)


def look_up(name: str, root: Path = ROOT) -> Looked:
    """A claim's figure and where it comes from; `problem` says what is missing, `changed` which
    runs have other weights now than those that the rows it reads were measured on."""
    claim = claim_of(name)
    changed = set[str]()
    try:
        record = read_record(root / claim.record)
        measured = claim.measure(watched(root / claim.record, root, changed))
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
