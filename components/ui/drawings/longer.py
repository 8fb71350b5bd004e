"""One problem that grows digit by digit, as four networks write it up to the first wrong token.

They are of one size and one training; two switches tell them apart: how many counts say where a
token stands, and whether distances have a limit. All readings come from Python.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any, NamedTuple

from components.ui.drawings.drawing import digest, drawing, moments
from lab.data.problems import Format

COUNTS = ("one count", "two counts")
LIMITS = ("no limit", "a limit")


def buttons(axis: str, label: str, words: Sequence[str]) -> str:
    inside = "".join(f'<button data-{axis}="{n}">{word}</button>' for n, word in enumerate(words))
    return f'<div class="choice" role="group" aria-label="{label}">{inside}</div>'


HTML = f"""
<div class="drawing longer">
  <div class="controls">
    {buttons("counts", "Positions", COUNTS)}{buttons("limit", "Limit on distances", LIMITS)}
  </div>
  <div class="panels"></div>
  <div class="written hint">
    <div class="what"></div>
    <div class="text">
      <span class="sizer" aria-hidden="true"></span><span class="shown"></span>
    </div>
  </div>
  <div class="legend">
    <span><i class="operand"></i>typed</span><span><i class="right"></i>written right</span>
    <span><i class="wrong"></i>first wrong token</span>
    <span><i class="missed"></i>not reached</span>
  </div>
  {moments("Digits of the problem")}
  <div class="said" role="status"></div>
</div>
"""

component = drawing("growing_problem", "longer", HTML)


class Written(NamedTuple):
    """How far a network comes with a problem: the slot of its first wrong token, -1 for none, and
    that token."""

    slot: int
    token: str


class Network(NamedTuple):
    """With one count or two, with or without a limit: what it writes of every problem, and by the
    digits of both numbers how many test problems it gets wrong, of how many, where counted."""

    counts: int
    limit: int
    written: Sequence[Written]
    counted: dict[int, tuple[int, int]]


def show_longer(
    key: str,
    problems: Sequence[tuple[int, int]],
    networks: Sequence[Network],
    *,
    alt: str,
    seconds: float = 9.0,
) -> None:
    """`problems` from short to long; `networks` are the four that the switches make.

    Raises ValueError for others, and for readings that are not as many as the problems.
    """
    data = longer_data(problems, networks) | {"alt": alt, "seconds": seconds}
    component(data=data | {"digest": digest(data)}, key=key)


def longer_data(problems: Sequence[tuple[int, int]], networks: Sequence[Network]) -> dict[str, Any]:
    made = [(network.counts, network.limit) for network in networks]
    if made != list(product((0, 1), repeat=2)):
        raise ValueError(f"networks {made}; one count, then two, each without and with a limit")
    for network in networks:
        if not len(network.written) == len(problems) > 0:
            raise ValueError(f"{len(network.written)} readings of {len(problems)} problems")
    return {
        "problems": [problem_data(a, b) for a, b in problems],
        "networks": [
            {
                "counts": network.counts,
                "limit": network.limit,
                "written": [[*one] for one in network.written],
                "counted": {str(n): [*one] for n, one in network.counted.items()},
            }
            for network in networks
        ],
    }


def problem_data(a: int, b: int) -> dict[str, Any]:
    """The right text, where the network begins to write, and where the answer begins."""
    form = Format("cot_reversed", len(str(a)), len(str(b)))
    return {
        "a": a,
        "b": b,
        "digits": [form.p, form.q],
        "text": form.text(a, b),
        "begins": form.prompt_length,
        "answer": form.answer.start,
    }
