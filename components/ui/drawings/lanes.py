"""One problem written in two lanes, plain and with working: what each token has to be worked out
from, which heads look there, and what becomes of the token without them.

All numbers are sent. The browser writes both lanes token by token, writes the working from the
other end, and ablates the heads by another stand-in, at a press.

Shapes: `L` layers, `H` heads of a layer, `W` tokens that are written, `T` tokens.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from components.ui.drawings.drawing import digest, drawing, moments
from components.ui.tokens import label_of, place_of
from lab.data.columns import steps
from lab.data.problems import Format

Numbers = NDArray[np.float64]

HTML = f"""
<div class="drawing lanes">
  <div class="controls">
    <div class="choice order" role="group" aria-label="The working is written"></div>
    <div class="choice by" role="group" aria-label="An ablated head is replaced by"></div>
  </div>
  <div class="title"><b class="name"></b> <span class="note"></span></div>
  <div class="first">
    <svg class="picture plain" role="group"></svg>
    <div class="sum"></div>
  </div>
  <div class="title"><b class="name"></b> <span class="note"></span></div>
  <svg class="picture working" role="group"></svg>
  <div class="paper">
    <div class="before"></div>
    <div class="carry"></div>
    <div class="column"></div>
  </div>
  <div class="key"></div>
  {moments("Tokens written")}
  <div class="said" role="status"></div>
</div>
"""

component = drawing("two_lanes", "lanes", HTML)

PLAIN, BACK, FRONT = Format("plain"), Format("cot_reversed"), Format("cot")

LOOKS = 0.35
"""With less of its weight on a token a head of the plain model is not said to look there."""

STAND_INS = {"zero": "zeros", "mean": "its mean", "resample": "another problem’s"}
"""What an ablated head is replaced by, in a reader's words."""


@dataclass(frozen=True)
class Ablated:
    """Some heads of layer 0 ablated together: of `n` digits at each written token those that come
    out wrong, by stand-in. `row`: the head whose looks stand in its row, if it is one alone."""

    name: str
    row: int | None
    wrong: Mapping[str, Sequence[int]]


@dataclass(frozen=True)
class TwoLanes:
    """What both models wrote of a x b, and where their heads looked: `plain` (L, H, W, T - 1) of
    all layers, `working` (H, W, T - 1) of the first. `ablated` of the second, on `n` problems."""

    a: int
    b: int
    plain_text: str
    plain: Numbers
    working_text: str
    working: Numbers
    ablated: Sequence[Ablated]
    n: int


def show_lanes(key: str, lanes: TwoLanes, *, alt: str, seconds: float = 16.0) -> None:
    """Write both lanes once in so many `seconds`. Raises ValueError for what `lanes_data` does."""
    data = lanes_data(lanes) | {"alt": alt, "seconds": seconds}
    component(data=data | {"digest": digest(data)}, key=key)


def lanes_data(lanes: TwoLanes) -> dict[str, Any]:
    """What the browser needs. Raises ValueError for weights or counts of another shape."""
    a, b = lanes.a, lanes.b
    written = {form: form.length - form.prompt_length for form in (PLAIN, BACK)}
    for form, weights in ((PLAIN, lanes.plain), (BACK, lanes.working)):
        wanted = (written[form], form.length - 1)
        if weights.shape[-2:] != wanted:
            raise ValueError(f"weights {weights.shape} of {form.style}; they end in {wanted}")
    for one in lanes.ablated:
        if any(len(wrong) != written[BACK] for wrong in one.wrong.values()):
            raise ValueError(f"{one.name}: a count for each of {written[BACK]} tokens is wanted")
    return {
        "plain": lane(PLAIN, a, b, lanes.plain_text, looks_of_plain(lanes.plain)),
        "back": lane(BACK, a, b, lanes.working_text, looks_of_working(lanes.working)),
        "front": lane(FRONT, a, b, FRONT.text(a, b), [[] for _ in range(written[BACK])]),
        "by": list(STAND_INS.values()),
        "heads": [
            {"name": one.name, "row": one.row, "wrong": [list(one.wrong[by]) for by in STAND_INS]}
            for one in lanes.ablated
        ],
        "n": lanes.n,
    }


def lane(form: Format, a: int, b: int, text: str, looks: list[Any]) -> dict[str, Any]:
    """One way of writing: its tokens, what each is worked out from, and where heads look."""
    fields = [form.field_at(i) for i in range(form.length)]
    return {
        "tokens": list(text),
        "right": list(form.text(a, b)),
        "roles": [field.role for field in fields],
        "places": [place_of(i, form, a, b) for i in range(form.length)],
        "given": form.prompt_length,
        "steps": [asdict(step) for step in steps(form, a, b)],
        "looks": looks,
        "groups": [
            {"start": field.start, "stop": field.stop, "label": label_of(field, a, b)}
            for field in form.written
        ],
    }


def looks_of_plain(weights: Numbers) -> list[list[dict[str, Any]]]:
    """Before each written token, the heads of all layers with much of their weight on a digit."""
    digits = [i for field in PLAIN.fields if field.holds_number for i in field.positions]
    return [
        [
            {"head": f"{layer}.{head}", "from": token, "weight": round(float(row[token]), 3)}
            for layer, heads in enumerate(weights[:, :, t])
            for head, row in enumerate(heads)
            for token in digits
            if token < len(row) and row[token] >= LOOKS
        ]
        for t in range(weights.shape[2])
    ]


def looks_of_working(weights: Numbers) -> list[list[dict[str, Any]]]:
    """Before each written token, where each head of layer 0 puts most of its weight."""
    return [
        [
            {"head": f"0.{head}", "from": int(row.argmax()), "weight": round(float(row.max()), 3)}
            for head, row in enumerate(weights[:, t])
        ]
        for t in range(weights.shape[1])
    ]
