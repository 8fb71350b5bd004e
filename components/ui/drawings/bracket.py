"""Where the bracket stands decides what a cache keeps and what is computed: five stops, from keys
and values that are kept to latents with a rotated key beside them.

Python sends every matrix and every count; the browser draws the stop that its slider is at, and
the bracket between two of them.

Shapes: `T` tokens in the cache.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from components.ui.drawings.drawing import as_signed_bytes, digest, drawing, moments
from lab.numerals import written

Numbers = NDArray[np.floating[Any]]

STOPS = (
    "keys and values kept",
    "latents kept, keys made again",
    "matrix moved to the query",
    "keys from latents rotated",
    "rotated key split off",
)
SHORT = (
    *("keys and values kept", "keys made again", "matrix moved", "keys rotated"),
    "rotated key split off",
)
"""The same on a phone."""

KNOWN = (True, False, False, True, True)
"""Whether the scores of a stop know where tokens stand: keys that are kept are rotated, too."""

FULL = 0.95
"""So many of the numbers of a matrix are below the full colour."""

STRONG = 2
"""The browser gives the full colour to half of what travels as the largest number."""

HTML = f"""
<div class="drawing bracket">
  <p class="headline"></p>
  <p class="how">Step through five stops, or drag the bracket.</p>
  <div class="formula" role="img">
    <div class="tiles">
      <figure class="q"><figcaption></figcaption></figure>
      <figure class="w"><figcaption></figcaption></figure>
      <figure class="wheel"><div></div><figcaption></figcaption></figure>
      <figure class="c"><figcaption></figcaption></figure>
      <div class="other" aria-hidden="true"><i></i><i></i></div>
      <div class="stem" aria-hidden="true"></div>
      <div class="pair" role="slider" tabindex="0" aria-label="The bracket" aria-valuemin="0"
        aria-valuemax="1"><i></i><i></i><span aria-hidden="true"></span></div>
    </div>
  </div>
  <div class="store">
    <div class="signs" aria-hidden="true"><i class="negative"></i>below zero
      <i class="positive"></i>above</div>
    <div class="names"></div>
    <span class="asker" aria-hidden="true"></span>
    <div class="held" role="img"></div>
    <figure class="scores"><figcaption>scores</figcaption></figure>
  </div>
  <div class="ledger" role="group" aria-label="Stops, and what each costs"></div>
  {moments("Stop shown")}
  <div class="said" role="status"></div>
</div>
"""

component = drawing("moved_bracket", "bracket", HTML)


@dataclass(frozen=True)
class Setting:
    """What each stop costs in one shape: bytes that a token leaves in one layer's cache, `each` of
    them a number, and `operations`, of what `per` says in a sentence and `head` above them."""

    name: str
    per: str
    head: str
    bytes: Sequence[int]
    operations: Sequence[int]
    each: int


@dataclass(frozen=True)
class Shown:
    """One token's query, `T` tokens in the cache, in two networks.

    `maps` by name, each (rows, columns): of the network that keeps them, own_q (1, .), own_keys and
    own_values (T, .), own_scores (T, 1); of the one with latents q, w, c, keys, absorbed, rotated_q
    and turned (T, .), and (T, 1) each its scores: the `content` alone, as they would be if its keys
    were `rotated`, and whole, `scores`. `wheel`: the matrix as it would be 1, 2, ... tokens back.
    `difference`: between the scores of both brackets, at most. `head` is the one whose query it is.
    """

    tokens: Sequence[str]
    roles: Sequence[str]
    maps: Mapping[str, Numbers]
    wheel: Sequence[Numbers]
    settings: Sequence[Setting]
    n_head: int
    head: int
    difference: float


MAPS = (
    *("own_q", "own_keys", "own_values", "own_scores", "q", "w", "c", "keys", "absorbed"),
    *("rotated_q", "turned", "content", "rotated", "scores"),
)
PER_TOKEN = (
    *("own_keys", "own_values", "own_scores", "c", "keys", "turned"),
    *("content", "rotated", "scores"),
)


def show_bracket(key: str, shown: Shown, *, headline: str, alt: str, seconds: float = 7.2) -> None:
    """It plays once through its stops; `headline` stands above them. Raises ValueError for what
    `bracket_data` refuses."""
    data = bracket_data(shown) | {"headline": headline, "alt": alt, "seconds": seconds}
    component(data=data | {"digest": digest(data)}, key=key)


def bracket_data(shown: Shown) -> dict[str, Any]:
    """Every matrix on a scale of its own.

    Raises ValueError for a map that is missing, has other rows than tokens or is not finite, for a
    head that is not there, and for a setting without a figure for every stop.
    """
    n = len(shown.tokens)
    if {*shown.maps} != {*MAPS} or len(shown.roles) != n:
        raise ValueError(f"maps={sorted(shown.maps)} of {n} tokens, {len(shown.roles)} roles")
    if not 0 <= shown.head < shown.n_head:
        raise ValueError(f"head={shown.head} of {shown.n_head}")
    for name, numbers in shown.maps.items():
        if numbers.ndim != 2 or (name in PER_TOKEN and len(numbers) != n):
            raise ValueError(f"{name!r} has shape {numbers.shape}; there are {n} tokens")
        if not np.isfinite(numbers).all():
            raise ValueError(f"{name!r} holds what is no number")
    for setting in shown.settings:
        if not len(setting.bytes) == len(setting.operations) == len(STOPS):
            raise ValueError(f"{setting.name!r} has not a figure for each of {len(STOPS)} stops")
    return {
        "stops": [*STOPS],
        "short": [*SHORT],
        "known": [*KNOWN],
        "tokens": [*shown.tokens],
        "roles": [*shown.roles],
        "maps": {name: packed(numbers) for name, numbers in shown.maps.items()},
        "wheel": [packed(numbers, full(shown.maps["w"])) for numbers in shown.wheel],
        "settings": [
            {
                "name": setting.name,
                "per": setting.per,
                "head": setting.head,
                "bytes": [*setting.bytes],
                "operations": [*setting.operations],
                "each": setting.each,
            }
            for setting in shown.settings
        ],
        "n_head": shown.n_head,
        "head": shown.head,
        "difference": written(shown.difference, "{:.0e}"),
    }


def full(numbers: Numbers) -> float:
    """From here on a number has the full colour."""
    return float(np.quantile(abs(numbers), FULL) or abs(numbers).max() or 1.0)


def packed(numbers: Numbers, scale: float | None = None) -> dict[str, Any]:
    shares = np.clip(numbers / (STRONG * (scale or full(numbers))), -1, 1)
    return {"columns": numbers.shape[1], "numbers": as_signed_bytes(shares)}
