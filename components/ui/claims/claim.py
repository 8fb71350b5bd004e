"""What a claim is, and how a record is read.

A claim only reads `checkpoints/*/result.json` and `records/`; nothing here computes a result. What
was measured on a committed run names the digest of its weights, and is told from what a reader has
there now.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from components.ui import stamps
from components.ui.claims.search import told
from components.ui.stamps import stamp_of
from lab.readings import Measured, Question
from lab.records import ROOT, read_lines
from lab.weights import fingerprint

MISSING = "(not measured yet)"
NO_MODEL = "(needs a trained model that cannot be read here)"
OTHER_WEIGHTS = "(measured on other weights than those in the book)"

MARK = re.compile(r"\{(claim|table|calc):([^{}]+)\}")
"""Any name is looked up: one that is not there is an error, and is never shown as it stands."""


@dataclass(frozen=True)
class Claim:
    """A sentence, and the question to a record whose answer stands in prose."""

    statement: str
    question: Question

    @property
    def record(self) -> str:
        return self.question.path


@dataclass(frozen=True)
class Table:
    """A table of prose: of every row a question a column, or none where the cell stays empty.

    `first` heads the names of the rows. `about` says in the list of claims, where the page around
    the table is not, what its cells are of.
    """

    first: str
    rows: Mapping[str, Mapping[str, Question]]
    about: str = ""

    @property
    def columns(self) -> list[str]:
        return list(dict.fromkeys(column for asked in self.rows.values() for column in asked))

    def claims(self) -> dict[tuple[str, str], Claim]:
        """By row and column."""
        return {
            (row, column): Claim(f"{self.about or self.first}: {row} · {column}", question)
            for row, asked in self.rows.items()
            for column, question in asked.items()
        }


@dataclass(frozen=True)
class Looked:
    """A claim looked up: its figure and provenance, or why there is none. `changed`: the runs it
    was measured on whose weights are others now."""

    name: str
    claim: Claim
    measured: Measured | None
    source: Mapping[str, Any]
    problem: str = ""
    changed: tuple[str, ...] = ()

    @cached_property
    def searched(self) -> str:
        """What a reader's words are looked for in."""
        return told(self)

    @property
    def shown(self) -> str:
        """As prose has it."""
        if self.measured is None:
            return MISSING
        return f"{self.measured.shown} {OTHER_WEIGHTS}" if self.changed else self.measured.shown


def read_record(path: Path) -> Any:
    """A dict, or rows, to be read and not changed.

    `FileNotFoundError` if there is none, `ValueError` if it is damaged.
    """
    note(path, False)
    try:
        record = parsed(path, *stamp_of(path))
    except FileNotFoundError:
        raise
    except OSError as error:  # nobody may read it, or the disk fails
        raise FileNotFoundError(f"{path} cannot be read: {error}") from error
    note(path, True)
    return record


class Notes(threading.local):
    """Who asks in this thread which records were read, the innermost last."""

    def __init__(self) -> None:
        self.all: list[dict[str, bool]] = []


NOTES = Notes()


@contextmanager
def records_read() -> Generator[dict[str, bool]]:
    """The records that are read meanwhile in this thread, by name: was there one to be read?"""
    notes: dict[str, bool] = {}
    NOTES.all.append(notes)
    try:
        yield notes
    finally:
        NOTES.all.pop()


AMISS: tuple[type[Exception], ...] = (
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    AssertionError,
    StopIteration,
    ArithmeticError,
)
"""What reading a record of another form comes to."""


def is_of_records(error: Exception, read: Mapping[str, bool]) -> bool:
    """Whether what went wrong is put down to the records that were `read` meanwhile: one was not
    there, or it may be that one is of an older form."""
    return bool(read) and (not all(read.values()) or isinstance(error, AMISS))


def note(path: Path, read: bool) -> None:
    name = (
        path.relative_to(ROOT) if path.is_relative_to(ROOT) else Path(path.parent.name, path.name)
    )
    for notes in NOTES.all:
        notes[name.as_posix()] = read


def as_it_is(path: Path) -> tuple[Path, int, int]:
    """The file, when it last changed and its size; zeros where there is none."""
    try:
        return path, *stamp_of(path)
    except OSError:
        return path, 0, 0


