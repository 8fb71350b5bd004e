"""A model as it is composed, its matrices to scale, and the variants in training beside it.

Python sends what each matrix is, in columns of a strip for each layer, the same of a network whose
scale is kept, and of every variant which pairs are right at each look. The browser gives all
matrices one scale, says of one what it is, and plays the looks.

Shapes: `N` pairs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from components.ui.drawings.drawing import as_text, digest, drawing, moments

if TYPE_CHECKING:
    from lab.model.named_matrices import Matrix

Bits = NDArray[np.bool_]

MOST = 4
"""Variants side by side."""

HTML = f"""
<div class="drawing composed">
  <p class="headline"></p>
  <div class="view">
    <div class="model">
      <svg class="sheet" role="group"></svg>
      <div class="legend">
        <span class="measure"><i class="patch"></i><b></b></span>
        <span class="hint">Press a box to read it.</span>
      </div>
      <div class="told" role="status"></div>
    </div>
    <div class="side">
      <div class="variants"></div>
      <div class="legend">
        <span><b>held out:</b><i class="held-right"></i>right<i class="held-wrong"></i>wrong</span>
        <span><b>trained on:</b><i class="trained-right"></i>right
          <i class="trained-wrong"></i>wrong</span>
      </div>
    </div>
  </div>
  {moments("Step shown")}
  <div class="said" role="status"></div>
  <svg class="leader" aria-hidden="true"></svg>
</div>
"""

component = drawing("composed_model", "composed", HTML)


class Look(NamedTuple):
    """After a step, which pairs are wrong, and which were asked so far, (N,) each."""

    step: int
    wrong: Bits
    asked: Bits


@dataclass(frozen=True)
class Variant:
    """One that was trained: its name, what is said of it, which pairs it trains on, (rows, columns)
    of them, and its looks; its name in a word or less. `recorded`: not by this reader. `changed`:
    it lacks what is outlined in the model."""

    name: str
    about: str
    trained: Bits
    looks: Sequence[Look]
    short: str
    recorded: bool = False
    changed: bool = False


class Strip(NamedTuple):
    """A layer, or what stands below or above all: its name, and its matrices in columns. `flat`:
    the stream lies across."""

    name: str
    columns: Sequence[Sequence[Matrix]]
    flat: bool = False


def show_composed(
    key: str,
    strips: Sequence[Strip],
    variants: Sequence[Variant],
    *,
    usual: Sequence[Strip],
    outlined: str = "",
    alt: str,
    headline: str,
) -> None:
    """The strips from the last to the first, at the scale of the usual ones, and up to four
    variants; `outlined` is the name of a matrix. ValueError as `composed_data`."""
    words = {"alt": alt, "headline": headline, "outlined": outlined}
    data = composed_data(strips, variants, usual) | words
    component(data=data | {"digest": digest(data)}, key=key)


def composed_data(
    strips: Sequence[Strip], variants: Sequence[Variant], usual: Sequence[Strip]
) -> dict[str, Any]:
    """What the browser needs.

    Raises ValueError for no strip, too many variants, and looks that do not fit their pairs or do
    not rise.
    """
    if not strips:
        raise ValueError("no strips: a model has one at least")
    if len(variants) > MOST:
        raise ValueError(f"{len(variants)} variants; at most {MOST} can be shown")
    return {
        "strips": [strip_data(strip) for strip in strips],
        "usual": [strip_data(strip) for strip in usual],
        "variants": [variant_data(variant) for variant in variants],
    }


def strip_data(strip: Strip) -> dict[str, Any]:
    return {
        "name": strip.name,
        "flat": strip.flat,
        "columns": [
            [matrix_data(matrix, strip.flat) for matrix in column] for column in strip.columns
        ],
    }


def matrix_data(matrix: Matrix, flat: bool) -> dict[str, Any]:
    wide, high = sides(matrix)[::-1] if flat else sides(matrix)
    return {
        "name": matrix.name,
        "part": matrix.part,
        "shape": [*matrix.shape],
        "does": matrix.does,
        "pieces": matrix.pieces,
        "wide": wide,
        "high": high,
    }


def sides(matrix: Matrix) -> tuple[int, int]:
    """Across and down, in numbers: the side on which the stream stands is down, and of a matrix
    within a layer the shorter one; a vector stands upright."""
    if len(matrix.shape) == 1:
        return 1, matrix.shape[0]
    rows, columns = matrix.shape
    writes = matrix.name.endswith(("W_O", "W_out"))
    return (columns, rows) if writes else (rows, columns)


def in_columns(matrices: Sequence[Matrix], high: int, apart: int) -> list[list[Matrix]]:
    """In their order, those that are lower one below another as long as `high` numbers have room;
    between two lies room for `apart` numbers."""
    columns: list[list[Matrix]] = []
    free = 0
    for matrix in matrices:
        _, tall = sides(matrix)
        if columns and len(matrix.shape) > 1 and tall + apart <= free:
            columns[-1].append(matrix)
            free -= tall + apart
        else:
            columns.append([matrix])
            free = high - tall if len(matrix.shape) > 1 else 0
    return columns


def by_name(matrices: Sequence[Matrix]) -> list[list[Matrix]]:
    """A column for each name, in their order."""
    names = dict.fromkeys(matrix.name for matrix in matrices)
    return [[matrix for matrix in matrices if matrix.name == name] for name in names]


def variant_data(variant: Variant) -> dict[str, Any]:
    rows, columns = variant.trained.shape
    steps = [look.step for look in variant.looks]
    if any(later <= before for before, later in pairwise(steps)):
        raise ValueError(f"{variant.name}: looks after steps {steps}; they are to rise")
    for look in variant.looks:
        for bits in (look.wrong, look.asked):
            if bits.shape != (rows * columns,):
                raise ValueError(
                    f"{variant.name}: a look of shape {bits.shape}; ({rows * columns},) is wanted"
                )
    return {
        "name": variant.name,
        "about": variant.about,
        "short": variant.short,
        "recorded": variant.recorded,
        "changed": variant.changed,
        "columns": columns,
        "trained": packed(variant.trained),
        "looks": [
            {
                "step": look.step,
                "wrong": packed(look.wrong),
                "asked": "" if look.asked.all() else packed(look.asked),
            }
            for look in variant.looks
        ],
    }


def packed(bits: Bits) -> str:
    return as_text(np.packbits(bits))
