"""The worked numbers in the prose of chapter 8, second page, and what its figures are given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from components.ui.chapters.ch81 import probes
from components.ui.drawings.cut import Boards, Cells

# ---------------------------------------------------------------- the smallest cut


def boards(units: str, chosen: Cells) -> Boards:
    """Of 7 x 8 and 7 x 9, and of what a reader has copied."""
    found = probes.boards_of_record(units)
    if chosen in found.sets:
        return found
    nodes = probes.recorded_nodes(units)
    own = probes.outcome_of(units, probes.TARGET, probes.SOURCE, nodes, chosen)
    return replace(found, sets={**found.sets, chosen: own})


def cells_allowed(units: str) -> tuple[Callable[[str], bool], str]:
    """What allows the cells of a link, and the words for it."""

    def allows(said: str) -> bool:
        parts = said.split(".") if said else []
        return len(said) < 400 and all(
            part.isascii() and part.isdigit() and int(part) < n_unit(units) for part in parts
        )

    return allows, "numbers of cells with dots between them"


def n_unit(units: str) -> int:
    return len(probes.boards_of_record(units).units)


def cells_said(cells: Cells) -> str:
    return ".".join(map(str, cells))


def cells_in(said: str) -> Cells:
    return tuple(sorted({int(part) for part in said.split(".") if part}))


CALC: Mapping[str, Callable[[], str]] = {}
