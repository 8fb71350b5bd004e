"""Attention over depth: every part reads a mix of all contributions written before it. One
connection is cut, and the network writes the problem again.

Python sends how much each connection brings and what is written without it. A reader cuts another:
of the problem of the page all texts are there, of any other the one that is cut comes anew.

Shapes: `R` parts that read, `N` contributions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from components.ui.drawings.drawing import digest, drawing, moments, sent_by

Table = NDArray[np.float64]

MOST = 26
"""Contributions; with more, a connection is too small to be seen."""

NEAR = 1e-3
"""As far from 1 the shares of a part may sum, for what is computed in 16 bits."""

HTML = f"""
<div class="drawing connections">
  <p class="headline">Each arc connects two parts of a network. Press one to cut it: the problem is
    written again.</p>
  <svg class="row" role="group"></svg>
  <div class="legend kinds"></div>
  <div class="texts">
    <div class="lines">
      <div class="line whole"><b>whole</b><div class="cells"></div></div>
      <div class="line anew"><b>cut</b><div class="cells"></div></div>
    </div>
    <div class="paper"></div>
  </div>
  <div class="legend marks">
    <span><i class="wrong">7</i>wrong in itself</span>
    <span><i class="follows">7</i>follows from wrong numbers before it</span>
  </div>
  {moments("Tokens written")}
  <div class="said" role="status"></div>
  <div class="controls">
    <label><span>or cut from</span> <select class="source"></select></label>
    <label><span>to</span> <select class="reader"></select></label>
    <label class="as_wide"><span>a connection is as wide as</span>
      <select class="width"></select></label>
  </div>
  <div class="often"></div>
</div>
"""

component = drawing("connections_over_depth", "connections", HTML)


class Connection(NamedTuple):
    """This part does not read that contribution any more, both counted from zero."""

    reader: int
    source: int


@dataclass(frozen=True)
class Text:
    """A text that was written: the positions that are wrong, those of them that are right for the
    numbers before them, and the numbers that are added, with what was written for their sum at the
    end; None where another sign stands in one of them."""

    text: str
    wrong: Sequence[int]
    follows: Sequence[int]
    added: Sequence[int] | None


@dataclass(frozen=True)
class Part:
    """Positions `start` to `stop` of a text: what they hold, if it has a name, their role, and the
    number that is right, where they hold one with its units first."""

    start: int
    stop: int
    name: str
    role: str
    right: int | None


@dataclass(frozen=True)
class Width:
    """What a connection can be as wide as: `name` in the list, how it is said of one connection
    with {share}, {source} and {reader} in it, and the `table` (R, N), NaN where there is none.
    `bundled`: all that a part reads sums to one."""

    name: str
    said: str
    table: Table
    bundled: bool = True


@dataclass(frozen=True)
class Often:
    """How often something is wrong with each connection cut: of `n`, by reader and source."""

    name: str
    n: int
    wrong: Sequence[Sequence[int]]


@dataclass(frozen=True)
class Cuts:
    """What becomes of a problem with each connection cut.

    `sources` stand in the order in which they are written. The last of the `readers` is the end of
    the network; each one before it is named as the contribution that it writes. `places` names
    every token that is written; `without` holds what is written without a connection. `often` was
    counted on what `of` says.
    """

    sources: Sequence[str]
    readers: Sequence[str]
    widths: Sequence[Width]
    parts: Sequence[Part]
    places: Sequence[str]
    whole: Text
    without: Mapping[Connection, Text]
    often: Sequence[Often]
    of: str


def show_connections(
    key: str,
    cuts: Cuts,
    cut: Connection,
    *,
    alt: str,
    width: int = 0,
    on_change: Callable[[Connection, int], None] | None = None,
    seconds: float = 9.0,
) -> None:
    """With `cut`, whose text is among those of `cuts`. `on_change` gets the connection that a
    reader cut, and the width that is chosen, at every change.

    Raises ValueError for names, tables and texts that do not fit.
    """
    data = connections_data(cuts, cut) | {"alt": alt, "seconds": seconds}
    data["digest"] = digest(data)
    data |= {"cut": [*cut], "width": width}  # below the digest: in the browser they are so already

    def changed() -> None:
        sent = sent_by(key, "chosen")
        if on_change and sent:
            reader, source, by = map(int, sent)
            on_change(Connection(reader, source), by)

    component(data=data, key=key, on_chosen_change=changed)


def connections_data(cuts: Cuts, cut: Connection) -> dict[str, Any]:
    """What the browser needs, as plain numbers."""
    require_names(cuts.sources, cuts.readers)
    first = len(cuts.sources) - len(cuts.readers) + 1  # so many are there for the first that reads
    tables = [
        [read_by(reader, width, width.table[r], first + r) for r, reader in enumerate(cuts.readers)]
        for width in cuts.widths
    ]
    n_token = len(cuts.whole.text)
    if any(len(line.text) != n_token for line in cuts.without.values()):
        raise ValueError(f"texts of other lengths than {n_token}")
    if cut not in cuts.without:
        raise ValueError(f"no text of {cut}")
    return {
        "sources": [*cuts.sources],
        "readers": [*cuts.readers],
        "widths": [
            {"name": width.name, "said": width.said, "bundled": width.bundled, "table": table}
            for width, table in zip(cuts.widths, tables, strict=True)
        ],
        "parts": [asdict(part) for part in cuts.parts],
        "places": [*cuts.places],
        "given": n_token - len(cuts.places),
        "whole": asdict(cuts.whole),
        "cuts": {f"{at.reader} {at.source}": asdict(line) for at, line in cuts.without.items()},
        "often": [asdict(one) for one in cuts.often],
        "of": cuts.of,
    }


def require_names(sources: Sequence[str], readers: Sequence[str]) -> None:
    if not 1 <= len(readers) <= len(sources) <= MOST:
        raise ValueError(
            f"{len(readers)} parts that read {len(sources)} contributions; 1 to {MOST} can be drawn"
        )
    for reader, source in zip(
        readers[:-1], sources[len(sources) - len(readers) + 1 :], strict=True
    ):
        if reader != source:
            raise ValueError(f"{reader!r} writes {source!r}; one name is wanted")


def read_by(reader: str, width: Width, row: Table, n: int) -> list[float]:
    """Of the first n contributions, all that are there for this reader."""
    there = ~np.isnan(row)
    if (there != (np.arange(len(row)) < n)).any():
        raise ValueError(f"{reader!r} must read the first {n} contributions; the rest are NaN")
    found = row[:n]
    if (found < 0).any() or (found > 1).any():
        raise ValueError(f"{width.name!r} of {reader!r} is not within 0 to 1")
    if width.bundled and abs(found.sum() - 1) > NEAR:
        raise ValueError(f"{width.name!r} of {reader!r} sums to {found.sum():.4g}; 1 is wanted")
    return found.round(4).tolist()
