"""What a claim is, and how a record is read.

A claim only reads `checkpoints/*/result.json` and `records/`; nothing here computes a result.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from lab.records import read_lines

MISSING = "(not measured yet)"

MARK = re.compile(r"\{(claim|calc):([a-z0-9_.]+)\}")


@dataclass(frozen=True)
class Measured:
    """A figure as prose shows it, with its count of errors and bound where it has them.

    `read_before`: its test was read, something was chosen, and it was read again. Such a figure
    has no bound, since a bound speaks of one reading.
    """

    shown: str
    errors: int | None = None
    n: int | None = None
    bound: float | None = None
    read_before: bool = False


@dataclass(frozen=True)
class Claim:
    """`pick` reads the figure out of the record: a dict for .json, a list of rows for .jsonl."""

    statement: str
    record: str
    pick: Callable[[Any], Measured]


@dataclass(frozen=True)
class Looked:
    """A claim looked up: its figure and provenance, or why there is none."""

    name: str
    claim: Claim
    measured: Measured | None
    source: Mapping[str, Any]
    problem: str = ""


def count(errors: int, n: int) -> str:
    """0 errors in 10,000 — never 100%."""
    return f"{errors:,} error{'' if errors == 1 else 's'} in {n:,}"


def share(part: int, n: int) -> str:
    """A share of n in hundredths, or the count itself where that would round to none or all."""
    if part in (0, n) or 0.995 <= part / n < 1 or 0 < part / n < 0.005:
        return f"{part:,} in {n:,}"
    return f"{round(100 * part / n)} in 100"


def part_of(part: int, n: int) -> str:
    return f"{part:,} of {n:,}"


def read_record(path: Path) -> Any:
    """A dict, or rows, to be read and not changed.

    `FileNotFoundError` if there is none, `ValueError` if it is damaged.
    """
    about = path.stat()
    return parsed(path, about.st_mtime_ns, about.st_size)


@lru_cache(maxsize=64)
def parsed(path: Path, changed: int, size: int) -> Any:
    """A record as it is since it last `changed`: a page asks for some again and again."""
    record = read_lines(path) if path.suffix == ".jsonl" else json.loads(path.read_text())
    if not record:
        raise FileNotFoundError(path)
    return record


def source_of(record: Any) -> dict[str, Any]:
    """Provenance: of the widest reading, the last row with all rows' seeds, or the document."""
    if isinstance(record, list):
        seeds = [row["seeds"] for row in record if "seeds" in row]
        return record[-1] | ({"seeds": sorted(set().union(*seeds))} if seeds else {})
    return {**record, **widest_reading(record)} if record.get("readings") else record


def widest_reading(result: Mapping[str, Any]) -> dict[str, Any]:
    """Of all readings of a run the one of most problems, and the latest of those."""
    return max(reversed(result["readings"]), key=lambda reading: reading["n"])


def claims_in(text: str) -> list[str]:
    return [name for kind, name in MARK.findall(text) if kind == "claim"]
