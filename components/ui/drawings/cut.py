"""The smallest cut: two runs of one network as grids of cells, and what becomes of the one when
cells of the other are copied into it.

Python sends what is written with some sets of cells copied, those of a search among them. A reader
copies others, by hand or key: what is not there yet is asked for, and comes anew.

Shapes: `U` units, `K` steps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from components.ui.drawings.drawing import digest, drawing, moments, sent_by

LEFT_KEY = '<span><i class="k_left"></i>may not be copied</span>'

HTML = f"""
<div class="drawing cut">
  <p class="headline"></p>
  <div class="boards" role="group">
    <div class="board source"><div class="name">copied from <b></b> = <span></span></div>
      <div class="grid"></div></div>
    <div class="board target"><div class="name">into <b></b> = <span></span></div>
      <div class="grid"></div></div>
    <div class="board result"><div class="name">writes
      <span class="answer" role="status"></span></div>
      <div class="legend keys near"><span><i class="k_own"></i>as in its own run</span>
        <span><i class="k_other"></i>as in the other run</span>{LEFT_KEY}</div>
      <div class="grid"></div></div>
    <svg class="copies" aria-hidden="true"></svg>
  </div>
  <div class="below">
    <div class="tally">
      <div class="counter"><b class="copied_numbers"></b><span class="of_all"></span></div>
      <div class="legend keys">
        <span>as in its own run<i class="k_ramp"></i>as in the other run</span>
        {LEFT_KEY}
      </div>
      <button class="elsewhere">Copy as many other numbers</button>
    </div>
    <div class="odds" role="img" aria-label="Probability of each digit at both steps"></div>
  </div>
  {moments("Cells copied")}
  <div class="said" role="status"></div>
</div>
"""

component = drawing("smallest_cut", "cut", HTML)

Kind = Literal["head", "ffn", "neuron"]


@dataclass(frozen=True)
class Unit:
    """A cell that may be copied: what its layer makes at one step, and how many numbers that is."""

    step: int
    layer: int
    kind: Kind
    name: str
    short: str
    numbers: int


@dataclass(frozen=True)
class LeftOut:
    """A cell that may not be copied, and why."""

    step: int
    layer: int
    short: str
    why: str


@dataclass(frozen=True)
class Outcome:
    """What is written with some units copied; the share of each digit at each step, (K, 10); of
    every unit how far its value is from its own run's, 0, to the other's, 1, (U,)."""

    text: str
    shares: Sequence[Sequence[float]]
    moved: Sequence[float]


Cells = tuple[int, ...]
"""Units by their number, in rising order."""


@dataclass(frozen=True)
class Boards:
    """`target` and `source` are problems, and what the network writes for them. `path`: what a
    search found, in an order in which each does most. `others`: as many units elsewhere, drawn by
    seed, of which `turned` of `n` sets turn the answer too."""

    headline: str
    problems: tuple[str, str]
    writes: tuple[str, str]
    steps: Sequence[str]
    units: Sequence[Unit]
    left_out: Sequence[LeftOut]
    total: int
    sets: Mapping[Cells, Outcome]
    path: Cells
    others: Sequence[Cells]
    turned: int
    n: int


def show_cut(
    key: str,
    boards: Boards,
    chosen: Cells,
    *,
    alt: str,
    on_change: Callable[[Cells], None] | None = None,
    seconds: float = 6.0,
) -> None:
    """With `chosen` copied, whose outcome is among the sets. `on_change` gets what a reader has
    copied, at every change. Raises `ValueError` for what does not fit."""
    data = cut_data(boards, chosen) | {"alt": alt, "seconds": seconds}
    data["digest"] = digest(data)
    data |= {"chosen": [*chosen]}  # below the digest: in the browser they are so already

    def changed() -> None:
        sent = sent_by(key, "chosen")
        if on_change and sent is not None:
            numbers = {int(i) for i in sent}
            on_change(tuple(sorted(i for i in numbers if 0 <= i < len(boards.units))))

    component(data=data, key=key, on_chosen_change=changed)


def cut_data(boards: Boards, chosen: Cells) -> dict[str, Any]:
    """What the browser needs, as plain numbers."""
    n_unit, n_step = len(boards.units), len(boards.steps)
    for cells, outcome in boards.sets.items():
        if any(not 0 <= i < n_unit for i in cells) or list(cells) != sorted(set(cells)):
            raise ValueError(f"{cells} are no units in rising order; there are {n_unit}")
        if len(outcome.moved) != n_unit or len(outcome.shares) != n_step:
            raise ValueError(f"{cells} moves {len(outcome.moved)} units, {n_unit} there are")
        if len(outcome.text) != n_step:
            raise ValueError(f"{outcome.text!r} is not written in {n_step} steps")
    if missing := [cells for cells in ((), chosen, *boards.others) if cells not in boards.sets]:
        raise ValueError(f"no outcome of {missing[0]}")
    return {
        "headline": boards.headline,
        "problems": dict(zip(("target", "source"), boards.problems, strict=True)),
        "writes": dict(zip(("target", "source"), boards.writes, strict=True)),
        "steps": [*boards.steps],
        "n_layer": 1 + max(unit.layer for unit in boards.units),
        "units": [asdict(unit) for unit in boards.units],
        "left": [asdict(one) for one in boards.left_out],
        "total": boards.total,
        "sets": {" ".join(map(str, cells)): sent(one) for cells, one in boards.sets.items()},
        "path": [*boards.path],
        "others": {
            "sets": [[*cells] for cells in boards.others],
            "turned": boards.turned,
            "n": boards.n,
        },
    }


def sent(outcome: Outcome) -> dict[str, Any]:
    return {
        "text": outcome.text,
        "shares": [[round(1000 * share) for share in step] for step in outcome.shares],
        "moved": [round(100 * min(max(moved, 0.0), 1.0)) for moved in outcome.moved],
    }
