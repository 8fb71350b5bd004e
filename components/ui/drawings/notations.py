"""The same algorithm in several notations, one shown at a time: a step stays lit in all of them.

Whoever points at a line, or at the name of a step, sees where the others do the same. The browser
computes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from components.ui.drawings.drawing import digest, drawing


class NotationStep(NamedTuple):
    """What every notation does somewhere: a short name, and a sentence."""

    name: str
    said: str


class Line(NamedTuple):
    """A line of code, and the names of the steps that it does."""

    text: str
    steps: Sequence[str] = ()


class Column(NamedTuple):
    """A notation: its title, its lines, and where its code stands."""

    title: str
    lines: Sequence[Line]
    where: str = ""


HTML = """
<div class="drawing notations">
  <div class="choice" role="group" aria-label="Steps"></div>
  <div class="choice switch" role="group" aria-label="Notation"></div>
  <div class="columns" role="group"></div>
  <div class="said" role="status">
    <div class="told"></div>
    <p class="none">Point at a line, or choose a step.</p>
  </div>
</div>
"""

component = drawing("linked_notations", "notations", HTML)


def show_notations(
    key: str,
    columns: Sequence[Column],
    steps: Sequence[NotationStep],
    *,
    at: str | None = None,
    alt: str,
) -> None:
    """The step `at` is lit when the drawing is opened, or else the first.

    Raises ValueError for what `notations_data` refuses.
    """
    data = notations_data(columns, steps, at) | {"alt": alt}
    component(data=data | {"digest": digest(data)}, key=key)


def notations_data(
    columns: Sequence[Column], steps: Sequence[NotationStep], at: str | None = None
) -> dict[str, Any]:
    """What the browser needs; steps travel as their numbers.

    Raises ValueError for no steps, for two of one name, for no columns, for one that is empty, that
    does a step which is not listed, or that never does one which is, and for an `at` that is no
    step.
    """
    names = [step.name for step in steps]
    if not names or len({*names}) < len(names):
        raise ValueError(f"the steps are {names}; one or more is wanted, each of another name")
    if not columns:
        raise ValueError("no columns; one or more is wanted")
    for column in columns:
        require_every_step(column, names)
    if at is not None and at not in names:
        raise ValueError(f"at={at!r}; the steps are {names}")
    return {
        "columns": [travelling(column, names) for column in columns],
        "steps": [[*step] for step in steps],
        "at": names.index(at) if at is not None else 0,
    }


def require_every_step(column: Column, names: Sequence[str]) -> None:
    """Raise ValueError for a column without lines, or with other steps than these."""
    if not column.lines:
        raise ValueError(f"{column.title!r} is empty; one line or more is wanted")
    done: set[str] = set()
    for number, line in enumerate(column.lines, start=1):
        if unknown := {*line.steps} - {*names}:
            where = f"{column.title!r}, line {number}"
            raise ValueError(f"{where}, does {sorted(unknown)}; the steps are {names}")
        done.update(line.steps)
    if missing := [name for name in names if name not in done]:
        raise ValueError(f"{column.title!r} never does {missing}; a line for each step is wanted")


def travelling(column: Column, names: Sequence[str]) -> dict[str, Any]:
    return {
        "title": column.title,
        "where": column.where,
        "lines": [[text, [names.index(step) for step in steps]] for text, steps in column.lines],
    }
