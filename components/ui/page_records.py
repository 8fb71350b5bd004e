"""Records as pages read them: a missing one is a sentence on the page, and the page goes on."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from components.ui.claims import claim
from components.ui.loaded_models import write_sum
from lab.data.problems import Format, two_digit_split
from lab.inference.transcript import Transcript
from lab.interp.taken_out import TakenOut, Without
from lab.readings import Counts, Numbers
from lab.records import ROOT

LOG = logging.getLogger(__name__)

FORM = Format("cot_reversed")

BACK = "Put the file back as it is in the book's repository; the rest of the page stands."


def rows_of(record: str, folder: str = "records") -> list[dict[str, Any]]:
    """A record's rows, or none: then the figure says what it waits for. Rows of other weights than
    those in the book are drawn, and said to be such."""
    path = ROOT / folder / record
    try:
        rows, changed = claim.read_record(path), claim.changed_in(path, ROOT)
    except (FileNotFoundError, ValueError):
        st.info(f"This figure waits for its record: {folder}/{record} is missing or damaged.")
        return []
    if changed:
        st.info(
            f"{folder}/{record} was measured on other weights of {', '.join(changed)} than those "
            f"in the book."
        )
    return rows


Given = ParamSpec("Given")


def needs_records(draw: Callable[Given, None]) -> Callable[Given, None]:
    """A part of a page: if a record that it reads is not there, or of an older form, say so in a
    sentence and go on."""

    @wraps(draw)
    def guarded(*args: Given.args, **kwargs: Given.kwargs) -> None:
        with claim.records_read() as records:
            try:
                draw(*args, **kwargs)
            except Exception as error:
                if not say_of_records(error, records):
                    raise

    return guarded


def say_of_records(error: Exception, read: Mapping[str, bool]) -> bool:
    """Say what keeps a part of a page from being drawn, if it is put down to records."""
    if not claim.is_of_records(error, read):
        return False
    LOG.warning("a part of a page is missing", exc_info=error)
    missing = sorted(name for name, there in read.items() if not there)
    if missing:
        st.info(f"This part of the page waits for {', '.join(missing)}: missing or damaged. {BACK}")
    else:
        found = f"{' or '.join(sorted(read))} lacks what it reads ({type(error).__name__})"
        st.info(f"This part of the page ends here: {found}, as one of an older form does. {BACK}")
    return True


def points_of(question: Counts | Numbers) -> list[Any]:
    """What a question finds, or none where the record lacks it: then a figure draws nothing."""
    try:
        return question.points(rows_of(Path(question.path).name))
    except LookupError:
        return []


@dataclass(frozen=True)
class Atlas:
    """Of every pair, (100, 100): the first wrong token, -1 for none; was it trained on?"""

    wrong_at: NDArray[np.int64]
    trained_on: NDArray[np.bool_]

    @property
    def errors(self) -> int:
        return int((self.wrong_at >= 0).sum())


def atlases() -> dict[str, Atlas]:
    return {row["cell"]["run"]: read_atlas(row) for row in rows_of("atlas.jsonl")}


def read_atlas(row: dict[str, Any]) -> Atlas:
    wrong_at = np.frombuffer(bytes.fromhex(row["first_wrong"]), np.int8).reshape(100, 100)
    return Atlas(wrong_at.astype(np.int64), two_digit_split() < row["fraction"])


@dataclass(frozen=True)
class Opening:
    """The sum a x b as its record has it, to be shown before any model is awake.

    `weights` (n_head, T, T): where the heads of layer 0 look; `lines` of the stream, and `lengths`
    (lines, T) of their contributions; `prices` (T - 1,) in nats of the right tokens but the first.
    """

    a: int
    b: int
    written: Transcript
    weights: NDArray[np.float64]
    lines: list[str]
    lengths: NDArray[np.float64]
    prices: list[float]


def opening(run: str) -> Opening | None:
    """The recorded sum of a run; None, if its record is missing, damaged or of other weights."""
    try:
        row = opening_row(run)
        return Opening(
            row["cell"]["a"],
            row["cell"]["b"],
            Transcript(row["text"], row["given"], row["beliefs"], row["seconds"]),
            np.array(row["patterns"]),
            row["lines"],
            np.array(row["lengths"]),
            row["prices"],
        )
    except (FileNotFoundError, ValueError, KeyError, StopIteration):
        return None


@dataclass(frozen=True)
class Broken:
    """The opening sum as it is written without a head: its text, and where the heads of that head's
    layer look then, (n_head, T, T)."""

    layer: int
    head: int
    text: str
    weights: NDArray[np.float64]


def broken_opening(run: str) -> Broken | None:
    """The recorded sum of a run without a head; None as for `opening`."""
    try:
        row = opening_row(run, without=True)
        layer, head = row["cell"]["without"]
        return Broken(layer, head, row["text"], np.array(row["patterns"]))
    except (FileNotFoundError, ValueError, KeyError, StopIteration):
        return None


def opening_row(run: str, *, without: bool = False) -> dict[str, Any]:
    """Raises ValueError for one of other weights, StopIteration if there is none."""
    rows = claim.read_record(ROOT / "records/opening.jsonl")
    found = (row for row in rows if row["cell"]["run"] == run)
    row = next(row for row in found if ("without" in row["cell"]) == without)
    if claim.changed_by(row, ROOT):
        raise ValueError(f"the opening of {run} was recorded on other weights")
    return row


def taken_out(run: str) -> TakenOut | None:
    """Every part of a run taken out of the recorded problem; None as `opening`."""
    try:
        rows = claim.read_record(ROOT / "records/taken_out.jsonl")
        row = next(row for row in rows if row["cell"]["run"] == run)
        if claim.changed_by(row, ROOT):
            return None
        without = {part: Without(**found) for part, found in row["without"].items()}
        kept = {name: row[name] for name in ("text", "given", "rivals", "leads", "added")}
        return TakenOut(**kept, without=without)
    except (FileNotFoundError, ValueError, KeyError, TypeError, StopIteration):
        return None


def first_error(atlas: Atlas) -> tuple[int, int]:
    """A pair that goes wrong where most do, from the middle of them; 37 x 48 if none does."""
    if atlas.errors == 0:
        return 37, 48
    usual = np.bincount(atlas.wrong_at[atlas.wrong_at >= 0]).argmax()
    pairs = np.argwhere(atlas.wrong_at == usual)
    a, b = pairs[len(pairs) // 2].tolist()
    return a, b


def one_it_gets_wrong(a: int, b: int) -> tuple[int, int]:
    """The reader's pair, or, where the small twin needs no help with it, one where it does."""
    if write_sum("few_pairs", a, b).text != FORM.text(a, b):
        return a, b
    found = atlases().get("few_pairs")
    if found is None:
        return a, b
    other = first_error(found)
    st.caption(f"The small twin gets {a} × {b} right alone. Here is a pair that it gets wrong.")
    return other
