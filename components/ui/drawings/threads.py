"""Attention over depth: every reader mixes all notes written before it, drawn as threads.

Python says what the shares are; the browser takes their mean over tokens, sorts them, and lays a
plain sum beside them. A reader of the book may cut one thread, which comes back to Python.

Shapes: `T` tokens, `R` readings, `N` notes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, cast

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from components.ui.drawings.drawing import digest, drawing, moments

Shares = NDArray[np.floating[Any]] | Sequence[Sequence[Sequence[float | None]]]

MOST_TOKENS, MOST_NOTES = 64, 26
"""With more, a button or a thread is too small to be seen."""

NEAR = 1e-3
"""As far from 1 the shares of a reading may sum, for what is computed in 16 bits."""

HTML = f"""
<div class="drawing threads">
  <div class="controls">
    <div class="choice tokens" role="group" aria-label="Token that reads"></div>
    <label class="plain">
      <input class="even" type="checkbox" role="switch"><span>as a plain sum</span>
    </label>
  </div>
  <div class="legend kinds"></div>
  <svg class="row" role="group"></svg>
  {moments("Part that reads")}
  <div class="said" role="status"></div>
  <div class="panel">
    <div class="ask">Choose a part that reads, and see what it reads.</div>
    <table class="list">
      <caption class="title">What <span class="name"></span> reads</caption>
      <thead>
        <tr>
          <th scope="col">contribution</th>
          <th scope="col"><i class="mark"></i>as a plain sum</th>
          <th scope="col">share</th>
        </tr>
      </thead>
      <tbody class="read"></tbody>
    </table>
    <div class="lost"><span class="which"></span><button class="mend">whole again</button></div>
  </div>
</div>
"""

component = drawing("depth_threads", "threads", HTML)


class Cut(NamedTuple):
    """The thread that is cut: this reading does not get this note, both counted from zero."""

    reading: int
    note: int


def show_threads(
    key: str,
    tokens: Sequence[str],
    notes: Sequence[str],
    readings: Sequence[str],
    shares: Shares,
    *,
    alt: str,
    cuttable: bool = False,
    compared: bool = True,
    seconds: float = 8.0,
) -> Cut | None:
    """Threads as wide as the `shares`, (T, R, N), NaN or None where a note is not there yet.

    `notes` stand in the order in which they are written. The last of the `readings` is the end of
    the network; each one before it is named as the note that it writes. The threads grow once in
    so many `seconds`; where they are `compared`, a switch shows the equal shares of a plain sum.
    Where they are `cuttable`, returns the one that is cut now, which stays cut
    until the reader makes it whole again. Raises ValueError for what `threads_data` refuses.
    """
    data = threads_data(tokens, notes, readings, shares)
    data |= {"alt": alt, "seconds": seconds, "cuttable": cuttable, "compared": compared}
    data["digest"] = digest(data)
    cut = cut_now(key, data) if cuttable else None
    data["cut"] = cut and cut._asdict()  # below the digest: in the browser it is cut already
    component(data=data, key=key, on_cut_change=lambda: None)
    return cut


def cut_now(key: str, data: dict[str, Any]) -> Cut | None:
    state = st.session_state.get(key)
    n_read = [len(row) for row in data["shares"][0]]
    return read_cut(state.get("cut"), n_read) if state else None


def read_cut(sent: object, n_read: Sequence[int]) -> Cut | None:
    """A thread that is there, where each reading reads so many notes; or None for all else."""
    if not isinstance(sent, dict):
        return None
    found = cast(dict[str, object], sent)
    reading, note = found.get("reading"), found.get("note")
    if type(reading) is not int or type(note) is not int:  # True would be an int
        return None
    if 0 <= reading < len(n_read) and 0 <= note < n_read[reading]:
        return Cut(reading, note)
    return None


def threads_data(
    tokens: Sequence[str], notes: Sequence[str], readings: Sequence[str], shares: Shares
) -> dict[str, Any]:
    """What the browser needs, as plain numbers: of each reading the shares of what it reads.

    Raises ValueError for no token, note or reading or too many, for shares that do not fit them,
    for a reading that is not named as the note it writes, and for one that does not read the first
    notes, all of them written before it, by shares that sum to 1.
    """
    require_number("tokens", tokens, MOST_TOKENS)
    require_number("notes", notes, MOST_NOTES)
    require_number("readings", readings, len(notes))
    first = len(notes) - len(readings) + 1  # so many notes are there for the first reading
    require_names(readings, notes[first:])
    table = np.asarray(shares, dtype=np.float64)  # (T, R, N), NaN for None
    wanted = (len(tokens), len(readings), len(notes))
    if table.shape != wanted:
        raise ValueError(f"shares of shape {table.shape}; {wanted} is wanted")
    rows = [
        what_is_read(reading, table[:, r], first + r).round(4).tolist()
        for r, reading in enumerate(readings)
    ]
    return {
        "tokens": [*tokens],
        "notes": [*notes],
        "readings": [*readings],
        "shares": [[row[t] for row in rows] for t in range(len(tokens))],
    }


def require_number(name: str, things: Sequence[str], most: int) -> None:
    if not 1 <= len(things) <= most:
        raise ValueError(f"{len(things)} {name}; 1 to {most} can be drawn")


def require_names(readings: Sequence[str], written: Sequence[str]) -> None:
    for reading, note in zip(readings[:-1], written, strict=True):
        if reading != note:
            raise ValueError(f"reading {reading!r} writes the note {note!r}; one name is wanted")


def what_is_read(reading: str, table: NDArray[np.float64], most: int) -> NDArray[np.float64]:
    """The shares, (T, n), of the first n notes, all that are there in this `table`, (T, N)."""
    there = ~np.isnan(table)
    n = int(there[0].sum())
    if not 1 <= n <= most or (there != (np.arange(table.shape[1]) < n)).any():
        raise ValueError(
            f"{reading!r} must read the first notes, 1 to {most}, the same at every token; "
            "elsewhere its shares are NaN"
        )
    for t, row in enumerate(table[:, :n]):
        where = f"of {reading!r} at token {t + 1}"
        wrong = row[~np.isfinite(row) | (row < 0)]
        if wrong.size:
            raise ValueError(f"a share {where} is {wrong[0]:g}; 0 to 1 is wanted")
        if abs(row.sum() - 1) > NEAR:
            raise ValueError(f"the shares {where} sum to {row.sum():.4g}; 1 is wanted")
    return table[:, :n]
