"""Every claim of the book by its name, and what prose shows of it.

Prose writes `{claim:SLUG.NAME}` and gets the figure; a claim whose record is missing shows as
missing, and one that was measured on other weights than those in `checkpoints/` says so. `SLUG` is
the name of a page, and the claims stand in `components/ui/chapters/chNN/claims.py`, which is
imported when one of them is first asked for.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

from components.ui.book import BEHIND, CONTENTS
from components.ui.claims.claim import (
    AMISS,
    MARK,
    MISSING,
    NO_MODEL,
    Claim,
    Looked,
    Table,
    as_it_is,
    changed_in,
    find_provenance,
    is_of_records,
    read_record,
    records_read,
    watched,
)
from lab.records import REQUIRED, ROOT
from lab.weights import CheckpointError

LOG = logging.getLogger(__name__)

CHAPTERS = {entry.url: f"ch{entry.slug[:2]}" for entry in (*CONTENTS, *BEHIND)}
"""The folder of a page's chapter, by its slug."""

SLUGS_OF_OLD = {
    "ch0": ("numpy_mlp",),
    "ch01": ("from_table_to_text",),
    "ch02": ("attention_by_hand",),
    "ch03": ("one_block",),
    "ch1": ("chain_of_thought",),
    "ch2": ("rope",),
    "ch3": ("curriculum", "self_training"),
    "curriculum": ("curriculum", "self_training"),
    "ch4": ("kv_cache",),
    "ch5": ("flash_attention", "attention_residuals", "feature_collapse"),
    "ch6": ("mla", "moe", "error_book"),
    "ch7": ("forward_pass_3d",),
}
"""Where the claims stand whose names began with a chapter, or with a page that is two now, as links
of before have them."""


@lru_cache(maxsize=len(CHAPTERS))
def module_of(slug: str) -> Any:
    """Where the claims of a page stand; None for one without."""
    name = f"components.ui.chapters.{CHAPTERS[slug]}.claims"
    try:
        return import_module(name)
    except ModuleNotFoundError as missing:
        if missing.name not in (name, name.rpartition(".")[0]):
            raise
        return None


def claims_of(slug: str) -> Mapping[str, Claim]:
    return getattr(module_of(slug), "CLAIMS", {})


def tables_of(slug: str) -> Mapping[str, Table]:
    return getattr(module_of(slug), "TABLES", {})


def all_claims() -> dict[str, Claim]:
    """Those of all pages. `ValueError` if one is named after another page than its own."""
    together: dict[str, Claim] = {}
    for slug in CHAPTERS:
        found = claims_of(slug)
        named = [*found, *tables_of(slug)]
        if strange := [name for name in named if name.partition(".")[0] != slug]:
            raise ValueError(f"{', '.join(strange)} stand with the claims of {slug}")
        together.update(found)
    return together


def asked_by(slug: str) -> list[tuple[str, Claim]]:
    """The claims of a page by their names, then the cells of its tables."""
    of_tables = tables_of(slug).items()
    cells = ((name, claim) for name, table in of_tables for claim in table.claims().values())
    return [*claims_of(slug).items(), *cells]


def looked_up_on(slug: str, root: Path = ROOT) -> tuple[Looked, ...]:
    """All that a page claims, its tables among it: measured again once a file of it has changed."""
    return kept_look(slug, root, tuple(files_of(record, root) for record in records_on(slug)))


@lru_cache(maxsize=len(CHAPTERS))
def records_on(slug: str) -> tuple[str, ...]:
    return tuple(sorted({claim.record for _, claim in asked_by(slug)}))


@lru_cache(maxsize=len(CHAPTERS))
def kept_look(slug: str, root: Path, _files: tuple[object, ...]) -> tuple[Looked, ...]:
    """As long as the files are as they are."""
    alone = (look_up(name, root) for name in claims_of(slug))
    cells = (looked for name in tables_of(slug) for looked in cells_of(name, root).values())
    return *alone, *cells


def all_cells() -> list[Looked]:
    """What stands in the tables of all pages."""
    names = [name for slug in CHAPTERS for name in tables_of(slug)]
    return [looked for name in names for looked in cells_of(name).values()]