@lru_cache(maxsize=64)
def parsed(path: Path, changed: int, size: int) -> Any:
    """A record as it is since it last `changed`: a page asks for some again and again."""
    record = read_lines(path) if path.suffix == ".jsonl" else json.loads(path.read_text())
    if not record:
        raise FileNotFoundError(path)
    return record


# ---------------------------------------------------------------- the weights it was measured on


def watched(path: Path, root: Path, told: set[str]) -> Any:
    """A record whose figures, as they are read, tell which runs have other weights now than those
    they were measured on. Of rows, a cell that is looked at tells nothing: so rows are chosen."""
    record = read_record(path)
    if not changed_in(path, root):
        return record
    if not isinstance(record, list):
        told.update(changed_by(record, root))
        return record
    return [Watched(row, lambda row=row: told.update(changed_by(row, root))) for row in record]


def changed_in(path: Path, root: Path) -> tuple[str, ...]:
    """The runs that a record was measured on and whose weights are others now. A run whose weights
    were not kept cannot be compared."""
    return changed_at(path, root, stamps.this_second())


@lru_cache(maxsize=512)
def changed_at(path: Path, root: Path, _second: int) -> tuple[str, ...]:
    named = weights_named(path, *stamp_of(path))
    return tuple(sorted({run for run, digest in named if is_changed(run, digest, root)}))


def changed_by(row: Mapping[str, Any], root: Path) -> set[str]:
    return {run for run, digest in weights_in(row) if is_changed(run, digest, root)}


@lru_cache(maxsize=512)
def weights_named(path: Path, changed: int, size: int) -> frozenset[tuple[str, str]]:
    """Every run and digest that a record names."""
    record = parsed(path, changed, size)
    rows = record if isinstance(record, list) else [record]
    return frozenset(pair for row in rows for pair in weights_in(row))


def weights_in(row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The runs and digests that a row names, or the result of a run. What says of itself that it is
    of weights that are no longer there names none."""
    if "replaced" in row and "cell" in row:
        return
    weights = row.get("weights", {})
    yield from weights.items() if isinstance(weights, dict) else [(row["run"], weights)]
    for reading in row.get("readings", []):
        if "weights" in reading and "note" not in reading:
            yield row["run"], reading["weights"]


def is_changed(run: str, digest: str, root: Path) -> bool:
    path = root / "checkpoints" / run / "model.safetensors"
    try:
        stamp = stamp_of(path)
    except FileNotFoundError:
        return False
    return hashed(path.parent, *stamp) != digest


@lru_cache(maxsize=64)
def hashed(folder: Path, changed: int, size: int) -> str:
    """The digest of a run's weights as they are since they last `changed`: some are ten megabytes,
    and a page of claims asks for them hundreds of times."""
    return fingerprint(folder)


class Watched(dict[str, Any]):
    """A row that notes when more of it is read than which cell it is."""

    def __init__(self, row: Mapping[str, Any], note: Callable[[], None]) -> None:
        super().__init__(row)
        self.note = note

    def __getitem__(self, key: str) -> Any:
        if key != "cell":
            self.note()
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        if key != "cell":
            self.note()
        return super().get(key, default)

    def __iter__(self) -> Iterator[str]:
        self.note()
        return super().__iter__()

    def keys(self) -> Any:
        self.note()
        return super().keys()

    def items(self) -> Any:
        self.note()
        return super().items()

    def values(self) -> Any:
        self.note()
        return super().values()

    def __or__(self, other: Any) -> Any:
        self.note()
        return super().__or__(other)


def find_provenance(record: Any) -> dict[str, Any]:
    """Provenance: of the widest reading, the last row with all rows' seeds, or the document."""
    if isinstance(record, list):
        seeds = [row["seeds"] for row in record if "seeds" in row]
        return record[-1] | ({"seeds": sorted(set().union(*seeds))} if seeds else {})
    return {**record, **widest_reading(record)} if record.get("readings") else record


def widest_reading(result: Mapping[str, Any]) -> dict[str, Any]:
    """Of all readings of a run the one of most problems, and the latest of those."""
    return max(reversed(result["readings"]), key=lambda reading: reading["n"])


def named_in(text: str, kind: str = "claim") -> list[str]:
    """The claims, tables or calculations that a text names."""
    return [name for found, name in MARK.findall(text) if found == kind]
