"""What a network wrote, laid beside what is right: each number in the row of the one that it stands
for, so that one token too many spoils its own row and no other."""

from __future__ import annotations

import re
from statistics import mode
from typing import NamedTuple

from lab.data.problems import Field, Format, digits_of

NOT_WRITTEN = "·"
SIGN_LEFT_OUT, SIGN_CHANGED = 6.0, 1.5
"""What it costs to pair two texts otherwise than sign with sign; a digit left out costs 1."""


SURE = 2


class Line(NamedTuple):
    """A number that was written, and what each token is: `r`ight; right but `l`ate, or early, since
    the number has a token too many or too few before it; `w`rong in itself; `f` for right given
    what stands before it; `n` for not written."""

    field: Field
    tokens: str
    marks: str


def lines_of(text: str, form: Format, a: int, b: int) -> list[Line]:
    """A row for each number that `form` has the network write for a × b. `text` begins as the right
    one does, up to its first `=`."""
    right = form.text(a, b)
    rows = rows_written(text, right, form)
    found: list[Line] = []
    added: int | None = 0
    for field, row in zip(form.written, rows, strict=True):
        should = implied = right[field.start : field.stop]
        number = int(row[::-1]) if row.isdigit() else None
        if field.kind == "partial product":
            added = None if added is None or number is None else added + number
        elif field.kind == "sum" or form.partial_products:
            implied = should if added is None else digits_of(added, field)
            added = number if field.kind == "sum" else added
        found.append(Line(field, *marked(row, should, implied)))
    return found


def marked(row: str, right: str, implied: str) -> tuple[str, str]:
    """The tokens of a row and their marks. One of another length has a single gap, or tokens too
    many in a single place: at its end, unless `SURE` more of it are right with another."""
    more = len(row) - len(right)
    kept = min(len(row), len(right))

    def equal(split: int) -> int:
        pairs = zip(row[:split], right, strict=False)
        behind = zip(
            row[len(row) - kept + split :], right[len(right) - kept + split :], strict=True
        )
        return sum(x == y for x, y in (*pairs, *behind))

    split = max(range(kept + 1), key=lambda one: (equal(one), one))
    if equal(split) < equal(kept) + SURE:
        split = kept
    tokens, marks = "", ""
    for at, token in enumerate(row):
        place = at if at < split else at - more
        if at == split and more < 0:
            tokens, marks = tokens + NOT_WRITTEN * -more, marks + "n" * -more
        tokens += token
        if split <= at < split + more:
            marks += "w"
        elif token == right[place]:
            marks += "r" if place == at else "l"
        else:
            marks += "f" if token == implied[place] else "w"
    short = max(len(right) - len(tokens), 0)
    return tokens + NOT_WRITTEN * short, marks + "n" * short


# ---------------------------------------------------------------- which number is which


def rows_written(text: str, right: str, form: Format) -> list[str]:
    """What was written of each number. Without any sign there is nothing to tell numbers by, and
    the text is cut where the right one is."""
    begin, fields = form.prompt_length, form.written
    if text[begin:].isdigit():
        return [text[field.start : field.stop] for field in fields]
    row_at = {slot: number for number, field in enumerate(fields) for slot in field.positions}
    places = [slot for token, slot in paired(text[begin:], right[begin:]) if token]
    rows = [""] * len(fields)
    last = 0
    for run in re.finditer(r"\d+", text[begin:]):
        stands_in = [
            row_at[begin + slot] for slot in places[run.start() : run.end()] if slot is not None
        ]
        row = mode(stands_in) if stands_in else last
        sign = text[begin + run.start() - 1] if rows[row] else ""  # one that ends no number
        rows[row] += sign + run.group()
        last = row
    return rows


def paired(written: str, right: str) -> list[tuple[str, int | None]]:
    """Each token of `written`, and its place in `right` if it has one; a place without a token has
    an empty one. It is the pairing of least cost, in which no digit stands for a sign."""
    n, m = len(written), len(right)
    cost = [[0.0] * (m + 1) for _ in range(n + 1)]
    for i in range(n, -1, -1):
        for j in range(m, -1, -1):
            if i < n or j < m:
                cost[i][j] = min(price + cost[y][x] for price, y, x in ways(written, right, i, j))
    found: list[tuple[str, int | None]] = []
    i = j = 0
    while (i, j) != (n, m):
        _, y, x = min(ways(written, right, i, j), key=lambda way: way[0] + cost[way[1]][way[2]])
        found.append((written[i] if y > i else "", j if x > j else None))
        i, j = y, x
    return found


def ways(written: str, right: str, i: int, j: int) -> list[tuple[float, int, int]]:
    """From the pairs before (i, j) on: the price of a step, and where it leads."""
    out: list[tuple[float, int, int]] = []
    if i < len(written) and j < len(right):
        one, other = written[i], right[j]
        if one.isdigit() == other.isdigit():
            changed = 1.0 if one.isdigit() else SIGN_CHANGED
            out.append((0.0 if one == other else changed, i + 1, j + 1))
    if i < len(written):
        out.append((1.0 if written[i].isdigit() else SIGN_LEFT_OUT, i + 1, j))
    if j < len(right):
        out.append((1.0 if right[j].isdigit() else SIGN_LEFT_OUT, i, j + 1))
    return out