def claim_of(name: str) -> Claim:
    """`KeyError` for a name that no page has."""
    return claims_of(name.partition(".")[0])[name]


def table_of(name: str) -> Table:
    """`KeyError` for a name that no page has."""
    return tables_of(name.partition(".")[0])[name]


def renamed(old: str) -> str:
    """The name that a claim has now, if it was named after its chapter; else as it is."""
    chapter, _, name = old.replace("live.default_", "ch1.live_").partition(".")
    new = (f"{slug}.{name}" for slug in SLUGS_OF_OLD.get(chapter, ()))
    return next((n for n in new if n in claims_of(n.partition(".")[0])), old)


def look_up(name: str, root: Path = ROOT) -> Looked:
    """A claim's figure and where it comes from; `problem` says what is missing, `changed` which
    runs have other weights now than those that the rows it reads were measured on."""
    return kept_figure(name, None, root, files_of(claim_of(name).record, root))


def cells_of(name: str, root: Path = ROOT) -> dict[tuple[str, str], Looked]:
    """The same of every cell of a table, by row and column."""
    return {
        at: kept_figure(name, at, root, files_of(claim.record, root))
        for at, claim in table_of(name).claims().items()
    }


def files_of(record: str, root: Path) -> tuple[object, ...]:
    """A record as it is, and the runs of it whose weights are others now."""
    stamp = as_it_is(root / record)
    with suppress(OSError, *AMISS):  # missing or damaged, which is told where it is measured
        return *stamp, *changed_in(stamp[0], root)
    return stamp


@lru_cache(maxsize=2048)
def kept_figure(
    name: str, cell: tuple[str, str] | None, root: Path, _files: tuple[object, ...]
) -> Looked:
    """As long as its files are as they are."""
    claim = claim_of(name) if cell is None else table_of(name).claims()[cell]
    return measured(name, claim, root)


def measured(name: str, claim: Claim, root: Path) -> Looked:
    changed = set[str]()
    try:
        record = read_record(root / claim.record)
        figure = claim.question.measure(watched(root / claim.record, root, changed))
        source = find_provenance(record)
    except FileNotFoundError:
        return Looked(name, claim, None, {}, f"{claim.record} is missing")
    except (LookupError, StopIteration, ValueError, TypeError, ZeroDivisionError) as error:
        return Looked(name, claim, None, {}, f"{claim.record} lacks it ({error!r})")
    lacking = [field for field in (*REQUIRED, "seeds") if field not in source]
    if lacking:
        return Looked(name, claim, None, source, f"{claim.record} lacks {', '.join(lacking)}")
    return Looked(name, claim, figure, source, changed=tuple(sorted(changed)))


def fill(text: str, calculations: Mapping[str, Callable[[], str]]) -> str:
    """Put figures where the prose has `{claim:NAME}`, `{table:NAME}` and `{calc:NAME}`."""

    def figure(match: re.Match[str]) -> str:
        kind, name = match.groups()
        if kind == "calc":
            return calculated(calculations[name])
        return as_markdown(name) if kind == "table" else look_up(name).shown

    return MARK.sub(figure, text)


def calculated(calculate: Callable[[], str]) -> str:
    """What is worked out of a record that is missing, or of another form, is missing as well."""
    with records_read() as records:
        try:
            return calculate()
        except Exception as error:
            if is_unreadable_run(error):
                return NO_MODEL
            if not is_of_records(error, records):
                raise
            LOG.warning("a figure of the prose is missing", exc_info=error)
            return MISSING


def is_unreadable_run(error: Exception) -> bool:
    return isinstance(error, CheckpointError)


def as_markdown(name: str) -> str:
    """A table, figures to the right."""
    table, found = table_of(name), cells_of(name)
    head = ["", table.first, *table.columns, ""]
    rule = ["", "---", *("---:" for _ in table.columns), ""]
    shown = {at: looked.shown for at, looked in found.items()}
    body = [["", row, *(shown.get((row, c), "") for c in table.columns), ""] for row in table.rows]
    return "\n".join(" | ".join(line).strip() for line in (head, rule, *body))
